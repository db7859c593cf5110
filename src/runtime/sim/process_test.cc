// Loops, pools, timers and time of the simulated process; determinism; the end of a process.
#include "runtime/sim/process.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace artery::sim {
namespace {

using runtime::Task;
using namespace std::chrono_literals;

TEST(Process, a_loop_keeps_the_order_of_its_work_and_loops_interleave) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Machine machine(seed);
    Process process(machine);
    const auto one = process.make_loop("one");
    const auto two = process.make_loop("two");
    std::string order;
    for (const char c : {'a', 'b', 'c'}) {
      one->post([&order, &one, c] {
        EXPECT_TRUE(one->is_current());
        order += c;
      });
      two->post([&order, &one, c] {
        EXPECT_FALSE(one->is_current());
        order += static_cast<char>(c - 'a' + 'A');
      });
    }
    EXPECT_TRUE(process.run_until([&] { return order.size() == 6; }));
    std::string small = order;
    std::erase_if(small, [](char c) { return c < 'a'; });
    ASSERT_EQ(small, "abc");
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 10U);
}

TEST(Process, a_pool_of_threads_runs_its_work_in_any_order) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Machine machine(seed);
    Process process(machine);
    const auto pool = process.make_pool("pool", 2);
    std::string order;
    for (const char c : {'a', 'b', 'c'}) pool->post([&order, c] { order += c; });
    EXPECT_FALSE(process.run_until([] { return false; })) << "ends when nothing is left";
    orders.insert(order);
  }
  EXPECT_EQ(orders, (std::set<std::string>{"abc", "acb", "bac", "bca"})) << "two at a time";
}

TEST(Process, timers_run_in_the_order_of_their_time_and_not_before_it) {
  Machine machine(1);
  Process process(machine);
  const auto loop = process.make_loop("loop");
  std::string order;
  const Instant start = machine.instant();
  runtime::TimerId cancelled;
  loop->post([&] {
    loop->after(3s, [&] { order += 'c'; });
    loop->after(1s, [&] {
      order += 'a';
      EXPECT_GE(machine.instant() - start, 1s);
      EXPECT_LT(machine.instant() - start, 1001ms);
    });
    cancelled = loop->after(2s, [&] { order += 'x'; });
    loop->after(2s, [&] { order += 'b'; });
    loop->cancel(cancelled);
  });
  process.run_for(2500ms);
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(machine.instant() - start, 2500ms);
  process.run_for(1s);
  EXPECT_EQ(order, "abc");
  loop->post([&] { loop->cancel(cancelled); });
  process.run_for(1s);
}

TEST(Process, a_timer_can_be_cancelled_when_it_is_due_and_has_not_run) {
  Machine machine(1);
  Process process(machine);
  const auto loop = process.make_loop("loop");
  bool ran = false;
  runtime::TimerId second;
  loop->post([&] {
    loop->after(1s, [&] { loop->cancel(second); });
    second = loop->after(1s, [&] { ran = true; });
  });
  process.run_for(2s);
  EXPECT_FALSE(ran);
}

TEST(Process, time_goes_on_under_load) {
  Machine machine(1);
  Process process(machine);
  const auto loop = process.make_loop("loop");
  bool due = false;
  loop->post([&] { loop->after(1ms, [&] { due = true; }); });
  std::function<void()> again = [&] { loop->post([&] { again(); }); };
  again();
  EXPECT_TRUE(process.run_until([&] { return due; }, 2000));
}

TEST(Process, the_wall_clock_jumps_and_the_instant_does_not) {
  Machine machine(1);
  Process process(machine);
  auto& clock = process.clock();
  const Time before = clock.now();
  const Instant start = clock.instant();
  machine.jump_wall(-1h);
  EXPECT_EQ(clock.now().value(), before.value() - Duration(1h).count());
  EXPECT_EQ(clock.instant(), start);
  machine.set_wall(Time(5));
  EXPECT_EQ(clock.now(), Time(5));
  EXPECT_TRUE(clock.synchronised());
  machine.set_synchronised(false);
  EXPECT_FALSE(clock.synchronised());
}

TEST(Process, the_journal_keeps_the_newest_lines) {
  Machine machine(1);
  Process process(machine);
  for (int i = 0; i < 1001; ++i) process.journal().info("test", "line {}", i);
  EXPECT_EQ(machine.journal().lines().size(), MemoryJournal::lines_max);
  EXPECT_TRUE(machine.journal().has("line 1000"));
  EXPECT_EQ(machine.journal().lines().front().text, "line 1");
}

Task<void> work_on(Process* process, runtime::Loop* loop, std::string path, int* left) {
  auto file = co_await process->files().open(path, runtime::OpenMode::create);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::string text(process->random().next() % 3000, 'x');
    EXPECT_TRUE(co_await (*file)->write(i * 1000, std::vector<Bytes>(1, as_bytes(text))));
    if (process->random().next() % 3 == 0) {
      EXPECT_TRUE(co_await (*file)->sync());
    }
    co_await runtime::pause(*loop, 1ms);
    EXPECT_TRUE(loop->is_current());
  }
  --*left;
}

std::uint64_t run(std::uint64_t seed) {
  Machine machine(seed);
  {
    Process process(machine);
    std::vector<std::unique_ptr<runtime::Loop>> loops;
    runtime::Scope scope;
    int left = 3;
    for (int i = 0; i < 3; ++i) {
      loops.push_back(process.make_loop("loop"));
      loops.back()->post(
          [&, i] { scope.spawn(work_on(&process, loops.at(std::size_t(i)).get(), std::to_string(i), &left)); });
    }
    process.run_until([&] { return left == 0; });
  }
  machine.crash(CrashKind::power_loss);
  std::uint64_t hash = machine.trace_hash();
  for (const char* path : {"0", "1", "2"}) {
    const auto bytes = machine.contents(path);
    hash = Rng(hash ^ (bytes ? std::hash<std::string_view>{}(as_text(*bytes)) : 0)).next();
  }
  return hash;
}

TEST(Process, the_same_seed_gives_the_same_run) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::uint64_t hash = run(seed);
    ASSERT_EQ(hash, run(seed)) << "seed " << seed;
    hashes.insert(hash);
  }
  EXPECT_EQ(hashes.size(), 50U);
}

TEST(Process, a_halt_at_any_moment_leaves_nothing_running_and_nothing_leaked) {
  for (std::uint64_t n = 1; n <= 60; ++n) {
    Machine machine(n);
    machine.crash_at_io(n);
    {
      Process process(machine);
      const auto loop = process.make_loop("loop");
      runtime::Scope scope;
      int left = 2;
      for (const char* path : {"a", "b"}) {
        loop->post([&, path] { scope.spawn(work_on(&process, loop.get(), path, &left)); });
      }
      if (process.run_until([&] { return left == 0; })) continue;
      EXPECT_TRUE(process.halted());
      EXPECT_EQ(machine.io_count(), n);
      loop->post([] { ADD_FAILURE() << "runs after the halt"; });
      process.run_for(1s);
    }
    machine.crash(CrashKind::kill);
  }
}

TEST(Process, work_may_halt_its_own_process) {
  Machine machine(1);
  Process process(machine);
  const auto loop = process.make_loop("loop");
  loop->post([&] {
    process.halt();
    loop->post([] { ADD_FAILURE() << "runs after the halt"; });
  });
  loop->post([] { ADD_FAILURE() << "runs after the halt"; });
  EXPECT_FALSE(process.run_until([] { return false; }));
  EXPECT_TRUE(process.halted());
}

}  // namespace
}  // namespace artery::sim
