// Samples as lines of JSON from a stranger. Every row has a signal, a time and one field of a text that is UTF-8;
// reading the same again gives the same; a good line before and after is never lost.
#include "sources/http/sample_lines.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admission/recording_intake.h"
#include "base/assert.h"
#include "base/utf8.h"

using namespace artery;

namespace {

admission::RecordingIntake read(std::string_view body) {
  admission::RecordingIntake intake;
  sample_lines::decode(body, intake);
  return intake;
}

bool same(const admission::RecordingIntake::Row& a, const admission::RecordingIntake::Row& b) {
  return a.key == b.key && a.time == b.time && a.quality == b.quality &&
         bit_equal(view_of(a.fields.at(0).second), view_of(b.fields.at(0).second));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = as_text(std::as_bytes(std::span(data, size)));
  const auto intake = read(body);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(body, '\n')) + 1;
  for (const auto& row : intake.rows) {
    ARTERY_ASSERT(row.kind == admission::RowKey::Kind::signal && row.time && row.line >= 1 && row.line <= lines);
    ARTERY_ASSERT(row.fields.size() == 1 && row.fields.front().first.empty() && is_utf8(row.key));
    const auto* text = std::get_if<std::string>(&row.fields.front().second);
    ARTERY_ASSERT(text == nullptr || is_utf8(*text));
  }
  // Each sample of a line costs bytes of it: no few bytes make much work.
  ARTERY_ASSERT(intake.rows.size() + intake.refused.size() <= body.size() + 1);
  for (const auto& refused : intake.refused) {
    ARTERY_ASSERT(refused.line >= 1 && refused.line <= lines && !refused.reason.empty());
    ARTERY_ASSERT(body.find(refused.bytes) != std::string_view::npos);
  }

  const std::string good = "{\"signal\":\"good\",\"type\":\"i64\",\"samples\":[[1,1]]}\n";
  const auto between = read(good + std::string(body) + "\n" + good);
  ARTERY_ASSERT(between.rows.size() == intake.rows.size() + 2);
  ARTERY_ASSERT(between.rows.front().key == "good" && between.rows.back().key == "good");
  for (std::size_t i = 0; i < intake.rows.size(); ++i) ARTERY_ASSERT(same(intake.rows[i], between.rows[i + 1]));
  return 0;
}
