#include "demo/energy_yard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "demo/energy_yard_signals.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr double panels_kwp = 135;  // per inverter
constexpr double inverter_kw = 120;
constexpr double sink_lag_s = 25 * 60;
constexpr double battery_kwh = 500;
constexpr double battery_kw_max = 120;
constexpr double cells = 240;
constexpr double cell_lag_s = 3 * 3600;
constexpr double transformer_kva = 1000;
constexpr double oil_lag_s = 180 * 60;  // IEEE C57.91, clause 7: of a natural-draught transformer
constexpr double winding_lag_s = 6 * 60;

enum Place : std::size_t { battery_place = inverters, meter_place, transformer_place, feeders_place };

std::vector<Asset> make_assets() {
  std::vector<Asset> made;
  made.reserve(feeders_place + 1);
  for (int number = 0; number < inverters; ++number) {
    made.emplace_back(AssetSpec{.path = inverter_path(number),
                                .type = "inverter",
                                .english = fmt::format("Inverter {}", number + 1),
                                .chinese = fmt::format("{}号逆变器", number + 1),
                                .description = "Photovoltaic inverter of a third of the press shop's roof",
                                .properties = {{"rating", "120 kW"}, {"panels", "135 kWp"}},
                                .signals = inverter::table});
  }
  made.emplace_back(AssetSpec{.path = yard_path() + "/battery",
                              .type = "battery",
                              .english = "Battery",
                              .chinese = "储能电池",
                              .description = "Charges at night and from the sun, discharges at the tariff's peaks",
                              .properties = {{"capacity", "500 kWh"}, {"chemistry", "LFP"}},
                              .signals = battery::table});
  made.emplace_back(AssetSpec{.path = yard_path() + "/grid-meter",
                              .type = "meter",
                              .english = "Grid meter",
                              .chinese = "关口电表",
                              .description = "Between the transformer and the site's bus bar",
                              .properties = {{"class", "0.5S"}},
                              .signals = meter::table});
  made.emplace_back(AssetSpec{.path = yard_path() + "/transformer",
                              .type = "transformer",
                              .english = "Transformer",
                              .chinese = "变压器",
                              .description = "10 kV to 400 V, in oil",
                              .properties = {{"rating", "1000 kVA"}, {"cooling", "ONAN"}},
                              .signals = transformer::table,
                              .period = 5s});
  made.emplace_back(
      AssetSpec{.path = yard_path() + "/feeders",
                .type = "feeders",
                .english = "Feeders",
                .chinese = "馈线",
                .description = "What leaves the bus bar: with the battery, less the sun, the grid meter's sum",
                .properties = {},
                .signals = feeders::table});
  return made;
}

// Open-circuit voltage of a lithium iron phosphate cell by its charge from 0 to 1: flat, with a knee at each end.
double cell_voltage(double charge) {
  return 3.24 + 0.09 * charge - 0.11 * std::exp(-charge * 22) + 0.07 * std::exp((charge - 1) * 30);
}

}  // namespace

EnergyYard::EnergyYard(const Noise& noise) : noise_(noise.of("energy yard")), assets_(make_assets()) {}

void EnergyYard::advance(double dt_s) {
  const double dt_h = dt_s / 3600;
  for (Inverter& one : inverters_) {
    one.sink_cel = lagged(one.sink_cel, one.sink_target_cel, dt_s, sink_lag_s);
    one.energy_kwh += one.ac_kw * dt_h;
  }
  charge_kwh_ += (battery_kw_ > 0 ? battery_kw_ * 0.96 : battery_kw_ / 0.96) * dt_h;
  charge_kwh_ = std::clamp(charge_kwh_, 0.0, battery_kwh);
  cell_cel_ = lagged(cell_cel_, cell_target_cel_, dt_s, cell_lag_s);
  import_kwh_ += std::max(0.0, grid_kw_) * dt_h;
  export_kwh_ += std::max(0.0, -grid_kw_) * dt_h;
  oil_rise_k_ = lagged(oil_rise_k_, oil_target_k_, dt_s, oil_lag_s);
  spot_rise_k_ = lagged(spot_rise_k_, spot_target_k_, dt_s, winding_lag_s);
}

