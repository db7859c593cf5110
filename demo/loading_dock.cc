#include "demo/loading_dock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "demo/energy_yard_signals.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr double charger_kw = 60;
constexpr double taper_min = 25;
constexpr double product_lag_s = 7 * 3600;
constexpr double fins_lag_s = 4 * 60;

struct RoomKind {
  double set_cel;
  double fins_below_k;  // at full power
  double compressor_kw;
  double left_open_s;  // in which half-shut curtains let the room become the dock, but for the cooling
};
constexpr std::array<RoomKind, cold_rooms> room_kinds = {{{3.0, 8, 26, 4300}, {-21.0, 9, 28, 12600}}};

std::vector<Asset> make_assets() {
  std::vector<Asset> made;
  made.reserve(doors + chargers + cold_rooms);
  for (int number = 0; number < doors; ++number) {
    made.emplace_back(AssetSpec{.path = door_path(number),
                                .type = "dock door",
                                .english = fmt::format("Dock door {}", number + 1),
                                .chinese = fmt::format("{}号装卸门", number + 1),
                                .description = "Sectional door with leveller",
                                .properties = {},
                                .signals = door::table,
                                .period = 5s});
  }
  for (int number = 0; number < chargers; ++number) {
    made.emplace_back(AssetSpec{.path = charger_path(number),
                                .type = "charger",
                                .english = fmt::format("Charger {}", number + 1),
                                .chinese = fmt::format("{}号充电桩", number + 1),
                                .description = "Direct current, for electric trucks",
                                .properties = {{"rating", "60 kW"}},
                                .signals = charger::table,
                                .period = 5s});
  }
  for (int number = 0; number < cold_rooms; ++number) {
    const bool chill = number == 0;
    made.emplace_back(
        AssetSpec{.path = cold_room_path(number),
                  .type = "cold room",
                  .english = chill ? "Chill room" : "Freezer",
                  .chinese = chill ? "冷藏间" : "冷冻间",
                  .description = chill ? "Tomatoes before they are loaded, 3 Cel" : "Frozen goods, -21 Cel",
                  .properties = {{"volume", chill ? "1200 m3" : "900 m3"}},
                  .signals = chill ? std::span<const SignalSpec>(chill_room::table) : freezer::table,
                  .period = 5s});
  }
  return made;
}

std::string plate_of(std::uint64_t drawn) {
  static constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
  static constexpr std::array<std::string_view, 4> provinces = {"粤", "粤", "湘", "桂"};
  return fmt::format("{}{} {}{:04}", provinces[drawn % 4], letters[(drawn >> 8U) % 6], letters[(drawn >> 16U) % 24],
                     (drawn >> 24U) % 10000);
}

}  // namespace

LoadingDock::LoadingDock(const Noise& noise) : noise_(noise.of("loading dock")), assets_(make_assets()) {
  for (std::size_t number = 0; number < rooms_.size(); ++number) {
    const double cel = room_kinds[number].set_cel;
    rooms_[number] = {.air_cel = cel, .product_cel = cel, .fins_cel = cel - 5};
  }
}

void LoadingDock::advance(double dt_s) {
  for (Room& room : rooms_) {
    room.product_cel = lagged(room.product_cel, room.air_cel, dt_s, product_lag_s);
    room.air_cel = lagged(room.air_cel, room.air_target_cel, dt_s, room.air_lag_s);
    room.fins_cel = lagged(room.fins_cel, room.fins_target_cel, dt_s, fins_lag_s);
  }
}

void LoadingDock::evaluate(const Conditions& now) {
  chargers_kw_ = 0;
  cold_store_kw_ = 0;
  for (int number = 0; number < doors; ++number) evaluate_door(number, now);
  for (int number = 0; number < chargers; ++number) evaluate_charger(number, now);
  for (int number = 0; number < cold_rooms; ++number) evaluate_room(number, now);
}

std::optional<LoadingDock::Stay> LoadingDock::stay(const Noise& noise, const Conditions& now, int slot_min,
                                                   double chance, int low, int high) const {
  const auto minute = now.at.time_since_epoch() / 1min;
  const std::int64_t slot = minute / slot_min;
  if (noise.uniform(slot) >= chance) return std::nullopt;
  const int length = low + noise.of("length").pick(high - low + 1, slot);
  const auto from = slot * slot_min + noise.of("from").pick(slot_min - length, slot);
  if (minute < from || minute >= from + length) return std::nullopt;
  const double since = static_cast<double>((now.at.time_since_epoch() - from * 1min).count()) / 60.0;
  return Stay{plate_of(noise.of("plate").bits(slot)), since, double(length)};
}

