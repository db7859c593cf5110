// What decoders write to: rows of named values. One row is what one asset says about one moment.
//
//   intake.start_row({RowKey::Kind::line_protocol, "cpu,host=a"}, time, line);
//   intake.field("usage", 0.5);
//   intake.end_row();
//
// Decoders do not know ids, limits, or what exists: fields and rows that admission refuses are refused there, counted,
// and never cost their neighbours. A piece may be decoded a second time and must call the same again.
//
// Two implementations: admission's own, and RecordingIntake for the decoders' tests. Used on one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "model/sample.h"

namespace artery::admission {

// What a row belongs to. The bytes are valid until end_row().
struct RowKey {
  enum class Kind : std::uint8_t {
    line_protocol,  // measurement and tags as they were sent, escapes and all: `cpu,host=a\ b`
    asset,          // an asset's path: `acme/press7`, with fields "force", "temperature"
    signal,         // a signal's full name: `acme/press7/force`; exactly one field, with an empty name
  };
  Kind kind;
  std::string_view bytes;
};

enum class RefusalKind : std::uint8_t {
  malformed,      // a line or field that is not what its format asks for
  type_conflict,  // the signal has another type
  bad_name,       // too long, control characters, empty level, not UTF-8
  bad_value,      // a text that is too long, a number that is none
  bad_time,       // not a time, or too far in the future
  too_many,       // signals_max, or more fields than a row may have
  unknown_name,   // strict mode
  retired,        // the signal is
};
inline constexpr std::size_t refusal_kinds = 8;
std::string_view name_of(RefusalKind kind);  // "malformed", "type_conflict", ...: as the API and metrics write them

class Intake {
 public:
  virtual ~Intake() = default;

  // Without a time the row is stamped when its batch is closed. `line` is 1-based, 0 where there are no lines.
  virtual void start_row(const RowKey& key, std::optional<Time> time, std::uint32_t line) = 0;
  // Of all its values, after start_row() and before the first field; good where it is not called.
  virtual void quality(Quality quality) = 0;
  // `name` is one level, unescaped (`/`, `+`, `#`, `%` become %2F ...). The name must stay valid until end_row(), and
  // so must a text. Nested objects are rows of deeper assets: `acme/press7/position` with "x".
  virtual void field(std::string_view name, const ValueView& value) = 0;
  virtual void end_row() = 0;

  // Something the decoder itself cannot read, outside a row or within it (then the row goes on): one line or field.
  virtual void refuse(std::uint32_t line, RefusalKind kind, std::string_view reason, std::string_view bytes) = 0;
};

}  // namespace artery::admission
