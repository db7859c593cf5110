#include "history_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "history/history.h"
#include "history/model_test.h"
#include "log/log.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::history_sim {
namespace {

using history::Direction;
using history::History;
using history::HistoryError;
using history::Revisions;
using history::Scan;
using history::testing::Model;
using history::testing::SentBatch;
using log::Log;
using log::LogError;
using runtime::FileError;
using runtime::Task;
using sim::CrashKind;
using sim::Machine;
using sim::Process;
using sim::Rng;
using namespace std::chrono_literals;

constexpr std::size_t shards = 2;
constexpr std::uint32_t assets = 3;
constexpr std::uint32_t signals = assets * history::testing::signals_per_asset;
constexpr std::uint64_t plenty = std::uint64_t{1} << 40U;
// Whoever asks is answered by then, also on a full disk and by a node that failed: a hundred times what a well one
// takes.
constexpr Duration answer_max = 10s;

// The last sample of every batch is the marker's: its time is the batch's number. So history itself says which are
// there.
constexpr AssetId marker_asset{assets + 1};
constexpr SignalId too_old{7};
// Some of its samples are too old, but archives tell of them. Each is in an hour of its own, of one day of several, so
// that a deletion takes nothing of an archive but what it takes of the samples.
constexpr SignalId archived{12};
// These always come together, so that segments have the stamps of both but once.
constexpr std::array<SignalId, 2> twins{SignalId(2), SignalId(5)};
constexpr Duration day = 24h;

Time start_of_day(Time time) { return Time(time.value() / day.count() * day.count()); }
const SignalId marker = history::testing::signal_of(marker_asset, 1);

enum class Fate {
  unknown,  // sent, not answered: may be there or not
  there,    // acknowledged or seen: must be there from now on
  gone,     // refused or not found by a start: must never be there
};

enum class Life {
  busy,   // checkpoints all the time
  cut,    // one checkpoint, of much of the log, that is cut in the middle of its commit
  quiet,  // none: what the last life left is relied upon
};

struct Sent {
  SentBatch rows;
  std::vector<Deletion> deletions;  // of what came before
  Fate fate = Fate::unknown;
};

struct Lines {
  std::vector<std::string> lines;
  bool incomplete = false;
  std::optional<Time> archived_before;
};

struct Node {
  explicit Node(Machine& machine)
      : process(machine), home(process.make_loop("home")), pool(process.make_pool("pool", 2)) {
    for (auto& loop : loops) loop = process.make_loop("shard");
  }
  ~Node() { process.halt(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] bool down() const { return failed || late || process.halted(); }

  // Whether it came true in time; false, too, where the process was halted before.
  template <class Predicate>
  bool in_time(Predicate predicate) {
    const Instant end = process.clock().instant() + answer_max;
    process.run_until([&] { return predicate() || process.clock().instant() >= end; });
    if (predicate()) return true;
    late = late || !process.halted();
    return false;
  }

  // Nothing where the process was halted, or the answer is late.
  template <class T>
  std::optional<T> run(Task<T> task) {
    const auto result = std::make_shared<std::optional<T>>();
    home->post([this, result, task = std::make_shared<Task<T>>(std::move(task))] {
      scope.spawn([](std::shared_ptr<Task<T>> inner, std::shared_ptr<std::optional<T>> into) -> Task<void> {
        into->emplace(co_await std::move(*inner));
      }(task, result));
    });
    in_time([&] { return result->has_value(); });
    return std::move(*result);
  }

  Process process;
  std::unique_ptr<runtime::Loop> home;
  std::unique_ptr<runtime::Executor> pool;
  std::unique_ptr<runtime::Loop> loops[shards];
  bool failed = false;  // and must exit
  bool late = false;    // somebody waits in vain
  bool closed = false;
  std::unique_ptr<Log> log;
  std::unique_ptr<History> history;
  std::size_t working = 0;  // tasks of load()
  runtime::Scope scope;
};

Scan scan_of(SignalId signal) {
  Scan scan;
  scan.asset = history::testing::asset_of(signal);
  scan.signal = signal;
  scan.revisions = Revisions::all;
  return scan;
}

Task<Result<Lines>> read_lines(Node* node, Scan scan) {
  Lines found;
  auto cursor = co_await node->history->scan(std::move(scan));
  if (!cursor) co_return cursor.error();
  while (true) {
    const auto samples = co_await cursor->next();
    if (!samples) co_return samples.error();
    if (samples->empty()) break;
    for (std::size_t row = 0; row < samples->size(); ++row) {
      found.lines.push_back(history::testing::line_of(samples->times[row], samples->value(row), samples->qualities[row],
                                                      samples->revisions[row]));
    }
  }
  found.incomplete = cursor->incomplete();
  co_return found;
}

Task<Result<Lines>> read_summaries(Node* node, history::SummaryScan scan) {
  Lines found;
  auto cursor = co_await node->history->summaries(std::move(scan));
  if (!cursor) co_return cursor.error();
  while (true) {
    const auto some = co_await cursor->next();
    if (!some) co_return some.error();
    if (some->empty()) break;
    for (const auto& summary : *some) found.lines.push_back(history::testing::line_of(summary));
  }
  found.incomplete = cursor->incomplete();
  if (const auto told = cursor->archived()) found.archived_before = told->before;
  co_return found;
}

class Run {
 public:
  Run(std::uint64_t seed, bool tell) : rng_(seed), machine_(rng_.next()), tell_(tell) { choose_faults(); }
  Outcome execute();

