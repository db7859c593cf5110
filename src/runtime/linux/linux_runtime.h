// The runtime of a real machine: threads, epoll, TCP, the file system, the kernel's clocks, standard error.
#pragma once

#include <memory>

#include "runtime/runtime.h"

namespace artery::runtime {

struct LinuxOptions {
  Severity journal_from = Severity::info;  // lesser lines are not written
};

// Must outlive the loops, pools, files and locks that it makes. Thread-safe.
std::unique_ptr<Runtime> make_linux_runtime(LinuxOptions options = {});

}  // namespace artery::runtime
