#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace artery {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "artery: internal error: assertion '%s' failed at %s:%d; please report it\n", expression, file,
               line);
  std::abort();
}

}  // namespace artery
