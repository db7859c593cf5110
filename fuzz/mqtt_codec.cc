// MQTT's bytes from a stranger: the first byte picks the version, the rest is a stream. Nothing may crash, and whatever
// is taken must come back equal from its own encoding.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "sources/mqtt/codec.h"

using namespace artery;
using namespace artery::mqtt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ProtocolVersion version = (data[0] & 1U) == 0 ? ProtocolVersion::v3_1_1 : ProtocolVersion::v5;
  Bytes rest = std::as_bytes(std::span(data, size)).subspan(1);
  for (;;) {
    const auto frame = next_frame(rest, 1U << 20U);
    if (!frame || !*frame) return 0;
    const Result<Packet> packet = decode(**frame, version);
    if (packet) {
      Buffer again;
      encode(*packet, version, again);
      const auto frame_again = next_frame(again, again.size());
      ARTERY_ASSERT(frame_again && *frame_again && (*frame_again)->size == again.size());
      const Result<Packet> packet_again = decode(**frame_again, version);
      ARTERY_ASSERT(packet_again && *packet_again == *packet);
    } else {
      ARTERY_ASSERT(!packet.error().message().empty());
    }
    rest = rest.subspan((*frame)->size);
  }
}
