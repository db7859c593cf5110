#include "demo/asset.h"

#include <array>
#include <cmath>

namespace artery::demo {

void Asset::set(std::size_t signal, double number) {
  static constexpr std::array<double, 5> powers = {1, 10, 100, 1000, 10000};
  const double power = powers.at(static_cast<std::size_t>(spec_.signals[signal].decimals));
  readings_[signal].number = std::round(number * power) / power + 0.0;  // the sum makes -0 a plain 0
}

std::string Asset::message(Moment at) const {
  std::string to;
  to.reserve(64 + 32 * readings_.size());
  JsonWriter json(to);
  json.start_object().member("ts", at.time_since_epoch().count() * 1000);
  for (std::size_t place = 0; place < readings_.size(); ++place) {
    const Reading& reading = readings_[place];
    if (!reading.present) continue;
    json.key(spec_.signals[place].name);
    switch (spec_.signals[place].kind) {
      case SignalKind::measure:
      case SignalKind::step:
        json.number(reading.number);
        break;
      case SignalKind::flag:
        json.boolean(reading.number != 0);
        break;
      case SignalKind::text:
        json.text(reading.text);
        break;
    }
  }
  write_qualities(json);
  json.end_object();
  return to;
}

// Of those alone that are not good.
void Asset::write_qualities(JsonWriter& json) const {
  bool started = false;
  for (std::size_t place = 0; place < readings_.size(); ++place) {
    if (!readings_[place].present || readings_[place].quality.empty()) continue;
    if (!started) json.key("quality").start_object();
    started = true;
    json.member(spec_.signals[place].name, readings_[place].quality);
  }
  if (started) json.end_object();
}

double lagged(double value, double target, double dt_s, double constant_s) {
  return target + (value - target) * std::exp(-dt_s / constant_s);
}

}  // namespace artery::demo
