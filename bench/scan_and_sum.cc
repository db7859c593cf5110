// How fast history is scanned: all samples of all signals, by two tasks at a time, and the values summed: of a scan
// that asks for values alone, for times and values, and for all columns; beside what the same cores read of plain
// memory in the same run.
//
//     tools/bench scan_and_sum [--samples 1e9] [--signals 1000] [--at-rest 1] [--columns values|times,values|all]
//
// Segments as checkpoints leave them, or, at rest, as compaction does, are written first (100,000,000 samples each:
// random walks, half integers, half of one decimal, a value every ten seconds). Bytes are those of the columns that are
// asked for: time 8, value 8, quality 4, arrival 8, revision 4.
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <future>
#include <numeric>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "bench/figures.h"
#include "history/codec/versions.h"
#include "history/history.h"
#include "history/manifest.h"
#include "history/segment_writer.h"
#include "model/sample_block.h"
#include "runtime/linux/linux_runtime.h"

using namespace artery;
using runtime::Task;

namespace {

constexpr std::uint64_t segment_samples = 100'000'000;
constexpr std::int64_t start_s = 1'700'000'000;
constexpr std::int64_t second = 1'000'000'000;
constexpr std::size_t threads = 2;
constexpr int rounds = 3;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds_since(std::int64_t began) { return static_cast<double>(bench::now_ns() - began) / 1e9; }

// In huge pages, where the system has them: with small ones what is measured is the look at their table.
std::span<std::uint64_t> map_words(std::size_t words) {
  void* const at =
      mmap(nullptr, words * sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return {};
  madvise(at, words * sizeof(std::uint64_t), MADV_HUGEPAGE);
  const std::span block(static_cast<std::uint64_t*>(at), words);
  std::ranges::fill(block, 1);
  return block;
}

// Bytes per second that all threads together read of memory that no cache holds.
double memory_bandwidth() {
  constexpr std::size_t words = std::size_t{256} << 20U;  // 2 GiB: some machines have caches of half a GiB
  std::array<std::span<std::uint64_t>, threads> blocks;
  for (auto& block : blocks) block = map_words(words);
  std::atomic<std::uint64_t> sum = 0;
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::int64_t began = bench::now_ns();
    {
      std::vector<std::jthread> readers;
      readers.reserve(threads);
      for (const auto block : blocks)
        readers.emplace_back([&sum, block] { sum += std::accumulate(block.begin(), block.end(), std::uint64_t{0}); });
    }
    best = std::max(best, static_cast<double>(threads * words * sizeof(std::uint64_t)) / seconds_since(began));
  }
  for (const auto block : blocks) munmap(block.data(), block.size_bytes());
  return sum == rounds * threads * words ? best : 0;
}

// Values of one signal: integers or of one decimal.
std::vector<double> walk() {
  std::minstd_rand chance(1);
  std::vector<double> values(1'000'000);
  double at = 500;
  for (double& value : values) {
    at = std::clamp(at + static_cast<double>(chance() % 5) - 2, 0.0, 1000.0);
    value = at;
  }
  return values;
}

struct Asked {
  std::string_view name;
  history::Columns columns;
  double row_bytes;
};
using history::Column;
constexpr std::array every_asked{Asked{"values", {Column::values}, 8},
                                 Asked{"times,values", {Column::times, Column::values}, 16},
                                 Asked{"all", history::Columns::all(), 32}};

struct Work {
  std::uint64_t samples;
  std::uint32_t signals;
  bool at_rest;
  std::vector<Asked> asked;
  std::string folder;
  Time created;  // just now: what is light for a day would be coded for rest meanwhile
};

// A segment of the rows from `first` on of every signal.
Task<Result<history::SegmentEntry>> write_segment(runtime::Files* files, const Work* work, std::uint64_t number,
                                                  std::uint64_t first, std::uint64_t rows,
                                                  const std::vector<double>* walk) {
  history::SegmentPlan plan{.files = files,
                            .folder = work->folder + "/history",
                            .number = number,
                            .from = Offset(number - 1),
                            .to = Offset(number),
                            .clean = Offset(number),
                            .created = work->created,
                            .names = [](SignalId) { return history::SignalFacts{"plant/unit/value", "1"}; },
                            .effort = work->at_rest ? codec::Effort::small : codec::Effort::light,
                            .tiles = {}};
  auto writer = co_await history::SegmentWriter::create(std::move(plan));
  if (!writer) co_return writer.error();
  for (std::uint32_t signal = 1; signal <= work->signals; ++signal) {
    for (std::uint64_t row = first; row < first + rows; row += history::vector_rows) {
      history::Samples vector;
      for (std::uint64_t i = row; i < std::min(row + history::vector_rows, first + rows); ++i) {
        const double value = (*walk)[(i + std::uint64_t{signal} * 7919) % walk->size()];
        const Time time((start_s + static_cast<std::int64_t>(i) * 10) * second);
        vector.push(time, std::bit_cast<std::uint64_t>(signal % 2 == 0 ? value : value / 10), {}, quality_good,
                    Time(time.value() + second), 1);
      }
      (*writer)->add(SignalId(signal), vector);
      if (!(*writer)->is_full()) continue;
      if (auto flushed = co_await (*writer)->flush(); !flushed) co_return flushed.error();
    }
  }
  if (auto finished = co_await (*writer)->finish(); !finished) co_return finished.error();
  co_return co_await (*writer)->give_name();
}

Task<Result<void>> fill(runtime::Files* files, const Work* work) {
  const std::vector<double> values = walk();
  history::Manifest manifest;
  const std::uint64_t rows = work->samples / work->signals;
  const std::uint64_t rows_of_segment = std::max<std::uint64_t>(1, segment_samples / work->signals);
  for (std::uint64_t first = 0; first < rows; first += rows_of_segment) {
    const std::uint64_t number = manifest.next_number++;
    const auto entry =
        co_await write_segment(files, work, number, first, std::min(rows_of_segment, rows - first), &values);
    if (!entry) co_return entry.error();
    manifest.segments.push_back(*entry);
    manifest.cursor = entry->to;
  }
  co_return co_await history::write_manifest(files, work->folder + "/history", manifest);
}

struct Sum {
  std::uint64_t rows = 0;
  double values = 0;
};

// In lanes: one addition after the other is as fast as their latency allows, not as memory does.
constexpr std::size_t lanes = 32;
struct AddInLanes {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* words, std::size_t count, double* sums) {
    std::array<double, lanes> lane_sums{};
    for (std::size_t at = 0; at + lanes <= count; at += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) lane_sums[lane] += std::bit_cast<double>(words[at + lane]);
    }
    std::ranges::copy(lane_sums, sums);
  }
};