 private:
  void choose_faults();
  void choose_life(bool last);
  void round(bool last);
  bool open(Node& node);
  void load(Node& node);
  Task<void> produce(Node* node, std::size_t shard, std::uint64_t count);
  Task<void> ask(Node* node, std::uint64_t count);
  void send_one(Node& node);
  // Of the archived signal samples before it are not shown.
  [[nodiscard]] Time horizon(Duration from_now = {}) const {
    return start_of_day(Time((machine_.now().value() + from_now.count()) - day.count()));
  }
  Time some_time();
  Time some_time_of(SignalId signal);
  SentBatch random_batch(std::uint64_t number);
  std::vector<Deletion> random_deletions();
  void look(Node& node);
  void compare(Node& node);
  bool compare_scan(Node& node, const Model& model, SignalId signal);
  void compare_summaries(Node& node, const Model& model, SignalId signal);
  void compare_archived(Node& node);
  [[nodiscard]] std::vector<const Sent*> there() const;
  [[nodiscard]] Model archived_model(std::size_t batches, Time from, Time to) const;
  bool find_archived(Node& node, Time from, Time to);
  void checkpoint(Node& node);
  void cut_checkpoint(Node& node);
  void room_again(Node& node);
  void close(Node& node);
  void finish(Node& node);
  void live_on_a_full_disk(Node& node);
  void come_to_rest(Node& node, bool last);
  void live(Node& node, bool last);
  void crash();

  [[nodiscard]] bool faulty() {
    const auto& plan = machine_.faults();
    return plan.sync_fails.at + plan.write_fails.at + plan.read_fails.at + plan.folder_sync_fails.at > 0;
  }
  // Errors that what this seed does to the machine explains.
  [[nodiscard]] bool expected(const Error& error) {
    if (error.is(LogError::full) || error.is(FileError::no_space)) return small_disk_;
    if (error.is(LogError::busy)) return true;
    return faulty() && (error.is(FileError::io) || error.is(LogError::failed) || error.is(HistoryError::failed) ||
                        error.is(HistoryError::closed));
  }
  void explain(std::string_view what, const Error& error) {
    tell("{}: {}", what, error.message());
    if (!expected(error)) fail(fmt::format("{}: {}", what, error.message()));
  }
  // Reading needs no room.
  void cannot_read(std::string_view what, const Error& error) {
    if (error.is(FileError::no_space) || error.is(LogError::full)) fail(fmt::format("{}: {}", what, error.message()));
    explain(what, error);
  }
  void fail(std::string why) {
    if (!failure_) failure_ = std::move(why);
  }
  template <class... Args>
  void tell(fmt::format_string<Args...> form, Args&&... args) {
    if (tell_)
      fmt::print("{} io {}: {}\n", round_, machine_.io_count(), fmt::format(form, std::forward<Args>(args)...));
  }

