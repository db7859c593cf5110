#include "governance/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace artery::governance {
namespace {

// About where the next batch begins; an event is much smaller than what a batch of the log may hold beyond it.
constexpr std::size_t batch_bytes = std::size_t{1} << 20;

Asset new_asset(std::uint32_t id, const std::string& path, const Change& change) {
  Asset made;
  made.id = AssetId(id);
  made.path = path;
  made.change = change;
  return made;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

Result<void> check_count(const std::vector<std::string>& aliases) {
  if (aliases.size() <= aliases_max) return {};
  return Error(GovernanceError::invalid,
               fmt::format("{} aliases; at most {} are allowed", aliases.size(), aliases_max));
}

Signal new_signal(std::uint32_t id, const std::string& full_name, ValueType type, const Change& change) {
  Signal made;
  made.id = SignalId(id);
  made.full_name = full_name;
  made.type = type;
  made.change = change;
  return made;
}

}  // namespace

Draft::Draft(const Catalogue& catalogue, std::uint64_t signals_max)
    : catalogue_(catalogue),
      signals_max_(signals_max),
      signals_(catalogue.signal_count()),
      next_signal_(catalogue.next_signal().value()),
      next_asset_(catalogue.next_asset().value()) {}

std::string Draft::present_name(const std::string& full_name) const {
  const SplitName split = split_name(full_name);
  return join_name(catalogue_.present_path(split.path), split.name);
}

std::optional<Asset> Draft::asset(const std::string& path) const {
  const auto found = assets_by_path_.find(present_path(path));
  return found != assets_by_path_.end() ? found->second : catalogue_.asset(path);
}

std::optional<Signal> Draft::signal(const std::string& full_name) const {
  const auto found = signals_by_name_.find(present_name(full_name));
  return found != signals_by_name_.end() ? found->second : catalogue_.signal(full_name);
}

std::string Draft::path_for(const SeriesKey& key) const {
  const std::string identity = key.identity();
  const auto drafted = path_by_identity_.find(identity);
  if (drafted != path_by_identity_.end()) return drafted->second;
  if (const auto known = catalogue_.find_series(identity)) return catalogue_.asset(*known)->path;
  std::string plain = key.path();
  const auto present = asset(plain);
  return present_path(!present || present->identity.empty() ? plain : key.spelled_path());
}

Result<AssetId> Draft::make_asset(const std::string& path, const SeriesKey* key, const Change& change) {
  const std::string identity = key == nullptr ? std::string() : key->identity();
  auto known = asset(path);
  if (known && (identity.empty() || known->identity == identity)) return known->id;
  if (known && !known->identity.empty()) {
    return Error(GovernanceError::conflict, fmt::format("asset {} is series {}", path, known->identity));
  }
  Asset made = known ? std::move(*known) : new_asset(next_asset_, path, change);
  if (key != nullptr) {
    made.identity = identity;
    if (made.type.empty()) made.type = key->measurement;
    for (const auto& [tag, value] : key->tags) made.properties.emplace(tag, value);
  }
  const AssetId id = made.id;
  put(id.value() == next_asset_ ? EventKind::asset_created : EventKind::asset_changed, std::move(made));
  return id;
}

Result<void> Draft::check_signal(const std::string& full_name) const {
  if (auto checked = check_name(full_name); !checked) return checked;
  if (signals_ >= signals_max_ && !signal(full_name)) {
    return Error(GovernanceError::too_many, fmt::format("there are {} signals already, as many as allowed", signals_));
  }
  return {};
}

Result<void> Draft::make_signal(AssetId asset, const std::string& full_name, ValueType type, const Change& change) {
  if (auto checked = check_signal(full_name); !checked) return checked;
  if (signal(full_name)) return {};
  Signal made = new_signal(next_signal_, full_name, type, change);
  made.asset = asset;
  put(EventKind::signal_created, std::move(made));
  return {};
}

Result<void> Draft::create(const SignalPatch& patch, const std::string& full_name, const Change& change) {
  if (auto checked = check_signal(full_name); !checked) return checked;
  Signal made = new_signal(next_signal_, full_name, *patch.type, change);
  if (auto merged = merge(patch, made); !merged) return merged;
  if (auto named = set_names(patch, made); !named) return named;
  auto owner = make_asset(std::string(split_name(full_name).path), nullptr, change);
  if (!owner) return owner.error();
  made.asset = *owner;
  put(EventKind::signal_created, std::move(made));
  return {};
}

Result<void> Draft::edit(const SignalPatch& patch, const Change& change) {
  const auto present = signal(patch.full_name);
  if (!present && patch.type && !patch.new_name) return create(patch, present_name(patch.full_name), change);
  if (!present)
    return Error(GovernanceError::not_found,
                 fmt::format("there is no signal {}; with its `type` it would be made", patch.full_name));
  Signal edited = *present;
  if (auto merged = merge(patch, edited); !merged) return merged;
  if (auto named = set_names(patch, edited); !named) return named;
  if (edited == *present) return {};
  edited.change = change;
  for (const std::string& alias : present->aliases) signals_by_name_.insert_or_assign(alias, std::nullopt);
  signals_by_name_.insert_or_assign(present->full_name, std::nullopt);
  put(EventKind::signal_changed, std::move(edited));
  return {};
}

Result<void> Draft::edit(const AssetPatch& patch, const Change& change) {
  auto present = asset(patch.path);
  if (!present) {
    if (!patch.create || patch.new_name) {
      return Error(GovernanceError::not_found, fmt::format("there is no asset {}", patch.path));
    }
    const std::string path = present_path(patch.path);
    if (auto checked = check_name(path); !checked) return checked;
    Asset made = new_asset(next_asset_, path, change);
    if (auto merged = merge(patch, made); !merged) return merged;
    if (auto named = set_names(patch, made); !named) return named;
    put(EventKind::asset_created, std::move(made));
    return {};
  }
  Asset edited = *present;
  if (auto merged = merge(patch, edited); !merged) return merged;
  if (auto named = set_names(patch, edited); !named) return named;
  if (edited == *present) return {};
  edited.change = change;
  put(EventKind::asset_changed, std::move(edited));
  return {};
}

bool Draft::stands_alone(const Patch& patch) const {
  const auto* one = std::get_if<AssetPatch>(&patch);
  if (one == nullptr || (!one->new_name && !one->aliases)) return false;
  const auto present = asset(one->path);
  const Asset known = present.value_or(new_asset(0, one->path, {}));
  return (one->new_name && *one->new_name != known.path) || (one->aliases && sorted(*one->aliases) != known.aliases);
}

// What is a name or an alias of the signal belongs to its asset.
Result<std::string> Draft::name_beside(const Signal& signal, const std::string& name) const {
  if (auto checked = check_name(name); !checked) return checked.error();
  const std::string_view path = split_name(signal.full_name).path;
  const SplitName split = split_name(name);
  if (catalogue_.present_path(split.path) != path) {
    return Error(GovernanceError::invalid,
                 fmt::format("{} is not in {}; a signal stays with its asset", name, path.empty() ? "no asset" : path));
  }
  std::string full_name = join_name(path, split.name);
  const auto other = this->signal(full_name);
  if (other && other->id != signal.id) {
    return Error(GovernanceError::conflict, fmt::format("{} leads to signal {} already", name, other->full_name));
  }
  return full_name;
}

Result<void> Draft::set_names(const SignalPatch& patch, Signal& into) const {
  if (patch.new_name) {
    const auto name = name_beside(into, *patch.new_name);
    if (!name) return name.error();
    if (*name != into.full_name) into.aliases.push_back(std::exchange(into.full_name, *name));
    std::erase(into.aliases, into.full_name);
  }
  if (patch.aliases) {
    into.aliases.clear();
    for (const std::string& alias : *patch.aliases) {
      auto name = name_beside(into, alias);
      if (!name) return name.error();
      if (*name != into.full_name) into.aliases.push_back(std::move(*name));
    }
  }
  into.aliases = sorted(std::move(into.aliases));
  return check_count(into.aliases);
}

Result<void> Draft::set_names(const AssetPatch& patch, Asset& into) const {
  const std::vector<std::string> before = into.aliases;
  const std::string path_before = into.path;
  if (patch.new_name && *patch.new_name != into.path) {
    if (auto checked = catalogue_.check_move(into.id, *patch.new_name); !checked) return checked;
    into.path = *patch.new_name;
    into.aliases.push_back(path_before);
    std::erase(into.aliases, into.path);
  }
  if (patch.aliases) into.aliases = *patch.aliases;
  into.aliases = sorted(std::move(into.aliases));
  for (const std::string& alias : into.aliases) {
    if (alias == path_before || std::ranges::find(before, alias) != before.end()) continue;
    if (auto checked = catalogue_.check_alias(into.id, alias); !checked) return checked;
  }
  if (auto checked = catalogue_.check_names(into); !checked) return checked;
  return check_count(into.aliases);
}

template <class Subject>
void Draft::write(EventKind kind, const Subject& subject) {
  if (batches_.empty() || batches_.back().payload_bytes() >= batch_bytes) batches_.emplace_back();
  write_event_record(batches_.back().bytes(), kind, subject);
}

void Draft::put(EventKind kind, Asset asset) {
  write(kind, asset);
  if (kind == EventKind::asset_created) {
    ++next_asset_;
    ++assets_created_;
  }
  if (!asset.identity.empty()) path_by_identity_.insert_or_assign(asset.identity, asset.path);
  std::string path = asset.path;
  assets_by_path_.insert_or_assign(std::move(path), std::move(asset));
}

void Draft::put(EventKind kind, Signal signal) {
  write(kind, signal);
  if (kind == EventKind::signal_created) {
    ++next_signal_;
    ++signals_;
    ++signals_created_;
  }
  for (const std::string& alias : signal.aliases) signals_by_name_.insert_or_assign(alias, signal);
  std::string name = signal.full_name;
  signals_by_name_.insert_or_assign(std::move(name), std::move(signal));
}

}  // namespace artery::governance
