#include "runtime/sim/disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/assert.h"

namespace artery::sim {

using runtime::FileError;
using runtime::FolderEntry;
using runtime::OpenMode;

namespace {

Error not_found(std::string_view path) {
  return {FileError::not_found, fmt::format("{}: no such file or folder", path)};
}

// "/a//b/" and "a/b" are both {"a", "b"}: the current folder of a simulated process is the root.
std::vector<std::string_view> names_of(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && path.substr(0, end) != ".") names.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return names;
}

}  // namespace

Disk::Disk(std::uint64_t seed) : rng_(seed) {
  const NodeId first = add(Folder{});
  ARTERY_ASSERT(first == root);
}

bool Disk::Change::touches(NodeId id) const { return (from && from->folder == id) || (to && to->folder == id); }

NodeId Disk::add(std::variant<StoredFile, Folder> node) {
  const NodeId id(++last_id_);
  nodes_.emplace(id, std::move(node));
  return id;
}

std::optional<NodeId> Disk::at(const Place& place) const {
  const Folder* in = folder(place.folder);
  if (in == nullptr) return std::nullopt;
  const auto entry = in->seen.find(place.name);
  if (entry == in->seen.end()) return std::nullopt;
  return entry->second;
}

std::optional<NodeId> Disk::find(std::string_view path) const {
  NodeId id = root;
  for (const std::string_view name : names_of(path)) {
    const auto next = at({id, std::string(name)});
    if (!next) return std::nullopt;
    id = *next;
  }
  return id;
}

Result<Disk::Place> Disk::place_of(std::string_view path) const {
  const auto names = names_of(path);
  if (names.empty()) return Error(FileError::denied, fmt::format("{}: the root cannot be changed", path));
  NodeId id = root;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const auto next = at({id, std::string(names[i])});
    if (!next || folder(*next) == nullptr) return not_found(path);
    id = *next;
  }
  return Place{id, std::string(names.back())};
}

void Disk::apply(const Change& change, std::map<NodeId, std::variant<StoredFile, Folder>>& nodes,
                 Entries Folder::* side) {
  if (change.from) {
    Entries& entries = std::get<Folder>(nodes.at(change.from->folder)).*side;
    const auto entry = entries.find(change.from->name);
    if (entry != entries.end() && entry->second == change.node) entries.erase(entry);
  }
  if (change.to) {
    (std::get<Folder>(nodes.at(change.to->folder)).*side).insert_or_assign(change.to->name, change.node);
  }
}

void Disk::change(Change change) {
  apply(change, nodes_, &Folder::seen);
  unsynced_.push_back(std::move(change));
}

Result<NodeId> Disk::open(std::string_view path, OpenMode mode) {
  auto place = place_of(path);
  if (!place) return std::move(place).error();
  const auto there = at(*place);
  if (mode == OpenMode::create) {
    if (there) return Error(FileError::exists, fmt::format("{}: exists already", path));
    const NodeId id = add(StoredFile{});
    change({.from = {}, .to = *place, .node = id});
    return id;
  }
  if (!there) return not_found(path);
  if (folder(*there) != nullptr) return Error(FileError::denied, fmt::format("{}: is a folder", path));
  return *there;
}

Result<void> Disk::rename(std::string_view from, std::string_view to) {
  auto old_place = place_of(from);
  if (!old_place) return std::move(old_place).error();
  auto new_place = place_of(to);
  if (!new_place) return std::move(new_place).error();
  const auto node = at(*old_place);
  if (!node) return not_found(from);
  if (*old_place == *new_place) return {};
  const auto replaced = at(*new_place);
  if (replaced && (folder(*replaced) != nullptr || folder(*node) != nullptr)) {
    return Error(FileError::exists, fmt::format("{}: a folder neither replaces nor is replaced", to));
  }
  change({.from = *old_place, .to = *new_place, .node = *node});
  return {};
}

Result<void> Disk::link(std::string_view from, std::string_view to) {
  const auto node = find(from);
  if (!node) return not_found(from);
  if (folder(*node) != nullptr) return Error(FileError::denied, fmt::format("{}: is a folder", from));
  auto place = place_of(to);
  if (!place) return std::move(place).error();
  if (at(*place)) return Error(FileError::exists, fmt::format("{}: exists already", to));
  change({.from = {}, .to = *place, .node = *node});
  return {};
}

Result<void> Disk::remove(std::string_view path) {
  auto place = place_of(path);
  if (!place) return std::move(place).error();
  const auto node = at(*place);
  if (!node) return not_found(path);
  const Folder* removed = folder(*node);
  if (removed != nullptr && !removed->seen.empty()) {
    return Error(FileError::denied, fmt::format("{}: the folder is not empty", path));
  }
  change({.from = *place, .to = {}, .node = *node});
  return {};
}

Result<std::vector<FolderEntry>> Disk::list(std::string_view path) const {
  const auto id = find(path);
  if (!id || folder(*id) == nullptr) return not_found(path);
  std::vector<FolderEntry> entries;
  for (const auto& [name, node] : folder(*id)->seen) entries.push_back({name, folder(node) != nullptr});
  return entries;
}

Result<void> Disk::make_folder(std::string_view path) {
  NodeId id = root;
  for (const std::string_view name : names_of(path)) {
    const Place place{id, std::string(name)};
    auto next = at(place);
    if (next && folder(*next) == nullptr) {
      return Error(FileError::exists, fmt::format("{}: {} is a file", path, name));
    }
    if (!next) {
      next = add(Folder{});
      change({.from = {}, .to = place, .node = *next});
    }
    id = *next;
  }
  return {};
}

