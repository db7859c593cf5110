// Weather at 22.5 N 114 E (Shenzhen): the sun by its position, clouds, temperature by season, hour and passing fronts.
// A closed function of the seed and the time; any thread.
#pragma once

#include "demo/noise.h"

namespace artery::demo {

struct WeatherNow {
  double temperature_cel;
  double humidity_pct;
  double vapour_g_per_m3;     // absolute humidity
  double sun_w_per_m2;        // global horizontal irradiance
  double clear_sun_w_per_m2;  // the same under a clear sky
  double clouds;              // 0 to 1
  double wind_m_per_s;
  double wind_from_deg;
  double rain_mm_per_h;
};

class Weather {
 public:
  explicit Weather(const Noise& noise);
  [[nodiscard]] WeatherNow at(Moment at) const;

 private:
  [[nodiscard]] double clouds(Moment at) const;

  Noise front_, dew_, cover_, shreds_, breeze_, gusts_, direction_;
};

// Saturation over water (Tetens 1930), kPa.
double saturation_kpa(double temperature_cel);
// Vapour of that pressure at that temperature, g/m3.
double vapour_g_per_m3(double pressure_kpa, double temperature_cel);
// Relative humidity of air that holds that much vapour, %, not limited to 100.
double humidity_pct(double vapour_g_per_m3, double temperature_cel);
// What leaves feel: saturation less what is there, kPa.
double vapour_pressure_deficit_kpa(double temperature_cel, double humidity_pct);

}  // namespace artery::demo
