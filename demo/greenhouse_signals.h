// The greenhouse's signals: per asset type an enumeration of places and the table they count in.
#pragma once

#include <array>

#include "demo/asset.h"

namespace artery::demo {

namespace compartment {
enum Signal : std::size_t {
  air_temperature,
  humidity,
  vapour_pressure_deficit,
  carbon_dioxide,
  light,
  leaf_temperature,
  soil_temperature,
  water_content,
  conductivity,
  acidity,
  vent_position,
  screen_position,
  fan_speed,
  pipe_temperature,
  irrigation_flow,
  count
};
inline constexpr std::array table = {
    measure("air_temperature", "Cel", 12, 38, 1, "Air temperature", "空气温度", "In a ventilated box among the crop"),
    measure("humidity", "%", 30, 98, 1, "Relative humidity", "相对湿度",
            "In the same box; a good sensor never says 100 %"),
    measure("vapour_pressure_deficit", "kPa", 0.02, 4, 2, "Vapour pressure deficit", "饱和水汽压差",
            "Computed from air temperature and humidity; the crop likes 0.5 to 1.2"),
    measure("carbon_dioxide", "[ppm]", 250, 1100, 0, "Carbon dioxide", "二氧化碳浓度",
            "Dosed by day while the vents are nearly shut"),
    measure("light", "umol/m2/s", 0, 1500, 0, "Light on the crop (PAR)", "光合有效辐射",
            "Photons from 400 to 700 nm, under glass and screen"),
    measure("leaf_temperature", "Cel", 10, 40, 1, "Leaf temperature", "叶面温度", "Infrared, upper leaves"),
    measure("soil_temperature", "Cel", 12, 36, 1, "Substrate temperature", "基质温度", "In the slab, 7 cm deep"),
    measure("water_content", "%", 45, 80, 1, "Water content", "基质含水率", "Of the slab's volume"),
    measure("conductivity", "mS/cm", 1.8, 4.5, 2, "Conductivity (EC)", "电导率",
            "Of the water in the slab; dries up, grows"),
    measure("acidity", "[pH]", 5.2, 6.6, 2, "Acidity (pH)", "酸碱度", "Of the water in the slab"),
    measure("vent_position", "%", 0, 100, 0, "Roof vent", "天窗开度", "100 is wide open"),
    measure("screen_position", "%", 0, 100, 0, "Screen", "遮阳保温幕",
            "100 is drawn: against the sun by day, against the cold by night"),
    measure("fan_speed", "%", 0, 100, 0, "Fans of the wet pad", "湿帘风机转速",
            "Come in where the vents are not enough"),
    measure("pipe_temperature", "Cel", 10, 62, 1, "Heating pipe", "加热管温度", "Supply at the compartment's valve"),
    measure("irrigation_flow", "L/min", 0, 70, 1, "Irrigation flow", "灌溉流量",
            "Pulses of drip water by day, more where there is sun"),
};
static_assert(table.size() == count);
}  // namespace compartment

namespace station {
enum Signal : std::size_t { temperature, humidity, radiation, wind_speed, wind_direction, rain, count };
inline constexpr std::array table = {
    measure("temperature", "Cel", 2, 40, 1, "Outdoor temperature", "室外温度", "2 m over ground"),
    measure("humidity", "%", 10, 100, 1, "Outdoor humidity", "室外湿度", "2 m over ground"),
    measure("radiation", "W/m2", 0, 1150, 0, "Global radiation", "总辐射", "On a level plane"),
    measure("wind_speed", "m/s", 0, 14, 1, "Wind speed", "风速", "10 m over ground"),
    measure("wind_direction", "deg", 0, 360, 0, "Wind direction", "风向", "Where it comes from; 90 is east"),
    measure("rain", "mm/h", 0, 90, 1, "Rain", "降雨强度", "Tipping bucket"),
};
static_assert(table.size() == count);
}  // namespace station

namespace heat_pump {
enum Signal : std::size_t { supply_temperature, heat, power, performance, count };
inline constexpr std::array table = {
    measure("supply_temperature", "Cel", 10, 65, 1, "Supply temperature", "供水温度", "To the compartments' valves"),
    measure("heat", "kW", 0, 420, 1, "Heat delivered", "供热功率", "To the heating pipes of the house"),
    measure("power", "kW", 0, 160, 1, "Power", "功率", "Electrical"),
    measure("performance", "1", 0, 7, 2, "Coefficient of performance", "能效比", "Heat for power; 0 while it stands"),
};
static_assert(table.size() == count);
}  // namespace heat_pump

}  // namespace artery::demo
