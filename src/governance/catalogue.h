// The catalogue: all assets and signals, in memory, made of the events in the log and nothing else. apply() is the only
// way it changes (CatalogueReader calls it); whoever wants a change asks the Assigner.
//
// Thread-safe: readers share a lock, apply() takes it alone (docs/decisions/0003-catalogue-lock.md). What is returned
// is a copy. The hot path keeps ids and types in caches of its own, which epoch() tells when to look again: assets and
// signals never go away, and ids and a signal's asset never change, but names, a signal's type and whether it is
// retired may.
//
// An asset and a signal have one name, and aliases that lead to it too, wherever a name is looked up: former names,
// mostly. An asset's alias leads to all below it as well. No name leads to two: nothing has a name that is another's
// alias, and no asset lies at or below one.
//
// Formats of events and snapshots: docs/formats/catalogue.md.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "governance/metadata.h"
#include "model/ids.h"

namespace artery::governance {

// A signal without its texts: for those who resolve names.
struct SignalRef {
  SignalId id;
  AssetId asset;
  ValueType type = ValueType::f64;
  bool retired = false;
};

// What to list: names that an MQTT filter selects (`acme/+/force`, `acme/#`; empty for all) and that contain a text
// (empty for all), behind the name `after`, at most `limit`. The list ends early with the item that brings the bytes of
// its texts to `bytes_max`.
struct Selection {
  std::string filter;
  std::string contains;
  std::string after;
  std::size_t limit = 1000;
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
  bool retired = true;  // retired signals as well
};

// In the order of names, by bytes. `next` is the `after` of the page that follows, absent at the end.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next;
};

class Catalogue {
 public:
  Catalogue();
  ~Catalogue();
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  [[nodiscard]] std::optional<SignalRef> find(std::string_view full_name) const;
  [[nodiscard]] std::optional<SignalRef> find(SignalId id) const;
  [[nodiscard]] std::optional<AssetId> find_asset(std::string_view path) const;
  // By SeriesKey::identity().
  [[nodiscard]] std::optional<AssetId> find_series(std::string_view identity) const;

  [[nodiscard]] std::optional<Signal> signal(std::string_view full_name) const;
  [[nodiscard]] std::optional<Signal> signal(SignalId id) const;
  [[nodiscard]] std::optional<Asset> asset(std::string_view path) const;
  [[nodiscard]] std::optional<Asset> asset(AssetId id) const;
  // "" where there is none.
  [[nodiscard]] std::string full_name(SignalId id) const;
  // The path as assets' aliases lead it: where what is created there belongs. The same where none does.
  [[nodiscard]] std::string present_path(std::string_view path) const;

  // Whether the asset, with all below it, can be called so. Errors: GovernanceError::invalid, conflict.
  [[nodiscard]] Result<void> check_move(AssetId id, const std::string& path) const;
  // Whether this can lead to the asset, or to a signal of the asset. Errors: GovernanceError::conflict.
  [[nodiscard]] Result<void> check_alias(AssetId id, const std::string& path) const;
  // Whether its path and its aliases go together, and with what there is. Errors: GovernanceError::conflict.
  [[nodiscard]] Result<void> check_names(const Asset& asset) const;

  // The lock is let go now and then during a long search, so a page may miss what was created meanwhile.
  [[nodiscard]] Page<Signal> signals(const Selection& selection) const;
  [[nodiscard]] Page<Asset> assets(const Selection& selection) const;

  [[nodiscard]] std::size_t signal_count() const;
  [[nodiscard]] std::size_t asset_count() const;
  // The ids that come next.
  [[nodiscard]] SignalId next_signal() const;
  [[nodiscard]] AssetId next_asset() const;

  // Another number whenever what find() said of something before may be so no more; what is new changes nothing of it.
  // Whoever keeps what find() says keeps with it the number from before asking. One atomic load.
  [[nodiscard]] std::uint64_t epoch() const;

  // Takes one event: the body of a RecordKind::catalogue record. The same event twice changes nothing the second time;
  // an event of a kind this release does not know is skipped. Errors, with nothing changed: GovernanceError::malformed;
  // GovernanceError::conflict where it contradicts what is there (an asset that rot has eaten, a name under two ids).
  Result<void> apply(Bytes record_body);

  // All that is known, as a snapshot's bytes, for a catalogue that has applied everything below `offset`.
  [[nodiscard]] Buffer snapshot(Offset offset) const;
  // Becomes what the snapshot says and returns its offset; before anyone else uses the catalogue. On an error it is as
  // it was. Errors: GovernanceError::malformed, conflict.
  Result<Offset> load(Bytes snapshot);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace artery::governance
