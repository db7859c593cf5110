#include "runtime/linux/loop.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/linux/machine.h"
#include "runtime/linux/testing.h"

namespace artery::runtime {
namespace {

using namespace std::chrono_literals;
using testing::Event;
using testing::run_on;
using testing::SilentJournal;

class LoopTest : public ::testing::Test {
 protected:
  SilentJournal journal_;
  LinuxLoop loop_{"loop", journal_};
};

TEST_F(LoopTest, work_of_one_thread_runs_in_the_order_it_was_posted) {
  constexpr int threads = 4;
  constexpr int posts = 20'000;
  std::array<std::vector<int>, threads> seen;
  std::vector<std::thread> posters;
  for (std::size_t t = 0; t < threads; ++t) {
    posters.emplace_back([this, &mine = seen[t]] {
      for (int i = 0; i < posts; ++i) loop_.post([&mine, i] { mine.push_back(i); });
    });
  }
  for (std::thread& poster : posters) poster.join();
  run_on(loop_, [] {});
  for (const auto& mine : seen) {
    ASSERT_EQ(mine.size(), posts);
    EXPECT_TRUE(std::ranges::is_sorted(mine));
  }
}

TEST_F(LoopTest, a_sleeping_loop_wakes_for_every_post) {
  for (int i = 0; i < 5'000; ++i) EXPECT_EQ(run_on(loop_, [i] { return i; }), i);
}

TEST_F(LoopTest, work_posted_by_work_runs_after_it_and_before_later_turns_sleep) {
  std::vector<int> order;
  Event done;
  loop_.post([&] {
    loop_.post([&] {
      order.push_back(2);
      loop_.post([&] { done.set(); });
    });
    order.push_back(1);
  });
  done.wait();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST_F(LoopTest, work_is_destroyed_right_after_it_ran) {
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> left = owned;
  Event done;
  bool gone = false;
  run_on(loop_, [&] {
    loop_.post([owned = std::move(owned)] {});
    loop_.post([&] {
      gone = left.expired();
      done.set();
    });
  });
  done.wait();
  EXPECT_TRUE(gone);
}

TEST_F(LoopTest, it_knows_its_own_thread_and_names_it) {
  EXPECT_FALSE(loop_.is_current());
  EXPECT_TRUE(run_on(loop_, [this] { return loop_.is_current(); }));
  const auto name = run_on(loop_, [] {
    std::array<char, 16> text{};
    pthread_getname_np(pthread_self(), text.data(), text.size());
    return std::string(text.data());
  });
  EXPECT_EQ(name, "loop");
}

TEST_F(LoopTest, timers_run_in_the_order_they_are_due_and_equal_ones_as_they_were_set) {
  std::vector<int> order;
  Event done;
  run_on(loop_, [&] {
    loop_.after(20ms, [&] {
      order.push_back(3);
      done.set();
    });
    loop_.after(0ms, [&] { order.push_back(0); });
    loop_.after(10ms, [&] { order.push_back(2); });
    loop_.after(-5ms, [&] { order.push_back(1); });
  });
  done.wait();
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
}

TEST_F(LoopTest, a_timer_never_runs_early) {
  constexpr auto delay = 3ms;
  for (int i = 0; i < 20; ++i) {
    Event done;
    Instant set_at;
    Instant ran_at;
    run_on(loop_, [&] {
      set_at = monotonic_now();
      loop_.after(delay, [&] {
        ran_at = monotonic_now();
        done.set();
      });
    });
    done.wait();
    EXPECT_GE(ran_at - set_at, delay);
  }
}

TEST_F(LoopTest, a_cancelled_timer_does_not_run_and_what_it_owned_is_gone_at_once) {
  Event done;
  bool ran = false;
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> left = owned;
  run_on(loop_, [&] {
    const TimerId timer = loop_.after(1ms, [&ran, owned = std::move(owned)] { ran = true; });
    loop_.after(10ms, [&] { done.set(); });
    loop_.cancel(timer);
    loop_.cancel(timer);
    loop_.cancel(TimerId(0));
    EXPECT_TRUE(left.expired());
  });
  done.wait();
  EXPECT_FALSE(ran);
}

TEST_F(LoopTest, a_timer_may_cancel_one_that_is_due_in_the_same_turn) {
  Event done;
  bool ran = false;
  run_on(loop_, [&] {
    auto second = std::make_shared<TimerId>();
    loop_.after(1ms, [this, second] { loop_.cancel(*second); });
    *second = loop_.after(1ms, [&] { ran = true; });
    loop_.after(2ms, [&] { done.set(); });
    std::this_thread::sleep_for(5ms);  // so that all are due when the loop looks
  });
  done.wait();
  EXPECT_FALSE(ran);
}

TEST(LoopEnd, drops_the_work_and_timers_that_are_left) {
  SilentJournal journal;
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> left = owned;
  Event running;
  Event release;
  auto loop = std::make_unique<LinuxLoop>("loop", journal);
  LinuxLoop& ending = *loop;
  ending.post([&] {
    ending.after(1h, [owned] {});
    running.set();
    release.wait();
  });
  running.wait();
  ending.post([owned = std::move(owned)] { FAIL() << "ran after the end"; });
  std::thread ender([&] { loop.reset(); });
  testing::wait_for_end_of(ending);
  release.set();
  ender.join();
  EXPECT_TRUE(left.expired());
}

}  // namespace
}  // namespace artery::runtime
