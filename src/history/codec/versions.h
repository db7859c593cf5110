// One loop, compiled for several machines; the fastest that this machine runs is chosen when it is called. The loop is
// portable C++ that the compiler vectorises, so that other processors need no other source.
//
//   struct Add { [[gnu::always_inline]] static inline void run(...) { a loop } };
//   run_fastest<Add>(...);
#pragma once

#include <algorithm>
#include <cstdint>

namespace artery::codec {

enum class Machine : std::uint8_t { portable, avx2, avx512 };

// The best that this processor has.
Machine this_machine();

#if defined(__x86_64__)
template <class Kernel, class... Arguments>
[[gnu::target("avx2,bmi,bmi2"), gnu::noinline]] void run_avx2(Arguments... arguments) {
  Kernel::run(arguments...);
}
template <class Kernel, class... Arguments>
[[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,bmi,bmi2"), gnu::noinline]] void run_avx512(Arguments... arguments) {
  Kernel::run(arguments...);
}
#endif

template <class Kernel, class... Arguments>
void run_on(Machine machine, Arguments... arguments) {
#if defined(__x86_64__)
  if (machine == Machine::avx512) return run_avx512<Kernel>(arguments...);
  if (machine == Machine::avx2) return run_avx2<Kernel>(arguments...);
#endif
  static_cast<void>(machine);
  Kernel::run(arguments...);
}

template <class Kernel, class... Arguments>
void run_fastest(Arguments... arguments) {
  run_on<Kernel>(this_machine(), arguments...);
}

// For loops that take word by word: they gain by bmi2's shifts, but for AVX-512 GCC 12 keeps words in mask registers.
inline Machine machine_for_words() { return std::min(this_machine(), Machine::avx2); }

}  // namespace artery::codec
