// The tree of folders and files on the simulated disk (clauses 7 to 12 of faults.h): what programs see, what the device
// holds, and the changes between them. Nothing here takes time; sim::Files adds time, chance and counting.
//
// Nodes live until a crash finds that nothing names them, so an open file outlives its removal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "runtime/file.h"
#include "runtime/sim/faults.h"
#include "runtime/sim/rng.h"
#include "runtime/sim/stored_file.h"

namespace artery::sim {

struct NodeIdTag;
using NodeId = Strong<NodeIdTag, std::uint64_t>;

class Disk {
 public:
  explicit Disk(std::uint64_t seed);

  Result<NodeId> open(std::string_view path, runtime::OpenMode mode);
  StoredFile& file(NodeId id) { return std::get<StoredFile>(nodes_.at(id)); }
  Result<void> rename(std::string_view from, std::string_view to);
  // Another name for a file.
  Result<void> link(std::string_view from, std::string_view to);
  // A file or an empty folder.
  Result<void> remove(std::string_view path);
  Result<std::vector<runtime::FolderEntry>> list(std::string_view folder) const;
  Result<void> make_folder(std::string_view folder);
  // With fail, does what clause 9 says instead.
  Result<void> sync_folder(std::string_view folder, bool fail = false);
  [[nodiscard]] bool exists(std::string_view path) const { return find(path).has_value(); }

  // Writes what fits into `capacity` in all; FileError::no_space where that is not all.
  Result<void> write(NodeId file, std::uint64_t at, Bytes bytes, std::uint64_t capacity);
  [[nodiscard]] std::uint64_t used_bytes() const;

  void crash(CrashKind kind);
  // Of the files that hold anything, one at random and a byte of it.
  std::optional<std::pair<std::string, std::uint64_t>> random_byte();
  Rng& rng() { return rng_; }

 private:
  using Entries = std::map<std::string, NodeId, std::less<>>;
  struct Folder {
    Entries seen;
    Entries durable;
  };
  struct Place {
    NodeId folder;
    std::string name;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Change {
    std::optional<Place> from;  // what is removed here
    std::optional<Place> to;    // is put there
    NodeId node;
    bool missed = false;  // by a failed sync: no later one brings it to the device for its own sake
    [[nodiscard]] bool touches(NodeId folder) const;
  };

  [[nodiscard]] std::optional<NodeId> find(std::string_view path) const;
  [[nodiscard]] Result<Place> place_of(std::string_view path) const;
  [[nodiscard]] std::optional<NodeId> at(const Place& place) const;
  [[nodiscard]] const Folder* folder(NodeId id) const { return std::get_if<Folder>(&nodes_.at(id)); }
  NodeId add(std::variant<StoredFile, Folder> node);
  void change(Change change);
  static void apply(const Change& change, std::map<NodeId, std::variant<StoredFile, Folder>>& nodes,
                    Entries Folder::* side);
  void keep_some_changes();
  void drop_unnamed();

  static constexpr NodeId root{1};
  std::map<NodeId, std::variant<StoredFile, Folder>> nodes_;
  std::vector<Change> unsynced_;  // in their order
  std::uint64_t last_id_ = 0;
  Rng rng_;
};

}  // namespace artery::sim
