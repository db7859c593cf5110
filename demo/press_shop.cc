#include "demo/press_shop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "demo/press_shop_signals.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr double oil_lag_s = 50 * 60;
constexpr double bearing_lag_s = 22 * 60;
constexpr double die_lag_s = 14 * 60;
constexpr double joint_lag_s = 18 * 60;
constexpr double compressor_lag_s = 9 * 60;

struct Stage {
  const char* english;
  const char* chinese;
  double rating_kn;
  double share;  // of the part's force that this operation needs
};
constexpr std::array<Stage, presses_per_line> stages = {{{"drawing", "拉延", 6300, 1.0},
                                                         {"trimming", "修边", 5000, 0.74},
                                                         {"flanging", "翻边", 5000, 0.82},
                                                         {"piercing", "冲孔", 4000, 0.66}}};

// Halls store the day: half of what it is outside, and what the machines give off.
double hall_cel(const Conditions& now) { return 12.5 + 0.55 * now.weather.temperature_cel; }

bool plant_is_open(const Conditions& now) { return now.work.shift < shifts_per_week; }

std::vector<Asset> make_assets() {
  std::vector<Asset> made;
  made.reserve(presses + 3 * lines + 2);
  for (int press = 0; press < presses; ++press) {
    const Stage& stage = stages[static_cast<std::size_t>(press % presses_per_line)];
    made.emplace_back(
        AssetSpec{.path = press_path(press),
                  .type = "press",
                  .english = fmt::format("Press {} ({})", press % presses_per_line + 1, stage.english),
                  .chinese = fmt::format("{}号压力机（{}）", press % presses_per_line + 1, stage.chinese),
                  .description = "Mechanical press of a tandem line",
                  .properties = {{"rating", fmt::format("{} kN", stage.rating_kn)},
                                 {"operation", stage.english},
                                 {"serial", fmt::format("MP-20{}-{:03}", 17 + press / presses_per_line, 40 + press)}},
                  .signals = press::table});
  }
  for (int line = 0; line < lines; ++line) {
    made.emplace_back(AssetSpec{.path = line_path(line),
                                .type = "press line",
                                .english = fmt::format("Line {}", line + 1),
                                .chinese = fmt::format("{}号线", line + 1),
                                .description = "Four presses with coil feeder and transfer robot",
                                .properties = {{"planner", "orders of about four hours, three to a tool"}},
                                .signals = line::table,
                                .period = 5s});
    made.emplace_back(AssetSpec{.path = line_path(line) + "/coil-feeder",
                                .type = "coil feeder",
                                .english = "Coil feeder",
                                .chinese = "卷料送料机",
                                .description = "Decoiler, leveller and roll feed",
                                .properties = {},
                                .signals = feeder::table});
    made.emplace_back(AssetSpec{.path = line_path(line) + "/transfer-robot",
                                .type = "robot",
                                .english = "Transfer robot",
                                .chinese = "搬运机器人",
                                .description = "Passes parts from press to press",
                                .properties = {{"payload", "80 kg"}},
                                .signals = robot::table});
  }
  made.emplace_back(AssetSpec{.path = site() + "/press-shop/compressor",
                              .type = "compressor",
                              .english = "Air compressor",
                              .chinese = "空压机",
                              .description = "Screw compressor with variable speed and dryer",
                              .properties = {{"rating", "110 kW"}},
                              .signals = compressor::table});
  made.emplace_back(AssetSpec{.path = site() + "/press-shop/chiller",
                              .type = "chiller",
                              .english = "Water chiller",
                              .chinese = "冷水机",
                              .description = "Cold water for oil coolers and dies",
                              .properties = {{"rating", "320 kW cooling"}},
                              .signals = chiller::table});
  return made;
}

}  // namespace

PressShop::PressShop(const Noise& noise)
    : noise_(noise.of("press shop")),
      plans_{ProductionPlan(noise, 0), ProductionPlan(noise, 1)},
      assets_(make_assets()) {}

