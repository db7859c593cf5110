#include "governance/event.h"

#include <fmt/format.h>

#include "model/record.h"

namespace artery::governance {
namespace {

constexpr std::uint8_t flag_low = 1;
constexpr std::uint8_t flag_high = 2;
constexpr std::uint8_t flag_stepped = 4;
constexpr std::uint8_t flag_retired = 8;

constexpr std::uint8_t newest_version = 2;

bool is_change(EventKind kind) { return kind == EventKind::asset_changed || kind == EventKind::signal_changed; }

// Version 2 has the names behind what version 1 has. Where there is nothing to say an older release may read it too.
std::uint8_t version_of(EventKind kind, bool has_more) { return is_change(kind) || has_more ? newest_version : 1; }

// Fills the length in when the event's payload is written.
class EventWriter {
 public:
  EventWriter(Buffer& out, EventKind kind, std::uint8_t version) : out_(out), start_(out.size()), to(out) {
    to.put(kind);
    to.put(version);
    to.put(std::uint16_t{0});
    to.put(std::uint32_t{0});
  }
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;
  ~EventWriter() {
    store(out_.data() + start_ + 4, static_cast<std::uint32_t>(out_.size() - start_ - event_header_bytes));
  }

 private:
  Buffer& out_;
  std::size_t start_;

 public:
  ByteWriter to;
};

void write_texts(ByteWriter& to, const Texts& texts) {
  to.put(static_cast<std::uint32_t>(texts.size()));
  for (const auto& [key, text] : texts) {
    to.text(key);
    to.text(text);
  }
}

void write_names(ByteWriter& to, const std::vector<std::string>& names) {
  to.put(static_cast<std::uint32_t>(names.size()));
  for (const std::string& name : names) to.text(name);
}

void write_change(ByteWriter& to, const Change& change) {
  to.text(change.author);
  to.put(change.time.value());
}

Texts read_texts(ByteReader& from) {
  Texts texts;
  const auto count = from.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && !from.failed(); ++i) {
    std::string key(from.text());
    texts.insert_or_assign(std::move(key), std::string(from.text()));
  }
  return texts;
}

std::vector<std::string> read_names(ByteReader& from) {
  std::vector<std::string> names;
  const auto count = from.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && !from.failed(); ++i) names.emplace_back(from.text());
  return names;
}

Change read_change(ByteReader& from) {
  Change change;
  change.author = from.text();
  change.time = Time(from.get<std::int64_t>());
  return change;
}

std::optional<DataClass> read_class(ByteReader& from) {
  const auto number = from.get<std::uint8_t>();
  if (number < 1 || number > 4) return std::nullopt;
  return static_cast<DataClass>(number);
}

std::optional<Asset> read_asset(EventKind kind, std::uint8_t version, ByteReader from) {
  Asset asset;
  asset.id = AssetId(from.get<std::uint32_t>());
  if (kind == EventKind::asset_created) asset.path = from.text();
  asset.identity = from.text();
  asset.type = from.text();
  asset.properties = read_texts(from);
  asset.display_names = read_texts(from);
  asset.description = from.text();
  const auto data_class = read_class(from);
  asset.change = read_change(from);
  if (version >= 2 && kind == EventKind::asset_changed) asset.path = from.text();
  if (version >= 2) asset.aliases = read_names(from);
  if (from.failed() || !data_class) return std::nullopt;
  asset.data_class = *data_class;
  return asset;
}

bool read_type(ByteReader& from, ValueType& into) {
  const auto type = from.get<std::uint8_t>();
  if (type < 1 || type > 4) return false;
  into = static_cast<ValueType>(type);
  return true;
}

std::optional<Signal> read_signal(EventKind kind, std::uint8_t version, ByteReader from) {
  Signal signal;
  signal.id = SignalId(from.get<std::uint32_t>());
  if (kind == EventKind::signal_created) {
    signal.asset = AssetId(from.get<std::uint32_t>());
    signal.full_name = from.text();
    if (!read_type(from, signal.type)) return std::nullopt;
  }
  signal.unit = from.text();
  const auto flags = from.get<std::uint8_t>();
  const auto low = from.get<double>();
  const auto high = from.get<double>();
  if ((flags & flag_low) != 0) signal.low = low;
  if ((flags & flag_high) != 0) signal.high = high;
  signal.stepped = (flags & flag_stepped) != 0;
  signal.retired = version >= 2 && (flags & flag_retired) != 0;
  signal.description = from.text();
  signal.display_names = read_texts(from);
  const auto data_class = read_class(from);
  signal.change = read_change(from);
  if (version >= 2 && kind == EventKind::signal_changed) {
    if (!read_type(from, signal.type)) return std::nullopt;
    signal.full_name = from.text();
  }
  if (version >= 2) signal.aliases = read_names(from);
  if (from.failed() || !data_class) return std::nullopt;
  signal.data_class = *data_class;
  return signal;
}

}  // namespace

