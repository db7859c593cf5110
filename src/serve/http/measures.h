// What a node counts, collected when somebody asks: for /metrics (Prometheus' text format, version 0.0.4) and
// /api/v1/status. A value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "base/json_writer.h"

namespace artery::serve {

class Measures {
 public:
  // One value; with a label it is one of several of that name, which follow each other: `responses` with class 2xx.
  // `section` is the module; several may add to one. Names are snake_case with the unit last, seconds and bytes; texts
  // outlive this.
  struct Label {
    std::string_view name;
    std::string_view value;
  };
  // Only grows while the node runs.
  void counter(std::string_view section, std::string_view name, double value, std::string_view help, Label label = {});
  void gauge(std::string_view section, std::string_view name, double value, std::string_view help, Label label = {});

  // How long things took; the unit is seconds.
  void histogram(std::string_view section, std::string_view name, const DurationCounts& counts, std::string_view help,
                 Label label = {});

  // artery_SECTION_NAME, and for counters _total.
  [[nodiscard]] std::string prometheus() const;
  // One member per section. Of a histogram, the count and the sum.
  void write(JsonWriter& json) const;

 private:
  enum class Kind { counter, gauge, histogram };
  struct Measure {
    std::string_view section;
    std::string_view name;
    std::string_view help;
    Label label;
    Kind kind;
    double value;                            // no histogram's
    std::optional<DurationCounts> counts{};  // a histogram's
  };
  void add(const Measure& measure);
  static void write_value(JsonWriter& json, std::string_view name, const Measure& measure);

  std::vector<Measure> measures_;
};

}  // namespace artery::serve
