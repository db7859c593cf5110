#include <fmt/format.h>
#include <fmt/ranges.h>

#include "demo/calendar.h"
#include "demo/faults.h"
#include "demo/places.h"

namespace artery::demo {
namespace {

Story press_story(const Fault& fault) {
  const std::string press = press_path(fault.target);
  if (fault.kind == FaultKind::bearing_wear) {
    return {.title = "slide bearing wears out",
            .text =
                "The bearing of the slide has lost its oil film. Vibration rises over days, slowly at first, and "
                "the bearing warms by more than 20 K before somebody changes it.",
            .signals = {press + "/vibration", press + "/bearing_temperature"}};
  }
  if (fault.kind == FaultKind::clogged_filter) {
    return {.title = "oil filter clogs",
            .text =
                "Metal dust fills the hydraulic filter within days. The pressure drop across it grows past 2.2 bar, "
                "the oil pressure behind it falls; changing the cartridge puts both right.",
            .signals = {press + "/filter_pressure_drop", press + "/oil_pressure"}};
  }
  return {.title = "vibration sensor drops out",
          .text =
              "A loose plug: for eighteen minutes of every twenty-five the press sends its message without the "
              "vibration, which grows stale meanwhile; for two more it sends zeros that it knows to be bad.",
          .signals = {press + "/vibration"}};
}

Story greenhouse_story(const Fault& fault) {
  if (fault.kind == FaultKind::late_gateway) {
    const std::string house = house_path(fault.target);
    return {.title = "gateway sends late",
            .text =
                "The radio link of this house fails again and again. Its gateway keeps five minutes of readings and "
                "then sends them at once, with the times at which they were read.",
            .signals = {house + "/compartment1/air_temperature", house + "/compartment2/air_temperature",
                        house + "/compartment3/air_temperature"}};
  }
  const std::string place = compartment_path(fault.target);
  if (fault.kind == FaultKind::stuck_humidity) {
    return {.title = "humidity sensor sticks",
            .text =
                "Water has condensed on the sensor: it says 100 % and does not move, while its neighbours follow the "
                "day. The deficit computed from it is zero. Its box calls both uncertain, and after an hour and a half "
                "bad.",
            .signals = {place + "/humidity", place + "/vapour_pressure_deficit"}};
  }
  if (fault.kind == FaultKind::fahrenheit) {
    return {.title = "new sensor reports Fahrenheit",
            .text = "The soil probe has been exchanged and nobody set its unit: 20 Cel arrive as 68.",
            .signals = {place + "/soil_temperature"}};
  }
  return {
      .title = "roof vent stays open at night",
      .text =
          "The rack of the vent is jammed wide open. The compartment takes on the night outside, cold or damp, and its "
          "heating pipe works against it in vain; its neighbours' vents are shut.",
      .signals = {place + "/vent_position", place + "/air_temperature", place + "/pipe_temperature",
                  place + "/humidity", place + "/leaf_temperature"}};
}

}  // namespace

Story story_of(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::bearing_wear:
    case FaultKind::clogged_filter:
    case FaultKind::sensor_drop_out:
      return press_story(fault);
    case FaultKind::stuck_humidity:
    case FaultKind::fahrenheit:
    case FaultKind::late_gateway:
    case FaultKind::vent_stuck:
      return greenhouse_story(fault);
    case FaultKind::grid_sags: {
      const std::string meter = yard_path() + "/grid-meter";
      return {.title = "grid voltage sags",
              .text =
                  "Something large starts again and again further up the feeder: every few minutes the voltage of all "
                  "phases falls by a fifth for a minute, and the currents rise.",
              .signals = {meter + "/voltage_l1", meter + "/voltage_l2", meter + "/voltage_l3"}};
    }
    case FaultKind::cold_door_open: {
      const std::string room = cold_room_path(fault.target);
      return {
          .title = "cold room's door is left open",
          .text =
              "Nobody closed it after the last pallet. The air warms although the compressor runs at its limit, and "
              "the goods follow within hours.",
          .signals = {room + "/air_temperature", room + "/door_open", room + "/compressor_power",
                      room + "/product_temperature"}};
    }
    case FaultKind::air_leak: {
      const std::string air = site() + "/press-shop/compressor";
      return {.title = "compressed air leaks",
              .text =
                  "A hose has burst between the lines. The compressor delivers six cubic metres a minute more, day and "
                  "night, and no longer holds its pressure.",
              .signals = {air + "/pressure", air + "/flow", air + "/power", air + "/oil_temperature"}};
    }
    case FaultKind::cell_drift: {
      const std::string battery = yard_path() + "/battery";
      return {.title = "battery cell drifts",
              .text =
                  "One cell discharges itself more than its neighbours. Day by day the lowest cell voltage parts from "
                  "the highest, most at low charge, until the battery is balanced.",
              .signals = {battery + "/cell_voltage_spread", battery + "/cell_voltage_min"}};
    }
    case FaultKind::inverter_trip: {
      const std::string inverter = inverter_path(fault.target);
      return {
          .title = "inverter trips at noon",
          .text =
              "Too hot under the full sun: the inverter switches itself off and comes back after it has cooled. The "
              "grid meter takes over what it gave.",
          .signals = {inverter + "/ac_power", inverter + "/state", inverter + "/dc_voltage"}};
    }
  }
  return {};
}

std::string tell_stories(const Faults& faults, Moment at) {
  const auto tell = [](const Fault& fault) {
    const Story story = story_of(fault);
    return fmt::format("  {} until {}: {}\n    {}\n    look at {}\n", show_local(fault.from), show_local(fault.until),
                       story.title, story.text, fmt::join(story.signals, "\n            "));
  };
  std::string told = fmt::format("At {} (local time, UTC+8)\n\nactive:\n", show_local(at));
  for (const Fault& fault : faults.at(at)) told += tell(fault);
  told += "\nnext:\n";
  for (const Fault& fault : faults.next(at)) told += tell(fault);
  return told;
}

}  // namespace artery::demo
