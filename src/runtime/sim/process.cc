#include "runtime/sim/process.h"

#include "base/assert.h"
#include "runtime/sim/files.h"
#include "runtime/sim/network.h"
#include "runtime/sim/scheduler.h"

namespace artery::sim {

using runtime::TimerId;
using runtime::Work;

namespace {

class Clock : public runtime::Clock {
 public:
  explicit Clock(const Machine& machine) : machine_(machine) {}
  Time now() const override { return machine_.now(); }
  Instant instant() const override { return machine_.instant(); }
  bool synchronised() const override { return machine_.synchronised(); }

 private:
  const Machine& machine_;
};

class Random : public runtime::Random {
 public:
  explicit Random(std::uint64_t seed) : rng_(seed) {}
  std::uint64_t next() override { return rng_.next(); }

 private:
  Rng rng_;
};

class Pool : public runtime::Executor {
 public:
  Pool(Scheduler& scheduler, unsigned threads) : scheduler_(scheduler), lane_(scheduler.add_lane(threads)) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() override { scheduler_.remove_lane(lane_); }
  void post(Work work) override { scheduler_.post(lane_, std::move(work)); }
  bool is_current() const override { return scheduler_.is_home(lane_); }

 private:
  Scheduler& scheduler_;
  LaneId lane_;
};

class Loop : public runtime::Loop {
 public:
  Loop(Scheduler& scheduler, Network& network)
      : scheduler_(scheduler), network_(network), lane_(scheduler.add_lane(1)) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() override { scheduler_.remove_lane(lane_); }

  void post(Work work) override { scheduler_.post(lane_, std::move(work)); }
  bool is_current() const override { return scheduler_.is_home(lane_); }
  TimerId after(Duration delay, Work work) override {
    assert_current();
    return TimerId(scheduler_.after(lane_, delay, std::move(work)).value());
  }
  void cancel(TimerId timer) override {
    assert_current();
    scheduler_.cancel(EventId(timer.value()));
  }
  Result<std::unique_ptr<runtime::Listener>> listen(const runtime::Address& address,
                                                    runtime::AcceptHandler on_accept) override {
    assert_current();
    return network_.listen(lane_, address, std::move(on_accept));
  }
  std::unique_ptr<runtime::Socket> attach(std::unique_ptr<runtime::Connection> connection) override {
    assert_current();
    return network_.attach(lane_, std::move(connection));
  }
  void connect(const runtime::Address& address, Network::Connected done) override {
    assert_current();
    network_.connect(lane_, address, std::move(done));
  }

 private:
  void assert_current() const { ARTERY_ASSERT(scheduler_.is_home(lane_)); }

  Scheduler& scheduler_;
  Network& network_;
  LaneId lane_;
};

}  // namespace

struct Process::Parts {
  Parts(Machine& machine, Process& process)
      : clock(machine),
        random(machine.draw_seed()),
        number(machine.process_started()),
        scheduler(machine, machine.draw_seed()),
        network(machine, scheduler),
        files(machine, scheduler, number, [&process] { process.halt(); }) {}

  Clock clock;
  Random random;
  std::uint64_t number;
  Scheduler scheduler;
  Network network;
  Files files;
  runtime::Scope scope;
};

Process::Process(Machine& machine) : machine_(machine), parts_(std::make_unique<Parts>(machine, *this)) {}

Process::~Process() {
  halt();
  machine_.process_ended(parts_->number);
}

runtime::Clock& Process::clock() { return parts_->clock; }
runtime::Random& Process::random() { return parts_->random; }
Network& Process::network() { return parts_->network; }
runtime::Files& Process::files() { return parts_->files; }
bool Process::halted() const { return parts_->scheduler.halted(); }

std::unique_ptr<runtime::Loop> Process::make_loop(std::string) {
  return std::make_unique<Loop>(parts_->scheduler, parts_->network);
}

std::unique_ptr<runtime::Executor> Process::make_pool(std::string, unsigned threads) {
  return std::make_unique<Pool>(parts_->scheduler, threads);
}

bool Process::run_until(const std::function<bool()>& predicate, std::uint64_t steps_max) {
  for (std::uint64_t steps = 0; !halted(); ++steps) {
    if (predicate()) return true;
    if (steps == steps_max || !parts_->scheduler.step(Instant(std::numeric_limits<std::int64_t>::max()))) return false;
  }
  return false;
}

void Process::run_for(Duration time) {
  const Instant end = machine_.instant() + time;
  while (machine_.instant() < end && parts_->scheduler.step(end)) {
  }
  if (!halted()) machine_.pass_until(end);
}

void Process::halt() {
  if (halted()) return;
  // Operations first: their buffers belong to work that the scheduler drops.
  parts_->files.cut_all();
  parts_->scheduler.halt();
}

void Process::spawn(runtime::Task<void> task) {
  parts_->scheduler.post(Scheduler::main_lane,
                         [this, task = std::move(task)]() mutable { parts_->scope.spawn(std::move(task)); });
}

}  // namespace artery::sim
