// A TOML file as a flat list of what it assigns: `[log]` and `segment_bytes = "64MiB"` is "log.segment_bytes".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace artery::app {

struct Assignment {
  std::string name;
  std::string value;         // as a person would write it after `--set name=`
  std::string where;         // "artery.toml:12", "--set"
  std::uint32_t column = 0;  // of the value in that line, 1-based; 0 where there is no file
};

// `path` is for `where` and for messages. Errors: AppError::bad_config with file and line where it is no TOML.
Result<std::vector<Assignment>> parse_toml(std::string_view text, const std::string& path);

}  // namespace artery::app
