#include "demo/performance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "demo/places.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto retry_after = 1s;
constexpr auto farewell_max = 5s;
constexpr Seconds history_step = 1min;
constexpr Seconds asleep = 2min;  // behind by this at its own pace, the plant takes what it missed as a gap
constexpr double looks_per_s_max = 20;

std::string clock_topic() { return site() + "/plant-clock"; }

template <class... Arguments>
void say(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
  fmt::print(stderr, "artery-plant: {}\n", fmt::format(form, std::forward<Arguments>(arguments)...));
}

Seconds step_at(double speed) {
  const Seconds enough(static_cast<std::int64_t>(std::ceil(speed / looks_per_s_max)));
  return std::clamp(enough, Seconds(1), history_step);
}

}  // namespace

Performance::Performance(const PerformanceOptions& options, std::function<bool()> asked_to_end)
    : options_(options), asked_to_end_(std::move(asked_to_end)), began_(Clock::now()), step_(step_at(options.speed)) {}

Moment Performance::time_now() const {
  // At its own pace the plant keeps to the machine's clock, however long it runs.
  if (!options_.start && options_.speed == 1) {
    return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
  }
  const std::chrono::duration<double> gone = Clock::now() - began_;
  const Moment from =
      options_.start.value_or(std::chrono::floor<Seconds>(std::chrono::system_clock::now() - (Clock::now() - began_)));
  return from + Seconds(static_cast<std::int64_t>(gone.count() * options_.speed));
}

Result<void> Performance::run() {
  if (options_.once) return run_once();
  bool told = false;
  while (!asked_to_end_()) {
    MqttLink link;
    if (const auto opened = link.open(options_.host, options_.port); opened) {
      told = false;
      converse(link);
      if (!asked_to_end_()) say("the connection is lost; trying again every second");
    } else if (!std::exchange(told, true)) {
      say("{}; trying again every second", opened.error().message());
    }
    const auto until = Clock::now() + retry_after;
    while (!asked_to_end_() && Clock::now() < until) std::this_thread::sleep_for(50ms);
  }
  return {};
}

Result<void> Performance::run_once() {
  MqttLink link;
  if (auto opened = link.open(options_.host, options_.port); !opened) return opened;
  const Plant plant(options_.seed, time_now());
  plant.each_asset([&](const Asset& asset) { link.publish(asset.spec().path, asset.message(plant.now()), false); });
  finish(link);
  if (link.in_flight() > 0) {
    return Error(LinkError::unreachable, "the node has not acknowledged everything within five seconds");
  }
  return {};
}

void Performance::converse(MqttLink& link) {
  std::optional<PlantClock> last;
  if (const auto text = link.retained(clock_topic())) last = parse_plant_clock(*text);
  if (link.lost()) return;
  const Moment now = time_now();
  holes_ = missing(last, now, options_.history);
  past_.reset();
  live_.emplace(options_.seed, now);
  fill_began_ = Clock::now();
  Seconds open{0};
  for (const Span& hole : holes_) open += hole.until - hole.from;
  if (open > history_step) {
    say("the node misses {:.1f} h until {}; writing them", static_cast<double>(open.count()) / 3600,
        show_local(holes_.back().until));
  }
  live_->each_asset([&](const Asset& asset) { send(link, *live_, asset); });
  while (!link.lost() && !asked_to_end_()) {
    speak_live(link);
    fill(link);
    link.serve(holes_.empty() ? 50ms : 1ms);
  }
  if (!link.lost()) finish(link);
}

void Performance::speak_live(MqttLink& link) {
  const Moment now = time_now();
  if (options_.speed == 1 && now - live_->now() > asleep) {
    say("behind by {} s; taking them as a gap", (now - live_->now()).count());
    holes_.push_back({live_->now() + 1s, now});
    live_.emplace(options_.seed, now);
  }
  bool moved = false;
  while (live_->now() + step_ <= now && link.in_flight() < link.window()) {
    live_->advance_to(live_->now() + step_);
    live_->each_due(step_, [&](const Asset& asset) { send(link, *live_, asset); });
    if (live_->now().time_since_epoch() % late_gateway_holds < step_) release_late(link);
    moved = true;
  }
  if (moved) tell_clock(link);
}

void Performance::send(MqttLink& link, const Plant& plant, const Asset& asset) {
  if (plant.held_back(asset)) {
    late_.push_back({asset.spec().path, asset.message(plant.now())});
  } else {
    link.publish(asset.spec().path, asset.message(plant.now()), false);
  }
}

void Performance::release_late(MqttLink& link) {
  for (const Late& one : late_) link.publish(one.topic, one.payload, false);
  late_.clear();
}

// As much of the first hole as the node takes at once; whole minutes of it.
void Performance::fill(MqttLink& link) {
  while (!holes_.empty() && link.in_flight() < link.window()) {
    Span& hole = holes_.front();
    const Moment next = std::chrono::ceil<std::chrono::minutes>(hole.from);
    if (next >= hole.until) {
      holes_.erase(holes_.begin());
      past_.reset();
      if (!holes_.empty()) continue;
      const std::chrono::duration<double> took = Clock::now() - fill_began_;
      say("history is written, in {:.1f} s", took.count());
      tell_clock(link);
      return;
    }
    if (past_) {
      past_->advance_to(next);
    } else {
      past_.emplace(options_.seed, next);
    }
    past_->each_asset([&](const Asset& asset) { link.publish(asset.spec().path, asset.message(next), false); });
    hole.from = next + 1s;
  }
}

void Performance::tell_clock(MqttLink& link) const {
  link.publish(clock_topic(), show(PlantClock{.until = live_->now(), .holes = holes_}), true);
}

void Performance::finish(MqttLink& link) {
  if (live_) {
    release_late(link);
    tell_clock(link);
  }
  const auto until = Clock::now() + farewell_max;
  while (link.in_flight() > 0 && !link.lost() && Clock::now() < until) link.serve(20ms);
  link.close();
}

}  // namespace artery::demo
