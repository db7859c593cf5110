// WebSocket frames from a stranger: the first byte says where the stream is split into two arrivals. Nothing may crash,
// texts are UTF-8 within their limit, and the messages are the same as when all comes at once.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/utf8.h"
#include "net/websocket_frames.h"

using namespace artery;
using namespace artery::net;

namespace {

constexpr std::size_t message_bytes_max = 4096;

void read_all(MessageReader& reader, Bytes bytes, std::string& seen) {
  using Event = MessageReader::Event;
  while (true) {
    const Event event = reader.read(bytes);
    if (event == Event::need_more) return;
    ARTERY_ASSERT(reader.payload().size() <= message_bytes_max);
    ARTERY_ASSERT(event != Event::text || is_utf8(as_text(reader.payload())));
    ARTERY_ASSERT(event != Event::failed || !reader.reason().empty());
    seen += static_cast<char>(event);
    seen += as_text(reader.payload());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes stream = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t split = stream.size() * data[0] / 256;
  MessageReader at_once(message_bytes_max);
  std::string seen_at_once;
  read_all(at_once, stream, seen_at_once);
  MessageReader in_two(message_bytes_max);
  std::string seen_in_two;
  read_all(in_two, stream.first(split), seen_in_two);
  read_all(in_two, stream.subspan(split), seen_in_two);
  ARTERY_ASSERT(seen_at_once == seen_in_two);
  return 0;
}
