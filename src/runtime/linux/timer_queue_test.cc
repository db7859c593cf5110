#include "runtime/linux/timer_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace artery::runtime {
namespace {

TEST(TimerQueue, agrees_with_a_sorted_map_whatever_is_set_and_cancelled) {
  std::mt19937 chance(1);
  TimerQueue queue;
  std::map<std::pair<std::int64_t, std::uint64_t>, TimerId> model;
  std::vector<std::pair<std::int64_t, std::uint64_t>> keys;
  std::uint64_t ran = 0;
  std::int64_t now = 0;
  for (std::uint64_t step = 1; step <= 50'000; ++step) {
    const auto dice = chance() % 10;
    if (dice < 6) {
      const std::int64_t due = now + static_cast<std::int64_t>(chance() % 1'000);
      const std::pair key(due, step);
      model[key] = queue.add(Instant(due), [&ran, step] { ran = step; });
      keys.push_back(key);
    } else if (dice < 9 && !keys.empty()) {
      const auto key = keys[chance() % keys.size()];
      if (const auto found = model.find(key); found != model.end()) {
        queue.cancel(found->second);
        model.erase(found);
      }
    } else {
      now += static_cast<std::int64_t>(chance() % 100);
      while (Work work = queue.take_due(Instant(now))) {
        work();
        ASSERT_EQ(model.begin()->first.second, ran);
        model.erase(model.begin());
      }
      ASSERT_TRUE(model.empty() || model.begin()->first.first > now);
    }
  }
  ASSERT_EQ(queue.next_due().has_value(), !model.empty());
}

TEST(TimerQueue, setting_and_cancelling_for_ever_takes_bounded_memory) {
  TimerQueue queue;
  for (int i = 0; i < 1'000'000; ++i) queue.cancel(queue.add(Instant(1'000'000'000 + i), [] {}));
  EXPECT_FALSE(queue.next_due().has_value());
  EXPECT_LE(queue.memory_entries(), 128U);
}

}  // namespace
}  // namespace artery::runtime
