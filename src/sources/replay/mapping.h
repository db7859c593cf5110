// What a person says about files: every detection can be overruled, from the command line and from a mapping file
// (TOML) alike, by the same names. Empty means: find out. Values only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace artery::replay {

struct Mapping {
  std::string format;      // "table", "json", "line-protocol"
  std::string encoding;    // "utf-8", "gb18030", any of iconv's
  std::string delimiter;   // one character, "tab", "space" (any blanks)
  std::string quote;       // one character or "none"
  std::string decimal;     // "point", "comma"
  std::string skip_lines;  // before the table begins
  std::string header;      // "yes", "no"
  std::string precision;   // of line protocol's times: "ns", "us", "ms", "s", "m", "h"
  std::vector<std::string> names;

  std::vector<std::string> time;  // one column, or date and time of day, or year, month, day, ...
  std::string time_unit;          // of numbers: "s", "ms", "us", "ns"
  std::string date_order;         // "day-first", "month-first"
  std::string zone;               // "Europe/Rome", "+08:00"; UTC
  std::string ambiguous;          // "earlier", "later": of a time that clocks show twice
  std::string start;              // for tables without times
  std::string step;               // from row to row, or from count to count
  std::string count;              // a column that counts the steps since the start

  std::string asset;  // "{folder}/{file}", "flights/{origin}/{carrier}"
  std::vector<std::string> label;
  std::vector<std::string> skip;
  std::vector<std::string> missing;         // what stands for no value, instead of the usual marks
  std::string units;                        // "split": `Temperature (°C)` is Temperature in Cel; "keep"
  std::map<std::string, std::string> type;  // column -> number, integer, boolean, text, label, skip
  std::map<std::string, std::string> rename;
  std::map<std::string, std::string> unit;  // UCUM
};

// `name` as in a mapping file: "date_order", "type.tailnum". Lists have commas between their items, which may stand in
// quotes. Errors: ReplayError::bad_option with what would be right.
Result<void> assign(Mapping& mapping, std::string_view name, std::string_view value);

// What assign() reads back. Leaves out what is empty.
std::string to_toml(const Mapping& mapping);

// What all of them say alike. Of a column that only some of them have it is what these say alike. `differing` gets the
// names of the rest.
Mapping common_part(const std::vector<Mapping>& mappings, std::vector<std::string>& differing);

}  // namespace artery::replay
