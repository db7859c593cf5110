#include "demo/weather.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "demo/calendar.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr double latitude_deg = 22.5;
constexpr double longitude_deg = 114.0;
constexpr double zone_meridian_deg = 120.0;
constexpr double pi = std::numbers::pi;

double radians(double deg) { return deg * pi / 180; }

// Sine of the sun's height over the horizon: declination after Cooper, equation of time after Spencer's short form.
double sun_height(const LocalTime& local) {
  const double turn = 2 * pi * (local.day_of_year - 81) / 364.0;
  const double equation_min = 9.87 * std::sin(2 * turn) - 7.53 * std::cos(turn) - 1.5 * std::sin(turn);
  const double solar_hour = local.hour + (longitude_deg - zone_meridian_deg) / 15 + equation_min / 60;
  const double declination = radians(23.45) * std::sin(2 * pi * (284 + local.day_of_year) / 365.0);
  const double angle = radians(15 * (solar_hour - 12));
  return std::sin(radians(latitude_deg)) * std::sin(declination) +
         std::cos(radians(latitude_deg)) * std::cos(declination) * std::cos(angle);
}

}  // namespace

double saturation_kpa(double temperature_cel) {
  return 0.6108 * std::exp(17.27 * temperature_cel / (temperature_cel + 237.3));
}

double vapour_g_per_m3(double pressure_kpa, double temperature_cel) {
  return 2166.8 * pressure_kpa / (temperature_cel + 273.15);
}

double humidity_pct(double vapour, double temperature_cel) {
  return 100 * vapour / vapour_g_per_m3(saturation_kpa(temperature_cel), temperature_cel);
}

double vapour_pressure_deficit_kpa(double temperature_cel, double humidity) {
  return saturation_kpa(temperature_cel) * (1 - humidity / 100);
}

Weather::Weather(const Noise& noise)
    : front_(noise.of("front")),
      dew_(noise.of("dew")),
      cover_(noise.of("cover")),
      shreds_(noise.of("shreds")),
      breeze_(noise.of("breeze")),
      gusts_(noise.of("gusts")),
      direction_(noise.of("direction")) {}

double Weather::clouds(Moment at) const {
  const double day = 0.45 + 0.55 * cover_.smooth(at, 26h) + 0.25 * cover_.of(1).smooth(at, 5h);
  // Between clear and covered, single clouds pass within minutes.
  const double broken = std::clamp(1 - std::abs(2 * day - 1), 0.0, 1.0);
  return std::clamp(day + broken * 0.45 * shreds_.smooth(at, 6min), 0.0, 1.0);
}

WeatherNow Weather::at(Moment at) const {
  const LocalTime local = local_time(at);
  const double height = std::max(sun_height(local), 0.0);
  // Clear sky after Haurwitz 1945, clouds after Kasten and Czeplak 1980.
  const double clear = height <= 0.001 ? 0 : 1098 * height * std::exp(-0.057 / height);
  const double cover = clouds(at);
  const double sun = clear * (1 - 0.75 * std::pow(cover, 3.4));

  const double season = 22.8 - 6.8 * std::cos(2 * pi * (local.day_of_year - 22) / 365.25);
  const double front = 3.2 * front_.smooth(at, 60h);
  const double hours =
      0.62 * std::cos(2 * pi * (local.hour - 14.5) / 24) + 0.15 * std::cos(4 * pi * (local.hour - 2.5) / 24);
  const double swing = 5.2 - 2.4 * std::clamp(0.5 + 0.5 * cover_.smooth(at, 26h), 0.0, 1.0);
  const double temperature = season + front + swing * hours + 0.25 * front_.of(1).smooth(at, 11min);

  const double dew = std::min(season + front - 6.5 + 4 * dew_.smooth(at, 40h), temperature - 0.3);
  const double vapour_kpa = saturation_kpa(dew);
  const double humidity = 100 * vapour_kpa / saturation_kpa(temperature);

  const double day_breeze = 1.2 * std::max(0.0, std::cos(2 * pi * (local.hour - 15) / 24));
  const double wind = std::max(0.2, 2.4 + day_breeze + 1.9 * breeze_.smooth(at, 7h) + 0.9 * gusts_.smooth(at, 45s));
  const double rain = std::max(0.0, cover - 0.9) * 10 * std::max(0.0, 0.2 + dew_.of(1).smooth(at, 90min)) * 7;

  const double from = 130 + 120 * direction_.smooth(at, 20h) + 18 * direction_.of(1).smooth(at, 4min);
  return {.temperature_cel = temperature,
          .humidity_pct = humidity,
          .vapour_g_per_m3 = vapour_g_per_m3(vapour_kpa, temperature),
          .sun_w_per_m2 = sun,
          .clear_sun_w_per_m2 = clear,
          .clouds = cover,
          .wind_m_per_s = wind,
          .wind_from_deg = from < 0 ? from + 360 : from,
          .rain_mm_per_h = rain};
}

}  // namespace artery::demo
