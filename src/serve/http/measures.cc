#include "serve/http/measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
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

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// As Prometheus wants it: each bucket with everything below it.
void append_histogram(std::string& text, std::string_view name, std::string_view label, const DurationCounts& counts) {
  const std::string_view comma = label.empty() ? "" : ",";
  const std::string braced = label.empty() ? "" : fmt::format("{{{}}}", label);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < DurationCounts::bounds; ++i) {
    below += counts.buckets[i];
    const double bound = seconds(DurationCounts::bound(i));
    text += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, label, comma, bound, below);
  }
  below += counts.buckets.back();
  text += fmt::format("{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, label, comma, below);
  text += fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, braced, seconds(counts.sum), below);
}

}  // namespace

void Measures::add(const Measure& measure) {
  const auto last = std::ranges::find(measures_.rbegin(), measures_.rend(), measure.section, &Measure::section);
  measures_.insert(last == measures_.rend() ? measures_.end() : last.base(), measure);
}

void Measures::counter(std::string_view section, std::string_view name, double value, std::string_view help,
                       Label label) {
  add({section, name, help, label, Kind::counter, value});
}

void Measures::gauge(std::string_view section, std::string_view name, double value, std::string_view help,
                     Label label) {
  add({section, name, help, label, Kind::gauge, value});
}

void Measures::histogram(std::string_view section, std::string_view name, const DurationCounts& counts,
                         std::string_view help, Label label) {
  add({section, name, help, label, Kind::histogram, 0, counts});
}

std::string Measures::prometheus() const {
  std::string text;
  std::string former;
  for (const Measure& measure : measures_) {
    const bool is_counter = measure.kind == Kind::counter;
    const std::string name = fmt::format("artery_{}_{}{}", measure.section, measure.name, is_counter ? "_total" : "");
    if (name != former) {
      const std::string_view type = measure.counts ? "histogram" : is_counter ? "counter" : "gauge";
      text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, measure.help, type);
      former = name;
    }
    const std::string label =
        measure.label.name.empty() ? "" : fmt::format("{}=\"{}\"", measure.label.name, measure.label.value);
    if (measure.counts) {
      append_histogram(text, name, label, *measure.counts);
    } else if (label.empty()) {
      text += fmt::format("{} {}\n", name, measure.value);
    } else {
      text += fmt::format("{}{{{}}} {}\n", name, label, measure.value);
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
        write_value(json, measure.name, measure);
        ++i;
        continue;
      }
      json.key(measure.name).start_object();
      for (; i < measures_.size() && measures_[i].section == section && measures_[i].name == measure.name; ++i) {
        write_value(json, measures_[i].label.value, measures_[i]);
      }
      json.end_object();
    }
    json.end_object();
  }
}

void Measures::write_value(JsonWriter& json, std::string_view name, const Measure& measure) {
  if (!measure.counts) return write_number(json, name, measure.value);
  json.key(name).start_object();
  json.member("count", measure.counts->count());
  write_number(json, "sum_seconds", seconds(measure.counts->sum));
  json.end_object();
}

}  // namespace artery::serve
