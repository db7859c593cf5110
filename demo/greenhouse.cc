#include "demo/greenhouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "demo/greenhouse_signals.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr double floor_m2 = 900;          // of a compartment
constexpr double height_m = 4.5;          // mean, under the roof
constexpr double heat_capacity = 72'000;  // J/m2/K: air, crop, steel and the slabs' surface
constexpr double cover_loss = 6.5;        // W/m2/K through the glass
constexpr double pipe_gain = 2.4;         // W/m2/K from pipe to air
constexpr double transmission = 0.66;     // of light through glass
constexpr double air_heat = 1200;         // J/m3/K
constexpr double latent = 2450;           // J/g
constexpr double vent_lag_s = 4 * 60;
constexpr double screen_lag_s = 5 * 60;
constexpr double pipe_lag_s = 12 * 60;
constexpr double soil_lag_s = 7 * 3600;
constexpr double pipe_max_cel = 55;

double share(double value, double from, double to) { return std::clamp((value - from) / (to - from), 0.0, 1.0); }

// 0 by night, 1 by day; set points move over in an hour.
double day_part(const Conditions& now) {
  return std::min(share(now.local.hour, 6.5, 7.5), 1 - share(now.local.hour, 18, 19));
}

// Compartments differ: by crop, by how much of their walls faces the outside, by the dirt on their glass.
struct Character {
  double night_cel;
  double day_cel;
  double cover;  // loss, against the mean
  double glass;  // light let through, against the mean
};
constexpr std::array<Character, compartments> characters = {{{16.0, 18.5, 1.10, 0.97},
                                                             {16.0, 18.5, 0.92, 1.00},
                                                             {16.5, 19.0, 1.08, 1.01},
                                                             {17.0, 19.5, 1.12, 0.95},
                                                             {15.5, 18.5, 0.90, 1.02},
                                                             {18.0, 20.5, 1.05, 1.04}}};
const Character& character_of(int number) { return characters[static_cast<std::size_t>(number)]; }

double light_inside(double screen, int number, const Conditions& now) {
  return now.weather.sun_w_per_m2 * transmission * character_of(number).glass * (1 - 0.5 * screen);
}

std::vector<Asset> make_assets() {
  static constexpr std::array<const char*, compartments> crops = {"Brioso",    "Brioso",    "Cappricia",
                                                                  "Cappricia", "Sweetelle", "trial of 12 varieties"};
  std::vector<Asset> made;
  made.reserve(compartments + houses + 1);
  for (int number = 0; number < compartments; ++number) {
    made.emplace_back(AssetSpec{.path = compartment_path(number),
                                .type = "greenhouse compartment",
                                .english = fmt::format("Compartment {}", number % compartments_per_house + 1),
                                .chinese = fmt::format("{}号分区", number % compartments_per_house + 1),
                                .description = "Tomatoes on substrate slabs, 900 m2",
                                .properties = {{"crop", crops[static_cast<std::size_t>(number)]}, {"floor", "900 m2"}},
                                .signals = compartment::table,
                                .period = 5s});
  }
  for (int house = 0; house < houses; ++house) {
    made.emplace_back(AssetSpec{.path = house_path(house) + "/heat-pump",
                                .type = "heat pump",
                                .english = "Heat pump",
                                .chinese = "热泵",
                                .description = "Air to water, for the heating pipes of the house",
                                .properties = {{"rating", "400 kW heat"}},
                                .signals = heat_pump::table,
                                .period = 5s});
  }
  made.emplace_back(AssetSpec{.path = site() + "/greenhouse/weather-station",
                              .type = "weather station",
                              .english = "Weather station",
                              .chinese = "气象站",
                              .description = "On the roof of house 1",
                              .properties = {{"place", "22.5 N 114.0 E"}},
                              .signals = station::table,
                              .period = 10s});
  return made;
}

}  // namespace

Greenhouse::Greenhouse(const Noise& noise) : noise_(noise.of("greenhouse")), assets_(make_assets()) {}

