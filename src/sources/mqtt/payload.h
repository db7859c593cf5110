// What a published message says as samples. docs/guide/en/mqtt.md has the rules.
//
//   acme/press7        {"force": 3.1, "tool": {"wear": 0.2}, "ts": 1700000000000}
//     -> acme/press7/force = 3.1 and acme/press7/tool/wear = 0.2, both at that time
//   acme/press7/force  3.1
//     -> acme/press7/force = 3.1, at the time of arrival
//
// Anything else is an opaque message, which nobody refuses. One decoder per shard: it keeps its memory from message to
// message. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "admission/intake.h"
#include "base/bytes.h"
#include "live/message.h"

namespace artery::mqtt {

enum class TimeUnit : std::uint8_t { ns, us, ms, s };

struct PayloadSettings {
  TimeUnit time_unit = TimeUnit::ms;  // of an integer in "ts", "time" or "timestamp"
  std::size_t depth_max = 16;         // of nested objects; the outermost is the first
  std::size_t members_max = 4096;     // of all objects together
};

// A copy with room behind it, so that the decoder reads it where it lies.
Buffer padded_payload(Bytes payload);

class PayloadDecoder {
 public:
  explicit PayloadDecoder(const PayloadSettings& settings);
  ~PayloadDecoder();
  PayloadDecoder(const PayloadDecoder&) = delete;
  PayloadDecoder& operator=(const PayloadDecoder&) = delete;

  // Whether decode() has anything to say about it, samples or refusals. What was read is kept for the first decode()
  // of the same message.
  bool concerns_admission(const live::Message& message);
  // May be called again for the same message, with others in between, and says the same then.
  void decode(const live::Message& message, admission::Intake& intake);

 private:
  class Document;
  std::unique_ptr<Document> document_;
  const live::Message* read_ = nullptr;  // the message that `document_` holds, until it is decoded
};

}  // namespace artery::mqtt
