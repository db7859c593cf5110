#include "log_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "log/log.h"
#include "log/recovery.h"
#include "log_oracle.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::log_sim {

using log::Log;
using log::LogError;
using runtime::FileError;
using runtime::Task;
using sim::CrashKind;
using sim::Machine;
using sim::Process;
using sim::Rng;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t readers = 2;
constexpr std::size_t producers = 2;
constexpr std::uint64_t plenty = std::uint64_t{1} << 40U;

// Small, so that segments change, memory is left and limits are met all the time.
log::LogSettings small_log() {
  return {.folder = "data/log",
          .segment_bytes = 24 << 10,
          .batch_bytes_max = 8 << 10,
          .pending_bytes_max = 48 << 10,
          .memory_bytes_max = 8 << 10};
}

// What belongs to one process, in the order in which it must be made; destroyed the other way round.
struct Node {
  explicit Node(Machine& machine)
      : process(machine), log_loop(process.make_loop("log")), pool(process.make_pool("pool", 2)) {
    for (auto& loop : loops) loop = process.make_loop("shard");
  }
  Process process;
  std::unique_ptr<runtime::Loop> log_loop;
  std::unique_ptr<runtime::Executor> pool;
  std::unique_ptr<runtime::Loop> loops[readers];
  bool failed = false;
  std::unique_ptr<Log> log;
  std::unique_ptr<log::Reader> reader[readers];
  std::unique_ptr<log::Reader> oracles;  // here, because a task's frame may outlive the log
  runtime::Scope scope;
  std::size_t producing = 0;
};

class Run {
 public:
  Run(std::uint64_t seed, bool tell) : rng_(seed), machine_(rng_.next()), tell_(tell) { choose_faults(); }

  Outcome execute();

 private:
  void choose_faults();
  void round(bool last);
  bool open(Node& node);
  bool expected(const Error& error);
  void read_back(Node& node);
  Task<Result<std::vector<log::BatchPtr>>> read_all(Node& node);
  void work(Node& node, bool last);
  Task<void> produce(Node& node, std::size_t shard, std::uint64_t count);
  void send_one(Node& node);
  Task<void> follow(Node& node, std::size_t which);
  void crash();
  void rot();
  template <class... Args>
  void tell(fmt::format_string<Args...> form, Args&&... args) {
    if (tell_)
      fmt::print("{} io {}: {}\n", round_, machine_.io_count(), fmt::format(form, std::forward<Args>(args)...));
  }

  Rng rng_;
  Machine machine_;
  Oracle oracle_;
  bool tell_;
  bool rots_ = false;
  bool small_disk_ = false;
  std::optional<std::uint64_t> closed_at_;  // the end of a log that was closed in order
  std::uint64_t crashes_ = 0;
  int round_ = 0;
};

void Run::choose_faults() {
  auto& plan = machine_.faults();
  if (rng_.chance(0.2)) plan.sync_fails.at = 1 + rng_.below(120);
  if (rng_.chance(0.1)) plan.folder_sync_fails.at = 1 + rng_.below(20);
  if (rng_.chance(0.1)) plan.write_fails.at = 1 + rng_.below(200);
  if (rng_.chance(0.05)) plan.read_fails.at = 1 + rng_.below(200);
  small_disk_ = rng_.chance(0.2);
  rots_ = rng_.chance(0.3);
}

