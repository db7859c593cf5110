// Which files a replay reads: those that were named, and what folders hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/runtime.h"
#include "sources/replay/file_facts.h"

namespace artery::app {

struct ReplayFile {
  std::string path;
  replay::FilePlace place;
  std::uint64_t bytes = 0;
};

// Folders are searched to their bottom, in the order of names, for files whose names end like replayable ones, or fit
// one of `patterns` (`*` and `?`, compared with the file's name) where there are any. A file that is named itself is
// always taken. Errors: runtime::FileError; AppError::bad_config where there is nothing at all.
Result<std::vector<ReplayFile>> find_replay_files(runtime::Files& files, const std::vector<std::string>& names,
                                                  const std::vector<std::string>& patterns);

}  // namespace artery::app
