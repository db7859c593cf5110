#include "runtime/linux/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/linux/testing.h"
#include "runtime/parallel.h"
#include "runtime/task.h"

namespace artery::runtime {
namespace {

using testing::Event;
using testing::run_on;

TEST(ThreadPool, runs_as_much_at_once_as_it_has_threads) {
  constexpr unsigned threads = 4;
  std::barrier together(threads + 1);  // outlives the pool, whose threads may still be leaving it
  ThreadPool pool("pool", threads);
  for (unsigned i = 0; i < threads; ++i) pool.post([&] { together.arrive_and_wait(); });
  together.arrive_and_wait();
}

TEST(ThreadPool, one_thread_runs_work_in_the_order_it_was_posted) {
  ThreadPool pool("pool", 1);
  std::vector<int> order;
  for (int i = 0; i < 1'000; ++i) pool.post([&order, i] { order.push_back(i); });
  run_on(pool, [] {});
  ASSERT_EQ(order.size(), 1'000U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(ThreadPool, pieces_are_done_once_each_by_several_threads_before_the_task_goes_on) {
  std::vector<int> done(1'000);
  std::barrier together(2);  // two pieces at the same time, or this never ends
  Event ended;
  Scope scope;
  ThreadPool pool("pool", 3);  // its threads may still be leaving the task
  const auto task = [&]() -> Task<void> {
    co_await each(pool, 0, 0, [](std::size_t) { ADD_FAILURE(); });
    co_await each(pool, 2, done.size(), [&](std::size_t piece) {
      if (piece < 2) together.arrive_and_wait();
      ++done[piece];
    });
    ended.set();
  };
  pool.post([&] { scope.spawn(task()); });
  ended.wait();
  EXPECT_EQ(done, std::vector<int>(done.size(), 1));
}

TEST(ThreadPool, it_knows_its_own_threads) {
  ThreadPool pool("pool", 2);
  EXPECT_FALSE(pool.is_current());
  EXPECT_TRUE(run_on(pool, [&] { return pool.is_current(); }));
}

Task<void> hop(ThreadPool* to, bool* there, Event* done) {
  co_await on(*to);
  *there = to->is_current();
  done->set();
  co_await std::suspend_always{};  // its scope destroys it
}

TEST(ThreadPool, a_coroutine_hops_to_it) {
  Scope scope;  // outlives the pool, as a scope must
  ThreadPool pool("pool", 2);
  Event done;
  bool there = false;
  scope.spawn(hop(&pool, &there, &done));
  done.wait();
  EXPECT_TRUE(there);
}

TEST(ThreadPool, its_end_waits_for_what_runs_and_drops_what_waits) {
  bool ended = false;
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> left = owned;
  Event running;
  Event release;
  auto pool = std::make_unique<ThreadPool>("pool", 1);
  ThreadPool& ending = *pool;
  ending.post([&] {
    running.set();
    release.wait();
    ended = true;
  });
  running.wait();
  ending.post([owned = std::move(owned)] { FAIL() << "ran after the end"; });
  std::thread ender([&] { pool.reset(); });
  testing::wait_for_end_of(ending);
  release.set();
  ender.join();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(left.expired());
}

}  // namespace
}  // namespace artery::runtime
