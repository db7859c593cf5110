// What every thread of this runtime does at its start, and how an executor knows its own threads.
#pragma once

#include <string>

#include "runtime/executor.h"

namespace artery::runtime {

// The executor that the calling thread works for, or null.
inline const Executor*& current_executor() {
  thread_local const Executor* current = nullptr;
  return current;
}

// Names the calling thread, gives it to `executor`, and leaves SIGINT, SIGTERM and SIGHUP to the program's first
// thread.
void enter_thread(const std::string& name, const Executor& executor);

}  // namespace artery::runtime
