// What a batch's payload is made of: records, one after the other, each a multiple of eight bytes long, so that the
// columns inside lie aligned. The layout is docs/formats/log.md's; the log itself does not look into payloads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "model/ids.h"

namespace artery {

// The numbers are on disk.
enum class RecordKind : std::uint8_t { samples = 1, message = 2, catalogue = 3, deletion = 4 };

struct RecordView {
  RecordKind kind;
  Bytes body;  // eight-byte aligned where the payload is; padded with zeros at its end
};

inline constexpr std::size_t record_header_bytes = 8;  // u32 length of the body, u8 kind, 3 zero bytes

// Starts a record at the end of `out` (which must be eight-byte aligned there) and returns its position for
// finish_record(), which pads the body and fills the length in.
std::size_t start_record(Buffer& out, RecordKind kind);
void finish_record(Buffer& out, std::size_t start);

// Walks a payload. Views are valid as long as the payload. A malformed payload ends the walk with `failed()`; the log's
// checksum makes that a defect or a format of the future, not an accident.
class RecordReader {
 public:
  explicit RecordReader(Bytes payload) : rest_(payload) {}
  std::optional<RecordView> next();
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  Bytes rest_;
  bool failed_ = false;
};

// An opaque message: what a publish carried that is not samples. (Retained and queued messages are kept by live.)
struct MessageView {
  std::string_view topic;
  Bytes payload;
  Bytes properties{};  // what the publisher's protocol passes on besides, in its own form (MQTT 5 properties, encoded)
  std::uint8_t qos = 0;
  bool retain = false;
};
void write_message(Buffer& out, const MessageView& message);
std::optional<MessageView> read_message(Bytes body);

}  // namespace artery