void write_event(Buffer& out, EventKind kind, const Asset& asset) {
  const std::uint8_t version = version_of(kind, !asset.aliases.empty());
  EventWriter event(out, kind, version);
  event.to.put(asset.id.value());
  if (kind == EventKind::asset_created) event.to.text(asset.path);
  event.to.text(asset.identity);
  event.to.text(asset.type);
  write_texts(event.to, asset.properties);
  write_texts(event.to, asset.display_names);
  event.to.text(asset.description);
  event.to.put(asset.data_class);
  write_change(event.to, asset.change);
  if (version < 2) return;
  if (kind == EventKind::asset_changed) event.to.text(asset.path);
  write_names(event.to, asset.aliases);
}

void write_event(Buffer& out, EventKind kind, const Signal& signal) {
  const std::uint8_t version = version_of(kind, signal.retired || !signal.aliases.empty());
  EventWriter event(out, kind, version);
  event.to.put(signal.id.value());
  if (kind == EventKind::signal_created) {
    event.to.put(signal.asset.value());
    event.to.text(signal.name());
    event.to.put(signal.type);
  }
  event.to.text(signal.unit);
  const int flags = (signal.low ? flag_low : 0) | (signal.high ? flag_high : 0) | (signal.stepped ? flag_stepped : 0) |
                    (signal.retired ? flag_retired : 0);
  event.to.put(static_cast<std::uint8_t>(flags));
  event.to.put(signal.low.value_or(0));
  event.to.put(signal.high.value_or(0));
  event.to.text(signal.description);
  write_texts(event.to, signal.display_names);
  event.to.put(signal.data_class);
  write_change(event.to, signal.change);
  if (version < 2) return;
  if (kind == EventKind::signal_changed) {
    event.to.put(signal.type);
    event.to.text(signal.name());
  }
  std::vector<std::string> levels;
  levels.reserve(signal.aliases.size());
  for (const std::string& alias : signal.aliases) levels.emplace_back(split_name(alias).name);
  write_names(event.to, levels);
}

template <class Subject>
void write_event_record(Buffer& out, EventKind kind, const Subject& subject) {
  const std::size_t start = start_record(out, RecordKind::catalogue);
  write_event(out, kind, subject);
  finish_record(out, start);
}
template void write_event_record(Buffer&, EventKind, const Asset&);
template void write_event_record(Buffer&, EventKind, const Signal&);

bool has_event(Bytes bytes) {
  ByteReader header(bytes);
  header.get<std::uint32_t>();
  header.bytes(header.get<std::uint32_t>());
  return !header.failed();
}

Result<std::optional<Event>> read_event(Bytes& bytes) {
  const auto malformed = [](std::string message) { return Error(GovernanceError::malformed, std::move(message)); };
  ByteReader header(bytes);
  const auto kind = header.get<std::uint8_t>();
  const auto version = header.get<std::uint8_t>();
  header.get<std::uint16_t>();
  const auto length = header.get<std::uint32_t>();
  const ByteReader payload(header.bytes(length));
  if (header.failed()) return malformed("a catalogue event is cut short");
  bytes = header.rest();
  if (kind < 1 || kind > 4) return std::optional<Event>();
  const auto known = static_cast<EventKind>(kind);
  if (version < 1 || version > newest_version) {
    return malformed(
        fmt::format("a catalogue event of version {}; this release knows versions up to {}", version, newest_version));
  }
  const bool names = version >= 2 || !is_change(known);
  if (known == EventKind::asset_created || known == EventKind::asset_changed) {
    auto asset = read_asset(known, version, payload);
    if (!asset) return malformed("an asset's event does not hold what it should");
    return std::optional<Event>(Event{.kind = known, .subject = std::move(*asset), .names = names});
  }
  auto signal = read_signal(known, version, payload);
  if (!signal) return malformed("a signal's event does not hold what it should");
  return std::optional<Event>(Event{.kind = known, .subject = std::move(*signal), .names = names});
}

}  // namespace artery::governance
