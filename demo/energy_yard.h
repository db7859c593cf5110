// The energy yard: photovoltaics, a battery that follows the tariff, the transformer and the meter in which all adds
// up. What the meter shows is the feeders and the battery less the sun, at every moment. Not thread-safe.
#pragma once

#include <array>
#include <vector>

#include "demo/asset.h"
#include "demo/conditions.h"
#include "demo/places.h"

namespace artery::demo {

struct Loads {
  double press_shop_kw = 0;
  double greenhouse_kw = 0;
  double cold_store_kw = 0;
  double chargers_kw = 0;
};

class EnergyYard {
 public:
  explicit EnergyYard(const Noise& noise);

  // Lags and integrals over the time since the last evaluate(), whose values hold meanwhile.
  void advance(double dt_s);
  void evaluate(const Conditions& now, const Loads& loads);

  [[nodiscard]] const std::vector<Asset>& assets() const { return assets_; }

 private:
  struct Inverter {
    double sink_cel = 30, sink_target_cel = 30, energy_kwh = 0, ac_kw = 0;
  };

  double evaluate_sun(const Conditions& now);  // kW
  double evaluate_battery(const Conditions& now, double others_kw);
  void evaluate_meter(const Conditions& now, double power_kw);
  void evaluate_transformer(const Conditions& now, double apparent_kva);

  Noise noise_;
  std::array<Inverter, inverters> inverters_{};
  std::vector<Asset> assets_;
  std::int64_t day_ = 0;
  double charge_kwh_ = 250, cell_cel_ = 26, battery_kw_ = 0, cell_target_cel_ = 26;
  double import_kwh_ = 0, export_kwh_ = 0, grid_kw_ = 0;
  double oil_rise_k_ = 20, oil_target_k_ = 20, spot_rise_k_ = 8, spot_target_k_ = 8;
};

}  // namespace artery::demo
