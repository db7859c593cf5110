// Line protocol from a stranger. Every row has a series and a field and lies within one line; reading the same again
// gives the same; a good line before and after costs nothing and is never lost, unless a quote is open.
#include "sources/http/line_protocol.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admission/recording_intake.h"
#include "base/assert.h"
#include "base/utf8.h"

using namespace artery;
using namespace artery::line_protocol;

namespace {

admission::RecordingIntake read(std::string_view body) {
  admission::RecordingIntake intake;
  decode(body, Precision::ms, intake);
  return intake;
}

bool same(const Value& a, const Value& b) { return bit_equal(view_of(a), view_of(b)); }

bool same(const admission::RecordingIntake::Row& a, const admission::RecordingIntake::Row& b) {
  return a.key == b.key && a.time == b.time &&
         std::ranges::equal(a.fields, b.fields, [](const auto& one, const auto& other) {
           return one.first == other.first && same(one.second, other.second);
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = as_text(std::as_bytes(std::span(data, size)));
  const auto intake = read(body);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(body, '\n')) + 1;
  for (const auto& row : intake.rows) {
    ARTERY_ASSERT(!row.key.empty() && !row.fields.empty() && row.line >= 1 && row.line <= lines);
    ARTERY_ASSERT(row.key.find('\n') == std::string::npos && body.find(row.key) != std::string_view::npos);
    ARTERY_ASSERT(row.fields.size() <= fields_max);
    for (const auto& [name, value] : row.fields) {
      const auto* text = std::get_if<std::string>(&value);
      ARTERY_ASSERT(text == nullptr || is_utf8(*text));
    }
  }
  for (const auto& refused : intake.refused) {
    ARTERY_ASSERT(refused.line >= 1 && refused.line <= lines && !refused.reason.empty());
    ARTERY_ASSERT(body.find(refused.bytes) != std::string_view::npos);
  }

  const std::string good = "good v=1i 1\n";
  const auto between = read(good + std::string(body) + "\n" + good);
  ARTERY_ASSERT(between.rows.at(0).key == "good" && between.rows.size() >= intake.rows.size() + 1);
  for (std::size_t i = 0; i < intake.rows.size(); ++i) {
    // The last may have become another, when its open quote found what follows.
    ARTERY_ASSERT(same(between.rows[i + 1], intake.rows[i]) || body.find('"') != std::string_view::npos);
  }
  if (body.find('"') == std::string_view::npos) {
    ARTERY_ASSERT(between.rows.size() == intake.rows.size() + 2 && between.rows.back().key == "good");
    ARTERY_ASSERT(between.refused.size() == intake.refused.size());
  }
  return 0;
}
