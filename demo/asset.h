// What the plant is made of: assets, each with its signals and their present readings. The names, units and ranges that
// stand in the catalogue and the values that are published come from the same tables, so neither can be without the
// other.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "demo/noise.h"

namespace artery::demo {

enum class SignalKind { measure, step, flag, text };  // step: a number that holds until it changes

struct SignalSpec {
  std::string_view name;
  SignalKind kind;
  std::string_view unit;  // UCUM
  double low;             // where it stays while nothing is wrong
  double high;
  int decimals;  // its resolution
  std::string_view english;
  std::string_view chinese;
  std::string_view description;
};

constexpr SignalSpec measure(std::string_view name, std::string_view unit, double low, double high, int decimals,
                             std::string_view english, std::string_view chinese, std::string_view description) {
  return {name, SignalKind::measure, unit, low, high, decimals, english, chinese, description};
}
constexpr SignalSpec step(std::string_view name, std::string_view unit, double low, double high, int decimals,
                          std::string_view english, std::string_view chinese, std::string_view description) {
  return {name, SignalKind::step, unit, low, high, decimals, english, chinese, description};
}
constexpr SignalSpec flag(std::string_view name, std::string_view english, std::string_view chinese,
                          std::string_view description) {
  return {name, SignalKind::flag, {}, 0, 1, 0, english, chinese, description};
}
constexpr SignalSpec text(std::string_view name, std::string_view english, std::string_view chinese,
                          std::string_view description) {
  return {name, SignalKind::text, {}, 0, 0, 0, english, chinese, description};
}

struct AssetSpec {
  std::string path;
  std::string_view type;
  std::string english;
  std::string chinese;
  std::string_view description;
  std::vector<std::pair<std::string_view, std::string>> properties;
  std::span<const SignalSpec> signals;  // of static lifetime
  Seconds period{1};                    // between two of its messages
};

struct Reading {
  double number = 0;  // of a flag 0 or 1
  std::string text;
  bool present = true;       // false where the sensor says nothing
  std::string_view quality;  // "uncertain" or "bad" where the sensor knows that it fails, else empty
};

// Not thread-safe.
class Asset {
 public:
  explicit Asset(AssetSpec spec) : spec_(std::move(spec)), readings_(spec_.signals.size()) {}

  [[nodiscard]] const AssetSpec& spec() const { return spec_; }
  [[nodiscard]] std::span<const Reading> readings() const { return readings_; }

  // `signal` is its place in the table.
  [[nodiscard]] double get(std::size_t signal) const { return readings_[signal].number; }
  void set(std::size_t signal, double number);  // rounded to the signal's resolution
  void set_flag(std::size_t signal, bool value) { readings_[signal].number = value ? 1 : 0; }
  void set_text(std::size_t signal, std::string_view value) { readings_[signal].text = value; }
  void set_present(std::size_t signal, bool present) { readings_[signal].present = present; }
  void set_quality(std::size_t signal, std::string_view quality) { readings_[signal].quality = quality; }

  // {"ts": ..., "name": value, ..., "quality": {"name": "bad"}}: one MQTT message, see docs/guide/en/mqtt.md.
  [[nodiscard]] std::string message(Moment at) const;

 private:
  void write_qualities(JsonWriter& json) const;

  AssetSpec spec_;
  std::vector<Reading> readings_;
};

// A first-order lag, exact for a target that holds during the step.
double lagged(double value, double target, double dt_s, double constant_s);

}  // namespace artery::demo
