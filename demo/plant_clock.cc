#include "demo/plant_clock.h"

#include <fmt/format.h>

#include <charconv>

namespace artery::demo {
namespace {

using Milliseconds = std::chrono::milliseconds;

std::int64_t to_ms(Moment at) { return Milliseconds(at.time_since_epoch()).count(); }

// Takes a number off the front.
bool take_moment(std::string_view& text, Moment& to) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  to = Moment(std::chrono::floor<Seconds>(Milliseconds(ms)));
  return true;
}

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

}  // namespace

std::string show(const PlantClock& clock) {
  std::string to = fmt::format("until={} holes=", to_ms(clock.until));
  for (std::size_t i = 0; i < clock.holes.size(); ++i) {
    to += fmt::format("{}{}-{}", i == 0 ? "" : ",", to_ms(clock.holes[i].from), to_ms(clock.holes[i].until));
  }
  return to;
}

std::optional<PlantClock> parse_plant_clock(std::string_view text) {
  PlantClock clock;
  if (!take(text, "until=") || !take_moment(text, clock.until) || !take(text, " holes=")) return std::nullopt;
  while (!text.empty()) {
    Span hole{};
    if (!clock.holes.empty() && !take(text, ",")) return std::nullopt;
    if (!take_moment(text, hole.from) || !take(text, "-") || !take_moment(text, hole.until)) return std::nullopt;
    if (hole.from >= hole.until) return std::nullopt;
    clock.holes.push_back(hole);
  }
  return clock;
}

std::vector<Span> missing(const std::optional<PlantClock>& last, Moment now, Seconds history) {
  std::vector<Span> holes;
  if (last) holes = last->holes;
  const Moment from = last ? last->until + Seconds(1) : now - history;
  if (from < now) holes.push_back({from, now});
  return holes;
}

}  // namespace artery::demo