void LoadingDock::evaluate_door(int number, const Conditions& now) {
  Asset& to = assets_[static_cast<std::size_t>(number)];
  // Trucks come by day, on Sundays hardly any. Slots are of two hours, whole ones of the local day.
  const int slot_hour = now.local.minute_of_day / 120 * 2;
  const bool by_day = slot_hour >= 6 && slot_hour < 20;
  const double chance = now.local.weekday == 6 ? 0.08 : by_day ? 0.72 : 0.12;
  const auto visit = stay(noise_.of("door").of(static_cast<std::uint64_t>(number)), now, 120, chance, 24, 68);
  to.set_text(door::truck, visit ? visit->plate : "-");
  to.set_flag(door::open, visit && visit->minute >= 3 && visit->minute < visit->length - 3);
  to.set(door::visit_minutes, visit ? std::floor(visit->minute) : 0);
}

void LoadingDock::evaluate_charger(int number, const Conditions& now) {
  const int place = doors + number;
  Asset& to = assets_[static_cast<std::size_t>(place)];
  const int slot_hour = now.local.minute_of_day / 240 * 4;
  const double chance = now.local.weekday == 6 ? 0.2 : slot_hour >= 8 && slot_hour < 16 ? 0.6 : 0.8;
  const auto session = stay(noise_.of("charger").of(static_cast<std::uint64_t>(number)), now, 240, chance, 55, 150);
  to.set_text(charger::state, session ? "charging" : "free");
  to.set_text(charger::vehicle, session ? session->plate : "-");
  // Full power, then a straight line down; the energy is what lies under it.
  const double rest = session ? session->length - session->minute : 0;
  const double power = session ? (charger_kw - 2) * std::min(1.0, rest / taper_min) : 0;
  double energy = 0;
  if (session) {
    const double whole = std::min(session->minute, session->length - taper_min);
    const double tapered = std::max(0.0, session->minute - whole);
    energy = (charger_kw - 2) / 60 * (whole + tapered - tapered * tapered / (2 * taper_min));
  }
  to.set(charger::power, power);
  to.set(charger::session_energy, energy);
  chargers_kw_ += to.get(charger::power);
}

void LoadingDock::evaluate_room(int number, const Conditions& now) {
  Room& room = rooms_[static_cast<std::size_t>(number)];
  const RoomKind& kind = room_kinds[static_cast<std::size_t>(number)];
  const int place = doors + chargers + number;
  Asset& to = assets_[static_cast<std::size_t>(place)];
  const Noise noise = noise_.of("room").of(static_cast<std::uint64_t>(number));
  const auto minute = now.at.time_since_epoch() / 1min;

  const bool busy = now.local.weekday < 6 && now.local.hour >= 6 && now.local.hour < 21;
  const bool left_open = now.faults.of(FaultKind::cold_door_open, number).has_value();
  const bool pallet =
      busy && noise.uniform(minute / 9) < 0.55 && minute % 9 >= 3 && minute % 9 < 4 + noise.pick(3, -minute / 9);
  const bool open = left_open || pallet;
  const bool defrost = (now.local.minute_of_day + 120 * number) % 480 >= 460;

  // Exchange through walls and door per second; the controller cools in proportion to its error, up to 12 K an hour.
  const double dock_cel = 0.5 * now.weather.temperature_cel + 9;
  const double walls = 1.0 / (9 * 3600);
  const double door = left_open ? 1.0 / kind.left_open_s : open ? 1.0 / (1.9 * 3600) : 0;
  const double full = 12.0 / 3600;
  const double error_k = room.air_cel - kind.set_cel;
  const double drive = defrost ? 0 : std::clamp(0.25 + 0.3 * error_k, 0.0, 1.0);
  const double melt = defrost ? 1.2 / 1200 : 0;  // K/s
  const double loss = walls + door;
  room.air_target_cel = dock_cel + (melt - drive * full) / loss;
  room.air_lag_s = 1 / loss;
  room.fins_target_cel = defrost ? 8 : room.air_cel - 1 - kind.fins_below_k * drive;

  to.set(chill_room::air_temperature, room.air_cel + 0.08 * noise.of(1).normal(now.at));
  to.set(chill_room::product_temperature, room.product_cel + 0.03 * noise.of(2).normal(now.at));
  to.set_flag(chill_room::door_open, open);
  to.set(chill_room::compressor_power,
         defrost ? 3.5 : 1.1 + kind.compressor_kw * drive * (1 + 0.01 * noise.of(3).normal(now.at)));
  to.set(chill_room::evaporator_temperature, room.fins_cel + 0.15 * noise.of(4).normal(now.at));
  to.set_flag(chill_room::defrost, defrost);
  cold_store_kw_ += to.get(chill_room::compressor_power);
}

}  // namespace artery::demo
