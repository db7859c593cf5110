// MQTT 3.1.1 and 5.0 on the wire: bytes to packets and packets to bytes, without I/O and without state.
//
// Checked: everything that the standards demand of one packet alone, whoever sent it. Not checked, because one packet
// does not tell: direction (which side may send it), order, and what was agreed in CONNECT (aliases, quotas).
//
// Ownership: a FrameView and the packet decoded from it point into the input and die with it; `encode` appends to a
// buffer of the caller. Threads: any, there is no state. Errors: CodecError; the message names the packet, the byte,
// what was wrong and the clause of the standard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "sources/mqtt/packet.h"

namespace artery::mqtt {

enum class CodecError : std::uint8_t {
  malformed,            // cannot be parsed as the standard says
  protocol_error,       // parses, but says what it must not
  too_large,            // longer than the receiver takes
  unsupported_version,  // neither MQTT 3.1.1 nor 5.0
  client_id_not_valid,  // 3.1.1: an empty client identifier without a clean session
};
inline std::string_view error_module(CodecError) { return "mqtt"; }

// What a server of version 5 answers to bytes that were refused with `error` (CONNACK or DISCONNECT).
ReasonCode reason_of(const Error& error);

// The largest value of a variable byte integer, and so of the remaining length.
inline constexpr std::uint32_t variable_integer_max = 268'435'455;

// One whole packet. Only `next_frame` makes them: the type is one of the fifteen and its fixed flags are as they must.
struct FrameView {
  PacketType type;
  std::uint8_t flags;  // the lower half of the first byte; free only in PUBLISH
  Bytes body;          // variable header and payload
  std::size_t size;    // of the packet from its first byte on: where the next one begins
};

// The packet at the front of `input`; nullopt while it is incomplete. Refuses as early as the bytes allow: a packet
// longer than `packet_bytes_max` (fixed header included) at its length, not at its end. After an error the stream has
// no further packet.
Result<std::optional<FrameView>> next_frame(Bytes input, std::size_t packet_bytes_max);

// The packet in `frame`. A CONNECT says its version itself; `version` is that of the connection for all others.
Result<Packet> decode(const FrameView& frame, ProtocolVersion version);

// Appends `packet` to `out`. Preconditions, asserted: texts and binaries of at most 65,535 bytes, a remaining length of
// at most `variable_integer_max`, properties that the packet may carry, no AUTH in 3.1.1. A CONNECT is written in the
// version that it names. 3.1.1 has fewer reasons: a CONNACK's is written as the nearest of its five, a failed
// SUBACK's as 0x80, those of other packets are left out, as are all properties.
template <ControlPacket P>
void encode(const P& packet, ProtocolVersion version, Buffer& out);
void encode(const Packet& packet, ProtocolVersion version, Buffer& out);

// Appends properties as they stand in `packet`, in the order of their identifiers, without the length before them.
// Precondition, asserted: the packet may carry them.
void encode_properties(const Properties& properties, PacketType packet, Buffer& out);

// The bytes that `encode` would append; to be held against a peer's Maximum Packet Size (MQTT-3.1.2-24).
template <ControlPacket P>
std::size_t encoded_size(const P& packet, ProtocolVersion version);

}  // namespace artery::mqtt
