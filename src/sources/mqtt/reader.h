// Reads one packet's body and remembers the first thing that was wrong with it: from then on everything it returns is
// zero or empty, so that a decoder of a packet reads straight through and is asked once, at its end. Internal to the
// codec; lives as long as one `decode`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sources/mqtt/codec.h"

namespace artery::mqtt {

// Where a rule stands in the two standards.
struct Clause {
  std::string_view v3_1_1;
  std::string_view v5;
  // NOLINTNEXTLINE(google-explicit-constructor): most clauses have one number for both
  constexpr Clause(const char* both) : v3_1_1(both), v5(both) {}
  constexpr Clause(const char* in_v3_1_1, const char* in_v5) : v3_1_1(in_v3_1_1), v5(in_v5) {}
};

class Reader {
 public:
  Reader(const FrameView& frame, ProtocolVersion version)
      : type_(frame.type), flags_(frame.flags), version_(version), size_(frame.size), rest_(frame.body) {}

  // `what` names the field in the message if it is missing or ill formed.
  std::uint8_t u8(std::string_view what);
  std::uint16_t u16(std::string_view what);
  std::uint32_t u32(std::string_view what);
  std::uint32_t variable_integer(std::string_view what);
  std::string_view text(std::string_view what);
  Binary binary(std::string_view what);
  Binary rest();

  // False, and the packet refused, unless `ok`.
  bool require(bool ok, CodecError code, std::string_view what_is_wrong, const Clause& clause) {
    if (!ok) [[unlikely]]
      refuse(code, what_is_wrong, clause);
    return ok;
  }
  void refuse(CodecError code, std::string_view what_is_wrong, const Clause& clause);

  [[nodiscard]] bool failed() const { return error_.has_value(); }
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] PacketType type() const { return type_; }
  [[nodiscard]] std::uint8_t flags() const { return flags_; }
  [[nodiscard]] bool v5() const { return version_ == ProtocolVersion::v5; }
  void set_version(ProtocolVersion version) { version_ = version; }  // a CONNECT tells it on the way

  // The first error, if there was one; bytes that nobody read are one. Call it last, once.
  std::optional<Error> finish();

 private:
  bool take(std::size_t count, std::string_view what, Bytes& into);

  PacketType type_;
  std::uint8_t flags_;
  ProtocolVersion version_;
  std::size_t size_;
  Bytes rest_;
  std::optional<Error> error_;
};

// The property section at the reader's place, for a packet of the kinds in `packet` (one bit).
void read_properties(Reader& reader, PacketSet packet, Properties& into);

// A topic name as PUBLISH, a will and a response topic carry it.
void require_topic_name(Reader& reader, std::string_view topic, std::string_view what, const Clause& clause);

// The two bits of a quality of service; 3 is refused with `code`.
Qos read_qos(Reader& reader, unsigned bits, CodecError code, const Clause& clause);

// A reason code that the packet may carry.
ReasonCode read_reason(Reader& reader);

// The handshake packets; the others are in decode.cc.
void read(Reader& reader, Connect& into);
void read(Reader& reader, Connack& into);
void read(Reader& reader, Disconnect& into);
void read(Reader& reader, Auth& into);

}  // namespace artery::mqtt
