// Rows of one file to lines of line protocol. A number goes out with the digits it came with; only its decimal mark and
// a leading `+` are mended. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sources/replay/plan.h"
#include "sources/replay/rows.h"

namespace artery::replay {

inline constexpr std::size_t fields_per_line_max = 1'000;  // a wider row becomes several lines

class LineWriter {
 public:
  // Both must outlive it.
  LineWriter(const Plan& plan, const Zone& zone);

  // So many rows of the table come before the next one.
  void start_at(std::uint64_t row) { row_number_ = row; }

  // Appends the row to `lines`, each line with its end. Where nothing is appended faults() say why, or, where there is
  // none, the row holds no value at all. Faults beside lines are of single cells. `shift` is added to the time.
  void write(const Row& row, Duration shift, std::string& lines);

  // Of the row that was written last.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  [[nodiscard]] std::string_view series() const { return series_; }  // "cpu,level02=a": escaped
  [[nodiscard]] std::optional<Time> time() const { return time_; }   // unshifted
  [[nodiscard]] std::size_t values() const { return values_; }

 private:
  struct Field {
    std::size_t column = 0;
    std::string name;  // escaped, with `=`
  };
  // Fields of one asset: the row's, or one below it.
  struct Group {
    std::vector<std::string> below;
    std::string levels;  // ",level03=pump"
    std::string fault;   // why there is no such asset
    std::vector<Field> fields;
  };

  Group& group_of(const Column& column);
  void write_group(const Row& row, const Group& group, Duration shift, std::string& lines);
  bool read_time(const Row& row);
  bool read_part(TimePart part, std::string_view text);
  bool read_number(TimePart part, std::string_view text);
  bool read_epoch(std::string_view text);
  bool write_series(const Row& row);
  bool write_value(const Column& column, const Cell& cell, std::string& to);
  void end_line(Duration shift, std::string& lines);
  bool fault(std::string text);
  [[nodiscard]] std::string_view text_of(const Row& row, std::size_t column) const;

  const Plan& plan_;
  const Zone& zone_;
  std::vector<Group> groups_;
  std::vector<std::string> level_starts_;  // "", ",level02=", ...
  std::uint64_t row_number_ = 0;

  std::vector<std::string> faults_;
  std::string series_;
  std::string level_;
  std::optional<Time> time_;
  std::size_t values_ = 0;

  // The time in hand.
  struct Parts {
    std::optional<std::int64_t> day;
    std::int64_t second = 0, nanos = 0;
    std::optional<std::int32_t> offset_s;
    std::int64_t year = 0, month = 0, day_of_month = 0;
    std::optional<std::int64_t> utc_ns;
  };
  Parts parts_;
};

}  // namespace artery::replay
