#include "governance/catalogue_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/packed.h"

namespace artery::governance {
namespace {

// Ids follow each other; only a batch that rot has eaten leaves a gap, and no batch holds more events than this.
constexpr std::size_t gap_max = std::size_t{1} << 20;

Error conflict(std::string message) { return {GovernanceError::conflict, std::move(message)}; }

Error cut_short() { return {GovernanceError::malformed, "the catalogue snapshot's events are cut short"}; }

template <class Entry>
Result<void> make_room(std::deque<Entry>& entries, std::uint32_t id, std::string_view what) {
  if (id == 0 || id > entries.size() + gap_max) return conflict(fmt::format("{} id {} is out of order", what, id));
  if (id > entries.size()) entries.resize(id);
  return {};
}

std::array<std::string_view, 3> pieces(const NameParts& parts) {
  return {parts.path, parts.path.empty() ? std::string_view() : std::string_view("/"), parts.name};
}

}  // namespace

const std::string* TextPool::keep(std::string_view text) {
  const auto found = texts_.find(text);
  return found != texts_.end() ? &*found : &*texts_.emplace(text).first;
}

int compare(const NameParts& a, const NameParts& b) {
  if (a.path == b.path) return a.name.compare(b.name);
  auto left = pieces(a);
  auto right = pieces(b);
  std::size_t i = 0;
  std::size_t j = 0;
  while (true) {
    while (i < left.size() && left.at(i).empty()) ++i;
    while (j < right.size() && right.at(j).empty()) ++j;
    if (i == left.size() || j == right.size()) break;
    const std::size_t common = std::min(left.at(i).size(), right.at(j).size());
    const int order = left.at(i).substr(0, common).compare(right.at(j).substr(0, common));
    if (order != 0) return order;
    left.at(i).remove_prefix(common);
    right.at(j).remove_prefix(common);
  }
  return static_cast<int>(i < left.size()) - static_cast<int>(j < right.size());
}

bool Catalogue::State::has(AssetId id) const {
  return id.value() >= 1 && id.value() <= assets_.size() && assets_[id.value() - 1].type != nullptr;
}

bool Catalogue::State::has(SignalId id) const {
  return id.value() >= 1 && id.value() <= signals_.size() && signals_[id.value() - 1].asset != AssetId();
}

NameParts Catalogue::State::parts(SignalId id) const {
  const SignalEntry& entry = signals_[id.value() - 1];
  return {.path = path(entry.asset), .name = *entry.name};
}

SignalId Catalogue::State::find(const NameParts& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? SignalId() : *found;
}

AssetId Catalogue::State::find_path(std::string_view path) const {
  const auto found = by_path_.find(NameParts{{}, path});
  return found == by_path_.end() ? AssetId() : *found;
}

AssetId Catalogue::State::find_identity(std::string_view identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? AssetId() : found->second;
}

Result<void> Catalogue::State::apply(const Event& event) {
  switch (event.kind) {
    case EventKind::asset_created:
      return create(std::get<Asset>(event.subject));
    case EventKind::signal_created:
      return create(std::get<Signal>(event.subject));
    case EventKind::asset_changed:
      return change(std::get<Asset>(event.subject), event.names);
    case EventKind::signal_changed:
      break;
  }
  return change(std::get<Signal>(event.subject), event.names);
}

// Returns what is behind them: the beginning of another one, or nothing.
Result<Bytes> Catalogue::State::apply_whole_events(Bytes events) {
  while (has_event(events)) {
    const auto event = read_event(events);
    if (!event) return event.error();
    if (!*event) continue;
    if (auto applied = apply(**event); !applied) return applied.error();
  }
  return events;
}

Result<void> Catalogue::State::apply_events(Bytes events) {
  const auto rest = apply_whole_events(events);
  if (!rest) return rest.error();
  return rest->empty() ? Result<void>() : cut_short();
}

Result<void> Catalogue::State::apply_packed_events(Bytes packed) {
  Unpacker unpacker(packed);
  while (unpacker.more()) {
    const auto rest = apply_whole_events(unpacker.left());
    if (!rest) return rest.error();
    unpacker.take(unpacker.left().size() - rest->size());
  }
  return unpacker.whole() ? Result<void>() : cut_short();
}

Result<void> Catalogue::State::create(const Asset& asset) {
  if (has(asset.id)) {
    if (path(asset.id) == asset.path) return {};
    return conflict(fmt::format("asset {} is {}, not {}", asset.id.value(), path(asset.id), asset.path));
  }
  if (find_path(asset.path) != AssetId()) {
    return conflict(fmt::format("asset {} exists already, with another id than {}", asset.path, asset.id.value()));
  }
  if (!asset.identity.empty() && find_identity(asset.identity) != AssetId()) {
    return conflict(fmt::format("series {} exists already, as another asset than {}", asset.identity, asset.path));
  }
  if (present_path(asset.path) != asset.path) {
    return conflict(fmt::format("{} is an alias that leads to {}", asset.path, present_path(asset.path)));
  }
  if (auto checked = check_aliases(asset); !checked) return checked;
  if (auto room = make_room(assets_, asset.id.value(), "asset"); !room) return room;
  AssetEntry& entry = assets_[asset.id.value() - 1];
  entry.path = asset.path;
  entry.path.shrink_to_fit();
  fill(entry, asset);
  by_path_.insert(asset.id);
  return {};
}

Result<void> Catalogue::State::change(Asset asset, bool names) {
  if (!has(asset.id)) return conflict(fmt::format("asset {} is to be changed and does not exist", asset.id.value()));
  AssetEntry& entry = assets_[asset.id.value() - 1];
  if (!names) {
    asset.path = entry.path;
    asset.aliases = aliases(asset.id);
  }
  const AssetId known = asset.identity.empty() ? asset.id : find_identity(asset.identity);
  if ((known != AssetId() && known != asset.id) || (!entry.identity.empty() && entry.identity != asset.identity)) {
    return conflict(fmt::format("asset {} cannot become series {}", entry.path, asset.identity));
  }
  const bool moves = asset.path != entry.path;
  const bool leads_otherwise = moves || asset.aliases != aliases(asset.id);
  if (moves) {
    if (auto checked = check_move(asset.id, asset.path); !checked) return checked;
  }
  if (leads_otherwise) {
    if (auto checked = check_aliases(asset); !checked) return checked;
  }
  if (moves) move(asset.id, asset.path);
  fill(entry, asset);
  if (leads_otherwise) epoch.fetch_add(1, std::memory_order_release);
  return {};
}

void Catalogue::State::fill(AssetEntry& entry, const Asset& asset) {
  if (entry.identity.empty() && !asset.identity.empty()) {
    entry.identity = asset.identity;
    by_identity_.emplace(entry.identity, asset.id);
  }
  entry.type = texts_.keep(asset.type);
  entry.author = texts_.keep(asset.change.author);
  entry.changed = asset.change.time;
  entry.properties = share(asset.properties);
  entry.data_class = asset.data_class;
  for (const std::string& alias : aliases(asset.id)) asset_aliases_.erase(alias);
  for (const std::string& alias : asset.aliases) asset_aliases_.emplace(alias, asset.id);
  const bool plain = asset.description.empty() && asset.display_names.empty() && asset.aliases.empty();
  entry.rare = plain ? nullptr
                     : std::make_unique<AssetEntry::Rare>(AssetEntry::Rare{.description = asset.description,
                                                                           .display_names = share(asset.display_names),
                                                                           .aliases = asset.aliases});
}

Result<void> Catalogue::State::create(const Signal& signal) {
  if (!has(signal.asset)) {
    return conflict(
        fmt::format("signal {} belongs to asset {}, which does not exist", signal.full_name, signal.asset.value()));
  }
  if (!is_level(signal.full_name)) return Error(GovernanceError::malformed, "a signal's name is not one level");
  const NameParts name{.path = path(signal.asset), .name = signal.full_name};
  if (has(signal.id)) {
    if (compare(parts(signal.id), name) == 0 && signals_[signal.id.value() - 1].type == signal.type) return {};
    return conflict(fmt::format("signal {} exists already, as another than {}", signal.id.value(), signal.full_name));
  }
  if (auto checked = check_aliases(signal); !checked) return checked;
  if (auto room = make_room(signals_, signal.id.value(), "signal"); !room) return room;
  SignalEntry& entry = signals_[signal.id.value() - 1];
  entry.asset = signal.asset;
  entry.type = signal.type;
  entry.name = texts_.keep(signal.full_name);
  // A snapshot lists signals by name, so that each goes to the end without a search.
  if (*by_name_.insert(by_name_.end(), signal.id) != signal.id) {
    entry = {};
    return conflict(fmt::format("signal {} of {} exists already, with another id than {}", signal.full_name, name.path,
                                signal.id.value()));
  }
  fill(entry, signal);
  return {};
}

Result<void> Catalogue::State::change(Signal signal, bool names) {
  if (!has(signal.id)) {
    return conflict(fmt::format("signal {} is to be changed and does not exist", signal.id.value()));
  }
  SignalEntry& entry = signals_[signal.id.value() - 1];
  signal.asset = entry.asset;
  if (!names) {
    signal.full_name = *entry.name;
    signal.type = entry.type;
    signal.aliases = aliases(signal.id);
    signal.retired = entry.retired;
  }
  const bool renamed = signal.full_name != *entry.name;
  const bool leads_otherwise = renamed || signal.aliases != aliases(signal.id);
  if (!is_level(signal.full_name)) return Error(GovernanceError::malformed, "a signal's name is not one level");
  if (renamed && find({path(entry.asset), signal.full_name}) != SignalId()) {
    return conflict(fmt::format("there is a signal {} already", join_name(path(entry.asset), signal.full_name)));
  }
  if (leads_otherwise) {
    if (auto checked = check_aliases(signal); !checked) return checked;
  }
  if (renamed) rename(signal.id, signal.full_name);
  const bool changes = leads_otherwise || entry.type != signal.type || entry.retired != signal.retired;
  entry.type = signal.type;
  fill(entry, signal);
  if (changes) epoch.fetch_add(1, std::memory_order_release);
  return {};
}

void Catalogue::State::fill(SignalEntry& entry, const Signal& signal) {
  entry.data_class = signal.data_class;
  entry.stepped = signal.stepped;
  entry.retired = signal.retired;
  entry.unit = texts_.keep(signal.unit);
  entry.author = texts_.keep(signal.change.author);
  entry.changed = signal.change.time;
  for (const std::string& alias : aliases(signal.id)) signal_aliases_.erase({entry.asset, alias});
  for (const std::string& alias : signal.aliases) signal_aliases_.emplace(std::pair(entry.asset, alias), signal.id);
  const bool plain = !signal.low && !signal.high && signal.description.empty() && signal.display_names.empty() &&
                     signal.aliases.empty();
  entry.rare = plain
                   ? nullptr
                   : std::make_unique<SignalEntry::Rare>(SignalEntry::Rare{.low = signal.low,
                                                                           .high = signal.high,
                                                                           .description = signal.description,
                                                                           .display_names = share(signal.display_names),
                                                                           .aliases = signal.aliases});
}

Catalogue::State::SharedTexts Catalogue::State::share(const Texts& texts) {
  SharedTexts shared;
  shared.reserve(texts.size());
  for (const auto& [key, text] : texts) shared.emplace_back(texts_.keep(key), texts_.keep(text));
  return shared;
}

Texts Catalogue::State::unshare(const SharedTexts& texts) {
  Texts own;
  for (const auto& [key, text] : texts) own.emplace(*key, *text);
  return own;
}

std::optional<SignalRef> Catalogue::State::ref(SignalId id) const {
  if (!has(id)) return std::nullopt;
  const SignalEntry& entry = signals_[id.value() - 1];
  return SignalRef{.id = id, .asset = entry.asset, .type = entry.type, .retired = entry.retired};
}

std::optional<Signal> Catalogue::State::signal(SignalId id) const {
  if (!has(id)) return std::nullopt;
  const SignalEntry& entry = signals_[id.value() - 1];
  Signal signal;
  signal.id = id;
  signal.asset = entry.asset;
  signal.full_name = join_name(path(entry.asset), *entry.name);
  signal.type = entry.type;
  signal.unit = *entry.unit;
  signal.stepped = entry.stepped;
  signal.retired = entry.retired;
  signal.data_class = entry.data_class;
  signal.change = {.author = *entry.author, .time = entry.changed};
  if (entry.rare) {
    signal.low = entry.rare->low;
    signal.high = entry.rare->high;
    signal.description = entry.rare->description;
    signal.display_names = unshare(entry.rare->display_names);
    for (const std::string& alias : entry.rare->aliases) {
      signal.aliases.push_back(join_name(path(entry.asset), alias));
    }
  }
  return signal;
}

std::optional<Asset> Catalogue::State::asset(AssetId id) const {
  if (!has(id)) return std::nullopt;
  const AssetEntry& entry = assets_[id.value() - 1];
  Asset asset;
  asset.id = id;
  asset.path = entry.path;
  asset.identity = entry.identity;
  asset.type = *entry.type;
  asset.properties = unshare(entry.properties);
  asset.data_class = entry.data_class;
  asset.change = {.author = *entry.author, .time = entry.changed};
  if (entry.rare) {
    asset.description = entry.rare->description;
    asset.display_names = unshare(entry.rare->display_names);
    asset.aliases = entry.rare->aliases;
  }
  return asset;
}

}  // namespace artery::governance
