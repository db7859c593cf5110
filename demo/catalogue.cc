#include <fmt/format.h>

#include <array>

#include "base/json_writer.h"
#include "demo/places.h"
#include "demo/plant.h"

namespace artery::demo {
namespace {

struct Area {
  std::string path;
  std::string_view type;
  std::string_view english;
  std::string_view chinese;
};

// The assets above those that have signals.
std::vector<Area> areas() {
  std::vector<Area> all = {{"acme", "enterprise", "ACME", "艾克美"},
                           {site(), "site", "Shenzhen", "深圳工厂"},
                           {site() + "/press-shop", "area", "Press shop", "冲压车间"},
                           {site() + "/greenhouse", "area", "Greenhouse", "温室"},
                           {yard_path(), "area", "Energy yard", "能源站"},
                           {yard_path() + "/pv", "group", "Photovoltaics", "光伏"},
                           {yard_path() + "/chargers", "group", "Truck chargers", "货车充电桩"},
                           {dock_path(), "area", "Loading dock", "装卸区"},
                           {dock_path() + "/cold-store", "group", "Cold store", "冷库"}};
  static constexpr std::array<std::string_view, houses> english = {"House 1", "House 2"};
  static constexpr std::array<std::string_view, houses> chinese = {"1号温室", "2号温室"};
  for (int house = 0; house < houses; ++house) {
    const auto place = static_cast<std::size_t>(house);
    all.push_back({house_path(house), "greenhouse", english[place], chinese[place]});
  }
  return all;
}

void write_names(JsonWriter& json, std::string_view english, std::string_view chinese) {
  json.key("display_names").start_object().member("en", english).member("zh", chinese).end_object();
}

void write_asset(JsonWriter& json, const AssetSpec& asset) {
  json.start_object().member("name", asset.path).member("type", asset.type).member("description", asset.description);
  write_names(json, asset.english, asset.chinese);
  json.key("properties").start_object();
  for (const auto& [name, value] : asset.properties) json.member(name, value);
  json.end_object().end_object();
}

std::string_view value_type(SignalKind kind) {
  return kind == SignalKind::flag ? "bool" : kind == SignalKind::text ? "text" : "f64";
}

void write_signal(JsonWriter& json, const AssetSpec& asset, const SignalSpec& signal) {
  const bool is_number = signal.kind == SignalKind::measure || signal.kind == SignalKind::step;
  json.start_object()
      .member("name", fmt::format("{}/{}", asset.path, signal.name))
      .member("type", value_type(signal.kind))
      .member("stepped", signal.kind != SignalKind::measure)
      .member("description", signal.description);
  if (is_number) json.member("unit", signal.unit).member("low", signal.low).member("high", signal.high);
  write_names(json, signal.english, signal.chinese);
  json.end_object();
}

}  // namespace

std::string catalogue_json() {
  const Plant plant(1, std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));  // any time: names do not change
  std::string to;
  JsonWriter json(to);
  json.start_object().key("assets").start_array();
  for (const Area& area : areas()) {
    json.start_object().member("name", area.path).member("type", area.type);
    write_names(json, area.english, area.chinese);
    json.end_object();
  }
  plant.each_asset([&](const Asset& asset) { write_asset(json, asset.spec()); });
  json.end_array().key("signals").start_array();
  plant.each_asset([&](const Asset& asset) {
    for (const SignalSpec& signal : asset.spec().signals) write_signal(json, asset.spec(), signal);
  });
  json.end_array().end_object();
  to.push_back('\n');
  return to;
}

}  // namespace artery::demo
