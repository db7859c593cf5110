#include "runtime/linux/signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace artery::runtime {
namespace {

TEST(signals, a_signal_ends_the_wait_and_not_the_program) {
  Signals signals;
  ::raise(SIGTERM);
  EXPECT_EQ(signals.wait(), SIGTERM);
  ::raise(SIGINT);
  EXPECT_EQ(signals.wait(), SIGINT);
}

TEST(signals, a_wake_from_another_thread_ends_the_wait_and_is_remembered) {
  Signals signals;
  signals.wake();
  EXPECT_EQ(signals.wait(), std::nullopt);
  std::thread waker([&] { signals.wake(); });
  EXPECT_EQ(signals.wait(), std::nullopt);
  waker.join();
}

TEST(signals, a_signal_comes_before_a_wake) {
  Signals signals;
  signals.wake();
  ::raise(SIGINT);
  EXPECT_EQ(signals.wait(), SIGINT);
  EXPECT_EQ(signals.wait(), std::nullopt);
}

TEST(signals, a_broken_pipe_does_not_end_the_program) {
  const Signals signals;
  ::raise(SIGPIPE);
}

}  // namespace
}  // namespace artery::runtime
