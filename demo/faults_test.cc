#include "demo/faults.h"

#include <gtest/gtest.h>

#include <map>

#include "demo/places.h"
#include "demo/plant.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;
using namespace std::chrono;

constexpr Moment start = sys_days(2026y / 11 / 22) + 4h;

TEST(Faults, OneToThreeAreActiveAtAnyMoment) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Faults faults{Noise(seed).of("faults")};
    for (Moment at = start; at < start + 60 * 24h; at += 7min) {
      const auto active = faults.at(at);
      ASSERT_GE(active.size(), 1U) << show_local(at);
      ASSERT_LE(active.size(), 3U) << show_local(at);
    }
  }
}

TEST(Faults, EveryKindComesWithinTwoMonths) {
  const Faults faults{Noise(1).of("faults")};
  std::map<FaultKind, int> seen;
  for (Moment at = start; at < start + 60 * 24h; at += 10min) {
    for (const Fault& fault : faults.at(at)) ++seen[fault.kind];
  }
  EXPECT_EQ(seen.size(), 12U);
}

TEST(Faults, WhatIsNextBecomesActiveWhenItIsDue) {
  const Faults faults{Noise(4).of("faults")};
  for (const Fault& coming : faults.next(start)) {
    EXPECT_GT(coming.from, start);
    bool found = false;
    for (const Fault& fault : faults.at(coming.from))
      found |= fault.kind == coming.kind && fault.target == coming.target;
    EXPECT_TRUE(found) << story_of(coming).title;
  }
}

TEST(Faults, AStoryNamesSignalsThatThePlantHas) {
  std::map<std::string, bool, std::less<>> names;
  const Plant plant(1, start);
  plant.each_asset([&](const Asset& asset) {
    for (const SignalSpec& signal : asset.spec().signals) names[fmt::format("{}/{}", asset.spec().path, signal.name)];
  });
  const Faults faults{Noise(2).of("faults")};
  for (Moment at = start; at < start + 60 * 24h; at += 1h) {
    for (const Fault& fault : faults.at(at)) {
      const Story story = story_of(fault);
      EXPECT_FALSE(story.title.empty());
      for (const std::string& name : story.signals) EXPECT_TRUE(names.contains(name)) << name;
    }
  }
}

// The first moment at which this kind is active, by the progress given.
std::pair<Moment, Fault> find_fault(const Faults& faults, FaultKind kind, double progress) {
  for (Moment at = start; at < start + 60 * 24h; at += 1min) {
    for (const Fault& fault : faults.at(at)) {
      if (fault.kind == kind && fault.progress(at) >= progress) return {at, fault};
    }
  }
  ADD_FAILURE() << "it never comes";
  return {};
}

TEST(Faults, AStuckHumiditySensorIsDoubtedFirstAndNotBelievedLater) {
  for (const auto& [progress, quality] : {std::pair(0.05, "uncertain"), std::pair(0.5, "bad")}) {
    const auto [at, fault] = find_fault(Faults{Noise(1).of("faults")}, FaultKind::stuck_humidity, progress);
    const Plant plant(1, at);
    plant.each_asset([&](const Asset& asset) {
      const std::string message = asset.message(plant.now());
      const std::string said =
          fmt::format(R"("quality":{{"humidity":"{0}","vapour_pressure_deficit":"{0}"}})", quality);
      EXPECT_EQ(message.find(said) != std::string::npos, asset.spec().path == compartment_path(fault.target))
          << message;
    });
  }
}

// Each kind does something that a person can see in a signal of its story: it leaves its range, or falls silent, or
// comes late, or (an inverter at noon) gives nothing.
bool shows(const Plant& plant, const Fault& fault) {
  const Story story = story_of(fault);
  bool shown = false;
  plant.each_asset([&](const Asset& asset) {
    for (std::size_t place = 0; place < asset.spec().signals.size(); ++place) {
      const SignalSpec& signal = asset.spec().signals[place];
      const std::string name = fmt::format("{}/{}", asset.spec().path, signal.name);
      if (std::find(story.signals.begin(), story.signals.end(), name) == story.signals.end()) continue;
      const Reading& reading = asset.readings()[place];
      shown |= !reading.present || plant.held_back(asset) || reading.text == "tripped";
      const bool is_number = signal.kind == SignalKind::measure || signal.kind == SignalKind::step;
      shown |= is_number && (reading.number < signal.low || reading.number > signal.high);
      shown |= fault.kind == FaultKind::vent_stuck && signal.name == "vent_position" && reading.number > 95;
    }
  });
  return shown;
}

TEST(Faults, EachCanBeSeenInItsSignals) {
  Plant plant(1, start);
  std::map<FaultKind, int> seen;
  for (int step = 0; step < 30 * 24 * 30; ++step) {
    plant.advance_to(plant.now() + 2min);
    for (const Fault& fault : plant.faults().at(plant.now())) seen[fault.kind] += shows(plant, fault) ? 1 : 0;
  }
  for (const auto& [kind, times] : seen) EXPECT_GT(times, 0) << static_cast<int>(kind);
  EXPECT_EQ(seen.size(), 12U);
}

}  // namespace
}  // namespace artery::demo
