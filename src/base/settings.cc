#include "base/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>

#include "base/checked.h"

namespace artery {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// The greatest first: that is how a value is shown.
constexpr std::array<Unit, 5> size_units{
    {{"TiB", 1LL << 40}, {"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"B", 1}}};
constexpr std::array<Unit, 7> duration_units{{{"d", 86'400'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};

template <class T>
std::optional<T> parse_with_unit(std::string_view text, std::span<const Unit> units, bool needs_unit) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (text.empty() && !needs_unit) return number;
  const auto unit = std::ranges::find(units, text, &Unit::name);
  if (unit == units.end()) return std::nullopt;
  return checked_mul(number, static_cast<T>(unit->factor));
}

template <class T>
std::string show_with_unit(T number, std::span<const Unit> units, std::string_view zero) {
  if (number == 0) return std::string(zero);
  const auto unit = std::ranges::find_if(units, [&](const Unit& u) { return number % static_cast<T>(u.factor) == 0; });
  return fmt::format("{}{}", number / static_cast<T>(unit->factor), unit->name);
}

std::string range_text(const std::string& min, const std::string& max, bool has_min, bool has_max) {
  if (has_min && has_max) return fmt::format("from {} to {}", min, max);
  if (has_min) return fmt::format("from {} on", min);
  if (has_max) return fmt::format("up to {}", max);
  return {};
}

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// The own name, behind the section, counts for itself: who forgets the section is told it.
std::size_t distance_to(const Setting& setting, std::string_view name) {
  const std::string_view own = std::string_view(setting.name).substr(setting.name.find('.') + 1);
  return std::min(distance(setting.name, name), distance(own, name) + 1);
}

}  // namespace

bool parse_size(std::string_view text, std::uint64_t& bytes) {
  const auto parsed = parse_with_unit<std::uint64_t>(text, size_units, false);
  if (parsed) bytes = *parsed;
  return parsed.has_value();
}

std::string show_size(std::uint64_t bytes) { return show_with_unit(bytes, size_units, "0B"); }

bool parse_duration(std::string_view text, Duration& duration) {
  const auto parsed = parse_with_unit<std::int64_t>(text, duration_units, true);
  if (parsed) duration = Duration(*parsed);
  return parsed.has_value();
}

std::string show_duration(Duration duration) { return show_with_unit(duration.count(), duration_units, "0s"); }

std::string right_values(const Setting& setting) {
  const std::string range = setting.range.empty() ? "" : " " + setting.range;
  if (setting.type == "size") return fmt::format("a size{}, like 64KiB or 32MiB", range);
  if (setting.type == "time") return fmt::format("a time{}, like 250ms, 10s or 24h", range);
  if (setting.type == "number") return fmt::format("a whole number{} ({})", range, setting.unit);
  if (setting.type == "flag") return "true or false";
  if (setting.type == "choice") return "one" + range;
  return setting.range;
}

Result<void> assign_setting(std::span<Setting> settings, std::string_view name, std::string_view value) {
  const auto found = std::ranges::find(settings, name, &Setting::name);
  if (found == settings.end()) {
    const auto nearest = std::ranges::min_element(settings, {}, [&](const Setting& s) { return distance_to(s, name); });
    const std::string hint = nearest == settings.end() ? "" : fmt::format("; the nearest is '{}'", nearest->name);
    return Error(SettingError::unknown, fmt::format("'{}' is no setting{}", name, hint));
  }
  if (!found->assign(value)) {
    return Error(SettingError::bad_value, fmt::format("{} = '{}' must be {}", name, value, right_values(*found)));
  }
  return {};
}

namespace setting {
namespace detail {

Setting make_size(std::string name, Load load, Store store, Range<std::uint64_t> range, std::string help) {
  const auto show = [load = std::move(load)] { return show_size(load()); };
  const auto assign = [store = std::move(store), range](std::string_view text) {
    std::uint64_t bytes = 0;
    if (!parse_size(text, bytes) || bytes < range.min || bytes > range.max) return false;
    store(bytes);
    return true;
  };
  constexpr std::uint64_t unbounded = std::numeric_limits<std::uint64_t>::max();
  const std::string range_of =
      range_text(show_size(range.min), show_size(range.max), range.min > 0, range.max < unbounded);
  return {.name = std::move(name),
          .type = "size",
          .unit = {},
          .range = range_of,
          .by_default = show(),
          .help = std::move(help),
          .show = show,
          .assign = assign};
}

Setting make_number(std::string name, Load load, Store store, Range<std::uint64_t> range, std::string_view unit,
                    std::string help) {
  const auto show = [load = std::move(load)] { return fmt::to_string(load()); };
  const auto assign = [store = std::move(store), range](std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    if (number < range.min || number > range.max) return false;
    store(number);
    return true;
  };
  constexpr std::uint64_t unbounded = std::numeric_limits<std::uint32_t>::max();
  const std::string range_of =
      range_text(fmt::to_string(range.min), fmt::to_string(range.max), range.min > 0, range.max < unbounded);
  return {.name = std::move(name),
          .type = "number",
          .unit = std::string(unit),
          .range = range_of,
          .by_default = show(),
          .help = std::move(help),
          .show = show,
          .assign = assign};
}

Setting make_choice(std::string name, Load load, Store store,
                    const std::vector<std::pair<std::string, std::uint64_t>>& choices, std::string help) {
  const auto show = [load = std::move(load), choices] {
    const std::uint64_t value = load();
    const auto found = std::ranges::find(choices, value, &std::pair<std::string, std::uint64_t>::second);
    return found == choices.end() ? std::string() : found->first;
  };
  const auto assign = [store = std::move(store), choices](std::string_view text) {
    const auto found = std::ranges::find(choices, text, &std::pair<std::string, std::uint64_t>::first);
    if (found == choices.end()) return false;
    store(found->second);
    return true;
  };
  std::vector<std::string_view> names;
  names.reserve(choices.size());
  for (const auto& [text, value] : choices) names.emplace_back(text);
  return {.name = std::move(name),
          .type = "choice",
          .unit = {},
          .range = fmt::format("of {}", fmt::join(names, ", ")),
          .by_default = show(),
          .help = std::move(help),
          .show = show,
          .assign = assign};
}

}  // namespace detail

Setting duration(std::string name, Duration& target, Range<Duration> range, std::string help) {
  const auto show = [&target] { return show_duration(target); };
  const auto assign = [&target, range](std::string_view text) {
    Duration parsed{};
    if (!parse_duration(text, parsed) || parsed < range.min || parsed > range.max) return false;
    target = parsed;
    return true;
  };
  const std::string range_of = range_text(show_duration(range.min), show_duration(range.max),
                                          range.min > Duration::zero(), range.max < Duration::max());
  return {.name = std::move(name),
          .type = "time",
          .unit = {},
          .range = range_of,
          .by_default = show(),
          .help = std::move(help),
          .show = show,
          .assign = assign};
}

Setting flag(std::string name, bool& target, std::string help) {
  const auto show = [&target] { return std::string(target ? "true" : "false"); };
  const auto assign = [&target](std::string_view text) {
    if (text != "true" && text != "false") return false;
    target = text == "true";
    return true;
  };
  return {.name = std::move(name),
          .type = "flag",
          .unit = {},
          .range = {},
          .by_default = show(),
          .help = std::move(help),
          .show = show,
          .assign = assign};
}

Setting text(std::string name, std::string& target, std::string what, std::string help) {
  const auto show = [&target] { return target; };
  const auto assign = [&target](std::string_view given) {
    target = given;
    return true;
  };
  return {.name = std::move(name),
          .type = "text",
          .unit = {},
          .range = std::move(what),
          .by_default = show(),
          .help = std::move(help),
          .show = show,
          .assign = assign};
}

Setting list(std::string name, std::vector<std::string>& target, std::string what, std::string help) {
  const auto show = [&target] { return fmt::format("{}", fmt::join(target, ",")); };
  const auto assign = [&target](std::string_view given) {
    std::vector<std::string> items;
    while (!given.empty()) {
      const std::size_t comma = std::min(given.find(','), given.size());
      if (comma > 0) items.emplace_back(given.substr(0, comma));
      given.remove_prefix(std::min(comma + 1, given.size()));
    }
    target = std::move(items);
    return true;
  };
  return {.name = std::move(name),
          .type = "list",
          .unit = {},
          .range = std::move(what),
          .by_default = show(),
          .help = std::move(help),
          .show = show,
          .assign = assign};
}

}  // namespace setting
}  // namespace artery