void PressShop::advance(double dt_s) {
  for (Press& press : presses_) {
    press.oil_cel = lagged(press.oil_cel, press.oil_target_cel, dt_s, oil_lag_s);
    press.bearing_cel = lagged(press.bearing_cel, press.oil_cel + press.bearing_rise_k, dt_s, bearing_lag_s);
    press.die_cel = lagged(press.die_cel, press.die_target_cel, dt_s, die_lag_s);
  }
  for (Line& line : lines_) {
    const double strokes = line.strokes_per_min / 60 * dt_s;
    line.lot_strokes += strokes;
    line.order_strokes += strokes;
    line.shift_strokes += strokes;
    line.shift_scrap += strokes * line.scrap_part;
    if (line.planned) line.planned_s += dt_s;
    if (line.production.state == LineState::run) {
      line.run_s += dt_s;
      line.nominal_strokes += parts[line.production.part].strokes_per_min / 60 * dt_s;
    }
    line.joint_cel = lagged(line.joint_cel, line.joint_target_cel, dt_s, joint_lag_s);
  }
  compressor_cel_ = lagged(compressor_cel_, compressor_target_cel_, dt_s, compressor_lag_s);
}

void PressShop::evaluate(const Conditions& now) {
  power_kw_ = 0;
  for (int line = 0; line < lines; ++line) evaluate_line(line, now);
  evaluate_utilities(now);
}

void PressShop::evaluate_line(int number, const Conditions& now) {
  Line& line = lines_[static_cast<std::size_t>(number)];
  const Production next = plans_[static_cast<std::size_t>(number)].at(now.at, now.work);
  if (next.order != line.production.order) line.order_strokes = 0;
  if (next.order != line.production.order || next.lot != line.production.lot) line.lot_strokes = 0;
  if (now.work.shift != line.shift && now.work.shift < shifts_per_week) {
    line.planned_s = line.run_s = line.shift_strokes = line.shift_scrap = line.nominal_strokes = 0;
  }
  line.production = next;
  line.shift = now.work.shift;
  line.planned = now.work.planned;

  const Noise noise = noise_.of("line").of(static_cast<std::uint64_t>(number));
  const bool runs = next.state == LineState::run;
  line.strokes_per_min = runs ? parts[next.part].strokes_per_min * (0.965 + 0.03 * noise.smooth(now.at, 9min)) : 0;
  line.scrap_part = 0.004 + 0.02 * std::pow(next.tool_used, 3);

  for (int place = 0; place < presses_per_line; ++place) evaluate_press(number, place, now);
  evaluate_oee(number);
  evaluate_feeder(number, now);
  evaluate_robot(number, now);
}

