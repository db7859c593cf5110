// Time zones: local times to UTC, by a fixed offset or the rules of a zone's compiled file (RFC 8536), which the caller
// has read. Values; any thread may use a const one.
//
// A local time that the clocks skip is read with the offset that held before (02:30 in a gap of an hour is 03:30). One
// that the clocks show twice is the earlier of the two unless `later_of_two` says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace artery::replay {

class Zone {
 public:
  Zone() = default;  // UTC
  explicit Zone(std::int32_t offset_s) : first_offset_(offset_s), last_offset_(offset_s) {}
  // Errors: ReplayError::unreadable.
  static Result<Zone> from_file(Bytes contents);
  // "UTC", "Z", "+08:00", "-0330"; nothing for what may be a zone's name.
  static std::optional<Zone> fixed(std::string_view text);

  // Seconds since 1970 as the wall clock shows them to seconds since 1970 UTC.
  [[nodiscard]] std::int64_t to_utc(std::int64_t local_s, bool later_of_two) const;
  [[nodiscard]] std::int32_t offset_at(std::int64_t utc_s) const;

 private:
  // "CET-1CEST,M3.5.0,M10.5.0/3": what holds behind the last transition.
  struct Change {
    int month = 0;  // 1 to 12
    int week = 0;   // 1 to 4, 5 is the last
    int day = 0;    // 0 is Sunday
    std::int32_t time_s = 0;
  };
  struct Rule {
    std::int32_t standard_s = 0;
    std::int32_t summer_s = 0;
    std::optional<Change> to_summer;
    Change to_standard;
  };
  struct Transition {
    std::int64_t at = 0;
    std::int32_t offset_s = 0;
  };

  class RuleReader;
  static std::int64_t moment(const Change& change, int year);
  [[nodiscard]] std::int32_t offset_by_rule(std::int64_t utc_s) const;

  std::int32_t first_offset_ = 0;  // before the first transition
  std::int32_t last_offset_ = 0;   // behind the last, where there is no rule
  std::vector<Transition> transitions_;
  std::optional<Rule> rule_;
};

}  // namespace artery::replay