Result<void> Disk::sync_folder(std::string_view path, bool fail) {
  const auto id = find(path);
  if (!id || folder(*id) == nullptr) return not_found(path);
  if (fail) {
    for (Change& change : unsynced_) change.missed = change.missed || change.touches(*id);
    return Error(FileError::io, fmt::format("{}: the folder's sync failed", path));
  }
  // What is synced takes all earlier changes to the same names along: walk back, collecting the names.
  std::set<Place> names;
  std::vector<bool> synced(unsynced_.size());
  for (std::size_t i = unsynced_.size(); i-- > 0;) {
    const Change& change = unsynced_[i];
    synced[i] = (change.touches(*id) && !change.missed) || (change.from && names.contains(*change.from)) ||
                (change.to && names.contains(*change.to));
    if (!synced[i]) continue;
    if (change.from) names.insert(*change.from);
    if (change.to) names.insert(*change.to);
  }
  std::vector<Change> left;
  for (std::size_t i = 0; i < unsynced_.size(); ++i) {
    if (synced[i]) {
      apply(unsynced_[i], nodes_, &Folder::durable);
    } else {
      left.push_back(std::move(unsynced_[i]));
    }
  }
  unsynced_ = std::move(left);
  return {};
}

Result<void> Disk::write(NodeId id, std::uint64_t at, Bytes bytes, std::uint64_t capacity) {
  StoredFile& written = file(id);
  std::uint64_t end = at + bytes.size();
  if (end > written.size()) {
    const std::uint64_t used = used_bytes();
    const std::uint64_t room = capacity > used ? capacity - used : 0;
    end = std::min(end, written.size() + room);
  }
  const std::uint64_t fits = end > at ? end - at : 0;
  written.write(at, bytes.first(fits));
  if (fits < bytes.size()) {
    return Error(FileError::no_space, fmt::format("no space: {} of {} bytes written at {}", fits, bytes.size(), at));
  }
  return {};
}

std::uint64_t Disk::used_bytes() const {
  std::vector<NodeId> named;
  for (const auto& [id, node] : nodes_) {
    const auto* in = std::get_if<Folder>(&node);
    if (in == nullptr) continue;
    for (const auto& [name, child] : in->seen) named.push_back(child);
  }
  std::ranges::sort(named);
  named.erase(std::ranges::unique(named).begin(), named.end());
  std::uint64_t used = 0;
  for (const NodeId id : named) {
    if (const auto* stored = std::get_if<StoredFile>(&nodes_.at(id))) used += stored->size();
  }
  return used;
}

void Disk::keep_some_changes() {
  const double survival = rng_.chance(0.3) ? 0 : rng_.chance(0.3) ? 1 : 0.6;
  std::set<Place> lost;
  for (const Change& change : unsynced_) {
    const bool blocked = (change.from && lost.contains(*change.from)) || (change.to && lost.contains(*change.to));
    if (!blocked && rng_.chance(survival)) {
      apply(change, nodes_, &Folder::durable);
      continue;
    }
    if (change.from) lost.insert(*change.from);
    if (change.to) lost.insert(*change.to);
  }
  unsynced_.clear();
  for (auto& [id, node] : nodes_) {
    if (auto* in = std::get_if<Folder>(&node)) in->seen = in->durable;
  }
}

void Disk::drop_unnamed() {
  std::set<NodeId> named{root};
  std::vector<NodeId> open{root};
  const auto reach = [&](NodeId id) {
    if (named.insert(id).second) open.push_back(id);
  };
  for (const Change& change : unsynced_) {
    reach(change.node);
    if (change.from) reach(change.from->folder);
    if (change.to) reach(change.to->folder);
  }
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const Folder* in = folder(id);
    if (in == nullptr) continue;
    for (const auto& [name, child] : in->seen) reach(child);
    for (const auto& [name, child] : in->durable) reach(child);
  }
  std::erase_if(nodes_, [&](const auto& node) { return !named.contains(node.first); });
}

void Disk::crash(CrashKind kind) {
  if (kind == CrashKind::power_loss) keep_some_changes();
  for (auto& [id, node] : nodes_) {
    auto* stored = std::get_if<StoredFile>(&node);
    if (stored == nullptr) continue;
    if (kind == CrashKind::power_loss) {
      stored->lose_power(rng_);
    } else {
      stored->kill(rng_);
    }
  }
  drop_unnamed();
}

std::optional<std::pair<std::string, std::uint64_t>> Disk::random_byte() {
  std::vector<std::pair<std::string, NodeId>> files;
  std::vector<std::pair<std::string, NodeId>> open{{"", root}};
  while (!open.empty()) {
    const auto [path, id] = std::move(open.back());
    open.pop_back();
    for (const auto& [name, child] : folder(id)->seen) {
      auto& into = folder(child) != nullptr ? open : files;
      if (folder(child) != nullptr || file(child).size() > 0)
        into.emplace_back(fmt::format("{}/{}", path, name), child);
    }
  }
  if (files.empty()) return std::nullopt;
  auto& [path, id] = files[rng_.below(files.size())];
  return std::pair(std::move(path), rng_.below(file(id).size()));
}

}  // namespace artery::sim
