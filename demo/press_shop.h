// The press shop: two lines of four presses that pass parts on to each other, so that a line runs or stands as a whole;
// a coil feeder and a transfer robot per line; compressed air and cold water for all. Not thread-safe.
#pragma once

#include <array>
#include <vector>

#include "demo/asset.h"
#include "demo/conditions.h"
#include "demo/places.h"
#include "demo/production.h"

namespace artery::demo {

class PressShop {
 public:
  explicit PressShop(const Noise& noise);

  // Lags and integrals over the time since the last evaluate(), whose values hold meanwhile.
  void advance(double dt_s);
  void evaluate(const Conditions& now);

  [[nodiscard]] const std::vector<Asset>& assets() const { return assets_; }
  [[nodiscard]] double power_kw() const { return power_kw_; }

 private:
  struct Press {
    double oil_cel = 30, bearing_cel = 32, die_cel = 28;  // states
    double oil_target_cel = 30, bearing_rise_k = 2, die_target_cel = 28;
    double strokes_per_min = 0;
  };
  struct Line {
    Production production{};
    double lot_strokes = 0, order_strokes = 0;  // states, begun again with lot, order and shift
    double planned_s = 0, run_s = 0, shift_strokes = 0, shift_scrap = 0;
    double nominal_strokes = 0;
    int shift = -1;
    bool planned = false;
    double strokes_per_min = 0, scrap_part = 0;
    double joint_cel = 30, joint_target_cel = 30;  // of the robot
  };

  void evaluate_line(int line, const Conditions& now);
  void evaluate_press(int line, int place, const Conditions& now);
  void evaluate_feeder(int line, const Conditions& now);
  void evaluate_robot(int line, const Conditions& now);
  void evaluate_oee(int line);
  void evaluate_utilities(const Conditions& now);
  Asset& asset_of_press(int press) { return assets_[static_cast<std::size_t>(press)]; }
  Asset& asset_of_line(int line, int which) { return assets_[static_cast<std::size_t>(presses + 3 * line + which)]; }

  Noise noise_;
  std::array<ProductionPlan, lines> plans_;
  std::array<Press, presses> presses_{};
  std::array<Line, lines> lines_{};
  std::vector<Asset> assets_;
  double compressor_cel_ = 60, compressor_target_cel_ = 60;
  double power_kw_ = 0;
};

}  // namespace artery::demo
