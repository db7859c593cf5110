// How a replay is going, for a person: on a terminal one line that is written over and never wider than the window;
// elsewhere plain lines, one every few seconds and one whenever trouble begins or ends. Writes to standard error.
// Belongs to the thread that replays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "runtime/runtime.h"

namespace artery::app {

struct ReplayProgress {
  double part = 0;            // of the whole, 0 to 1
  std::uint64_t rows = 0;     // read
  std::uint64_t samples = 0;  // on the node's disk, or refused by it
  Duration passed{};
  std::optional<Duration> left{};  // where it can be told
  std::string trouble{};           // why it waits, or empty
};

// At most `width` characters wide. What does not fit is left out, the bar first; trouble is shown before all the rest.
std::string progress_line(const ReplayProgress& progress, std::size_t width);
// Without a bar, as long as it needs to be.
std::string plain_progress_line(const ReplayProgress& progress);

class ProgressDisplay {
 public:
  explicit ProgressDisplay(runtime::Clock& clock);

  // Whether show() would write something; cheap.
  [[nodiscard]] bool is_due(const std::string& trouble) const;
  void show(const ReplayProgress& progress);
  // The last state stays; what comes next begins a new line.
  void finish(const ReplayProgress& progress);

 private:
  runtime::Clock& clock_;
  const bool is_terminal_;
  Instant shown_;
  std::string trouble_;
};

}  // namespace artery::app
