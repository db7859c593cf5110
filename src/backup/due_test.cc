#include "backup/due.h"

#include <gtest/gtest.h>

namespace artery::backup {
namespace {

using namespace std::chrono_literals;

const Instant now{Duration(5h).count()};
const Time wall(1'700'000'000'000'000'000);

Time before(Duration time) { return Time(wall.value() - time.count()); }

Duration wait_after_start(Duration every, std::optional<Time> last) {
  Due due(every);
  due.start(now, wall, last);
  return due.next() - now;
}

TEST(Due, the_first_and_a_missed_one_come_soon_after_the_start_and_others_in_their_time) {
  EXPECT_EQ(wait_after_start(1h, std::nullopt), Due::settle);
  EXPECT_EQ(wait_after_start(1h, before(30h)), Due::settle);
  EXPECT_EQ(wait_after_start(1h, before(20min)), 40min);
  EXPECT_EQ(wait_after_start(1h, before(59min + 59s)), Due::settle);
  EXPECT_EQ(wait_after_start(2s, std::nullopt), 2s);
}

TEST(Due, a_clock_that_went_back_makes_nobody_wait_longer_than_was_said) {
  EXPECT_EQ(wait_after_start(1h, before(-1000h)), 1h);
}

TEST(Due, after_a_failure_it_is_tried_again_later_and_later_but_never_later_than_the_next_would_be) {
  Due due(24h);
  due.start(now, wall, std::nullopt);
  for (const Duration wait : {Duration(1min), Duration(2min), Duration(4min), Duration(8min), Duration(16min),
                              Duration(32min), Duration(1h), Duration(1h)}) {
    due.failed(now);
    EXPECT_EQ(due.next() - now, wait);
  }
  for (int i = 0; i < 100; ++i) due.failed(now);
  EXPECT_EQ(due.next() - now, 1h);
  due.begun(now);
  EXPECT_EQ(due.next() - now, 24h);
  due.made();
  due.failed(now);
  EXPECT_EQ(due.next() - now, 1min);
  Due often(10s);
  often.failed(now);
  EXPECT_EQ(often.next() - now, 10s);
}

}  // namespace
}  // namespace artery::backup
