// Settings as tables. A module names each of its settings once, in a function `settings_of(itsStruct&)` beside the
// struct that holds them; the parser, the reference page and `artery config` come from these tables.
//
//   return {setting::size("log.segment_bytes", to.segment_bytes, {1 << 20, 4ULL << 30}, "of one file of the log"),
//           setting::flag("admission.strict", to.strict, "refuse unknown names instead of creating them")};
//
// A Setting refers to the struct it was made for, which must outlive it and stay where it is. Its default is what the
// struct held then. Not thread-safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace artery {

enum class SettingError { unknown, bad_value };
inline std::string_view error_module(SettingError) { return "settings"; }

struct Setting {
  std::string name;        // "log.segment_bytes": the section of its module, a dot, its own name
  std::string type;        // "size", "time", "number", "flag", "choice", "text", "list"
  std::string unit;        // of a number: what is counted
  std::string range;       // what values it takes, behind the type's name: "from 1MiB to 4GiB"; empty for any
  std::string by_default;  // as a person would write it
  std::string help;

  std::function<std::string()> show;             // the present value, as a person would write it
  std::function<bool(std::string_view)> assign;  // false, with nothing changed, where the text is not right
};

using Settings = std::vector<Setting>;

// What would be right: "a size from 1MiB to 4GiB, like 64KiB or 32MiB".
std::string right_values(const Setting& setting);

// Assigns `value` to the setting of that name. Errors, one line each: SettingError::unknown with the nearest name
// there is, bad_value with what would be right.
Result<void> assign_setting(std::span<Setting> settings, std::string_view name, std::string_view value);

// Sizes: "512B", "64KiB", "32MiB", "4GiB", "1TiB", or a plain number of bytes. Durations: "250ms", "10s", "5m", "24h",
// "30d" and "0s". What is shown is the greatest unit that divides the value.
bool parse_size(std::string_view text, std::uint64_t& bytes);
std::string show_size(std::uint64_t bytes);
bool parse_duration(std::string_view text, Duration& duration);
std::string show_duration(Duration duration);

namespace setting {

// Both ends belong to it.
template <class T>
struct Range {
  T min = std::numeric_limits<T>::min();
  T max = std::numeric_limits<T>::max();
};
template <>
struct Range<Duration> {
  Duration min = Duration::zero();
  Duration max = Duration::max();
};

namespace detail {
using Store = std::function<void(std::uint64_t)>;
using Load = std::function<std::uint64_t()>;
Setting make_size(std::string name, Load load, Store store, Range<std::uint64_t> range, std::string help);
Setting make_number(std::string name, Load load, Store store, Range<std::uint64_t> range, std::string_view unit,
                    std::string help);
Setting make_choice(std::string name, Load load, Store store,
                    const std::vector<std::pair<std::string, std::uint64_t>>& choices, std::string help);
}  // namespace detail

template <std::unsigned_integral T>
Setting size(std::string name, T& target, Range<T> range, std::string help) {
  return detail::make_size(
      std::move(name), [&target] { return std::uint64_t{target}; },
      [&target](std::uint64_t value) { target = static_cast<T>(value); }, {range.min, range.max}, std::move(help));
}

// `unit` says what is counted: "threads", "connections".
template <std::unsigned_integral T>
Setting number(std::string name, T& target, Range<T> range, std::string_view unit, std::string help) {
  return detail::make_number(
      std::move(name), [&target] { return std::uint64_t{target}; },
      [&target](std::uint64_t value) { target = static_cast<T>(value); }, {range.min, range.max}, unit,
      std::move(help));
}

template <class E>
  requires std::is_enum_v<E>
Setting choice(std::string name, E& target, std::vector<std::pair<std::string, E>> choices, std::string help) {
  std::vector<std::pair<std::string, std::uint64_t>> numbers;
  numbers.reserve(choices.size());
  for (auto& [text, value] : choices) numbers.emplace_back(std::move(text), static_cast<std::uint64_t>(value));
  return detail::make_choice(
      std::move(name), [&target] { return static_cast<std::uint64_t>(target); },
      [&target](std::uint64_t value) { target = static_cast<E>(value); }, numbers, std::move(help));
}

Setting duration(std::string name, Duration& target, Range<Duration> range, std::string help);
Setting flag(std::string name, bool& target, std::string help);
// `what` says which texts: "an address of this machine".
Setting text(std::string name, std::string& target, std::string what, std::string help);
// Written with commas between its texts.
Setting list(std::string name, std::vector<std::string>& target, std::string what, std::string help);

}  // namespace setting
}  // namespace artery