double Greenhouse::Balance::after(double x, double dt_s) const { return lagged(x, gain / loss, dt_s, 1 / loss); }

void Greenhouse::advance(double dt_s) {
  for (Compartment& one : compartments_) {
    one.soil_cel = lagged(one.soil_cel, one.air_cel, dt_s, soil_lag_s);
    one.air_cel = one.air.after(one.air_cel, dt_s);
    one.vapour = one.vapours.after(one.vapour, dt_s);
    one.carbon_dioxide = one.gas.after(one.carbon_dioxide, dt_s);
    one.water_pct = one.water.after(one.water_pct, dt_s);
    one.vent = lagged(one.vent, one.vent_target, dt_s, vent_lag_s);
    one.fan = lagged(one.fan, one.fan_target, dt_s, vent_lag_s);
    one.screen = lagged(one.screen, one.screen_target, dt_s, screen_lag_s);
    one.pipe_cel = lagged(one.pipe_cel, one.pipe_target_cel, dt_s, pipe_lag_s);
  }
}

void Greenhouse::evaluate(const Conditions& now) {
  power_kw_ = 0;
  for (int number = 0; number < compartments; ++number) {
    Compartment& one = compartments_[static_cast<std::size_t>(number)];
    const double flow = irrigation(number, now);
    control(one, number, now);
    balance(one, number, flow, now);
    report(one, number, flow, now);
    power_kw_ += 18 * std::pow(one.fan, 3) + (flow > 0 ? 1.5 : 0);
  }
  for (int house = 0; house < houses; ++house) evaluate_house(house, now);
  report_station(now);
}

// Pulses at whole minutes, longer where the hour before was sunny.
double Greenhouse::irrigation(int number, const Conditions& now) const {
  const int hour = static_cast<int>(now.local.hour);
  if (hour < 8 || hour > 17) return 0;
  const int minute = now.local.minute_of_day % 60;
  const std::int64_t pulse = now.local.day * 24 + hour;
  const int begin = 4 + 8 * number;
  // By the sun's height alone: clouds of the hour itself are not known when the pulse begins.
  const int length = 3 + static_cast<int>(now.weather.clear_sun_w_per_m2 / 280) + noise_.of("pulse").pick(2, pulse);
  return begin <= minute && minute < begin + length ? 62 + 0.6 * noise_.of("flow").normal(now.at) : 0;
}

void Greenhouse::control(Compartment& one, int number, const Conditions& now) const {
  const Character& character = character_of(number);
  const double heat_to = character.night_cel + (character.day_cel - character.night_cel) * day_part(now);
  const double vent_from = heat_to + 4;
  const double humidity = humidity_pct(one.vapour, one.air_cel);
  // Too damp: open a little, and warm the pipes.
  const double damp = share(humidity, 86, 96);
  one.vent_target = std::max(share(one.air_cel, vent_from, vent_from + 7), 0.12 * damp);
  one.vent_target *= 1 - 0.6 * share(now.weather.wind_m_per_s, 7, 12);
  if (now.faults.of(FaultKind::vent_stuck, number)) one.vent_target = 1;
  one.fan_target = share(one.air_cel, heat_to + 8.5, heat_to + 14.5);
  const double shade = 0.65 * share(now.weather.sun_w_per_m2, 550, 850);
  const double blanket =
      (1 - share(now.weather.sun_w_per_m2, 2, 30)) * share(heat_to + 2 - now.weather.temperature_cel, 0, 4);
  one.screen_target = std::max(shade, blanket);
  const double need = share(heat_to - one.air_cel, -1, 5);
  one.pipe_target_cel = one.air_cel + (pipe_max_cel - one.air_cel) * std::max(need, 0.25 * damp * (1 - need));
}

