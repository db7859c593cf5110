// The catalogue's events as bytes: docs/formats/catalogue.md is the specification, this its one implementation. For
// governance itself.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "governance/metadata.h"

namespace artery::governance {

// The numbers are on disk.
enum class EventKind : std::uint8_t { asset_created = 1, signal_created = 2, asset_changed = 3, signal_changed = 4 };

inline constexpr std::size_t event_header_bytes = 8;  // u8 kind, u8 version, u16 zero, u32 length of what follows

// An asset's events carry the whole asset. A signal's name and aliases stand there as one level: so they do in what
// read_event() returns; its asset is signal_created's alone.
struct Event {
  EventKind kind;
  std::variant<Asset, Signal> subject;
  // False of changes of version 1, which leave path, name, aliases, type and whether it is retired as they are.
  bool names = true;
};

// Append one event. Of a signal's full name, and of its aliases', the last level is written.
void write_event(Buffer& out, EventKind kind, const Asset& asset);
void write_event(Buffer& out, EventKind kind, const Signal& signal);

// The same as a whole record of the log (RecordKind::catalogue).
template <class Subject>
void write_event_record(Buffer& out, EventKind kind, const Subject& subject);

// Whether a whole event, of whatever kind, stands at the front of `bytes`.
bool has_event(Bytes bytes);

// Takes one event off the front of `bytes`; nothing for a kind that is not known. Errors: GovernanceError::malformed,
// also for a later version of a known kind.
Result<std::optional<Event>> read_event(Bytes& bytes);

}  // namespace artery::governance