void EnergyYard::evaluate(const Conditions& now, const Loads& loads) {
  if (now.local.day != day_) {
    day_ = now.local.day;
    import_kwh_ = export_kwh_ = 0;
    for (Inverter& one : inverters_) one.energy_kwh = 0;
  }
  const bool office_hours = now.local.weekday < 5 && now.local.hour >= 8 && now.local.hour < 18;
  const double dark = now.weather.sun_w_per_m2 < 20 ? 9 : 0;
  const double climate = 1.1 * std::max(0.0, now.weather.temperature_cel - 22);
  Asset& to = assets_[feeders_place];
  to.set(feeders::press_shop, loads.press_shop_kw);
  to.set(feeders::greenhouse, loads.greenhouse_kw);
  to.set(feeders::cold_store, loads.cold_store_kw);
  to.set(feeders::chargers, loads.chargers_kw);
  to.set(feeders::offices,
         9 + dark + (office_hours ? 17 + climate : 0.2 * climate) + 1.5 * noise_.of("offices").smooth(now.at, 4min));
  double power = -evaluate_sun(now);
  for (std::size_t feeder = 0; feeder < feeders::count; ++feeder) power += to.get(feeder);
  power += evaluate_battery(now, power);
  evaluate_meter(now, power);
}

double EnergyYard::evaluate_sun(const Conditions& now) {
  double sum_kw = 0;
  for (int number = 0; number < inverters; ++number) {
    Inverter& one = inverters_[static_cast<std::size_t>(number)];
    Asset& to = assets_[static_cast<std::size_t>(number)];
    const Noise noise = noise_.of("inverter").of(static_cast<std::uint64_t>(number));
    // A cloud reaches the three parts of the roof one after the other.
    const double sun = now.weather.sun_w_per_m2 * (1 + 0.02 * noise.smooth(now.at, 90s));
    const double panel_cel = now.weather.temperature_cel + 0.028 * sun;
    const double offered_kw = panels_kwp * sun / 1000 * (1 - 0.0038 * (panel_cel - 25)) * 0.93;
    const bool tripped = now.faults.of(FaultKind::inverter_trip, number).has_value();
    const bool feeding = !tripped && offered_kw > 0.6;
    const double dc_kw = feeding ? std::min(offered_kw, inverter_kw / 0.98) : 0;
    one.ac_kw = std::max(0.0, dc_kw * 0.985 - 0.35);
    one.sink_target_cel = now.weather.temperature_cel + 4 + 0.3 * one.ac_kw;
    to.set_text(inverter::state, tripped ? "tripped" : feeding ? "feeding" : "night");
    // Strings without a load stand at their open-circuit voltage.
    const double strings_v = 655 - 1.9 * (panel_cel - 25) + 18 * std::log10(std::max(0.02, sun / 1000));
    to.set(inverter::dc_voltage, feeding ? strings_v + 1.5 * noise.normal(now.at) : sun > 5 ? strings_v * 1.2 : 0);
    to.set(inverter::dc_power, dc_kw);
    to.set(inverter::ac_power, one.ac_kw);
    to.set(inverter::temperature, one.sink_cel + 0.1 * noise.of(1).normal(now.at));
    to.set(inverter::energy_today, one.energy_kwh);
    one.ac_kw = to.get(inverter::ac_power);
    sum_kw += one.ac_kw;
  }
  return sum_kw;
}