void Greenhouse::balance(Compartment& one, int number, double flow, const Conditions& now) const {
  const WeatherNow& out = now.weather;
  const double sun = light_inside(one.screen, number, now);
  // Air exchanged, m3 per m2 of floor and second: leaks, vents by wind and warmth, fans through the pad.
  const double lift = std::sqrt(std::max(0.0, one.air_cel - out.temperature_cel));
  const double exchange =
      0.0004 + 0.00015 * out.wind_m_per_s + one.vent * (0.0035 + 0.0013 * out.wind_m_per_s + 0.0012 * lift);
  const double forced = 0.028 * one.fan;
  const double wet = 0.1 * (100 - out.humidity_pct);  // K: three quarters of the way to the wet bulb
  const double pad_cel = out.temperature_cel - wet;
  const double pad_vapour = out.vapour_g_per_m3 + wet * air_heat / latent;

  const double full = vapour_g_per_m3(saturation_kpa(one.air_cel), one.air_cel);
  const double leaf_conductance = 0.0009 + 0.000011 * sun;  // m/s per m2 of floor
  const double transpiration = leaf_conductance * (full - one.vapour) + 0.00004 * sun;

  const double cover = cover_loss * character_of(number).cover * (1 - 0.4 * one.screen) + 0.25 * out.wind_m_per_s;
  const double air_loss = cover + air_heat * (exchange + forced) + pipe_gain + 3;
  const double air_gain = sun * 0.8 + cover * out.temperature_cel +
                          air_heat * (exchange * out.temperature_cel + forced * pad_cel) + pipe_gain * one.pipe_cel +
                          3 * one.soil_cel - std::max(0.0, transpiration) * latent * 0.8;
  one.air = {.gain = air_gain / heat_capacity, .loss = air_loss / heat_capacity};
  one.heat_w_per_m2 = std::max(0.0, pipe_gain * (one.pipe_cel - one.air_cel));

  // Vapour above what cold glass and air can hold runs down the panes.
  const double glass_cel = 0.5 * (one.air_cel + out.temperature_cel);
  const double glass_full = vapour_g_per_m3(saturation_kpa(glass_cel), glass_cel);
  const double condensing = one.vapour > glass_full ? 0.0018 : 0;
  one.vapours = {.gain = (leaf_conductance * full + 0.00004 * sun + exchange * out.vapour_g_per_m3 +
                          forced * pad_vapour + condensing * glass_full) /
                         height_m,
                 .loss = (leaf_conductance + exchange + forced + condensing) / height_m};

  const double dosing = day_part(now) > 0.5 && one.vent < 0.25 ? 0.55 * share(900 - one.carbon_dioxide, 0, 200) : 0;
  const double eaten = 0.0000045 * sun;  // m/s
  const double breath = 0.05;            // ppm m/s, crop and slabs
  one.gas = {.gain = (dosing + breath + (exchange + forced) * 420) / height_m,
             .loss = (exchange + forced + eaten) / height_m};

  // The slab holds about 70 % and drains what is more within the hour.
  const double drain = one.water_pct > 70 ? 1.0 / 2400 : 0;
  // Ten litres per square metre; capillary matting evens it out within days.
  constexpr double matting = 5e-6;
  one.water = {.gain = flow * 0.000185 - 0.01 * std::max(0.0, transpiration) + drain * 70 + matting * 67,
               .loss = drain + matting};
}

