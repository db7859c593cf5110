// The journal on standard error: `2026-11-22T00:22:42.123Z info  log: text`, in UTC, one line per event whatever the
// text holds.
#pragma once

#include <memory>

#include "runtime/journal.h"

namespace artery::runtime {

// Lines below `least` are not written.
std::unique_ptr<Journal> make_console_journal(Severity least);

// The text with its control characters written as \n, \x1b and the like, so that what a peer sent cannot forge a line.
std::string to_one_line(std::string_view text);

}  // namespace artery::runtime