Outcome Run::execute() {
  const int rounds = 3 + static_cast<int>(rng_.below(4));
  for (round_ = 1; round_ <= rounds && !oracle_.failure(); ++round_) {
    if (small_disk_) machine_.faults().capacity_bytes = rng_.chance(0.5) ? plenty : (64 << 10) + rng_.below(128 << 10);
    if (rng_.chance(0.5)) machine_.crash_at_io(machine_.io_count() + 1 + rng_.below(rng_.chance(0.4) ? 24 : 600));
    round(false);
    machine_.crash_at_io(0);
    crash();
    if (rots_ && rng_.chance(0.6)) rot();
    if (rng_.chance(0.3))
      machine_.jump_wall(Duration(static_cast<std::int64_t>(rng_.below(20'000'000'000)) - 10'000'000'000));
  }
  // At the end the machine is well: everything must be there, and the log must go on.
  machine_.faults() = sim::FaultPlan{};
  if (!oracle_.failure()) round(true);
  for (const auto& line : machine_.journal().lines()) tell("journal: {}: {}", line.module, line.text);
  return {.failure = oracle_.failure(),
          .acknowledged = oracle_.acknowledged_count(),
          .crashes = crashes_,
          .trace_hash = machine_.trace_hash()};
}

void Run::crash() {
  // What a failed sync of a folder leaves in the cache no later process can tell from what is durable: such a machine
  // must be restarted (docs/formats/log.md, "What is assumed").
  const bool restart = machine_.faults().folder_sync_fails.at > 0;
  const CrashKind kind = rng_.chance(0.5) && !restart ? CrashKind::kill : CrashKind::power_loss;
  tell("{}", kind == CrashKind::kill ? "kill" : "power loss");
  machine_.crash(kind);
  ++crashes_;
}

// One byte of a batch that a durable mark, in a later batch or of an orderly close, shows to have been synced; anywhere
// else damage is a torn tail, or becomes one when a power loss takes the mark.
void Run::rot() {
  Node node(machine_);
  log::SegmentFiles files(node.process.files(), small_log().folder);
  const auto listing = node.process.run(files.list());
  if (!listing || !*listing || (*listing)->segments.empty()) return;
  const log::Segment& last = (*listing)->segments.back();
  const auto bytes = machine_.contents(files.path(last));
  if (!bytes) return;
  const std::uint64_t synced = closed_at_.value_or(log::scan_tail(*bytes, last.life, last.base).mark);
  std::uint64_t mark = closed_at_.value_or(last.base);
  std::vector<std::pair<std::uint64_t, std::size_t>> places;  // offset, position
  for (std::size_t at = log::segment_header_bytes;;) {
    const auto found = log::batch_at(*bytes, at, last.life);
    if (!found || !found->payload_ok || found->header.offset >= synced) break;
    places.emplace_back(found->header.offset, at + rng_.below(found->bytes()));
    mark = std::max(mark, found->header.synced);
    at += found->bytes();
  }
  std::erase_if(places, [&](const auto& place) { return place.first >= mark; });
  if (places.empty()) return;
  const auto [offset, at] = places[rng_.below(places.size())];
  tell("rot in batch {} at byte {} of {}", offset, at, files.path(last));
  machine_.rot(files.path(last), at);
  oracle_.rotten(offset);
}

// Errors that what this seed does to the machine explains.
bool Run::expected(const Error& error) {
  const auto& plan = machine_.faults();
  const bool faulty = plan.sync_fails.at + plan.write_fails.at + plan.read_fails.at + plan.folder_sync_fails.at > 0;
  if (error.is(FileError::io) || error.is(LogError::failed)) return faulty;
  if (error.is(LogError::full) || error.is(FileError::no_space)) return small_disk_;
  return error.is(LogError::busy) || error.is(LogError::closed);
}

bool Run::open(Node& node) {
  auto opened = node.process.run(Log::open({.home = *node.log_loop,
                                            .pool = *node.pool,
                                            .files = node.process.files(),
                                            .clock = node.process.clock(),
                                            .journal = node.process.journal()},
                                           small_log(), [&node](const Error&) { node.failed = true; }));
  if (!opened) return false;  // crashed meanwhile
  if (!*opened) {
    tell("not opened: {}", opened->error().message());
    if (!expected(opened->error())) oracle_.fail("the log did not open: " + opened->error().message());
    return false;
  }
  node.log = std::move(**opened);
  tell("opened [{}, {}): {} segments", node.log->begin().value(), node.log->end().value(),
       node.log->counters().segments);
  return true;
}

Task<Result<std::vector<log::BatchPtr>>> Run::read_all(Node& node) {
  const std::uint64_t end = node.log->end().value();
  node.oracles =
      node.log->follow("oracle", *node.loops[0], node.log->begin(), std::numeric_limits<std::uint64_t>::max());
  std::vector<log::BatchPtr> all;
  while (node.oracles->position().value() < end) {
    auto more = co_await node.oracles->next(1 + rng_.below(20'000));
    if (!more) {
      if (more.error().is(LogError::closed)) break;
      co_return more.error();
    }
    all.insert(all.end(), more->begin(), more->end());
  }
  node.oracles.reset();
  co_return all;
}

void Run::read_back(Node& node) {
  const Offset begin = node.log->begin();
  const Offset end = node.log->end();
  const std::uint64_t known_before = oracle_.known_end();
  // Rot at the very end of what is durable leaves nothing behind it to wait for: one batch more makes an end.
  send_one(node);
  const auto all = node.process.run(read_all(node));
  if (!all || (node.failed && !*all)) return;
  if (!*all) {
    if (!expected(all->error())) oracle_.fail("the log cannot be read: " + all->error().message());
    return;
  }
  oracle_.recovered(begin, end, known_before, **all);
  const bool missing = std::ranges::any_of(oracle_.rotten(), [&](std::uint64_t offset) {
    return offset >= begin.value() &&
           std::ranges::none_of(**all, [&](const auto& b) { return b->offset().value() == offset; });
  });
  if (missing && !machine_.journal().has("damaged")) oracle_.fail("rot was not told");
}

void Run::round(bool last) {
  closed_at_.reset();
  auto node = std::make_unique<Node>(machine_);
  if (open(*node)) {
    read_back(*node);
    if (!oracle_.failure() && !node->process.halted() && !node->failed) work(*node, last);
  } else if (last && !oracle_.failure()) {
    oracle_.fail("a healthy machine did not open the log");
  }
  node->process.halt();
}

void Run::work(Node& node, bool last) {
  for (std::size_t which = 0; which < readers; ++which) {
    node.reader[which] = node.log->follow(fmt::format("reader{}", which), *node.loops[which],
                                          Offset(oracle_.checkpoint(which)), std::numeric_limits<std::uint64_t>::max());
    node.loops[which]->post([this, &node, which] { node.scope.spawn(follow(node, which)); });
  }
  node.log_loop->post([&node] { node.log->allow_trimming(); });
  node.producing = producers;
  const std::uint64_t before = oracle_.acknowledged_count();
  for (std::size_t shard = 0; shard < producers; ++shard) {
    const std::uint64_t count = last ? 10 : rng_.below(150);
    node.loops[shard]->post([this, &node, shard, count] { node.scope.spawn(produce(node, shard, count)); });
  }
  const std::uint64_t steps = rng_.chance(0.5) || last ? Process::no_limit : 200 + rng_.below(6000);
  node.process.run_until([&] { return node.producing == 0 || node.failed || oracle_.failure(); }, steps);
  if (node.process.halted() || node.failed || oracle_.failure()) return;
  if (small_disk_ && rng_.chance(0.5)) {
    // Room again: it must resume by itself.
    tell("room again");
    machine_.faults().capacity_bytes = plenty;
    node.process.run_for(3s);
    const std::uint64_t acknowledged = oracle_.acknowledged_count();
    send_one(node);
    node.process.run_for(1s);
    const bool went_on = oracle_.acknowledged_count() > acknowledged;
    if (!went_on && !node.process.halted() && !node.failed) oracle_.fail("there is room again but nothing is taken");
  }
  if (!last && rng_.chance(0.6)) return;  // crashes in the middle of it all
  const bool closed = node.process
                          .run([](Node& at) -> Task<bool> {
                            co_await runtime::on(*at.log_loop);
                            co_await at.log->close();
                            co_return true;
                          }(node))
                          .has_value();
  if (closed && !node.failed) closed_at_ = node.log->end().value();
  if (closed) tell("closed at {}", node.log->end().value());
  if (last && (!closed || oracle_.acknowledged_count() < before + 20)) {
    oracle_.fail("a healthy log did not take and acknowledge everything");
  }
}

void Run::send_one(Node& node) {
  const std::uint64_t id = oracle_.send(8 + rng_.below(rng_.chance(0.1) ? 7000 : 600));
  auto taken = node.log->append(oracle_.content(id), [this, &node, id](Result<Offset> offset) {
    if (!offset) {
      tell("refused: {}", offset.error().message());
      if (!expected(offset.error())) oracle_.fail("refused: " + offset.error().message());
      return;
    }
    if (offset->value() >= node.log->end().value()) oracle_.fail("acknowledged, but not to be read");
    oracle_.acknowledged(id, *offset);
  });
  if (taken) return;
  tell("not taken: {}", taken.error().message());
  if (!expected(taken.error())) oracle_.fail("not taken: " + taken.error().message());
}

Task<void> Run::produce(Node& node, std::size_t shard, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    send_one(node);
    if (rng_.chance(0.5)) co_await runtime::pause(*node.loops[shard], Duration(rng_.below(3'000'000)));
  }
  // Until everything is answered; a full disk answers at once.
  co_await runtime::pause(*node.loops[shard], 50ms);
  --node.producing;
}

Task<void> Run::follow(Node& node, std::size_t which) {
  log::Reader& reader = *node.reader[which];
  std::uint64_t expected_offset = reader.position().value();
  while (true) {
    const auto batches = co_await reader.next(1 + rng_.below(4000));
    if (!batches) co_return;
    for (const log::BatchPtr& batch : *batches) {
      const std::uint64_t offset = batch->offset().value();
      for (; expected_offset < offset; ++expected_offset) {
        if (!oracle_.rotten().contains(expected_offset))
          oracle_.fail(fmt::format("a reader was not given {}", expected_offset));
      }
      if (offset != expected_offset) oracle_.fail(fmt::format("a reader was given {} again", offset));
      ++expected_offset;
      oracle_.given_to_reader(*batch);
    }
    if (rng_.chance(0.2)) {
      oracle_.checkpoint(which, expected_offset);  // the reader's own, durable before the log hears of it
      reader.checkpointed(Offset(expected_offset));
    }
    if (rng_.chance(0.2)) co_await runtime::pause(*node.loops[which], Duration(rng_.below(20'000'000)));
  }
}

}  // namespace

Outcome run_seed(std::uint64_t seed, bool tell) { return Run(seed, tell).execute(); }

}  // namespace artery::log_sim
