// Names of the catalogue's state: how aliases lead, and what a change of name takes along.
#include <fmt/format.h>

#include <algorithm>

#include "governance/catalogue_state.h"

namespace artery::governance {
namespace {

Error conflict(std::string message) { return {GovernanceError::conflict, std::move(message)}; }

bool is_below(std::string_view name, std::string_view path) {
  return name.size() > path.size() && name.starts_with(path) && name[path.size()] == '/';
}

}  // namespace

SignalId Catalogue::State::find_name(std::string_view full_name) const {
  SignalId found = find({{}, full_name});
  if (found != SignalId() || (asset_aliases_.empty() && signal_aliases_.empty())) return found;
  const SplitName split = split_name(full_name);
  const std::string path = present_path(split.path);
  found = find({path, split.name});
  if (found != SignalId()) return found;
  const auto alias = signal_aliases_.find({find_path(path), std::string(split.name)});
  return alias == signal_aliases_.end() ? SignalId() : alias->second;
}

// The longest alias that is the path, or above it, leads to an asset; behind that the next may begin. This comes to an
// end: no asset lies at or below an alias, so each that is found takes some more of the levels that were asked for.
std::string Catalogue::State::present_path(std::string_view path, std::string_view except) const {
  std::string present(path);
  if (asset_aliases_.empty()) return present;
  const auto lead = [&] {
    if (find_path(present) != AssetId()) return false;
    for (std::size_t end = present.size(); end != std::string::npos && end > 0; end = present.rfind('/', end - 1)) {
      const std::string_view above = std::string_view(present).substr(0, end);
      const auto alias = asset_aliases_.find(above);
      if (alias == asset_aliases_.end() || above == except) continue;
      present.replace(0, end, this->path(alias->second));
      return true;
    }
    return false;
  };
  while (lead()) {
  }
  return present;
}

std::vector<std::string> Catalogue::State::aliases(AssetId id) const {
  const AssetEntry& entry = assets_[id.value() - 1];
  return entry.rare ? entry.rare->aliases : std::vector<std::string>();
}

std::vector<std::string> Catalogue::State::aliases(SignalId id) const {
  const SignalEntry& entry = signals_[id.value() - 1];
  return entry.rare ? entry.rare->aliases : std::vector<std::string>();
}

std::vector<AssetId> Catalogue::State::at_or_below(AssetId id) const {
  std::vector<AssetId> found{id};
  const std::string below = assets_[id.value() - 1].path + "/";
  for (auto at = by_path_.lower_bound(NameParts{{}, below}); at != by_path_.end(); ++at) {
    if (!path(*at).starts_with(below)) break;
    found.push_back(*at);
  }
  return found;
}

std::vector<SignalId> Catalogue::State::signals_at_or_below(std::string_view path) const {
  std::vector<SignalId> found;
  const std::string below = std::string(path) + "/";
  for (auto at = by_name_.lower_bound(NameParts{{}, below}); at != by_name_.end(); ++at) {
    const std::string_view owner = this->path(signals_[at->value() - 1].asset);
    if (owner != path && !is_below(owner, path)) break;
    found.push_back(*at);
  }
  return found;
}

Result<void> Catalogue::State::check_move(AssetId id, const std::string& to) const {
  if (auto checked = check_name(to); !checked) return checked;
  const std::string_view from = path(id);
  if (from.empty()) return conflict("what holds the signals of one level has no name");
  if (is_below(to, from) || is_below(from, to)) {
    return conflict(fmt::format("{} cannot become {}: one lies below the other", from, to));
  }
  const auto mine = asset_aliases_.find(to);
  std::string_view own_alias;
  if (mine != asset_aliases_.end() && mine->second == id) own_alias = mine->first;
  for (const AssetId one : at_or_below(id)) {
    const std::string moved = to + std::string(path(one).substr(from.size()));
    if (find_path(moved) != AssetId()) return conflict(fmt::format("there is an asset {} already", moved));
    if (const std::string leads = present_path(moved, own_alias); leads != moved) {
      return conflict(fmt::format("{} is an alias that leads to {}; that has to be given up first", moved, leads));
    }
  }
  for (const SignalId one : signals_at_or_below(from)) {
    const NameParts name = parts(one);
    const std::string moved = join_name(to + std::string(name.path.substr(from.size())), name.name);
    if (auto checked = check_name(moved); !checked) return checked;
  }
  return {};
}

Result<void> Catalogue::State::check_alias(AssetId id, const std::string& alias) const {
  if (auto checked = check_name(alias); !checked) return checked;
  const auto present = asset_aliases_.find(alias);
  if (present != asset_aliases_.end() && present->second != id) {
    return conflict(fmt::format("{} leads to {} already", alias, path(present->second)));
  }
  return check_free(alias, alias);
}

// Whether nothing lies there: a reason why `alias` can be none.
Result<void> Catalogue::State::check_free(std::string_view path, std::string_view alias) const {
  if (find_path(path) != AssetId()) return conflict(fmt::format("{} is the name of an asset", path));
  const std::string below = std::string(path) + "/";
  const auto at = by_path_.lower_bound(NameParts{{}, below});
  if (at == by_path_.end() || !this->path(*at).starts_with(below)) return {};
  return conflict(fmt::format("{} cannot be an alias: {} lies below it", alias, this->path(*at)));
}

// Of an asset as it shall be: what moves along is not in the way.
Result<void> Catalogue::State::check_aliases(const Asset& asset) const {
  if (asset.path.empty() && !asset.aliases.empty()) return conflict("what holds the signals of one level has no name");
  const bool is_there = has(asset.id);
  const std::string from(is_there ? path(asset.id) : std::string_view());
  for (const std::string& alias : asset.aliases) {
    if (alias == asset.path || is_below(asset.path, alias)) {
      return conflict(fmt::format("{} cannot be an alias of {}", alias, asset.path));
    }
    const bool moves = is_there && from != asset.path;
    if (moves && alias == from) continue;
    if (auto checked = check_alias(asset.id, alias); !checked) return checked;
    if (!moves || !is_below(alias, asset.path)) continue;
    const std::string before = from + alias.substr(asset.path.size());
    if (auto checked = check_free(before, alias); !checked) return checked;
  }
  return {};
}

// Names and aliases are levels here. That no other signal has the name is seen where it gets it.
Result<void> Catalogue::State::check_aliases(const Signal& signal) const {
  const std::string_view owner = path(signal.asset);
  const auto taken = [&](const std::string& level) {
    return Error(GovernanceError::conflict, fmt::format("{} leads to another signal already", join_name(owner, level)));
  };
  const auto leads_elsewhere = [&](const std::string& level) {
    const auto alias = signal_aliases_.find({signal.asset, level});
    return alias != signal_aliases_.end() && alias->second != signal.id;
  };
  for (const std::string& level : signal.aliases) {
    if (!is_level(level)) return Error(GovernanceError::malformed, "a signal's alias is not one level");
    const SignalId named = find({owner, level});
    if (level == signal.full_name || (named != SignalId() && named != signal.id)) return taken(level);
    if (leads_elsewhere(level)) return taken(level);
  }
  if (leads_elsewhere(signal.full_name)) return taken(signal.full_name);
  return {};
}

void Catalogue::State::move(AssetId id, const std::string& to) {
  const std::string from = assets_[id.value() - 1].path;
  const std::vector<AssetId> assets = at_or_below(id);
  const std::vector<SignalId> signals = signals_at_or_below(from);
  for (const SignalId one : signals) by_name_.erase(one);
  for (const AssetId one : assets) by_path_.erase(one);
  for (const AssetId one : assets) assets_[one.value() - 1].path.replace(0, from.size(), to);
  for (const AssetId one : assets) by_path_.insert(one);
  for (const SignalId one : signals) by_name_.insert(one);
}

void Catalogue::State::rename(SignalId id, std::string_view to) {
  by_name_.erase(id);
  signals_[id.value() - 1].name = texts_.keep(to);
  by_name_.insert(id);
}

}  // namespace artery::governance
