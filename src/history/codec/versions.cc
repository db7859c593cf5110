#include "history/codec/versions.h"

namespace artery::codec {

Machine this_machine() {
#if defined(__x86_64__)
  static const Machine machine = [] {
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
                      __builtin_cpu_supports("bmi2") != 0;
    const bool avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                        __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0;
    if (avx2 && avx512) return Machine::avx512;
    return avx2 ? Machine::avx2 : Machine::portable;
  }();
  return machine;
#else
  return Machine::portable;
#endif
}

}  // namespace artery::codec
