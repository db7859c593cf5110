// The signals that end a program, taken as events instead of interruptions, and what every server must do about the
// rest of them.
#pragma once

#include <optional>

#include "runtime/linux/descriptor.h"

namespace artery::runtime {

// Constructed on the program's first thread before any other is started: from then on SIGINT and SIGTERM wait for
// wait(), also when they come to another thread, and SIGPIPE is ignored (a broken connection is told by its socket).
class Signals {
 public:
  Signals();

  // Waits for the next of them and returns its number; nothing when wake() was called. One thread.
  std::optional<int> wait();
  // Lets wait() return, now or when it is called next. Any thread.
  void wake();

 private:
  Descriptor signals_;
  Descriptor woken_;
};

}  // namespace artery::runtime
