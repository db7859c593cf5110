// How far a replay has come, kept in a file: so that the same command goes on where everything before was acknowledged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/replay_files.h"
#include "app/replay_source.h"
#include "base/result.h"
#include "runtime/runtime.h"

namespace artery::app {

// Everything before this row of this file has been answered for.
struct ReplayPosition {
  std::uint32_t file = 0;
  RowPlace place;
  friend auto operator<=>(const ReplayPosition&, const ReplayPosition&) = default;
};

struct ReplayState {
  ReplayPosition position;
  std::int64_t shift_ns = 0;  // of --shift-to-now, so that going on shifts by the same
};

// `key` tells commands apart: what they read, where to, and how. A state of other files, or of files of other sizes, is
// none.
class ReplayStateFile {
 public:
  ReplayStateFile(runtime::Files& files, std::string path, const std::string& key, const std::vector<ReplayFile>& read);

  std::optional<ReplayState> load();
  Result<void> save(const ReplayState& state);
  void remove();
  [[nodiscard]] const std::string& path() const { return path_; }

  // $XDG_STATE_HOME/artery-replay, ~/.local/state/artery-replay or .artery-replay, and a name made of `key`.
  static std::string usual_path(const std::string& key);

 private:
  runtime::Files& files_;
  const std::string path_;
  std::string identity_;
};

}  // namespace artery::app
