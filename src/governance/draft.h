// What a group of the assigner's requests adds to the catalogue, before the log has it: a layer of new and changed
// assets and signals over the catalogue, and the records that will make them. For the assigner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "governance/catalogue.h"
#include "governance/event.h"
#include "governance/metadata.h"
#include "log/batch.h"

namespace artery::governance {

class Draft {
 public:
  // The catalogue must have applied all that was written before, and changes only after the draft is done with.
  Draft(const Catalogue& catalogue, std::uint64_t signals_max);

  // Returns the asset's path: that of a known identity, else a new or adopted one. Nothing is written yet.
  std::string path_for(const SeriesKey& key) const;

  // Creates the asset where it is missing and adopts one without identity for `key` (nullptr: by path alone).
  Result<AssetId> make_asset(const std::string& path, const SeriesKey* key, const Change& change);
  // Creates the signal where it is missing; one that exists stays as it is. The asset exists.
  Result<void> make_signal(AssetId asset, const std::string& full_name, ValueType type, const Change& change);
  // Whether make_signal() would not refuse.
  Result<void> check_signal(const std::string& full_name) const;

  // Where an asset of this path belongs.
  [[nodiscard]] std::string present_path(const std::string& path) const { return catalogue_.present_path(path); }

  // Whether the patch changes what paths lead to. Nothing else may be in the draft with it: it is written before such a
  // patch, and after it.
  [[nodiscard]] bool stands_alone(const Patch& patch) const;
  Result<void> edit(const SignalPatch& patch, const Change& change);
  Result<void> edit(const AssetPatch& patch, const Change& change);

  [[nodiscard]] std::vector<log::BatchBuilder> take_batches() { return std::move(batches_); }
  [[nodiscard]] std::uint64_t signals_created() const { return signals_created_; }
  [[nodiscard]] std::uint64_t assets_created() const { return assets_created_; }

 private:
  [[nodiscard]] std::optional<Asset> asset(const std::string& path) const;
  [[nodiscard]] std::optional<Signal> signal(const std::string& full_name) const;
  template <class Subject>
  void write(EventKind kind, const Subject& subject);
  void put(EventKind kind, Asset asset);
  void put(EventKind kind, Signal signal);
  Result<void> create(const SignalPatch& patch, const std::string& full_name, const Change& change);
  Result<void> set_names(const SignalPatch& patch, Signal& into) const;
  Result<void> set_names(const AssetPatch& patch, Asset& into) const;
  [[nodiscard]] Result<std::string> name_beside(const Signal& signal, const std::string& name) const;
  [[nodiscard]] std::string present_name(const std::string& full_name) const;

  const Catalogue& catalogue_;
  const std::uint64_t signals_max_;
  std::uint64_t signals_;
  std::uint32_t next_signal_;
  std::uint32_t next_asset_;
  std::uint64_t signals_created_ = 0;
  std::uint64_t assets_created_ = 0;
  std::unordered_map<std::string, Asset> assets_by_path_;
  std::unordered_map<std::string, std::string> path_by_identity_;
  std::unordered_map<std::string, std::optional<Signal>> signals_by_name_;  // by aliases too; nothing: given up
  std::vector<log::BatchBuilder> batches_;
};

}  // namespace artery::governance
