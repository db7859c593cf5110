// A published message from a stranger: the first byte picks the settings, a line gives the topic, the rest is the
// payload. Whatever becomes rows has a name below the topic, finite numbers, whole texts and at most one time; the same
// message gives the same rows again, wherever it lies and whatever was decoded in between; and an object means inside
// another what it means below a longer topic.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admission/recording_intake.h"
#include "base/assert.h"
#include "base/utf8.h"
#include "model/topic_filter.h"
#include "sources/mqtt/payload.h"

using namespace artery;
using namespace artery::mqtt;
using admission::RecordingIntake;
using admission::RowKey;

namespace {

PayloadSettings settings_of(std::uint8_t byte) {
  constexpr std::array units = {TimeUnit::ns, TimeUnit::us, TimeUnit::ms, TimeUnit::s};
  return {.time_unit = units[byte % 4U],
          .depth_max = (byte & 4U) == 0 ? 16U : 1U + (byte >> 4U) % 4U,
          .members_max = (byte & 8U) == 0 ? 4096U : 1U + (byte >> 4U)};
}

live::Message message_of(std::string_view topic, std::string_view payload) {
  live::Message message;
  message.topic = topic;
  message.payload = padded_payload(as_bytes(payload));
  return message;
}

RecordingIntake read(PayloadDecoder& decoder, const live::Message& message) {
  RecordingIntake intake;
  decoder.decode(message, intake);
  return intake;
}

// What is said, refusals' bytes aside: they are the whole payload.
bool same(const RecordingIntake& a, const RecordingIntake& b) {
  return a.rows == b.rows && std::ranges::equal(a.refused, b.refused, [](const auto& one, const auto& other) {
           return one.kind == other.kind && one.reason == other.reason;
         });
}

void check_field(const std::string& name, const Value& value) {
  ARTERY_ASSERT(is_utf8(name));
  ARTERY_ASSERT(!std::holds_alternative<std::int64_t>(value));
  if (const auto* number = std::get_if<double>(&value)) ARTERY_ASSERT(std::isfinite(*number));
  if (const auto* text = std::get_if<std::string>(&value)) ARTERY_ASSERT(is_utf8(*text));
}

void check(const RecordingIntake& intake, const live::Message& message, const PayloadSettings& settings) {
  std::size_t fields = 0;
  for (const auto& row : intake.rows) {
    ARTERY_ASSERT(row.key == message.topic || row.key.starts_with(message.topic + "/"));
    ARTERY_ASSERT(is_utf8(row.key) && valid_topic_name(row.key.substr(0, topic_bytes_max)));
    ARTERY_ASSERT(topic_levels(row.key) < topic_levels(message.topic) + settings.depth_max);
    ARTERY_ASSERT(row.line == 0 && row.time == intake.rows.front().time && !row.fields.empty());
    fields += row.fields.size();
    for (const auto& [name, value] : row.fields) check_field(name, value);
    if (row.kind == RowKey::Kind::asset) continue;
    ARTERY_ASSERT(row.kind == RowKey::Kind::signal && intake.rows.size() == 1 && intake.refused.empty());
    ARTERY_ASSERT(row.key == message.topic && !row.time && row.fields.size() == 1 && row.fields[0].first.empty());
  }
  ARTERY_ASSERT(fields <= settings.members_max || intake.rows[0].kind == RowKey::Kind::signal);
  for (const auto& refused : intake.refused) {
    ARTERY_ASSERT(refused.line == 0 && !refused.reason.empty());
    ARTERY_ASSERT(refused.bytes == as_text(message.payload));
  }
  ARTERY_ASSERT(!message.topic.starts_with('$') || (intake.rows.empty() && intake.refused.empty()));
}

void check_again(PayloadDecoder& decoder, const live::Message& message, const RecordingIntake& intake,
                 const PayloadSettings& settings) {
  const bool concerned = decoder.concerns_admission(message);
  ARTERY_ASSERT(concerned || (intake.rows.empty() && intake.refused.empty()));
  const live::Message other = message_of("other", R"({"a": {"b": [1]}, "c": "text", "time": null})");
  const RecordingIntake between = read(decoder, other);
  ARTERY_ASSERT(same(read(decoder, message), intake));
  ARTERY_ASSERT(same(read(decoder, other), between));
  live::Message unpadded = message;
  unpadded.payload.shrink_to_fit();
  PayloadDecoder fresh(settings);
  ARTERY_ASSERT(same(read(fresh, unpadded), intake));
}

// {"in": payload} at "t" and payload at "t/in" say the same, where neither has a time or meets a limit.
void check_nested(std::string_view topic, std::string_view payload) {
  const PayloadSettings outside{.time_unit = TimeUnit::ms, .depth_max = 64, .members_max = 1U << 20U};
  PayloadDecoder decoder(outside);
  const std::string below = std::string(topic) + "/in";
  const RecordingIntake plain = read(decoder, message_of(below, payload));
  const bool is_asset = !plain.rows.empty() && plain.rows[0].kind == RowKey::Kind::asset;
  if (!is_asset || plain.rows[0].time || payload.size() > 1024) return;
  const RecordingIntake nested = read(decoder, message_of(topic, R"({"in": )" + std::string(payload) + "}"));
  // One more level than there may be.
  if (nested.rows.empty() && nested.refused.at(0).kind == admission::RefusalKind::too_many) return;
  ARTERY_ASSERT(nested.rows == plain.rows && nested.refused.size() == plain.refused.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const PayloadSettings settings = settings_of(data[0]);
  const std::string_view rest = as_text(std::as_bytes(std::span(data, size)).subspan(1));
  const std::size_t line = rest.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view topic = rest.substr(0, line);
  if (!valid_topic_name(topic) || !is_utf8(topic) || topic.contains('\0')) return 0;  // no PUBLISH has it

  const live::Message message = message_of(topic, rest.substr(line + 1));
  PayloadDecoder decoder(settings);
  const RecordingIntake intake = read(decoder, message);
  check(intake, message, settings);
  check_again(decoder, message, intake, settings);
  if (!topic.starts_with('$')) check_nested(topic, rest.substr(line + 1));
  return 0;
}
