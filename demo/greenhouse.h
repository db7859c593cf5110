// Two houses of three compartments with tomatoes on substrate. Air, vapour and carbon dioxide of a compartment follow
// from balances per square metre of floor, which are linear in their state and so are solved exactly over a step; a
// climate controller moves vents, screens, fans and pipes. Not thread-safe.
#pragma once

#include <array>
#include <vector>

#include "demo/asset.h"
#include "demo/conditions.h"
#include "demo/places.h"

namespace artery::demo {

class Greenhouse {
 public:
  explicit Greenhouse(const Noise& noise);

  // Lags and balances over the time since the last evaluate(), whose values hold meanwhile.
  void advance(double dt_s);
  void evaluate(const Conditions& now);

  [[nodiscard]] const std::vector<Asset>& assets() const { return assets_; }
  [[nodiscard]] double power_kw() const { return power_kw_; }

 private:
  // dx/dt = gain - loss * x, per second.
  struct Balance {
    double gain = 0, loss = 1e-6;
    [[nodiscard]] double after(double x, double dt_s) const;
  };
  struct Compartment {
    double air_cel = 20, vapour = 12, carbon_dioxide = 450, soil_cel = 20, water_pct = 65;  // states
    double vent = 0, screen = 0, fan = 0, pipe_cel = 25;                                    // of the actuators, 0 to 1
    Balance air, vapours, gas, water;
    double vent_target = 0, screen_target = 0, fan_target = 0, pipe_target_cel = 25;
    double heat_w_per_m2 = 0;
  };

  void control(Compartment& one, int number, const Conditions& now) const;
  void balance(Compartment& one, int number, double irrigation_l_per_min, const Conditions& now) const;
  void report(const Compartment& one, int number, double irrigation_l_per_min, const Conditions& now);
  void evaluate_house(int house, const Conditions& now);
  void report_station(const Conditions& now);
  [[nodiscard]] double irrigation(int number, const Conditions& now) const;

  Noise noise_;
  std::array<Compartment, compartments> compartments_{};
  std::vector<Asset> assets_;
  double power_kw_ = 0;
};

}  // namespace artery::demo
