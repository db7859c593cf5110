#include "runtime/linux/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/assert.h"
#include "runtime/linux/machine.h"
#include "runtime/linux/tcp_connector.h"
#include "runtime/linux/tcp_listener.h"
#include "runtime/linux/tcp_socket.h"
#include "runtime/linux/thread.h"

namespace artery::runtime {

namespace {

constexpr std::size_t read_bytes_max = 128 * 1024;
constexpr std::size_t spare_buffers_max = 16;
constexpr std::size_t spare_buffer_bytes_max = 64 * 1024;
constexpr Duration delay_max = std::chrono::hours(24 * 365 * 10);

}  // namespace

LinuxLoop::Waker::Waker(Poller& poller) : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ARTERY_ASSERT(event_.open());
  poller.want(poller.watch(event_.number(), *this), EPOLLIN);
}

void LinuxLoop::Waker::wake() const {
  const auto written = ::eventfd_write(event_.number(), 1);
  ARTERY_ASSERT(written == 0);
}

void LinuxLoop::Waker::on_events(std::uint32_t /*events*/) {
  eventfd_t count = 0;
  ::eventfd_read(event_.number(), &count);
}

LinuxLoop::LinuxLoop(std::string name, Journal& journal) : journal_(journal), read_buffer_(read_bytes_max) {
  thread_ = std::thread([this, name = std::move(name)] {
    enter_thread(name, *this);
    run();
  });
}

LinuxLoop::~LinuxLoop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waker_.wake();
  thread_.join();
  // Work owns sockets and timers of this loop; while it is destroyed the loop is at home on this thread.
  const Executor* const outer = std::exchange(current_executor(), this);
  drop_left_work();
  current_executor() = outer;
}

void LinuxLoop::drop_left_work() {
  batch_.clear();
  std::vector<Work> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(posted_);
  }
  left.clear();
  connectors_.clear();
  timers_.clear();
}

void LinuxLoop::post(Work work) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    posted_.push_back(std::move(work));
    wake = std::exchange(sleeping_, false);
  }
  if (wake) waker_.wake();
}

bool LinuxLoop::is_current() const { return current_executor() == this; }

TimerId LinuxLoop::after(Duration delay, Work work) {
  ARTERY_ASSERT(is_current());
  return timers_.add(monotonic_now() + std::clamp(delay, Duration::zero(), delay_max), std::move(work));
}

void LinuxLoop::cancel(TimerId timer) {
  ARTERY_ASSERT(is_current());
  timers_.cancel(timer);
}

Result<std::unique_ptr<Listener>> LinuxLoop::listen(const Address& address, AcceptHandler on_accept) {
  ARTERY_ASSERT(is_current());
  return TcpListener::open(*this, address, std::move(on_accept));
}

std::unique_ptr<Socket> LinuxLoop::attach(std::unique_ptr<Connection> connection) {
  ARTERY_ASSERT(is_current());
  auto* const accepted = dynamic_cast<TcpConnection*>(connection.get());
  ARTERY_ASSERT(accepted != nullptr);
  return std::make_unique<TcpSocket>(*this, std::move(*accepted));
}

void LinuxLoop::connect(const Address& address, std::move_only_function<void(Result<std::unique_ptr<Socket>>)> done) {
  ARTERY_ASSERT(is_current());
  auto connector = std::make_unique<TcpConnector>(*this, address, std::move(done));
  TcpConnector& started = *connector;
  connectors_.emplace(&started, std::move(connector));
  started.start();
}

void LinuxLoop::forget(const TcpConnector& connector) { connectors_.erase(&connector); }

Buffer LinuxLoop::take_buffer() {
  if (spare_buffers_.empty()) return {};
  Buffer buffer = std::move(spare_buffers_.back());
  spare_buffers_.pop_back();
  return buffer;
}

void LinuxLoop::give_back(Buffer buffer) {
  if (spare_buffers_.size() == spare_buffers_max || buffer.capacity() > spare_buffer_bytes_max) return;
  buffer.clear();
  spare_buffers_.push_back(std::move(buffer));
}

void LinuxLoop::run() {
  while (true) {
    const int wait_ms = prepare_wait();
    poller_.wait(wait_ms);
    {
      const std::lock_guard lock(mutex_);
      sleeping_ = false;
      if (stopping_) return;
    }
    run_due_timers();
    run_posted();
    end_turn();
  }
}

int LinuxLoop::prepare_wait() {
  const auto due = timers_.next_due();
  int wait_ms = -1;
  if (due) {
    // Rounded up: a timer never runs early.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - monotonic_now()).count();
    constexpr std::int64_t wait_ms_max = 3'600'000;
    wait_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, wait_ms_max));
  }
  if (wait_ms == 0 || !turn_end_.empty()) return 0;
  const std::lock_guard lock(mutex_);
  if (!posted_.empty()) return 0;
  sleeping_ = true;
  return wait_ms;
}

void LinuxLoop::run_due_timers() {
  const Instant now = monotonic_now();
  while (Work work = timers_.take_due(now)) work();
}

void LinuxLoop::run_posted() {
  {
    const std::lock_guard lock(mutex_);
    batch_.swap(posted_);
  }
  for (Work& work : batch_) {
    work();
    work = {};  // what it owns ends with it, not with the batch
  }
  batch_.clear();
}

void LinuxLoop::end_turn() {
  ending_.swap(turn_end_);
  for (const WatchId id : ending_) {
    if (Watched* watched = poller_.find(id)) watched->on_turn_end();
  }
  ending_.clear();
}

}  // namespace artery::runtime
