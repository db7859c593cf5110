#include "demo/plant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "demo/places.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;
using namespace std::chrono;

// A Sunday of autumn, 04:00 UTC.
constexpr Moment start = sys_days(2026y / 11 / 22) + 4h;

std::string messages(std::uint64_t seed, Moment from, Seconds step, int steps) {
  Plant plant(seed, from);
  std::string all;
  for (int i = 0; i < steps; ++i) {
    plant.each_asset([&](const Asset& asset) { all += asset.spec().path + asset.message(plant.now()) + "\n"; });
    plant.advance_to(plant.now() + step);
  }
  return all;
}

// By full name.
using Values = std::map<std::string, double, std::less<>>;
Values values_of(const Plant& plant) {
  Values values;
  plant.each_asset([&](const Asset& asset) {
    for (std::size_t place = 0; place < asset.spec().signals.size(); ++place) {
      values[fmt::format("{}/{}", asset.spec().path, asset.spec().signals[place].name)] = asset.get(place);
    }
  });
  return values;
}

TEST(Plant, TheSameSeedAndStartGiveTheSameBytes) {
  const std::string once = messages(7, start, 1s, 30);
  EXPECT_EQ(once, messages(7, start, 1s, 30));
  EXPECT_NE(once, messages(8, start, 1s, 30));
  EXPECT_NE(once, messages(7, start + 1min, 1s, 30));
}

TEST(Plant, HasAboutThreeHundredSignalsOfUniqueNames) {
  const Plant plant(1, start);
  std::set<std::string> names;
  std::size_t signals = 0;
  plant.each_asset([&](const Asset& asset) {
    for (const SignalSpec& signal : asset.spec().signals) {
      names.insert(fmt::format("{}/{}", asset.spec().path, signal.name));
      ++signals;
    }
  });
  EXPECT_EQ(names.size(), signals);
  EXPECT_GE(signals, 280U);
  EXPECT_LE(signals, 380U);
}

// What the faults active now, or within the hours before (things cool down slowly), may have pushed out of its range.
std::set<std::string, std::less<>> excused(const Faults& faults, Moment at) {
  std::set<std::string, std::less<>> names;
  for (const Seconds ago : {0h, 1h, 2h, 4h, 8h, 12h}) {
    for (const Fault& fault : faults.at(at - ago)) {
      const Story story = story_of(fault);
      names.insert(story.signals.begin(), story.signals.end());
    }
  }
  return names;
}

void expect_in_range(const Asset& asset, const std::set<std::string, std::less<>>& may_leave, Moment at,
                     std::map<std::string, std::string>& wrong) {
  for (std::size_t place = 0; place < asset.spec().signals.size(); ++place) {
    const SignalSpec& signal = asset.spec().signals[place];
    if (signal.kind == SignalKind::text || signal.kind == SignalKind::flag) continue;
    const double value = asset.get(place);
    if (signal.low <= value && value <= signal.high) continue;
    const std::string name = fmt::format("{}/{}", asset.spec().path, signal.name);
    if (std::isfinite(value) && may_leave.contains(name)) continue;
    wrong.try_emplace(name, fmt::format("{} at {}, range {} to {}", value, show_local(at), signal.low, signal.high));
  }
}

// A month of winter and one of summer.
TEST(Plant, StaysInItsRangesUnlessAStoryNamesTheSignal) {
  for (const Moment from : {Moment(sys_days(2026y / 1 / 5)), Moment(sys_days(2026y / 7 / 6)), start}) {
    Plant plant(3, from);
    std::map<std::string, std::string> wrong;
    while (plant.now() < from + 30 * 24h) {
      const auto may_leave = excused(plant.faults(), plant.now());
      plant.each_asset([&](const Asset& asset) { expect_in_range(asset, may_leave, plant.now(), wrong); });
      plant.advance_to(plant.now() + 5min);
    }
    for (const auto& [name, what] : wrong) ADD_FAILURE() << name << " = " << what;
  }
}

TEST(Plant, TheMeterIsTheFeedersAndTheBatteryLessTheSun) {
  Plant plant(5, start);
  const std::string yard = yard_path();
  for (int step = 0; step < 2 * 24 * 60; ++step) {
    plant.advance_to(plant.now() + 1min);
    const Values now = values_of(plant);
    double sum = now.at(yard + "/battery/power");
    for (const char* feeder : {"press_shop", "greenhouse", "cold_store", "chargers", "offices"}) {
      sum += now.at(yard + "/feeders/" + feeder);
    }
    for (int inverter = 0; inverter < inverters; ++inverter) sum -= now.at(inverter_path(inverter) + "/ac_power");
    const double power = now.at(yard + "/grid-meter/active_power");
    ASSERT_NEAR(power, sum, 0.051) << show_local(plant.now());
    double apparent_kva = 0;
    for (const char* phase : {"1", "2", "3"}) {
      apparent_kva +=
          now.at(yard + "/grid-meter/voltage_l" + phase) * now.at(yard + "/grid-meter/current_l" + phase) / 1000;
    }
    ASSERT_NEAR(apparent_kva, std::hypot(power, now.at(yard + "/grid-meter/reactive_power")), 0.6);
  }
}

