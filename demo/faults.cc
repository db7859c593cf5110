#include "demo/faults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "demo/calendar.h"
#include "demo/places.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

struct Candidate {
  FaultKind kind;
  int targets;
};

constexpr std::array<Candidate, 7> of_hours = {{{FaultKind::stuck_humidity, compartments},
                                                {FaultKind::sensor_drop_out, presses},
                                                {FaultKind::late_gateway, houses},
                                                {FaultKind::fahrenheit, compartments},
                                                {FaultKind::grid_sags, 1},
                                                {FaultKind::cold_door_open, cold_rooms},
                                                {FaultKind::air_leak, 1}}};
constexpr std::array<Candidate, 3> of_days = {
    {{FaultKind::bearing_wear, presses}, {FaultKind::clogged_filter, presses}, {FaultKind::cell_drift, 1}}};

constexpr Seconds hours_slot = 6h;
constexpr Seconds days_slot = 96h;
constexpr double mended_within = 0.8;  // of a slot of days
constexpr Seconds zone = 8h;

std::int64_t slot_of(Moment at, Seconds length) {
  const auto time = at.time_since_epoch();
  return (time >= 0s ? time : time - length + 1s) / length;
}

// Walks all candidates in turn, in another order each round, so that none is missed for long.
template <std::size_t n>
Candidate candidate(const std::array<Candidate, n>& of, const Noise& noise, std::int64_t slot) {
  constexpr auto count = static_cast<std::int64_t>(n);
  std::array<Candidate, n> order = of;
  const std::int64_t place = (slot % count + count) % count;
  const std::int64_t round = (slot - place) / count;
  for (std::size_t i = n - 1; i > 0; --i) {
    std::swap(order[i], order[static_cast<std::size_t>(
                            noise.pick(static_cast<int>(i + 1), round * count + static_cast<std::int64_t>(i)))]);
  }
  return order[static_cast<std::size_t>(place)];
}

}  // namespace

double Fault::progress(Moment at) const {
  const auto whole = static_cast<double>((until - from).count());
  return std::clamp(static_cast<double>((at - from).count()) / whole, 0.0, 1.0);
}

Faults::Faults(const Noise& noise) : hours_(noise.of("hours")), days_(noise.of("days")), once_(noise.of("once")) {}

Fault Faults::in_hours(std::int64_t slot) const {
  const Candidate chosen = candidate(of_hours, hours_, slot);
  const auto begin = [this](std::int64_t of) {
    return Moment(of * hours_slot + 60s * hours_.of("begin").pick(60, of));
  };
  return {.kind = chosen.kind,
          .target = hours_.of("target").pick(chosen.targets, slot),
          .from = begin(slot),
          .until = begin(slot + 1)};
}

Fault Faults::in_days(std::int64_t slot) const {
  const Candidate chosen = candidate(of_days, days_, slot);
  const Moment from(slot * days_slot);
  const double part = mended_within * days_.of("length").between(0.8, 1.0, slot);
  return {.kind = chosen.kind,
          .target = days_.of("target").pick(chosen.targets, slot),
          .from = from,
          .until = from + 60s * static_cast<std::int64_t>(part * static_cast<double>(days_slot / 60s))};
}

std::optional<Fault> Faults::once(std::int64_t day) const {
  const Moment midnight = Moment(day * 24h) - zone;
  const double drawn = once_.uniform(day);
  const auto minutes = [this, day](int low, int high) {
    return 60s * (low + once_.of("minute").pick(high - low, day));
  };
  if (drawn < 0.25) {
    const Moment from = midnight + minutes(11 * 60 + 15, 12 * 60 + 30);
    return Fault{FaultKind::inverter_trip, once_.of("target").pick(inverters, day), from, from + 95min};
  }
  if (drawn < 0.5) {
    const Moment from = midnight + minutes(22 * 60, 23 * 60);
    return Fault{FaultKind::vent_stuck, once_.of("target").pick(compartments, day), from, from + 6h};
  }
  return std::nullopt;
}

std::vector<Fault> Faults::at(Moment at) const {
  std::vector<Fault> active;
  const auto add = [&](const Fault& fault) {
    if (fault.active(at)) active.push_back(fault);
  };
  const std::int64_t hours = slot_of(at, hours_slot);
  add(in_hours(hours - 1));
  add(in_hours(hours));
  add(in_days(slot_of(at, days_slot)));
  const std::int64_t day = local_time(at).day;
  for (const std::int64_t one : {day - 1, day}) {
    if (const auto fault = once(one)) add(*fault);
  }
  return active;
}

std::vector<Fault> Faults::next(Moment at) const {
  std::vector<Fault> coming;
  std::int64_t hours = slot_of(at, hours_slot);
  while (in_hours(hours).from <= at) ++hours;
  coming.push_back(in_hours(hours));
  coming.push_back(in_days(slot_of(at, days_slot) + 1));
  for (std::int64_t day = local_time(at).day;; ++day) {
    const auto fault = once(day);
    if (!fault || fault->from <= at) continue;
    coming.push_back(*fault);
    break;
  }
  std::sort(coming.begin(), coming.end(), [](const Fault& a, const Fault& b) { return a.from < b.from; });
  return coming;
}

FaultsNow::FaultsNow(const std::vector<Fault>& active, Moment at) {
  active_.reserve(active.size());
  for (const Fault& fault : active) active_.push_back({fault.kind, fault.target, fault.progress(at)});
}

std::optional<double> FaultsNow::of(FaultKind kind, int target) const {
  for (const One& one : active_) {
    if (one.kind == kind && one.target == target) return one.progress;
  }
  return std::nullopt;
}

}  // namespace artery::demo
