// How far a message says that its values can be trusted: its member "quality" (docs/guide/en/mqtt.md). One quality for
// all members of an object, or an object that has one for some of them by name, nested as they are.
#pragma once

#include <simdjson.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/sample.h"

namespace artery::mqtt {

// Points into the parsed document, and is valid as long. Immutable once read: any thread.
class Trust {
 public:
  Trust() = default;  // all is good

  // Reads what stands in "quality", all of it; the fault in words.
  static std::expected<Trust, std::string> read(simdjson::dom::element said);

  [[nodiscard]] Quality of(std::string_view member) const;
  // Of the members of that member; nullptr: they are good. Valid as long as this.
  [[nodiscard]] const Trust* below(std::string_view member) const;

 private:
  Quality all_ = quality_good;
  bool is_by_name_ = false;
  std::vector<std::pair<std::string_view, Trust>> by_name_;  // sorted; who is not named is good
};

}  // namespace artery::mqtt