TEST(Plant, FeedersAreTheSumOfTheirMachines) {
  Plant plant(5, start + 30h);  // a working Monday
  const Values now = values_of(plant);
  double presses_kw = now.at(site() + "/press-shop/compressor/power") + now.at(site() + "/press-shop/chiller/power");
  for (int press = 0; press < presses; ++press) presses_kw += now.at(press_path(press) + "/motor_power");
  EXPECT_NEAR(now.at(yard_path() + "/feeders/press_shop"), presses_kw, 0.01);
  double chargers_kw = 0;
  for (int charger = 0; charger < chargers; ++charger) chargers_kw += now.at(charger_path(charger) + "/power");
  EXPECT_NEAR(now.at(yard_path() + "/feeders/chargers"), chargers_kw, 0.01);
}

TEST(Plant, TheDaysEnergyIsTheIntegralOfPower) {
  Plant plant(5, sys_days(2026y / 11 / 22) + 16h);  // local midnight
  double import_kwh = 0;
  const std::string meter = yard_path() + "/grid-meter";
  for (int minute = 0; minute < 20 * 60; ++minute) {
    import_kwh += std::max(0.0, values_of(plant).at(meter + "/active_power")) / 60;
    plant.advance_to(plant.now() + 1min);
  }
  EXPECT_NEAR(values_of(plant).at(meter + "/import_today"), import_kwh, 0.1);
}

TEST(Plant, TheDeficitIsThatOfTheTemperatureAndHumidityShown) {
  Plant plant(5, start);
  for (int hour = 0; hour < 48; ++hour) {
    const Values now = values_of(plant);
    for (int one = 0; one < compartments; ++one) {
      const std::string place = compartment_path(one);
      EXPECT_NEAR(now.at(place + "/vapour_pressure_deficit"),
                  vapour_pressure_deficit_kpa(now.at(place + "/air_temperature"), now.at(place + "/humidity")), 0.0051);
    }
    plant.advance_to(plant.now() + 1h);
  }
}

// Clouds pass between two minutes, so a value may part from the other for a while; on the average it must not.
TEST(Plant, StepsOfASecondAndOfAMinuteAgree) {
  Plant by_minutes(9, start + 40h);
  Plant by_seconds(9, start + 40h);
  std::map<std::string, double, std::less<>> sums;
  constexpr int minutes = 24 * 60;
  for (int minute = 0; minute < minutes; ++minute) {
    by_minutes.advance_to(by_minutes.now() + 1min);
    while (by_seconds.now() < by_minutes.now()) by_seconds.advance_to(by_seconds.now() + 1s);
    const Values one = values_of(by_minutes);
    for (const auto& [name, other] : values_of(by_seconds)) sums[name] += std::abs(one.at(name) - other);
  }
  by_minutes.each_asset([&](const Asset& asset) {
    for (const SignalSpec& signal : asset.spec().signals) {
      const std::string name = fmt::format("{}/{}", asset.spec().path, signal.name);
      EXPECT_NEAR(sums.at(name) / minutes, 0, 0.003 * (signal.high - signal.low)) << name;
    }
  });
}

// Where history, written in steps of a minute from a week ago, meets the live plant, which began by itself.
TEST(Plant, AnEarlierStartLeadsToTheSamePlant) {
  const Plant late(9, start);
  Plant early(9, start - 7 * 24h);
  early.advance_to(start);
  const Values one = values_of(early);
  const Values other = values_of(late);
  late.each_asset([&](const Asset& asset) {
    for (const SignalSpec& signal : asset.spec().signals) {
      const std::string name = fmt::format("{}/{}", asset.spec().path, signal.name);
      const double tolerance = 0.002 * (signal.high - signal.low) + std::pow(10.0, -signal.decimals);
      EXPECT_NEAR(one.at(name), other.at(name), tolerance) << name;
    }
  });
}

TEST(Plant, AMessageIsOneObjectWithItsTimeInMilliseconds) {
  const Plant plant(1, start);
  plant.each_asset([&](const Asset& asset) {
    const std::string message = asset.message(plant.now());
    EXPECT_TRUE(message.starts_with("{\"ts\":1795320000000,\"")) << message;
    EXPECT_TRUE(message.ends_with("}")) << message;
  });
}

TEST(Plant, AnAssetSpeaksOncePerPeriodWhateverTheStep) {
  for (const Seconds step : {1s, 3s, 10s, 60s}) {
    Plant plant(1, start);
    std::map<std::string, int> spoken;
    for (Seconds gone = 0s; gone < 60s; gone += step) {
      plant.advance_to(plant.now() + step);
      plant.each_due(step, [&](const Asset& asset) { ++spoken[asset.spec().path]; });
    }
    plant.each_asset([&](const Asset& asset) {
      const auto expected = 60s / std::max(step, asset.spec().period);
      EXPECT_NEAR(spoken[asset.spec().path], static_cast<double>(expected), step == 3s ? 1 : 0) << asset.spec().path;
    });
  }
}

}  // namespace
}  // namespace artery::demo
