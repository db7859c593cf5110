// The whole plant: weather, press shop, greenhouse, loading dock and energy yard, moved through time together.
// Repeatable: the same seed and start give the same messages, byte for byte; another start or other steps give the same
// plant within a small tolerance, because a plant begins eight days before its start, and nothing in it remembers
// longer. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "demo/asset.h"
#include "demo/conditions.h"
#include "demo/energy_yard.h"
#include "demo/greenhouse.h"
#include "demo/loading_dock.h"
#include "demo/press_shop.h"

namespace artery::demo {

class Plant {
 public:
  Plant(std::uint64_t seed, Moment start);

  [[nodiscard]] Moment now() const { return now_; }
  [[nodiscard]] const Faults& faults() const { return faults_; }

  // Moves on to `to`, which must not lie before now(), minute by minute.
  void advance_to(Moment to);

  // Each asset, in an order that never changes.
  void each_asset(const std::function<void(const Asset&)>& visit) const;
  // Those that have something to say now when the plant is looked at every `step`.
  void each_due(Seconds step, const std::function<void(const Asset&)>& visit) const;
  // Whether this asset's messages are held back now by its gateway (FaultKind::late_gateway).
  [[nodiscard]] bool held_back(const Asset& asset) const;

 private:
  void evaluate();

  Weather weather_;
  Faults faults_;
  PressShop press_shop_;
  Greenhouse greenhouse_;
  LoadingDock dock_;
  EnergyYard yard_;
  Moment now_;
  FaultsNow faults_now_;
};

// All assets and signals as `artery catalogue import` takes them (docs/formats/metadata.md).
std::string catalogue_json();

}  // namespace artery::demo
