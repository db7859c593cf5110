// Where things stand, for all who name them: the models, the stories, the tests.
#pragma once

#include <fmt/format.h>

#include <string>

namespace artery::demo {

inline constexpr int lines = 2;
inline constexpr int presses_per_line = 4;
inline constexpr int presses = lines * presses_per_line;
inline constexpr int houses = 2;
inline constexpr int compartments_per_house = 3;
inline constexpr int compartments = houses * compartments_per_house;
inline constexpr int inverters = 3;
inline constexpr int chargers = 3;
inline constexpr int doors = 4;
inline constexpr int cold_rooms = 2;

inline std::string site() { return "acme/shenzhen"; }
inline std::string line_path(int line) { return fmt::format("{}/press-shop/line{}", site(), line + 1); }
inline std::string press_path(int press) {
  return fmt::format("{}/press{}", line_path(press / presses_per_line), press % presses_per_line + 1);
}
inline std::string house_path(int house) { return fmt::format("{}/greenhouse/house{}", site(), house + 1); }
inline std::string compartment_path(int compartment) {
  return fmt::format("{}/compartment{}", house_path(compartment / compartments_per_house),
                     compartment % compartments_per_house + 1);
}
inline std::string yard_path() { return site() + "/energy-yard"; }
inline std::string inverter_path(int inverter) { return fmt::format("{}/pv/inverter{}", yard_path(), inverter + 1); }
inline std::string charger_path(int charger) { return fmt::format("{}/chargers/charger{}", yard_path(), charger + 1); }
inline std::string dock_path() { return site() + "/loading-dock"; }
inline std::string door_path(int door) { return fmt::format("{}/door{}", dock_path(), door + 1); }
inline std::string cold_room_path(int room) {
  return fmt::format("{}/cold-store/{}", dock_path(), room == 0 ? "chill-room" : "freezer");
}

}  // namespace artery::demo
