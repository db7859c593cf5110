#include "model/record.h"

#include "base/assert.h"

namespace artery {
namespace {
constexpr std::size_t alignment = 8;
constexpr std::size_t aligned(std::size_t size) { return (size + alignment - 1) / alignment * alignment; }
}  // namespace

std::size_t start_record(Buffer& out, RecordKind kind) {
  const std::size_t start = out.size();
  ARTERY_ASSERT(start % alignment == 0);
  out.resize(start + record_header_bytes);
  store(out.data() + start + sizeof(std::uint32_t), kind);
  return start;
}

void finish_record(Buffer& out, std::size_t start) {
  out.resize(aligned(out.size()));
  store(out.data() + start, static_cast<std::uint32_t>(out.size() - start - record_header_bytes));
}

std::optional<RecordView> RecordReader::next() {
  if (rest_.empty()) return std::nullopt;
  ByteReader reader(rest_);
  const auto length = reader.get<std::uint32_t>();
  const auto kind = reader.get<std::uint8_t>();
  reader.bytes(3);
  const Bytes body = reader.bytes(length);
  if (reader.failed() || length % alignment != 0) {
    failed_ = true;
    rest_ = {};
    return std::nullopt;
  }
  rest_ = reader.rest();
  return RecordView{static_cast<RecordKind>(kind), body};
}

void write_message(Buffer& out, const MessageView& message) {
  const std::size_t start = start_record(out, RecordKind::message);
  ByteWriter writer(out);
  writer.put(message.qos);
  writer.put(static_cast<std::uint8_t>(message.retain ? 1 : 0));
  writer.text(message.topic);
  writer.text(as_text(message.payload));
  writer.text(as_text(message.properties));
  finish_record(out, start);
}

std::optional<MessageView> read_message(Bytes body) {
  ByteReader reader(body);
  MessageView message;
  message.qos = reader.get<std::uint8_t>();
  message.retain = reader.get<std::uint8_t>() != 0;
  message.topic = reader.text();
  message.payload = as_bytes(reader.text());
  message.properties = as_bytes(reader.text());
  if (reader.failed()) return std::nullopt;
  return message;
}

}  // namespace artery
