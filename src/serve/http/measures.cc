#include "serve/http/measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace artery::serve {

namespace {

// Counts as a person would write them, not as 1.5e+09.
void write_number(JsonWriter& json, std::string_view name, double value) {
  constexpr double exact_max = 1LL << 53;
  if (std::trunc(value) == value && std::abs(value) <= exact_max) {
    json.member(name, static_cast<std::int64_t>(value));
  } else {
    json.member(name, value);
  }
}

}  // namespace

void Measures::add(const Measure& measure) {
  const auto last = std::ranges::find(measures_.rbegin(), measures_.rend(), measure.section, &Measure::section);
  measures_.insert(last == measures_.rend() ? measures_.end() : last.base(), measure);
}

void Measures::counter(std::string_view section, std::string_view name, double value, std::string_view help,
                       Label label) {
  add({section, name, help, label, value, true});
}

void Measures::gauge(std::string_view section, std::string_view name, double value, std::string_view help,
                     Label label) {
  add({section, name, help, label, value, false});
}

std::string Measures::prometheus() const {
  std::string text;
  std::string former;
  for (const Measure& measure : measures_) {
    const std::string name =
        fmt::format("artery_{}_{}{}", measure.section, measure.name, measure.is_counter ? "_total" : "");
    if (name != former) {
      text +=
          fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, measure.help, measure.is_counter ? "counter" : "gauge");
      former = name;
    }
    if (measure.label.name.empty()) {
      text += fmt::format("{} {}\n", name, measure.value);
    } else {
      text += fmt::format("{}{{{}=\"{}\"}} {}\n", name, measure.label.name, measure.label.value, measure.value);
    }
  }
  return text;
}

void Measures::write(JsonWriter& json) const {
  for (std::size_t i = 0; i < measures_.size();) {
    const std::string_view section = measures_[i].section;
    json.key(section).start_object();
    while (i < measures_.size() && measures_[i].section == section) {
      const Measure& measure = measures_[i];
      if (measure.label.name.empty()) {
        write_number(json, measure.name, measure.value);
        ++i;
        continue;
      }
      json.key(measure.name).start_object();
      for (; i < measures_.size() && measures_[i].section == section && measures_[i].name == measure.name; ++i) {
        write_number(json, measures_[i].label.value, measures_[i].value);
      }
      json.end_object();
    }
    json.end_object();
  }
}

}  // namespace artery::serve
