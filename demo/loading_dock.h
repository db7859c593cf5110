// The loading dock: doors with trucks, chargers for electric ones, a chill room and a freezer behind it. Visits and
// sessions are closed functions of the time; the rooms have heat balances. Not thread-safe.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "demo/asset.h"
#include "demo/conditions.h"
#include "demo/places.h"

namespace artery::demo {

class LoadingDock {
 public:
  explicit LoadingDock(const Noise& noise);

  // Lags over the time since the last evaluate(), whose values hold meanwhile.
  void advance(double dt_s);
  void evaluate(const Conditions& now);

  [[nodiscard]] const std::vector<Asset>& assets() const { return assets_; }
  [[nodiscard]] double chargers_kw() const { return chargers_kw_; }
  [[nodiscard]] double cold_store_kw() const { return cold_store_kw_; }

 private:
  struct Room {
    double air_cel = 0, product_cel = 0, fins_cel = 0;  // states
    double air_target_cel = 0, air_lag_s = 1, fins_target_cel = 0;
  };
  // A truck that stays for a while: where in its stay it is.
  struct Stay {
    std::string plate;
    double minute;  // since it came
    double length;
  };
  [[nodiscard]] std::optional<Stay> stay(const Noise& noise, const Conditions& now, int slot_min, double chance,
                                         int low, int high) const;

  void evaluate_door(int number, const Conditions& now);
  void evaluate_charger(int number, const Conditions& now);
  void evaluate_room(int number, const Conditions& now);

  Noise noise_;
  std::array<Room, cold_rooms> rooms_{};
  std::vector<Asset> assets_;
  double chargers_kw_ = 0, cold_store_kw_ = 0;
};

}  // namespace artery::demo