void Greenhouse::report(const Compartment& one, int number, double flow, const Conditions& now) {
  Asset& to = assets_[static_cast<std::size_t>(number)];
  const Noise noise = noise_.of("compartment").of(static_cast<std::uint64_t>(number));
  const auto jitter = [&](std::uint64_t stream) { return noise.of(stream).normal(now.at); };
  const double sun = light_inside(one.screen, number, now);
  const double corner = 0.25 * noise.smooth(now.at, 17min);  // where the box hangs

  to.set(compartment::air_temperature, one.air_cel + corner + 0.05 * jitter(1));
  const double humidity = std::min(97.5, humidity_pct(one.vapour, one.air_cel) + 0.3 * jitter(2) - 2 * corner);
  const auto stuck = now.faults.of(FaultKind::stuck_humidity, number);
  to.set(compartment::humidity, stuck ? 100 : humidity);
  // The box doubts a value that does not move, and after a while no longer believes it; what it computes from it is no
  // better.
  const std::string_view trust = !stuck ? "" : *stuck < 0.25 ? "uncertain" : "bad";
  to.set_quality(compartment::humidity, trust);
  to.set_quality(compartment::vapour_pressure_deficit, trust);
  to.set(compartment::vapour_pressure_deficit,
         vapour_pressure_deficit_kpa(to.get(compartment::air_temperature), to.get(compartment::humidity)));
  to.set(compartment::carbon_dioxide, one.carbon_dioxide + 4 * jitter(3));
  to.set(compartment::light, std::max(0.0, 2.02 * sun * (1 + 0.01 * jitter(4))));
  const double deficit = vapour_pressure_deficit_kpa(one.air_cel, humidity_pct(one.vapour, one.air_cel));
  to.set(compartment::leaf_temperature, one.air_cel + sun / 190 - 1.3 * deficit + 0.1 * jitter(5));
  const double soil = one.soil_cel + 0.03 * jitter(6);
  to.set(compartment::soil_temperature, now.faults.of(FaultKind::fahrenheit, number) ? soil * 1.8 + 32 : soil);
  to.set(compartment::water_content, one.water_pct + 0.1 * jitter(7));
  to.set(compartment::conductivity,
         2.9 * std::pow(68 / one.water_pct, 2) + 0.15 * noise.of(8).smooth(now.at, 30h) + 0.01 * jitter(8));
  to.set(compartment::acidity, 5.85 + 0.25 * noise.of(9).smooth(now.at, 40h) + 0.01 * jitter(9));
  to.set(compartment::vent_position, 100 * one.vent);
  to.set(compartment::screen_position, 100 * one.screen);
  to.set(compartment::fan_speed, 100 * one.fan);
  to.set(compartment::pipe_temperature, one.pipe_cel + 0.1 * jitter(10));
  to.set(compartment::irrigation_flow, flow);
}

void Greenhouse::evaluate_house(int house, const Conditions& now) {
  double heat_kw = 0, pipe_cel = 0;
  for (int place = 0; place < compartments_per_house; ++place) {
    const int number = house * compartments_per_house + place;
    const Compartment& one = compartments_[static_cast<std::size_t>(number)];
    heat_kw += one.heat_w_per_m2 * floor_m2 / 1000;
    pipe_cel = std::max(pipe_cel, one.pipe_cel);
  }
  const int place = compartments + house;
  Asset& to = assets_[static_cast<std::size_t>(place)];
  const bool runs = heat_kw > 3;
  const double supply = pipe_cel + (runs ? 4 : 0);
  const double performance =
      std::clamp(0.45 * (supply + 273) / std::max(12.0, supply + 6 - now.weather.temperature_cel), 1.5, 6.5);
  const double power = runs ? heat_kw / performance : 0.3;
  to.set(heat_pump::supply_temperature,
         supply + 0.1 * noise_.of("supply").of(static_cast<std::uint64_t>(house)).normal(now.at));
  to.set(heat_pump::heat, runs ? heat_kw : 0);
  to.set(heat_pump::power, power);
  to.set(heat_pump::performance, runs ? performance : 0);
  power_kw_ += to.get(heat_pump::power);
}

void Greenhouse::report_station(const Conditions& now) {
  Asset& to = assets_[compartments + houses];
  const WeatherNow& out = now.weather;
  const Noise noise = noise_.of("station");
  to.set(station::temperature, out.temperature_cel + 0.04 * noise.normal(now.at));
  to.set(station::humidity, std::clamp(out.humidity_pct + 0.3 * noise.of(1).normal(now.at), 0.0, 100.0));
  to.set(station::radiation, out.sun_w_per_m2);
  to.set(station::wind_speed, out.wind_m_per_s);
  to.set(station::wind_direction, std::clamp(out.wind_from_deg, 0.0, 360.0));
  to.set(station::rain, out.rain_mm_per_h);
}

}  // namespace artery::demo