void PressShop::evaluate_press(int line_number, int place, const Conditions& now) {
  const Line& line = lines_[static_cast<std::size_t>(line_number)];
  const int number = line_number * presses_per_line + place;
  Press& press = presses_[static_cast<std::size_t>(number)];
  Asset& to = asset_of_press(number);
  const Stage& stage = stages[static_cast<std::size_t>(place)];
  const Production& production = line.production;
  const Part& part = parts[production.part];
  const Noise noise = noise_.of("press").of(static_cast<std::uint64_t>(number));
  const auto jitter = [&](std::uint64_t stream) { return noise.of(stream).normal(now.at); };

  // No two machines are alike.
  const double character = noise.of("character").between(0.85, 1.15, 0);
  const bool runs = production.state == LineState::run;
  const bool open = plant_is_open(now);
  const double wear = production.tool_used;
  const double bearing = now.faults.part(FaultKind::bearing_wear, number);
  const double clog = now.faults.part(FaultKind::clogged_filter, number);

  // The line waits for the press that is down.
  const bool waits = production.state == LineState::down && production.down_press != place;
  to.set_text(press::state, show(waits ? LineState::idle : production.state));
  to.set(press::strokes_per_minute, line.strokes_per_min);

  const double load = runs ? part.force * stage.share * (1 + 0.05 * wear) : 0;
  const double force = load * stage.rating_kn * (1 + 0.008 * jitter(1) + 0.012 * noise.smooth(now.at, 25min));
  to.set(press::peak_force, force);
  to.set(press::tonnage_imbalance,
         runs ? std::abs(1.6 + 3.6 * wear + 0.9 * noise.of(2).smooth(now.at, 40min) + 0.3 * jitter(2)) : 0);

  const double flywheel_kw = now.work.planned ? 9.0 : open ? 1.2 : 0.4;
  const double power = flywheel_kw + 95 * load * line.strokes_per_min / 18 * (1 + 0.02 * jitter(3) + 0.1 * bearing);
  const double power_factor = 0.42 + 0.46 * std::min(1.0, power / 110);
  to.set(press::motor_power, power);
  to.set(press::motor_current, power * 1000 / (std::sqrt(3.0) * 400 * power_factor));
  power_kw_ += to.get(press::motor_power);

  const double hall = hall_cel(now);
  press.oil_target_cel = hall + (open ? 4 : 0) + 20 * load * line.strokes_per_min / 18;
  press.bearing_rise_k = (runs ? character * (3 + 9 * load) : 0.5) + (runs ? 31 : 4) * bearing * bearing;
  press.die_target_cel = hall + (runs ? 14 + 42 * load : 0);
  to.set(press::oil_temperature, press.oil_cel + 0.08 * jitter(4));
  to.set(press::bearing_temperature, press.bearing_cel + 0.1 * jitter(5));
  to.set(press::die_temperature, press.die_cel + 0.25 * jitter(6));

  const double dirt = 0.45 + 0.75 * character * std::min(1.0, now.work.week_part * 21 / shifts_per_week) + 2.1 * clog;
  const double thin = 1 - 0.006 * (press.oil_cel - 40);  // warm oil flows more easily
  to.set(press::filter_pressure_drop, open ? std::max(0.0, dirt * thin + 0.015 * jitter(7)) : 0);
  to.set(press::oil_pressure, open ? (5.6 - 0.45 * dirt) * (0.3 + 0.7 * thin) + 0.03 * jitter(8) : 0);

  const double shake =
      runs ? 1.25 + 0.9 * load + 0.45 * wear + 6.2 * bearing * bearing : 0.12 + (now.work.planned ? 0.25 : 0);
  to.set(press::vibration,
         std::max(0.02, character * shake * (1 + 0.045 * jitter(9) + 0.06 * noise.of(9).smooth(now.at, 7min))));
  const auto silent = now.faults.of(FaultKind::sensor_drop_out, number);
  const int minute = now.local.minute_of_day % 25;
  to.set_present(press::vibration, !silent || minute >= 18);
  // The plug finds its contact again, and the press sees that what comes first is none.
  const bool flickers = silent && minute >= 18 && minute < 20;
  if (flickers) to.set(press::vibration, 0);
  to.set_quality(press::vibration, flickers ? "bad" : "");

  const double scrap = std::floor(line.lot_strokes * line.scrap_part * (0.7 + 0.2 * place));
  to.set(press::scrap_count, scrap);
  to.set(press::good_count, std::floor(line.lot_strokes) - scrap);
  to.set(press::tool_wear, 96 * wear);
}

void PressShop::evaluate_oee(int number) {
  const Line& line = lines_[static_cast<std::size_t>(number)];
  Asset& to = asset_of_line(number, 0);
  // A shift begins with everything still to be lost.
  const double available = line.planned_s > 0 ? std::min(1.0, line.run_s / line.planned_s) : 1;
  const double performed = line.nominal_strokes > 0 ? std::min(1.0, line.shift_strokes / line.nominal_strokes) : 1;
  const double good = line.shift_strokes > 0 ? 1 - line.shift_scrap / line.shift_strokes : 1;
  to.set(line::availability, 100 * available);
  to.set(line::performance, 100 * performed);
  to.set(line::quality, 100 * good);
  to.set(line::oee, 100 * available * performed * good);
  const std::string order = fmt::format("PO-{:06}", (number + 1) * 100000 + line.production.order % 100000);
  to.set_text(line::order, order);
  to.set_text(line::lot, fmt::format("{}-L{:02}", order, line.production.lot));
  to.set_text(line::part, parts[line.production.part].name);
}

