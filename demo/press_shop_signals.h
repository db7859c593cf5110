// The press shop's signals: per asset type an enumeration of places and the table they count in.
#pragma once

#include <array>

#include "demo/asset.h"

namespace artery::demo {

namespace press {
enum Signal : std::size_t {
  state,
  strokes_per_minute,
  peak_force,
  tonnage_imbalance,
  motor_power,
  motor_current,
  bearing_temperature,
  oil_temperature,
  oil_pressure,
  filter_pressure_drop,
  vibration,
  die_temperature,
  good_count,
  scrap_count,
  tool_wear,
  count
};
inline constexpr std::array table = {
    text("state", "State", "状态", "run, setup, idle or down"),
    measure("strokes_per_minute", "1/min", 0, 26, 1, "Strokes per minute", "每分钟行程次数", "0 while it stands"),
    measure("peak_force", "kN", 0, 6300, 0, "Peak force", "最大冲压力",
            "Greatest force of the last stroke, all four columns together"),
    measure("tonnage_imbalance", "%", 0, 12, 1, "Tonnage imbalance", "偏载率",
            "Left against right columns; grows as the tool wears"),
    measure("motor_power", "kW", 0, 160, 1, "Main motor power", "主电机功率", "Electrical, of the flywheel's drive"),
    measure("motor_current", "A", 0, 330, 0, "Main motor current", "主电机电流", "Mean of three phases at 400 V"),
    measure("bearing_temperature", "Cel", 10, 78, 1, "Slide bearing temperature", "滑块轴承温度", "Warmest of four"),
    measure("oil_temperature", "Cel", 10, 62, 1, "Oil temperature", "油温",
            "Hydraulic and lubrication oil, in the tank"),
    measure("oil_pressure", "bar", 0, 6.5, 2, "Oil pressure", "油压", "Behind the filter; 0 from Saturday to Monday"),
    measure("filter_pressure_drop", "bar", 0, 2.2, 2, "Filter pressure drop", "滤芯压差",
            "The cartridge is changed every Saturday; above 2.2 bar at once"),
    measure("vibration", "mm/s", 0, 4.5, 2, "Vibration, RMS", "振动速度有效值",
            "10 Hz to 1 kHz on the bearing's housing, ISO 20816; 4.5 mm/s is the limit of zone B"),
    measure("die_temperature", "Cel", 10, 95, 1, "Die temperature", "模具温度", "In the lower die"),
    step("good_count", "1", 0, 2000, 0, "Good parts of the lot", "本批合格数", "Begins again with each lot"),
    step("scrap_count", "1", 0, 80, 0, "Scrap of the lot", "本批废品数", "Begins again with each lot"),
    measure("tool_wear", "%", 0, 100, 1, "Tool wear", "模具磨损",
            "Part of the tool's life that is used; a new tool begins at 0"),
};
static_assert(table.size() == count);
}  // namespace press

namespace line {
enum Signal : std::size_t { oee, availability, performance, quality, order, lot, part, count };
inline constexpr std::array table = {
    measure("oee", "%", 0, 100, 1, "OEE of the shift", "本班设备综合效率",
            "Availability times performance times quality"),
    measure("availability", "%", 0, 100, 1, "Availability", "可用率",
            "Time run of the time planned, since the shift began"),
    measure("performance", "%", 0, 100, 1, "Performance", "性能率", "Strokes of those the part's rate allows"),
    measure("quality", "%", 0, 100, 1, "Quality", "合格率", "Good parts of all parts of the shift"),
    text("order", "Order", "工单", "The production order in work"),
    text("lot", "Lot", "批次", "The lot in work"),
    text("part", "Part", "零件", "What is pressed"),
};
static_assert(table.size() == count);
}  // namespace line

namespace feeder {
enum Signal : std::size_t { coil, coil_remaining, feed_speed, strip_thickness, loop_depth, count };
inline constexpr std::array table = {
    text("coil", "Coil", "钢卷", "Number of the coil on the mandrel"),
    measure("coil_remaining", "kg", 0, 8000, 0, "Coil remaining", "钢卷余量", "A new coil weighs 8,000 kg"),
    measure("feed_speed", "m/min", 0, 30, 1, "Feed speed", "送料速度", "Mean over a stroke"),
    measure("strip_thickness", "mm", 1.4, 1.6, 3, "Strip thickness", "带料厚度",
            "Behind the leveller; 1.500 mm is ordered"),
    measure("loop_depth", "mm", 200, 800, 0, "Loop depth", "活套深度", "In the pit before the first press"),
};
static_assert(table.size() == count);
}  // namespace feeder

namespace robot {
enum Signal : std::size_t { cycle_time, vacuum, joint_temperature, motor_current, count };
inline constexpr std::array table = {
    measure("cycle_time", "s", 0, 6, 2, "Cycle time", "节拍时间", "From press to press; 0 while it waits"),
    measure("vacuum", "kPa", -80, 0, 1, "Gripper vacuum", "吸盘真空度", "Against the air outside"),
    measure("joint_temperature", "Cel", 10, 70, 1, "Joint 3 temperature", "三轴温度", "The axis that carries most"),
    measure("motor_current", "A", 0, 20, 1, "Joint 3 current", "三轴电流", "Effective"),
};
static_assert(table.size() == count);
}  // namespace robot

namespace compressor {
enum Signal : std::size_t { pressure, flow, power, dew_point, oil_temperature, count };
inline constexpr std::array table = {
    measure("pressure", "bar", 6.4, 7.6, 2, "Net pressure", "管网压力", "Over the atmosphere"),
    measure("flow", "m3/min", 0, 20, 2, "Delivered flow", "供气流量",
            "At intake conditions; what flows on Sundays leaks"),
    measure("power", "kW", 0, 120, 1, "Power", "功率", "Electrical; speed follows the demand"),
    measure("dew_point", "Cel", -5, 8, 1, "Pressure dew point", "压力露点", "Behind the dryer"),
    measure("oil_temperature", "Cel", 20, 95, 1, "Oil temperature", "油温", "At the outlet of the screws"),
};
static_assert(table.size() == count);
}  // namespace compressor

namespace chiller {
enum Signal : std::size_t { supply_temperature, return_temperature, flow, power, count };
inline constexpr std::array table = {
    measure("supply_temperature", "Cel", 10, 15, 1, "Supply temperature", "供水温度",
            "To the presses' oil coolers and dies"),
    measure("return_temperature", "Cel", 10, 22, 1, "Return temperature", "回水温度", "From them"),
    measure("flow", "m3/h", 20, 32, 1, "Water flow", "水流量", "Of the cooling circuit"),
    measure("power", "kW", 0, 90, 1, "Power", "功率", "Electrical, compressors and pumps"),
};
static_assert(table.size() == count);
}  // namespace chiller

}  // namespace artery::demo
