// Finds out what a table's columns are, from its first rows, where a person has not said it. Not thread-safe.
//
// The first `sampled_rows_max` rows decide types, times and labels. Where they leave open whether day or month comes
// first, further rows are looked at for that alone, up to `voting_rows_max`; if no number above 12 turns up, the order
// that makes the times run more evenly is taken, day first where even that decides nothing.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sources/replay/mapping.h"
#include "sources/replay/plan.h"
#include "sources/replay/rows.h"

namespace artery::replay {

inline constexpr std::size_t sampled_rows_max = 1'000;
inline constexpr std::size_t voting_rows_max = 1'000'000;

// Where a file lies, for the asset's path.
struct FilePlace {
  std::string folder;  // below and with the folder that was named, "/" between; empty for a file that was named itself
  std::string file;    // without its endings
};

class Detector {
 public:
  // All must outlive it.
  Detector(const Mapping& mapping, const FilePlace& place, char delimiter)
      : mapping_(mapping), place_(place), delimiter_(delimiter) {}

  // Takes the next row of the file; false where it needs no more.
  bool add(const Row& row);
  // `json_names`: the columns' names of JSON lines, nullptr of a table. Errors: ReplayError::no_table, bad_option where
  // the mapping names a column that is not there.
  Result<Plan> finish(const std::vector<std::string>* json_names);
  // Whether the first row is names, after finish().
  [[nodiscard]] bool has_header() const { return has_header_; }

 private:
  struct OwnCell {
    std::string text;
    bool quoted = false;
  };
  struct Counts {
    std::size_t present = 0, numbers = 0, commas = 0, booleans = 0, dates = 0, bare_dates = 0, clocks = 0;
    std::size_t dates_with_clock = 0;
  };

  void find_header();
  Counts count_column(std::size_t column, std::size_t from) const;
  void count_cell(const OwnCell& cell, Counts& counts) const;
  std::size_t width() const;
  void name_columns(const std::vector<std::string>* json_names);
  Result<std::size_t> column_named(std::string_view name) const;
  Result<void> choose_time();
  Result<void> take_named_time();
  void find_time();
  bool find_split_time();
  void find_epoch();
  Result<void> choose_start();
  void choose_decimal();
  void choose_types();
  Result<void> apply_overrides();
  [[nodiscard]] std::size_t repeats(const std::vector<std::size_t>& columns) const;
  std::optional<std::size_t> next_label(const std::vector<std::size_t>& labels, std::size_t& left) const;
  void find_labels();
  void find_stations();
  Result<void> build_levels();
  void add_labels();
  void vote(std::string_view text);
  void settle_order();

  const Mapping& mapping_;
  const FilePlace& place_;
  const char delimiter_;
  std::vector<std::vector<OwnCell>> rows_;
  std::size_t rows_seen_ = 0;
  bool has_header_ = false;
  bool is_json_ = false;
  std::vector<Counts> counts_;
  Plan plan_;

  // Which columns may hold a date whose order is open: the first of the sample that reads as dates.
  bool is_voting_ = false;
  std::vector<std::size_t> voters_;
  std::size_t day_votes_ = 0;
  std::size_t month_votes_ = 0;
  std::size_t open_votes_ = 0;
  std::int64_t last_by_day_ = 0, last_by_month_ = 0, path_by_day_ = 0, path_by_month_ = 0;
};

// `text` with blanks at its ends taken off and blanks, line breaks and control characters within made one blank.
std::string clean_name(std::string_view text);
// Digits, perhaps with a sign, a fraction and an exponent: what becomes a number without a change but its decimal mark.
bool is_number(std::string_view text, char decimal_mark);
std::optional<bool> read_boolean(std::string_view text);
// "Temperature (°C)" -> "Temperature" and "Cel"; false where the end is no unit that is known.
bool split_unit(std::string_view text, std::string& name, std::string& unit);

}  // namespace artery::replay