  Rng rng_;
  Machine machine_;
  bool tell_;
  bool small_disk_ = false;
  bool lets_go_ = false;  // of one signal's samples, all of which are too old
  bool archives_ = false;
  Time oldest_;                                   // of the archived signal's samples
  Time archived_until_;                           // as far as it was seen; at first oldest_
  std::map<Time, std::size_t> archived_batches_;  // by day: its archive was made of the first so many
  std::size_t batches_sealed_ = 0;                // that are in segments, as far as that was seen
  std::size_t batches_then_ = 0;                  // the same when this life began
  std::size_t batches_least_ = 0;                 // the same when the life began in which archives were last looked at:
                                                  // one that was not there yet was made of no fewer
  Life life_ = Life::busy;
  std::uint64_t round_ = 0;
  std::vector<Sent> sent_;
  std::uint64_t acknowledged_ = 0;
  std::optional<std::string> failure_;
};

void Run::choose_faults() {
  auto& plan = machine_.faults();
  if (rng_.chance(0.15)) plan.sync_fails.at = 1 + rng_.below(120);
  if (rng_.chance(0.1)) plan.folder_sync_fails.at = 1 + rng_.below(40);
  if (rng_.chance(0.1)) plan.write_fails.at = 1 + rng_.below(200);
  if (rng_.chance(0.3)) plan.read_fails = {.chance = 0.02, .at = 1 + rng_.below(400)};
  small_disk_ = rng_.chance(0.2);
  lets_go_ = rng_.chance(0.3);
  archives_ = rng_.chance(0.4);
  // At noon: days end where the clock jumps, and seldom else.
  const Time today = start_of_day(machine_.now());
  machine_.set_wall(Time(today.value() + Duration(12h).count()));
  archived_until_ = oldest_ = Time(today.value() - 3 * day.count());
}

Outcome Run::execute() {
  const std::uint64_t rounds = 3 + rng_.below(4);
  for (round_ = 1; round_ <= rounds && !failure_; ++round_) {
    const bool last = round_ == rounds;
    // At the end the machine is well: everything must be there and go on.
    if (last) machine_.faults() = sim::FaultPlan{};
    if (small_disk_ && !last) {
      machine_.faults().capacity_bytes =
          rng_.chance(0.4) ? plenty : machine_.disk().used_bytes() + (24 << 10) + rng_.below(64 << 10);
    }
    round(last);
    machine_.crash_at_io(0);
    if (!last) crash();
    if (archives_ && rng_.chance(0.3)) machine_.jump_wall(day);
    if (rng_.chance(0.2)) machine_.jump_wall(Duration(static_cast<std::int64_t>(rng_.below(20'000'000'000))) - 10s);
  }
  for (const auto& line : machine_.journal().lines()) tell("journal: {}: {}", line.module, line.text);
  return {
      .failure = failure_, .acknowledged = acknowledged_, .crashes = round_ - 2, .trace_hash = machine_.trace_hash()};
}

void Run::choose_life(bool last) {
  const double quiet = life_ == Life::cut ? 0.7 : 0.1;
  if (last) {
    life_ = Life::busy;
  } else if (rng_.chance(quiet)) {
    life_ = Life::quiet;
  } else {
    life_ = rng_.chance(0.3) ? Life::cut : Life::busy;
  }
  const bool anywhere = !last && life_ != Life::cut && rng_.chance(0.7);
  if (anywhere) machine_.crash_at_io(machine_.io_count() + 1 + rng_.below(rng_.chance(0.3) ? 40 : 500));
}

void Run::crash() {
  // What a failed sync of a folder leaves in the cache no later process can tell from what is durable: such a machine
  // must be restarted (docs/formats/log.md, "What is assumed").
  const bool restart = machine_.faults().folder_sync_fails.at > 0;
  const double kill = life_ == Life::cut ? 0.8 : life_ == Life::quiet ? 0.2 : 0.5;
  const CrashKind kind = !restart && rng_.chance(kill) ? CrashKind::kill : CrashKind::power_loss;
  tell("{}", kind == CrashKind::kill ? "kill" : "power loss");
  machine_.crash(kind);
}

bool Run::open(Node& node) {
  const auto failed = [&node](const Error&) { node.failed = true; };
  auto log = node.run(Log::open(
      {*node.home, *node.pool, node.process.files(), node.process.clock(), node.process.journal()},
      {.folder = "data/log", .segment_bytes = 10 << 10, .batch_bytes_max = 4 << 10, .memory_bytes_max = 2000}, failed));
  if (!log) return false;  // crashed meanwhile
  if (!*log) return explain("the log did not open", log->error()), false;
  node.log = std::move(**log);
  History::Surroundings around{
      *node.home,
      {},
      *node.pool,
      node.process.files(),
      node.process.clock(),
      node.process.journal(),
      *node.log,
      [](SignalId signal) { return history::SignalFacts{fmt::format("s{}", signal.value()), "kPa"}; }};
  for (const auto& loop : node.loops) around.shards.push_back(loop.get());
  const bool busy = life_ == Life::busy;
  const history::HistorySettings settings{
      .folder = "data/history",
      .checkpoint_bytes = busy ? 1000 + rng_.below(6000) : 1U << 20,
      .checkpoint_time = busy && rng_.chance(0.3) ? 10ms : Duration(1h),
      .head_bytes_max = !busy         ? 8U << 20
                        : small_disk_ ? 24'000U
                                      : 60'000U,
      .read_bytes = 500 + rng_.below(4000),
      .tiles = {.rows_min = 1 + rng_.below(4), .rows_per_tile = 0, .bytes_share = 0},
      .compaction = {.neighbours = rng_.chance(0.25) ? 1000 : 2 + rng_.below(4),
                     .segment_bytes_max = 200'000,
                     .bytes_per_second = rng_.chance(0.3) ? 20'000U : 1U << 30,
                     .purge_after = rng_.chance(0.5) ? Duration(0) : Duration(1h),
                     .rest_after = rng_.chance(0.5) ? Duration(0) : Duration(1h)},
      .retention = {{lets_go_ ? fmt::format("s{}", too_old.value()) : "none", day},
                    {archives_ ? fmt::format("s{}", archived.value()) : "none", day}},
      .tiles_retention = {{fmt::format("s{}", archived.value()), 36'500 * day}}};
  auto history = node.run(History::open(std::move(around), settings, failed));
  if (!history) return false;
  if (!*history) return explain("history did not open", history->error()), false;
  node.history = std::move(**history);
  batches_then_ = batches_sealed_;
  node.home->post([&node] { node.log->allow_trimming(); });
  tell("opened [{}, {}), history at {} in {} segments", node.log->begin().value(), node.log->end().value(),
       node.history->counters().cursor.value(), node.history->counters().segments);
  return true;
}

// Of few; far enough apart that they are in several tiles.
Time Run::some_time() { return Time(static_cast<std::int64_t>(rng_.below(20)) * 25'000'000'000); }

// Few times and few values, so that replays, corrections and late samples are the rule.
Time Run::some_time_of(SignalId signal) {
  if (signal != archived) return some_time();
  return Time(oldest_.value() + static_cast<std::int64_t>(rng_.below(48)) * Duration(2h).count() + 1);
}

SentBatch Run::random_batch(std::uint64_t number) {
  SentBatch batch;
  for (std::uint64_t i = rng_.below(6); i > 0; --i) {
    SignalId signal(static_cast<std::uint32_t>(1 + rng_.below(signals)));
    if (signal == twins.back()) signal = twins.front();
    const Time time = some_time_of(signal);
    const Quality quality = rng_.below(8) == 0 ? (rng_.chance(0.5) ? quality_bad : quality_uncertain) : quality_good;
    const std::uint64_t value = rng_.below(5);
    const auto send = [&](SignalId of) {
      batch.push_back({history::testing::asset_of(of), of, time, history::testing::value_for(of, value), quality});
    };
    send(signal);
    if (signal == twins.front()) send(twins.back());
  }
  const auto mark = static_cast<std::int64_t>(number);
  batch.push_back({marker_asset, marker, Time(mark), mark, quality_good});
  return batch;
}

// Ranges that end where a sample may be, and before it.
std::vector<Deletion> Run::random_deletions() {
  std::vector<Deletion> deletions;
  for (std::uint64_t i = rng_.chance(0.1) ? 1 + rng_.below(3) : 0; i > 0; --i) {
    const SignalId signal(static_cast<std::uint32_t>(1 + rng_.below(signals)));
    const Time from = rng_.chance(0.2) ? time_min : some_time_of(signal);
    Time to = rng_.chance(0.2) ? time_max : Time(some_time_of(signal).value() + (rng_.chance(0.5) ? 0 : 1));
    if (to <= from) to = Time(from.value() + 1);
    deletions.push_back({history::testing::asset_of(signal), signal, from, to});
  }
  return deletions;
}

void Run::send_one(Node& node) {
  const std::size_t number = sent_.size();
  sent_.push_back({random_batch(number), random_deletions()});
  const auto refused = [this, number](const Error& error) {
    explain("refused", error);
    if (error.is(LogError::full) || error.is(LogError::busy)) sent_[number].fate = Fate::gone;
  };
  auto taken = node.log->append(history::testing::encode(sent_[number].rows, sent_[number].deletions),
                                [this, number, refused](const Result<Offset>& offset) {
                                  if (!offset) return refused(offset.error());
                                  sent_[number].fate = Fate::there;
                                  ++acknowledged_;
                                });
  if (!taken) refused(taken.error());
}

Task<void> Run::produce(Node* node, std::size_t shard, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    send_one(*node);
    if (rng_.chance(0.5)) co_await runtime::pause(*node->loops[shard], Duration(rng_.below(3'000'000)));
  }
  // Until everything is answered; a full disk answers at once.
  co_await runtime::pause(*node->loops[shard], 50ms);
  --node->working;
}

// Asks while samples arrive and checkpoints are made: what was acknowledged before the question must be in the answer.
Task<void> Run::ask(Node* node, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await runtime::pause(*node->home, Duration(rng_.below(20'000'000)));
    std::vector<std::size_t> before;
    for (std::size_t number = 0; number < sent_.size(); ++number) {
      if (sent_[number].fate == Fate::there) before.push_back(number);
    }
    const auto found = co_await read_lines(node, scan_of(marker));
    co_await runtime::on(*node->home);
    if (!found) {
      cannot_read("a scan", found.error());
      break;
    }
    if (found->incomplete) {
      if (!faulty()) fail("a scan says that something is damaged");
      continue;
    }
    std::vector<std::size_t> there;
    for (const std::string& line : found->lines) there.push_back(std::stoull(line));
    if (!std::ranges::includes(there, before)) fail("an answer misses what was acknowledged before the question");
  }
  --node->working;
}

void Run::load(Node& node) {
  // The log has segments that are prepared, history has no room.
  std::uint64_t& room = machine_.faults().capacity_bytes;
  if (room < plenty && rng_.chance(0.7)) room = machine_.disk().used_bytes() + rng_.below(4 << 10);
  const std::uint64_t questions = rng_.below(4);
  node.working = shards + 1;
  for (std::size_t shard = 0; shard < shards; ++shard) {
    const std::uint64_t count = rng_.below(60);
    node.loops[shard]->post([this, &node, shard, count] { node.scope.spawn(produce(&node, shard, count)); });
  }
  node.home->post([this, &node, questions] { node.scope.spawn(ask(&node, questions)); });
  const std::uint64_t steps = rng_.chance(0.5) ? 50'000 : 200 + rng_.below(6000);
  node.process.run_until([&] { return node.working == 0 || node.failed || failure_; }, steps);
}

// Which batches there are. After that nothing is unknown any more.
void Run::look(Node& node) {
  auto marked = node.run(read_lines(&node, scan_of(marker)));
  if (!marked) return;
  if (!*marked) return cannot_read("the markers cannot be read", marked->error());
  if ((*marked)->incomplete) {
    if (!faulty()) fail("a scan says that something is damaged");
    return;
  }
  std::vector<bool> there(sent_.size());
  for (const std::string& line : (*marked)->lines) {
    const std::size_t number = std::stoull(line);
    if (number >= there.size()) return fail(fmt::format("batch {} is there and was never sent", number));
    if (there[number]) return fail(fmt::format("batch {} is there twice", number));
    there[number] = true;
  }
  for (std::size_t number = 0; number < sent_.size(); ++number) {
    Fate& fate = sent_[number].fate;
    if (there[number] && fate == Fate::gone) return fail(fmt::format("batch {} was refused or lost before", number));
    if (!there[number] && fate == Fate::there) return fail(fmt::format("acknowledged batch {} is lost", number));
    fate = there[number] ? Fate::there : Fate::gone;
  }
  compare(node);
}

// Every signal against the model.
void Run::compare(Node& node) {
  Model model;
  for (const Sent& one : sent_) {
    if (one.fate != Fate::there) continue;
    history::testing::apply(model, one.deletions);
    history::testing::apply(model, one.rows);
  }
  if (lets_go_) model.erase(too_old);
  for (std::uint32_t number = 1; number <= signals; ++number) {
    const SignalId signal(number);
    if (!compare_scan(node, model, signal)) return;
    if (archives_ && signal == archived) {
      compare_archived(node);
    } else {
      compare_summaries(node, model, signal);
    }
  }
}

// Whether the next signal can be asked for.
bool Run::compare_scan(Node& node, const Model& model, SignalId signal) {
  Scan scan = scan_of(signal);
  if (rng_.chance(0.5)) scan.direction = Direction::backward;
  if (rng_.chance(0.3)) scan.revisions = Revisions::newest;
  if (rng_.chance(0.2)) scan.from = some_time();
  if (rng_.chance(0.2)) scan.limit = 1 + rng_.below(10);
  const Time shown_from = archives_ && signal == archived ? horizon() : time_min;
  const auto found = node.run(read_lines(&node, scan));
  if (!found) return false;
  if (!*found) return cannot_read("a signal cannot be read", found->error()), false;
  // A day may have ended meanwhile. And where the clock has gone back since, by ten seconds, over the end of a day,
  // what was let go of then stays gone.
  if (shown_from != time_min && shown_from != horizon(Duration(1min))) return true;
  scan.from = std::max(scan.from, shown_from);
  if ((*found)->incomplete) {
    if (!faulty()) fail("a scan says that something is damaged");
    return true;
  }
  const auto should = history::testing::expected(model, scan);
  if ((*found)->lines == should) return true;
  fail(fmt::format("signal {}: a scan shows {}, but {} was sent", signal.value(), fmt::join((*found)->lines, ", "),
                   fmt::join(should, ", ")));
  return false;
}

std::vector<const Sent*> Run::there() const {
  std::vector<const Sent*> all;
  for (const Sent& one : sent_) {
    if (one.fate == Fate::there) all.push_back(&one);
  }
  return all;
}

// What is of the archived signal.
std::vector<Deletion> archived_of(std::vector<Deletion> deletions) {
  std::erase_if(deletions, [](const Deletion& one) { return one.signal != archived; });
  return deletions;
}
SentBatch archived_of(SentBatch rows) {
  std::erase_if(rows, [](const auto& row) { return row.signal != archived; });
  return rows;
}

// What archives tell of a range that are made of the first so many batches: later ones only delete.
Model Run::archived_model(std::size_t batches, Time from, Time to) const {
  Model model;
  std::size_t number = 0;
  for (const Sent* one : there()) {
    history::testing::apply(model, archived_of(one->deletions));
    SentBatch rows = number++ < batches ? archived_of(one->rows) : SentBatch();
    std::erase_if(rows, [&](const auto& row) { return row.time < from || row.time >= to; });
    history::testing::apply(model, rows);
  }
  return model;
}

history::SummaryScan scan_of_archived(Time from, Time to, std::optional<Duration> step) {
  history::SummaryScan scan;
  scan.asset = history::testing::asset_of(archived);
  scan.signal = archived;
  scan.from = from;
  scan.to = to;
  if (step) scan.end_of = [length = step->count()](Time time) { return Time((time.value() / length + 1) * length); };
  return scan;
}

std::vector<std::string> lines_of(const Model& model, const history::SummaryScan& scan) {
  std::vector<std::string> lines;
  for (const auto& summary : history::testing::expected_of(model, scan))
    lines.push_back(history::testing::line_of(summary));
  return lines;
}

// Of how many batches the archive was made that has this day: of no fewer than were there when it was not. False where
// that cannot be found out now.
bool Run::find_archived(Node& node, Time from, Time to) {
  const auto scan = scan_of_archived(from, to, Duration(1h));
  const auto found = node.run(read_summaries(&node, scan));
  if (!found || !*found || (*found)->incomplete) return false;
  const auto all = there();
  for (std::size_t batches = batches_least_; batches <= all.size(); ++batches) {
    const bool changes = batches > 0 && !archived_of(all[batches - 1]->rows).empty();
    if (!changes && batches > batches_least_) continue;
    if (lines_of(archived_model(batches, from, to), scan) != (*found)->lines) continue;
    archived_batches_[from] = batches;
    return true;
  }
  fail(fmt::format("of the day from {} on archives tell {}, which never was so", from.value(),
                   fmt::join((*found)->lines, "; ")));
  return false;
}

// Of what is archived nothing changes but by deletions; of all other times everything counts.
void Run::compare_archived(Node& node) {
  history::SummaryScan scan = scan_of_archived(time_min, time_max, std::nullopt);
  if (rng_.chance(0.8)) scan = scan_of_archived(time_min, time_max, rng_.chance(0.5) ? Duration(3h) : day);
  const auto found = node.run(read_summaries(&node, scan));
  if (!found) return;
  if (!*found) return cannot_read("a signal cannot be summed up", found->error());
  if ((*found)->incomplete) {
    if (!faulty()) fail("summaries say that something is damaged");
    return;
  }
  const Time until = (*found)->archived_before.value_or(oldest_);
  // The clock may have gone back since by ten seconds, over the end of a day.
  if (until > horizon(Duration(1min))) fail("an archive tells of samples that are not too old");
  for (Time from = archived_until_; from < until; from = Time(from.value() + day.count())) {
    if (!find_archived(node, from, Time(from.value() + day.count()))) return;
    archived_until_ = Time(from.value() + day.count());
  }
  Model model = archived_model(there().size(), until, time_max);
  for (const auto& [from, batches] : archived_batches_) {
    model[archived].merge(archived_model(batches, from, Time(from.value() + day.count()))[archived]);
  }
  if ((*found)->lines != lines_of(model, scan)) {
    return fail(fmt::format("archived before {}, it comes to {}, but should to {}", until.value(),
                            fmt::join((*found)->lines, "; "), fmt::join(lines_of(model, scan), "; ")));
  }
  batches_least_ = batches_then_;
  if (node.history->counters().cursor == node.log->end()) batches_sealed_ = there().size();
}

// What a signal comes to, by intervals of some length, against the model.
void Run::compare_summaries(Node& node, const Model& model, SignalId signal) {
  history::SummaryScan scan;
  scan.asset = history::testing::asset_of(signal);
  scan.signal = signal;
  if (rng_.chance(0.3)) scan.from = some_time();
  static constexpr std::array<std::int64_t, 4> steps{30, 60, 90, 600};
  const std::int64_t step = steps[rng_.below(steps.size())] * 1'000'000'000;
  if (rng_.chance(0.8)) scan.end_of = [step](Time time) { return Time((time.value() / step + 1) * step); };
  scan.usable = static_cast<history::Usable>(rng_.below(3));
  const auto found = node.run(read_summaries(&node, scan));
  if (!found) return;
  if (!*found) return cannot_read("a signal cannot be summed up", found->error());
  if ((*found)->incomplete) {
    if (!faulty()) fail("summaries say that something is damaged");
    return;
  }
  std::vector<std::string> should;
  for (const auto& summary : history::testing::expected_of(model, scan)) {
    should.push_back(history::testing::line_of(summary));
  }
  if ((*found)->lines != should) {
    fail(fmt::format("signal {}: it comes to {}, but should to {}", signal.value(), fmt::join((*found)->lines, "; "),
                     fmt::join(should, "; ")));
  }
}

void Run::checkpoint(Node& node) {
  const Offset end = node.log->end();
  const auto done = node.run(node.history->checkpoint());
  if (!done) return;
  if (!*done) return explain("a checkpoint", done->error());
  if (node.history->counters().cursor < end) fail("a checkpoint does not reach as far as it was asked to");
}

// The commit is the manifest: from its temporary file on, five operations.
void Run::cut_checkpoint(Node& node) {
  node.home->post([&node] {
    node.scope.spawn([](History* history) -> Task<void> { (void)co_await history->checkpoint(); }(node.history.get()));
  });
  node.process.run_until([&] { return node.failed || machine_.disk().exists("data/history/manifest.tmp"); }, 100'000);
  machine_.crash_at_io(machine_.io_count() + 1 + rng_.below(5));
  node.process.run_for(100ms);
}

// It must resume by itself.
void Run::room_again(Node& node) {
  tell("room again");
  machine_.faults().capacity_bytes = plenty;
  node.process.run_for(5s);
  if (node.down()) return;
  const std::uint64_t acknowledged = acknowledged_;
  node.home->post([this, &node] { send_one(node); });
  node.process.run_for(1s);
  if (node.down()) return;
  if (acknowledged_ == acknowledged) return fail("there is room again but nothing is taken");
  const Offset end = node.log->end();
  const auto done = node.run(node.history->checkpoint());
  if (!done || node.down() || (!*done && faulty() && done->error().is(FileError::io))) return;
  if (!*done || node.history->counters().cursor < end) fail("there is room again but no checkpoint");
}

void Run::close(Node& node) {
  const auto closed = node.run([](Node* at) -> Task<Result<void>> {
    co_await at->log->close();
    co_await runtime::on(*at->home);
    co_return co_await at->history->close();
  }(&node));
  node.closed = true;
  if (closed && !*closed) explain("closing", closed->error());
  if (closed && *closed) {
    tell("closed at {}", node.log->end().value());
    if (node.history->counters().cursor != node.log->end()) fail("closed before everything was in segments");
  }
}

// Until whoever sends or asks has his answers.
void Run::finish(Node& node) {
  node.in_time([&] { return node.working == 0 || failure_; });
}

// Nothing of this needs room: reading goes on, a checkpoint says why there is none, and the node stops in order.
void Run::live_on_a_full_disk(Node& node) {
  tell("full or not");
  look(node);
  if (!failure_ && !node.down() && rng_.chance(0.5)) checkpoint(node);
  if (!failure_ && !node.down() && rng_.chance(0.5)) look(node);
  if (!failure_ && !node.down() && rng_.chance(0.5)) close(node);
}

// After the load, where the process was not crashed in the middle of it.
void Run::come_to_rest(Node& node, bool last) {
  if (small_disk_ && rng_.chance(0.5)) {
    finish(node);
    if (!failure_ && !node.down()) live_on_a_full_disk(node);
    if (failure_ || node.down() || node.closed) return;
  }
  if (small_disk_) room_again(node);
  finish(node);
  if (failure_ || node.down()) return;
  if (life_ == Life::cut) return cut_checkpoint(node);
  if (rng_.chance(0.3)) checkpoint(node);
  if (!failure_ && !node.down()) look(node);
  if ((last || rng_.chance(0.3)) && !failure_ && !node.down()) close(node);
}

void Run::live(Node& node, bool last) {
  if (rng_.chance(0.7)) look(node);
  if (life_ == Life::quiet) return node.process.run_for(100ms);  // the log forgets what it may
  if (!failure_ && !node.down()) load(node);
  if (failure_ || node.down()) return;
  if (last || life_ == Life::cut || rng_.chance(0.6))
    come_to_rest(node, last);  // else it crashes in the middle of it all
}

void Run::round(bool last) {
  choose_life(last);
  Node node(machine_);
  if (!open(node)) {
    if (last) fail("a healthy machine did not open");
    return;
  }
  live(node, last);
  if (last && node.down()) fail("a healthy machine failed");
  // Until a node that failed has exited, its answers are errors, but there are some.
  if (node.failed) finish(node);
  if (node.failed && !node.closed && rng_.chance(0.5)) close(node);
  if (node.late) fail("who asked waits in vain");
}

}  // namespace

Outcome run_seed(std::uint64_t seed, bool tell) { return Run(seed, tell).execute(); }

}  // namespace artery::history_sim
