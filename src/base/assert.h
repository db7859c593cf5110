// Assertions that stay on in release. They state what this program believes of itself: a failed one is a defect of
// Artery, never of its input, and ends the process before it can write something wrong.
#pragma once

namespace artery {

// Prints the expression and the place on standard error and aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace artery

#define ARTERY_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::artery::assertion_failed(#expression, __FILE__, __LINE__))
