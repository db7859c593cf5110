// What the catalogue keeps in memory, compactly: a plain signal takes about 55 bytes beside its asset. For
// catalogue.cc.
#pragma once

#include <absl/container/btree_set.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "governance/catalogue.h"
#include "governance/event.h"

namespace artery::governance {

// Texts that many share: units, authors, field names, tags. They stay until the end.
class TextPool {
 public:
  const std::string* keep(std::string_view text);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_set<std::string, Hash, std::equal_to<>> texts_;
};

// A name in two parts, compared as if they were joined. One part alone may hold the whole.
struct NameParts {
  std::string_view path;
  std::string_view name;
};
int compare(const NameParts& a, const NameParts& b);

inline bool is_level(std::string_view text) { return !text.empty() && text.find('/') == std::string_view::npos; }

class Catalogue::State {
 public:
  State() : by_name_(SignalOrder{this}), by_path_(AssetOrder{this}) {}
  ~State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Written with the mutex held, after what it tells of.
  std::atomic<std::uint64_t> epoch{1};
  mutable std::shared_mutex mutex;  // guards all below

  Result<void> apply(const Event& event);
  // All events of a snapshot's section. After an error some are applied.
  Result<void> apply_events(Bytes events);
  Result<void> apply_packed_events(Bytes packed);

  // By its name alone, and by any name that leads there.
  [[nodiscard]] SignalId find(const NameParts& name) const;
  [[nodiscard]] SignalId find_name(std::string_view full_name) const;
  [[nodiscard]] AssetId find_path(std::string_view path) const;
  // `except`: an alias that is looked over.
  [[nodiscard]] std::string present_path(std::string_view path, std::string_view except = {}) const;
  [[nodiscard]] Result<void> check_move(AssetId id, const std::string& path) const;
  [[nodiscard]] Result<void> check_alias(AssetId id, const std::string& path) const;
  [[nodiscard]] Result<void> check_aliases(const Asset& asset) const;
  [[nodiscard]] AssetId find_identity(std::string_view identity) const;

  [[nodiscard]] std::optional<SignalRef> ref(SignalId id) const;
  [[nodiscard]] bool retired(SignalId id) const { return signals_[id.value() - 1].retired; }
  [[nodiscard]] std::optional<Signal> signal(SignalId id) const;
  [[nodiscard]] std::optional<Asset> asset(AssetId id) const;
  [[nodiscard]] NameParts parts(SignalId id) const;
  [[nodiscard]] std::string_view path(AssetId id) const { return assets_[id.value() - 1].path; }

  struct SignalOrder {
    using is_transparent = void;
    const State* state;
    bool operator()(SignalId a, SignalId b) const { return compare(state->parts(a), state->parts(b)) < 0; }
    bool operator()(SignalId a, const NameParts& b) const { return compare(state->parts(a), b) < 0; }
    bool operator()(const NameParts& a, SignalId b) const { return compare(a, state->parts(b)) < 0; }
  };
  struct AssetOrder {
    using is_transparent = void;
    const State* state;
    bool operator()(AssetId a, AssetId b) const { return state->path(a) < state->path(b); }
    bool operator()(AssetId a, const NameParts& b) const { return compare({{}, state->path(a)}, b) < 0; }
    bool operator()(const NameParts& a, AssetId b) const { return compare(a, {{}, state->path(b)}) < 0; }
  };
  [[nodiscard]] const absl::btree_set<SignalId, SignalOrder>& by_name() const { return by_name_; }
  [[nodiscard]] const absl::btree_set<AssetId, AssetOrder>& by_path() const { return by_path_; }
  [[nodiscard]] std::size_t signal_slots() const { return signals_.size(); }
  [[nodiscard]] std::size_t asset_slots() const { return assets_.size(); }

 private:
  using SharedTexts = std::vector<std::pair<const std::string*, const std::string*>>;

  struct SignalEntry {
    struct Rare {
      std::optional<double> low;
      std::optional<double> high;
      std::string description;
      SharedTexts display_names;
      std::vector<std::string> aliases;  // levels
    };
    AssetId asset;  // 0: no signal has this id
    ValueType type = ValueType::f64;
    DataClass data_class = DataClass::general;
    bool stepped : 1 = false;
    bool retired : 1 = false;
    const std::string* name = nullptr;
    const std::string* unit = nullptr;
    const std::string* author = nullptr;
    Time changed;
    std::unique_ptr<Rare> rare;
  };
  static_assert(sizeof(SignalEntry) <= 48);

  struct AssetEntry {
    struct Rare {
      std::string description;
      SharedTexts display_names;
      std::vector<std::string> aliases;
    };
    std::string path;
    std::string identity;
    const std::string* type = nullptr;  // nullptr: no asset has this id
    const std::string* author = nullptr;
    Time changed;
    SharedTexts properties;
    std::unique_ptr<Rare> rare;
    DataClass data_class = DataClass::general;
  };

  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Result<Bytes> apply_whole_events(Bytes events);
  [[nodiscard]] bool has(AssetId id) const;
  [[nodiscard]] bool has(SignalId id) const;
  Result<void> create(const Asset& asset);
  Result<void> create(const Signal& signal);
  Result<void> change(Asset asset, bool names);
  Result<void> change(Signal signal, bool names);
  [[nodiscard]] std::vector<std::string> aliases(AssetId id) const;
  [[nodiscard]] std::vector<std::string> aliases(SignalId id) const;  // levels
  [[nodiscard]] std::vector<AssetId> at_or_below(AssetId id) const;
  [[nodiscard]] std::vector<SignalId> signals_at_or_below(std::string_view path) const;
  [[nodiscard]] Result<void> check_free(std::string_view path, std::string_view alias) const;
  [[nodiscard]] Result<void> check_aliases(const Signal& signal) const;
  void move(AssetId id, const std::string& to);
  void rename(SignalId id, std::string_view to);
  void fill(AssetEntry& entry, const Asset& asset);
  void fill(SignalEntry& entry, const Signal& signal);
  SharedTexts share(const Texts& texts);
  static Texts unshare(const SharedTexts& texts);

  TextPool texts_;
  std::deque<SignalEntry> signals_;  // by id, from 1
  std::deque<AssetEntry> assets_;
  absl::btree_set<SignalId, SignalOrder> by_name_;
  absl::btree_set<AssetId, AssetOrder> by_path_;
  std::unordered_map<std::string_view, AssetId> by_identity_;  // the keys are the entries'
  std::map<std::string, AssetId, std::less<>> asset_aliases_;
  std::map<std::pair<AssetId, std::string>, SignalId> signal_aliases_;  // by the level
};

}  // namespace artery::governance
