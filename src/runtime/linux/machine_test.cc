#include "runtime/linux/machine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

namespace artery::runtime {
namespace {

TEST(SystemClock, agrees_with_the_standard_librarys) {
  using std::chrono::nanoseconds;
  using std::chrono::system_clock;
  const SystemClock clock;
  const auto before = std::chrono::duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
  const std::int64_t now = clock.now().value();
  const auto after = std::chrono::duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST(SystemClock, instants_never_go_back) {
  const SystemClock clock;
  Instant last = clock.instant();
  for (int i = 0; i < 10'000; ++i) {
    const Instant next = clock.instant();
    ASSERT_LE(last, next);
    last = next;
  }
}

TEST(SystemClock, whether_it_is_synchronised_is_one_answer_to_all_threads) {
  const SystemClock clock;
  const bool answer = clock.synchronised();
  std::thread other([&] {
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(clock.synchronised(), answer);
  });
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(clock.synchronised(), answer);
  other.join();
}

TEST(SystemRandom, two_sources_differ_and_every_bit_changes) {
  SystemRandom first;
  SystemRandom second;
  std::set<std::uint64_t> seen;
  std::uint64_t ones = 0;
  std::uint64_t zeros = 0;
  for (int i = 0; i < 1'000; ++i) {
    for (SystemRandom* source : {&first, &second}) {
      const std::uint64_t value = source->next();
      seen.insert(value);
      ones |= value;
      zeros |= ~value;
    }
  }
  EXPECT_EQ(seen.size(), 2'000U);
  EXPECT_EQ(ones, ~std::uint64_t{0});
  EXPECT_EQ(zeros, ~std::uint64_t{0});
}

}  // namespace
}  // namespace artery::runtime
