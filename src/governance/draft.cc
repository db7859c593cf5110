#include "governance/draft.h"

#include <fmt/format.h>

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

std::optional<Asset> Draft::asset(const std::string& path) const {
  const auto found = assets_by_path_.find(path);
  return found != assets_by_path_.end() ? found->second : catalogue_.asset(path);
}

std::optional<Signal> Draft::signal(const std::string& full_name) const {
  const auto found = signals_by_name_.find(full_name);
  return found != signals_by_name_.end() ? found->second : catalogue_.signal(full_name);
}

std::string Draft::path_for(const SeriesKey& key) const {
  const std::string identity = key.identity();
  const auto drafted = path_by_identity_.find(identity);
  if (drafted != path_by_identity_.end()) return drafted->second;
  if (const auto known = catalogue_.find_series(identity)) return catalogue_.asset(*known)->path;
  std::string plain = key.path();
  const auto present = asset(plain);
  return !present || present->identity.empty() ? plain : key.spelled_path();
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

Result<void> Draft::create(const SignalPatch& patch, const Change& change) {
  if (auto checked = check_signal(patch.full_name); !checked) return checked;
  Signal made = new_signal(next_signal_, patch.full_name, *patch.type, change);
  if (auto merged = merge(patch, made); !merged) return merged;
  auto owner = make_asset(std::string(split_name(patch.full_name).path), nullptr, change);
  if (!owner) return owner.error();
  made.asset = *owner;
  put(EventKind::signal_created, std::move(made));
  return {};
}

Result<void> Draft::edit(const SignalPatch& patch, const Change& change) {
  const auto present = signal(patch.full_name);
  if (!present && patch.type) return create(patch, change);
  if (!present)
    return Error(GovernanceError::not_found,
                 fmt::format("there is no signal {}; with its `type` it would be made", patch.full_name));
  Signal edited = *present;
  if (auto merged = merge(patch, edited); !merged) return merged;
  if (edited == *present) return {};
  edited.change = change;
  put(EventKind::signal_changed, std::move(edited));
  return {};
}

Result<void> Draft::edit(const AssetPatch& patch, const Change& change) {
  auto present = asset(patch.path);
  if (!present) {
    if (!patch.create) return Error(GovernanceError::not_found, fmt::format("there is no asset {}", patch.path));
    if (auto checked = check_name(patch.path); !checked) return checked;
    Asset made = new_asset(next_asset_, patch.path, change);
    if (auto merged = merge(patch, made); !merged) return merged;
    put(EventKind::asset_created, std::move(made));
    return {};
  }
  Asset edited = *present;
  if (auto merged = merge(patch, edited); !merged) return merged;
  if (edited == *present) return {};
  edited.change = change;
  put(EventKind::asset_changed, std::move(edited));
  return {};
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
  std::string name = signal.full_name;
  signals_by_name_.insert_or_assign(std::move(name), std::move(signal));
}

}  // namespace artery::governance