double sum_of(const std::vector<std::uint64_t>& words) {
  std::array<double, lanes> sums{};
  codec::run_fastest<AddInLanes>(words.data(), words.size(), sums.data());
  double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
  for (std::size_t at = words.size() / lanes * lanes; at < words.size(); ++at) sum += std::bit_cast<double>(words[at]);
  return sum;
}

Task<Result<Sum>> scan(history::History* history, SignalId signal, history::Columns columns) {
  history::Scan scan;
  scan.columns = columns;
  scan.asset = AssetId(1);
  scan.signal = signal;
  auto cursor = co_await history->scan(std::move(scan));
  if (!cursor) co_return cursor.error();
  Sum sum;
  while (true) {
    auto samples = co_await cursor->next();
    if (!samples) co_return samples.error();
    if (samples->empty()) co_return sum;
    sum.rows += samples->size();
    sum.values += sum_of(samples->words);
    cursor->recycle(std::move(*samples));
  }
}

class Bench {
 public:
  explicit Bench(Work work) : work_(std::move(work)) { work_.created = machine_->clock().now(); }

  int run() {
    std::promise<Result<void>> done;
    auto ended = done.get_future();
    home_->post([&] { scope_.spawn(all(&done)); });
    const auto outcome = ended.get();
    if (!outcome) fmt::print(stderr, "{}\n", outcome.error().message());
    return outcome ? 0 : 1;
  }

 private:
  Task<void> all(std::promise<Result<void>>* done) {
    auto outcome = co_await measure();
    co_await runtime::on(*home_);
    done->set_value(std::move(outcome));
  }

