// A batch in memory: the very bytes that are, or will be, on disk. Made on a shard, numbered and written by the log,
// read by every reader; never copied, and never changed once append() has it.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/time.h"
#include "log/format.h"
#include "model/ids.h"

namespace artery::log {

// Collects the records of one batch behind the room for its header. `payload()` is eight-byte aligned and may be
// appended to by start_record() and finish_record().
class BatchBuilder {
 public:
  BatchBuilder() { bytes_.resize(batch_header_bytes); }
  [[nodiscard]] Buffer& bytes() { return bytes_; }
  [[nodiscard]] std::size_t payload_bytes() const { return bytes_.size() - batch_header_bytes; }
  [[nodiscard]] bool empty() const { return payload_bytes() == 0; }

 private:
  Buffer bytes_;
};

// Immutable; shared between the log and its readers. Its bytes are valid as long as it is held.
class Batch {
 public:
  Batch(BatchHeader header, Buffer bytes) : header_(header), bytes_(std::move(bytes)) {}
  [[nodiscard]] Offset offset() const { return Offset(header_.offset); }
  // When admission took it, by the node's clock; strictly increasing from batch to batch.
  [[nodiscard]] Time arrival() const { return Time(header_.arrival); }
  [[nodiscard]] Bytes payload() const { return Bytes(bytes_).subspan(batch_header_bytes); }
  [[nodiscard]] Bytes bytes() const { return bytes_; }

 private:
  BatchHeader header_;
  Buffer bytes_;
};

using BatchPtr = std::shared_ptr<const Batch>;

}  // namespace artery::log
