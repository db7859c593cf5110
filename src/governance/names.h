// Names: of assets (paths), of signals, and how line protocol's identity (measurement and tag set) becomes a path.
// Pure functions; any thread.
//
// A full signal name is the asset's path, "/" and the signal's name, which is one level. An asset's path is empty only
// for signals of one level.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace artery::governance {

enum class GovernanceError {
  not_found,  // no such asset or signal
  invalid,    // a name, unit, range or text that cannot be
  conflict,   // it exists already, as something else
  too_many,   // a limit is reached
  malformed,  // bytes that are not an event, a snapshot, a CSV or a JSON of metadata
};
inline std::string_view error_module(GovernanceError) { return "governance"; }

inline constexpr std::size_t name_bytes_max = 1024;  // of a full name
inline constexpr std::size_t name_levels_max = 32;

// A full name or a path: valid UTF-8 without control characters, no empty level, no `+` or `#`, within the limits.
Result<void> check_name(std::string_view name);

struct SplitName {
  std::string_view path;  // empty for a name of one level
  std::string_view name;
};
SplitName split_name(std::string_view full_name);
std::string join_name(std::string_view path, std::string_view name);

// `/`, `+`, `#`, `%` as %2F, %2B, %23, %25, and with `equals` also `=` as %3D: what stands for one level of a path.
std::string escape_level(std::string_view text, bool equals = false);
// Whether escape_level() would change it.
bool needs_escape(std::string_view text);

// What identifies an asset in line protocol. Unescaped; tags sorted by key, each key once.
struct SeriesKey {
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;

  // The same for the same measurement and tag set, whatever the order and escapes they were sent with: line protocol
  // with sorted tags.
  [[nodiscard]] std::string identity() const;
  // "cpu/host_0/eu": measurement and tag values in the order of the tags' keys. A `=` is escaped too, so that no plain
  // path equals a spelled-out one.
  [[nodiscard]] std::string path() const;
  // "cpu/host=host_0/region=eu": where the plain path belongs to another tag set. No two tag sets share it.
  [[nodiscard]] std::string spelled_path() const;
};

// Reads "cpu,host=a,region=eu" with line protocol's escapes (`\,` `\ ` `\=`), as it stands before the first unescaped
// space. Errors: GovernanceError::malformed with what is wrong.
Result<SeriesKey> parse_series_key(std::string_view prefix);

}  // namespace artery::governance