  Task<Result<void>> measure() {
    log::LogSettings log_settings;
    log_settings.folder = work_.folder + "/log";
    auto log = co_await log::Log::open({*home_, *pool_, machine_->files(), machine_->clock(), machine_->journal()},
                                       log_settings, [](const Error&) {});
    if (!log) co_return log.error();
    log_ = std::move(*log);
    co_await runtime::on(*pool_);
    const std::int64_t began = bench::now_ns();
    if (auto filled = co_await fill(&machine_->files(), &work_); !filled) co_return filled;
    fmt::print("written in {:.0f} s: {} samples of {} signals, {}\n", seconds_since(began), work_.samples,
               work_.signals, work_.at_rest ? "at rest" : "as a checkpoint leaves them");
    co_await runtime::on(*home_);
    co_await append_batches();
    history::HistorySettings settings;
    settings.folder = work_.folder + "/history";
    settings.compaction.neighbours = 1000;
    history::History::Surroundings around{
        *home_, {home_.get()}, *pool_, machine_->files(), machine_->clock(), machine_->journal(), *log_, [](SignalId) {
          return history::SignalFacts{};
        }};
    auto history = co_await history::History::open(std::move(around), settings, [](const Error&) {});
    if (!history) co_return history.error();
    history_ = std::move(*history);
    Result<void> scanned;
    for (int round = 0; scanned && round < rounds; ++round) scanned = co_await scan_each();
    co_await log_->close();
    auto closed = co_await history_->close();
    co_return scanned ? closed : scanned;
  }

  // As many as the manifest says are in segments.
  Task<void> append_batches() {
    for (std::uint64_t first = 0; first < work_.samples; first += segment_samples) {
      log::BatchBuilder batch;
      SampleBlockBuilder block({ValueType::f64});
      block.start_row(block.add_series(AssetId(1), std::array{SignalId(1)}), Time(0));
      block.set_f64(0, 0);
      block.write(batch.bytes());
      bool acknowledged = false;
      if (!log_->append(std::move(batch), [&](const Result<Offset>&) { acknowledged = true; })) co_return;
      while (!acknowledged) co_await runtime::pause(*home_, std::chrono::milliseconds(1));
    }
  }

  Task<Result<void>> scan_each() {
    const double memory = memory_bandwidth();
    for (const Asked& asked : work_.asked) {
      if (auto scanned = co_await scan_all(&asked, memory); !scanned) co_return scanned;
    }
    co_return Result<void>();
  }

  Task<Result<void>> scan_all(const Asked* asked, double memory) {
    const double cpu = cpu_seconds();
    const std::int64_t began = bench::now_ns();
    next_ = 1;
    running_ = threads;
    total_ = {};
    failed_.reset();
    for (std::size_t i = 0; i < threads; ++i) scope_.spawn(take_signals(asked->columns));
    while (running_ > 0) co_await runtime::pause(*home_, std::chrono::milliseconds(1));
    if (failed_) co_return *failed_;
    const double took = seconds_since(began);
    const auto rows = static_cast<double>(total_.rows);
    const double bytes = rows * asked->row_bytes / took;
    fmt::print(
        "{}: {:.3f} G samples/s, {:.1f} CPU s per 1,000 million, {:.1f} GB/s of columns, {:.0f} % of the {:.1f} GB/s "
        "that memory is read with; sum {:.1f} of {} samples\n",
        asked->name, rows / took / 1e9, (cpu_seconds() - cpu) / rows * 1e9, bytes / 1e9, 100 * bytes / memory,
        memory / 1e9, total_.values, total_.rows);
    co_return Result<void>();
  }

  // On `home` but for the scans.
  Task<void> take_signals(history::Columns columns) {
    while (next_ <= work_.signals && !failed_) {
      const auto sum = co_await scan(history_.get(), SignalId(next_++), columns);
      co_await runtime::on(*home_);
      if (!sum) {
        failed_ = sum.error();
        break;
      }
      total_.rows += sum->rows;
      total_.values += sum->values;
    }
    --running_;
  }

  Work work_;
  std::unique_ptr<runtime::Runtime> machine_ = runtime::make_linux_runtime({runtime::Severity::error});
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<history::History> history_;
  std::uint32_t next_ = 1;
  std::size_t running_ = 0;
  Sum total_;
  std::optional<Error> failed_;
  runtime::Scope scope_;
  std::unique_ptr<runtime::Executor> pool_ = machine_->make_pool("pool", threads);
  std::unique_ptr<runtime::Loop> home_ = machine_->make_loop("home");
};

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = "var/scan_and_sum";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/history");
  const std::string_view wanted = bench::text_option(argc, argv, "columns", "");
  std::vector<Asked> asked;
  for (const Asked& one : every_asked) {
    if (wanted.empty() || wanted == one.name) asked.push_back(one);
  }
  const Work work{static_cast<std::uint64_t>(bench::option(argc, argv, "samples", 1e9)),
                  static_cast<std::uint32_t>(bench::option(argc, argv, "signals", 1000)),
                  bench::option(argc, argv, "at-rest", 0) > 0,
                  std::move(asked),
                  folder,
                  Time()};
  const int outcome = Bench(work).run();
  std::filesystem::remove_all(folder);
  return outcome;
}
