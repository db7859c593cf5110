// The signals of the energy yard and the loading dock: per asset type an enumeration of places and the table they count
// in.
#pragma once

#include <array>

#include "demo/asset.h"

namespace artery::demo {

namespace inverter {
enum Signal : std::size_t { state, dc_voltage, dc_power, ac_power, temperature, energy_today, count };
inline constexpr std::array table = {
    text("state", "State", "状态", "night, feeding or tripped"),
    measure("dc_voltage", "V", 0, 780, 0, "String voltage", "直流电压", "Of the strings, at the maximum power point"),
    measure("dc_power", "kW", 0, 125, 1, "DC power", "直流功率", "From the strings"),
    measure("ac_power", "kW", 0, 120, 1, "AC power", "交流功率", "To the site"),
    measure("temperature", "Cel", 0, 75, 1, "Heat sink temperature", "散热器温度", "Trips at 80 Cel"),
    measure("energy_today", "kW.h", 0, 1100, 1, "Energy today", "今日发电量", "Since local midnight"),
};
static_assert(table.size() == count);
}  // namespace inverter

namespace battery {
enum Signal : std::size_t {
  mode,
  state_of_charge,
  power,
  voltage,
  current,
  cell_voltage_min,
  cell_voltage_max,
  cell_voltage_spread,
  cell_temperature_max,
  count
};
inline constexpr std::array table = {
    text("mode", "Mode", "模式", "charge, discharge or rest"),
    measure("state_of_charge", "%", 5, 98, 1, "State of charge", "荷电状态", "Of 500 kWh"),
    measure("power", "kW", -130, 130, 1, "Power", "功率", "Above 0 it is charged"),
    measure("voltage", "V", 700, 840, 1, "Voltage", "电压", "Of 240 cells in series"),
    measure("current", "A", -190, 190, 1, "Current", "电流", "Above 0 it is charged"),
    measure("cell_voltage_min", "V", 3.05, 3.5, 3, "Lowest cell voltage", "最低单体电压",
            "Of 240 lithium iron phosphate cells"),
    measure("cell_voltage_max", "V", 3.05, 3.5, 3, "Highest cell voltage", "最高单体电压",
            "Of 240 lithium iron phosphate cells"),
    measure("cell_voltage_spread", "mV", 0, 40, 0, "Cell voltage spread", "单体压差", "Highest less lowest"),
    measure("cell_temperature_max", "Cel", 5, 45, 1, "Warmest cell", "最高单体温度", "Of 48 sensors"),
};
static_assert(table.size() == count);
}  // namespace battery

namespace meter {
enum Signal : std::size_t {
  active_power,
  reactive_power,
  power_factor,
  frequency,
  voltage_l1,
  voltage_l2,
  voltage_l3,
  current_l1,
  current_l2,
  current_l3,
  import_today,
  export_today,
  count
};
inline constexpr std::array table = {
    measure("active_power", "kW", -400, 1150, 1, "Active power", "有功功率",
            "From the grid; below 0 the site exports. Feeders and battery less sun"),
    measure("reactive_power", "kvar", 0, 500, 1, "Reactive power", "无功功率", "Inductive; behind the compensation"),
    measure("power_factor", "1", 0, 1, 3, "Power factor", "功率因数", "Active by apparent power"),
    measure("frequency", "Hz", 49.8, 50.2, 3, "Frequency", "频率", "Of the grid"),
    measure("voltage_l1", "V", 207, 253, 1, "Voltage L1", "L1相电压",
            "Against neutral; 230 V and ten of a hundred either way"),
    measure("voltage_l2", "V", 207, 253, 1, "Voltage L2", "L2相电压", "Against neutral"),
    measure("voltage_l3", "V", 207, 253, 1, "Voltage L3", "L3相电压", "Against neutral"),
    measure("current_l1", "A", 0, 1900, 0, "Current L1", "L1相电流", "Effective"),
    measure("current_l2", "A", 0, 1900, 0, "Current L2", "L2相电流", "Effective"),
    measure("current_l3", "A", 0, 1900, 0, "Current L3", "L3相电流", "Effective"),
    measure("import_today", "kW.h", 0, 22000, 1, "Energy imported today", "今日用电量", "Since local midnight"),
    measure("export_today", "kW.h", 0, 3000, 1, "Energy exported today", "今日上网电量", "Since local midnight"),
};
static_assert(table.size() == count);
}  // namespace meter

namespace transformer {
enum Signal : std::size_t { load, top_oil_temperature, hot_spot_temperature, count };
inline constexpr std::array table = {
    measure("load", "%", 0, 110, 1, "Load", "负载率", "Apparent power of 1,000 kVA"),
    measure("top_oil_temperature", "Cel", 5, 90, 1, "Top oil temperature", "顶层油温",
            "After IEEE C57.91: rises 55 K at full load within hours"),
    measure("hot_spot_temperature", "Cel", 5, 110, 1, "Winding hot spot", "绕组热点温度",
            "Computed by the monitor, IEEE C57.91"),
};
static_assert(table.size() == count);
}  // namespace transformer

namespace feeders {
enum Signal : std::size_t { press_shop, greenhouse, cold_store, chargers, offices, count };
inline constexpr std::array table = {
    measure("press_shop", "kW", 0, 900, 1, "Press shop", "冲压车间", "Power of the feeder"),
    measure("greenhouse", "kW", 0, 420, 1, "Greenhouse", "温室", "Power of the feeder"),
    measure("cold_store", "kW", 0, 90, 1, "Cold store", "冷库", "Power of the feeder"),
    measure("chargers", "kW", 0, 185, 1, "Chargers", "充电桩", "Power of the feeder"),
    measure("offices", "kW", 5, 70, 1, "Offices and lighting", "办公与照明", "Power of the feeder"),
};
static_assert(table.size() == count);
}  // namespace feeders

namespace charger {
enum Signal : std::size_t { state, vehicle, power, session_energy, count };
inline constexpr std::array table = {
    text("state", "State", "状态", "free or charging"),
    text("vehicle", "Vehicle", "车辆", "Number plate of the truck that is plugged in; - for none"),
    measure("power", "kW", 0, 60, 1, "Power", "功率", "Falls towards the end of a session"),
    measure("session_energy", "kW.h", 0, 150, 1, "Energy of the session", "本次充电量",
            "Begins again with each vehicle"),
};
static_assert(table.size() == count);
}  // namespace charger

namespace door {
enum Signal : std::size_t { truck, open, visit_minutes, count };
inline constexpr std::array table = {
    text("truck", "Truck", "货车", "Number plate of the truck at the door; - for none"),
    flag("open", "Door open", "门开启", "The sectional door is not shut"),
    step("visit_minutes", "min", 0, 75, 0, "Minutes of the visit", "停靠时长", "Since the truck docked"),
};
static_assert(table.size() == count);
}  // namespace door

namespace chill_room {
enum Signal : std::size_t {
  air_temperature,
  product_temperature,
  door_open,
  compressor_power,
  evaporator_temperature,
  defrost,
  count
};
inline constexpr std::array table = {
    measure("air_temperature", "Cel", 0.5, 7, 1, "Air temperature", "空气温度",
            "Under the ceiling, across from the evaporator"),
    measure("product_temperature", "Cel", 1, 6, 1, "Product temperature", "货物温度",
            "In a dummy of gel among the pallets"),
    flag("door_open", "Door open", "门开启", "The sliding door to the dock is not shut"),
    measure("compressor_power", "kW", 0, 31, 1, "Compressor power", "压缩机功率", "Of the room's own rack"),
    measure("evaporator_temperature", "Cel", -15, 12, 1, "Evaporator temperature", "蒸发器温度",
            "At its fins; warm while it defrosts"),
    flag("defrost", "Defrost", "除霜", "Every eight hours for twenty minutes"),
};
static_assert(table.size() == count);
}  // namespace chill_room

namespace freezer {
inline constexpr std::array table = {
    measure("air_temperature", "Cel", -24, -13.5, 1, "Air temperature", "空气温度",
            "Under the ceiling, across from the evaporator"),
    measure("product_temperature", "Cel", -23, -15, 1, "Product temperature", "货物温度",
            "In a dummy of gel among the pallets"),
    flag("door_open", "Door open", "门开启", "The sliding door to the dock is not shut"),
    measure("compressor_power", "kW", 0, 31, 1, "Compressor power", "压缩机功率", "Of the room's own rack"),
    measure("evaporator_temperature", "Cel", -38, 12, 1, "Evaporator temperature", "蒸发器温度",
            "At its fins; warm while it defrosts"),
    flag("defrost", "Defrost", "除霜", "Every eight hours for twenty minutes"),
};
static_assert(table.size() == chill_room::count);
}  // namespace freezer

}  // namespace artery::demo
