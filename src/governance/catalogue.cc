#include "governance/catalogue.h"

#include <fmt/format.h>

#include <mutex>

#include "base/crc32c.h"
#include "base/packed.h"
#include "governance/catalogue_state.h"
#include "model/topic_filter.h"

namespace artery::governance {
namespace {

constexpr std::uint64_t snapshot_magic = 0x474C544143545241;  // "ARTCATLG"
constexpr std::uint32_t snapshot_version = 2;
constexpr std::uint32_t plain_snapshot_version = 1;  // its events are not packed
constexpr std::size_t snapshot_header_bytes = 24;
constexpr std::size_t snapshot_crc_from = 16;
constexpr std::uint32_t section_events = 1;
constexpr std::uint32_t section_packed_events = 3;

constexpr std::size_t looked_at_per_lock = 4096;

// What every name selected by `filter` begins with.
std::string_view literal_prefix(std::string_view filter) {
  const std::size_t wildcard = filter.find_first_of("+#");
  if (wildcard == std::string_view::npos) return filter;
  // `a/#` selects `a` as well.
  return filter.substr(0, wildcard == 0 ? 0 : wildcard - 1);
}

bool selects(const Selection& selection, std::string_view name, bool retired) {
  if (retired && !selection.retired) return false;

  if (!selection.filter.empty() && !topic_matches(selection.filter, name)) return false;
  return name.find(selection.contains) != std::string_view::npos;
}

// Goes through an ordered index from behind `selection.after`, letting the lock go now and then. `name_of`, `copy`
// and `retired` are called under the lock.
template <class T, class Index, class NameOf, class Copy, class Retired>
Page<T> list(std::shared_mutex& mutex, const Index& index, const Selection& selection, NameOf name_of, Copy copy,
             Retired retired) {
  Page<T> page;
  const std::string prefix(literal_prefix(selection.filter));
  std::string after = selection.after;
  std::size_t bytes = 0;
  while (true) {
    const std::shared_lock lock(mutex);
    auto at = after < prefix ? index.lower_bound(NameParts{{}, prefix}) : index.upper_bound(NameParts{{}, after});
    for (std::size_t looked_at = 0; looked_at < looked_at_per_lock; ++looked_at, ++at) {
      if (at == index.end()) return page;
      std::string name = name_of(*at);
      if (!name.starts_with(prefix)) return page;
      if (page.items.size() == selection.limit || bytes >= selection.bytes_max) {
        page.next = after;
        return page;
      }
      after = std::move(name);
      if (!selects(selection, after, retired(*at))) continue;
      page.items.push_back(copy(*at));
      bytes += text_bytes(page.items.back());
    }
  }
}

Error malformed(std::string message) { return {GovernanceError::malformed, std::move(message)}; }

template <class Id>
auto non_zero(Id id) {
  return id == Id() ? std::nullopt : std::optional<Id>(id);
}

}  // namespace

Catalogue::Catalogue() : state_(std::make_unique<State>()) {}
Catalogue::~Catalogue() = default;

std::optional<SignalRef> Catalogue::find(std::string_view full_name) const {
  const std::shared_lock lock(state_->mutex);
  return state_->ref(state_->find_name(full_name));
}

std::optional<SignalRef> Catalogue::find(SignalId id) const {
  const std::shared_lock lock(state_->mutex);
  return state_->ref(id);
}

std::optional<AssetId> Catalogue::find_asset(std::string_view path) const {
  const std::shared_lock lock(state_->mutex);
  return non_zero(state_->find_path(state_->present_path(path)));
}

std::optional<AssetId> Catalogue::find_series(std::string_view identity) const {
  const std::shared_lock lock(state_->mutex);
  return non_zero(state_->find_identity(identity));
}

std::optional<Signal> Catalogue::signal(std::string_view full_name) const {
  const std::shared_lock lock(state_->mutex);
  return state_->signal(state_->find_name(full_name));
}

std::optional<Signal> Catalogue::signal(SignalId id) const {
  const std::shared_lock lock(state_->mutex);
  return state_->signal(id);
}

std::optional<Asset> Catalogue::asset(std::string_view path) const {
  const std::shared_lock lock(state_->mutex);
  return state_->asset(state_->find_path(state_->present_path(path)));
}

std::optional<Asset> Catalogue::asset(AssetId id) const {
  const std::shared_lock lock(state_->mutex);
  return state_->asset(id);
}

std::string Catalogue::present_path(std::string_view path) const {
  const std::shared_lock lock(state_->mutex);
  return state_->present_path(path);
}

Result<void> Catalogue::check_move(AssetId id, const std::string& path) const {
  const std::shared_lock lock(state_->mutex);
  return state_->check_move(id, path);
}

Result<void> Catalogue::check_alias(AssetId id, const std::string& path) const {
  const std::shared_lock lock(state_->mutex);
  if (auto checked = state_->check_alias(id, path); !checked) return checked;
  return state_->check_alias(id, state_->present_path(path));
}

Result<void> Catalogue::check_names(const Asset& asset) const {
  const std::shared_lock lock(state_->mutex);
  return state_->check_aliases(asset);
}

std::string Catalogue::full_name(SignalId id) const {
  const std::shared_lock lock(state_->mutex);
  if (!state_->ref(id)) return {};
  const NameParts parts = state_->parts(id);
  return join_name(parts.path, parts.name);
}

Page<Signal> Catalogue::signals(const Selection& selection) const {
  return list<Signal>(
      state_->mutex, state_->by_name(), selection,
      [&](SignalId id) {
        const NameParts parts = state_->parts(id);
        return join_name(parts.path, parts.name);
      },
      [&](SignalId id) { return *state_->signal(id); }, [&](SignalId id) { return state_->retired(id); });
}

// The asset without a path, which holds the signals of one level, has no name to be listed by.
Page<Asset> Catalogue::assets(const Selection& selection) const {
  return list<Asset>(
      state_->mutex, state_->by_path(), selection, [&](AssetId id) { return std::string(state_->path(id)); },
      [&](AssetId id) { return *state_->asset(id); }, [](AssetId) { return false; });
}

std::size_t Catalogue::signal_count() const {
  const std::shared_lock lock(state_->mutex);
  return state_->by_name().size();
}

std::size_t Catalogue::asset_count() const {
  const std::shared_lock lock(state_->mutex);
  return state_->by_path().size();
}

SignalId Catalogue::next_signal() const {
  const std::shared_lock lock(state_->mutex);
  return SignalId(static_cast<std::uint32_t>(state_->signal_slots() + 1));
}

AssetId Catalogue::next_asset() const {
  const std::shared_lock lock(state_->mutex);
  return AssetId(static_cast<std::uint32_t>(state_->asset_slots() + 1));
}

std::uint64_t Catalogue::epoch() const { return state_->epoch.load(std::memory_order_acquire); }

Result<void> Catalogue::apply(Bytes record_body) {
  const auto event = read_event(record_body);
  if (!event) return event.error();
  if (!*event) return {};
  const std::unique_lock lock(state_->mutex);
  return state_->apply(**event);
}

Buffer Catalogue::snapshot(Offset offset) const {
  Buffer out;
  ByteWriter writer(out);
  writer.put(snapshot_magic);
  writer.put(snapshot_version);
  writer.put(std::uint32_t{0});
  writer.put(offset.value());
  writer.put(section_packed_events);
  writer.put(std::uint32_t{0});
  writer.put(std::uint64_t{0});
  const std::size_t section = out.size();
  Buffer events;  // that are not packed yet
  const auto put = [&](EventKind kind, const auto& subject) {
    write_event(events, kind, subject);
    pack_full(out, events);
  };
  {
    const std::shared_lock lock(state_->mutex);
    for (std::size_t id = 1; id <= state_->asset_slots(); ++id) {
      const auto asset = state_->asset(AssetId(static_cast<std::uint32_t>(id)));
      if (asset) put(EventKind::asset_created, *asset);
    }
    for (const SignalId id : state_->by_name()) put(EventKind::signal_created, *state_->signal(id));
  }
  pack(out, events);
  store(out.data() + section - sizeof(std::uint64_t), std::uint64_t{out.size() - section});
  store(out.data() + snapshot_crc_from - sizeof(std::uint32_t), crc32c(Bytes(out).subspan(snapshot_crc_from)));
  return out;
}

Result<Offset> Catalogue::load(Bytes snapshot) {
  ByteReader reader(snapshot);
  const auto magic = reader.get<std::uint64_t>();
  const auto version = reader.get<std::uint32_t>();
  const auto crc = reader.get<std::uint32_t>();
  if (reader.failed() || magic != snapshot_magic) return malformed("not a catalogue snapshot");
  if (crc != crc32c(reader.rest())) return malformed("the catalogue snapshot is damaged: its checksum is wrong");
  if (version < plain_snapshot_version || version > snapshot_version) {
    return malformed(fmt::format("a catalogue snapshot of version {}; this release knows versions up to {}", version,
                                 snapshot_version));
  }
  const Offset offset(reader.get<std::uint64_t>());
  auto fresh = std::make_unique<State>();
  while (reader.remaining() > 0) {
    const auto kind = reader.get<std::uint32_t>();
    reader.get<std::uint32_t>();
    const Bytes section = reader.bytes(reader.get<std::uint64_t>());
    if (reader.failed()) return malformed("the catalogue snapshot is cut short");
    Result<void> applied;
    if (kind == section_events) applied = fresh->apply_events(section);
    if (kind == section_packed_events) applied = fresh->apply_packed_events(section);
    if (!applied) return applied.error();
  }
  state_ = std::move(fresh);
  static_assert(snapshot_header_bytes == snapshot_crc_from + sizeof(std::uint64_t));
  return offset;
}

}  // namespace artery::governance