void PressShop::evaluate_feeder(int number, const Conditions& now) {
  constexpr double coil_kg = 8000;
  const Line& line = lines_[static_cast<std::size_t>(number)];
  Asset& to = asset_of_line(number, 1);
  const Part& part = parts[line.production.part];
  const Noise noise = noise_.of("feeder").of(static_cast<std::uint64_t>(number));
  const double used_kg = line.order_strokes * part.mass_kg;
  const double coils = std::floor(used_kg / coil_kg);
  to.set_text(feeder::coil, fmt::format("C{:05}-{}", line.production.order % 100000, static_cast<int>(coils) + 1));
  to.set(feeder::coil_remaining, coil_kg * (coils + 1) - used_kg);
  to.set(feeder::feed_speed, line.strokes_per_min * part.mass_kg * 0.2);
  to.set(feeder::strip_thickness, 1.5 + 0.012 * noise.smooth(now.at, 35min) + 0.003 * noise.normal(now.at));
  const bool runs = line.strokes_per_min > 0;
  to.set(feeder::loop_depth,
         500 + (runs ? 110 * noise.of(1).smooth(now.at, 20s) + 12 * noise.of(2).normal(now.at) : 60));
}

void PressShop::evaluate_robot(int number, const Conditions& now) {
  Line& line = lines_[static_cast<std::size_t>(number)];
  Asset& to = asset_of_line(number, 2);
  const Part& part = parts[line.production.part];
  const Noise noise = noise_.of("robot").of(static_cast<std::uint64_t>(number));
  const bool runs = line.strokes_per_min > 0;
  const double current = runs ? 4.5 + 1.6 * part.mass_kg + 0.25 * noise.normal(now.at) : now.work.planned ? 1.4 : 0;
  line.joint_target_cel = hall_cel(now) + 2.6 * current;
  to.set(robot::cycle_time, runs ? 60 / line.strokes_per_min * (1 + 0.01 * noise.of(1).normal(now.at)) : 0);
  to.set(robot::vacuum, runs ? -62 + 1.5 * noise.of(2).normal(now.at) : 0);
  to.set(robot::joint_temperature, line.joint_cel + 0.1 * noise.of(3).normal(now.at));
  to.set(robot::motor_current, current);
}

void PressShop::evaluate_utilities(const Conditions& now) {
  Asset& air = assets_[presses + 3 * lines];
  Asset& water = assets_[presses + 3 * lines + 1];
  const Noise noise = noise_.of("utilities");
  const auto jitter = [&](std::uint64_t stream) { return noise.of(stream).normal(now.at); };

  double flow = 1.9 + 0.2 * noise.smooth(now.at, 3h);  // leaks
  for (const Line& line : lines_) {
    flow += now.work.planned ? 1.2 : 0;
    flow += line.strokes_per_min > 0 ? 3.4 + 0.08 * line.strokes_per_min : 0;
  }
  flow += 0.15 * jitter(1);
  const bool leaks = now.faults.of(FaultKind::air_leak, 0).has_value();
  if (leaks) flow += 6;
  compressor_target_cel_ = hall_cel(now) + 28 + 2.0 * flow;
  air.set(compressor::flow, flow);
  air.set(compressor::pressure,
          7.05 - 0.012 * flow - (leaks ? 0.75 : 0) + 0.03 * jitter(2) + 0.05 * noise.of(2).smooth(now.at, 40s));
  air.set(compressor::power, 6 + 5.6 * flow);
  air.set(compressor::dew_point, 3 + 0.05 * (now.weather.temperature_cel - 22) + 0.12 * flow + 0.1 * jitter(3));
  air.set(compressor::oil_temperature, compressor_cel_ + 0.2 * jitter(4));

  double heat_kw = 14;
  for (const Press& press : presses_) heat_kw += 1.35 * std::max(0.0, press.oil_cel - hall_cel(now));
  const double flow_m3_h = 26 + 0.15 * jitter(5);
  const double supply = 12 + 0.3 * noise.of(6).smooth(now.at, 8min) + 0.05 * jitter(6);
  const double efficiency = 4.6 - 0.06 * (now.weather.temperature_cel - 20);
  water.set(chiller::flow, flow_m3_h);
  water.set(chiller::supply_temperature, supply);
  water.set(chiller::return_temperature, supply + heat_kw / (flow_m3_h * 1.163));
  water.set(chiller::power, 7 + heat_kw / efficiency);
  power_kw_ += air.get(compressor::power) + water.get(chiller::power);
}

}  // namespace artery::demo