double EnergyYard::evaluate_battery(const Conditions& now, double others_kw) {
  const double hour = now.local.hour;
  const double charge = charge_kwh_ / battery_kwh;
  const bool valley = hour < 7;
  const bool peak = (hour >= 10 && hour < 12) || (hour >= 15 && hour < 20);
  // Towards its ends it takes and gives less, so that it never runs into them.
  const double room = std::clamp((0.96 - charge) / 0.06, 0.0, 1.0);
  const double left = std::clamp((charge - 0.10) / 0.06, 0.0, 1.0);
  double power = 0;
  if (others_kw < -5) {
    power = std::min(-others_kw, battery_kw_max) * room;
  } else if (valley) {
    power = 75 * room;
  } else if (peak) {
    power = -std::min(95.0, 0.8 * others_kw) * left;
  }
  if (std::abs(power) < 0.5) power = 0;
  Asset& to = assets_[battery_place];
  to.set(battery::power, power);
  battery_kw_ = to.get(battery::power);

  const double drift = now.faults.part(FaultKind::cell_drift, 0);
  const double cell = cell_voltage(charge) + 0.00022 * battery_kw_;
  const double spread_mv = 9 + 14 * std::pow(2 * charge - 1, 4) + drift * (40 + 170 * std::pow(1 - charge, 2)) +
                           0.6 * noise_.of("spread").normal(now.at);
  const double current = battery_kw_ * 1000 / (cell * cells);
  to.set_text(battery::mode, battery_kw_ > 0 ? "charge" : battery_kw_ < 0 ? "discharge" : "rest");
  to.set(battery::state_of_charge, 100 * charge);
  to.set(battery::voltage, cell * cells + 0.1 * noise_.of("bank").normal(now.at));
  to.set(battery::current, current);
  to.set(battery::cell_voltage_max, cell + 0.005);
  to.set(battery::cell_voltage_min, cell + 0.005 - spread_mv / 1000);
  to.set(battery::cell_voltage_spread, 1000 * (to.get(battery::cell_voltage_max) - to.get(battery::cell_voltage_min)));
  cell_target_cel_ = 24 + 0.2 * (now.weather.temperature_cel - 22) + 0.0006 * current * current;
  to.set(battery::cell_temperature_max, cell_cel_ + 0.08 * noise_.of("cells").normal(now.at));
  return battery_kw_;
}

void EnergyYard::evaluate_meter(const Conditions& now, double power_kw) {
  constexpr std::array<double, 3> shares = {0.345, 0.331, 0.324};  // single-phase loads are never quite even
  Asset& to = assets_[meter_place];
  const Noise noise = noise_.of("meter");
  to.set(meter::active_power, power_kw);
  grid_kw_ = to.get(meter::active_power);
  const double reactive = 18 + 0.24 * std::abs(power_kw) + 2 * noise.smooth(now.at, 3min);
  const double apparent = std::hypot(grid_kw_, reactive);
  to.set(meter::reactive_power, reactive);
  to.set(meter::power_factor, std::abs(grid_kw_) / apparent);
  to.set(meter::frequency, 50 + 0.025 * noise.of(1).smooth(now.at, 40s) + 0.012 * noise.of(2).smooth(now.at, 8min));

  // A minute in every seven.
  const bool sags = now.faults.of(FaultKind::grid_sags, 0) && now.local.minute_of_day % 7 == 3;
  for (std::size_t phase = 0; phase < shares.size(); ++phase) {
    const Noise own = noise.of(10 + phase);
    const double plain = 232.5 - 5.5 * grid_kw_ / transformer_kva + 2.2 * noise.of(3).smooth(now.at, 50min) +
                         0.8 * own.smooth(now.at, 11min) + 0.25 * own.normal(now.at);
    const double voltage = sags ? plain * (0.82 + 0.01 * own.of(1).smooth(now.at, 10s)) : plain;
    to.set(meter::voltage_l1 + phase, voltage);
    to.set(meter::current_l1 + phase, shares[phase] * apparent * 1000 / voltage);
  }
  to.set(meter::import_today, import_kwh_);
  to.set(meter::export_today, export_kwh_);
  evaluate_transformer(now, apparent);
}

void EnergyYard::evaluate_transformer(const Conditions& now, double apparent_kva) {
  // IEEE C57.91, clause 7: rises over the air outside and over the oil, R the ratio of losses, n and m for ONAN.
  constexpr double ratio = 5, n = 0.8, m = 0.8, oil_full_k = 55, spot_full_k = 25;
  const double load = apparent_kva / transformer_kva;
  oil_target_k_ = oil_full_k * std::pow((load * load * ratio + 1) / (ratio + 1), n);
  spot_target_k_ = spot_full_k * std::pow(load, 2 * m);
  Asset& to = assets_[transformer_place];
  const double oil_cel = now.weather.temperature_cel + oil_rise_k_;
  to.set(transformer::load, 100 * load);
  to.set(transformer::top_oil_temperature, oil_cel + 0.1 * noise_.of("oil").normal(now.at));
  to.set(transformer::hot_spot_temperature, oil_cel + spot_rise_k_);
}

}  // namespace artery::demo
