// Pours files into a running node: reads, sends, counts, tells. `run()` blocks, on any thread but a loop's.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "app/replay_progress.h"
#include "app/replay_source.h"
#include "app/replay_state.h"
#include "app/replay_upload.h"
#include "runtime/linux/signals.h"

namespace artery::app {

struct ReplayOptions {
  std::string node;  // "http://127.0.0.1:8080"
  net::ServerUrl server;
  Uploader::Door door{"/write?precision=ns", "text/plain; charset=utf-8"};
  std::size_t connections = 4;
  Duration wait_max = std::chrono::minutes(1);
  double speed = 0;  // 60 is sixty seconds of the sources' time in one; 0 is as fast as it goes
  bool shift_to_now = false;
  bool sets_units = true;
  std::string refused_file;
  std::string state_file;  // empty: none is kept
  std::string key;         // what tells this command from others
};

struct ReplayCounts {
  std::uint64_t rows = 0;
  std::uint64_t empty_rows = 0;  // without a value
  std::uint64_t sent = 0;        // samples
  std::uint64_t answered = 0;    // of those: on the disk, or refused by the node
  std::uint64_t refused = 0;     // rows, cells, lines or samples
};

// What was refused, by reason.
struct RefusalGroup {
  std::uint64_t count = 0;
  std::string first;  // "file:line: reason"
};

// Units of signals, as the catalogue takes them.
struct UnitTable {
  std::string csv = "kind,name,unit\n";
  std::size_t lines = 0;
  void add(std::string_view path, const replay::Plan& plan);
};

class ReplayRun {
 public:
  ReplayRun(runtime::Runtime& runtime, ReplayOptions options, std::vector<std::unique_ptr<ReplaySource>> sources);
  ~ReplayRun();
  ReplayRun(const ReplayRun&) = delete;
  ReplayRun& operator=(const ReplayRun&) = delete;

  // The exit status: 0 all taken, 1 something refused or stopped, 3 the node does not answer.
  int run();
  // Ends run() in order. Any thread.
  void stop() { uploader_.stop(); }

 private:
  struct Building {
    Batch batch;
    std::uint32_t body_lines = 0;
    ReplayPosition first;
  };
  struct SentBatch {
    std::uint64_t order = 0;
    ReplayPosition first;
  };

  Result<void> open_refused(const ReplayPosition* from);
  bool send_one_after_the_other(const std::optional<ReplayState>& left_off);
  bool send_by_time();
  void open_all();
  void advance(std::size_t i);
  void fail_file(const Error& error);
  bool send_file(std::size_t index, const RowPlace* from);
  Result<void> find_shift();
  bool add(std::size_t file, const ReplayLine& line);
  void look_around();
  bool flush(std::size_t lane);
  bool flush_all();
  bool wait_until_due(Time time, Time first, Instant began);
  void note_series(std::size_t file, std::string_view series);
  void set_units();
  void send_units(UnitTable& table);

  void take_outcomes();
  void refuse(std::size_t file, std::uint64_t line, std::string_view reason, std::string_view row);
  void group_of(std::string_view reason, std::size_t file, std::uint64_t line, std::string_view as_first);
  TellRefused teller(std::size_t file);
  void write_refused(std::size_t file, std::uint64_t line, std::string_view reason, std::string_view row);
  [[nodiscard]] std::string refused_before(const ReplayPosition& from) const;
  void save_state();
  [[nodiscard]] ReplayPosition answered_up_to() const;

  [[nodiscard]] std::uint64_t bytes_done() const;
  [[nodiscard]] ReplayProgress progress();
  void show_summary(bool is_whole);

  runtime::Runtime& runtime_;
  const ReplayOptions options_;
  std::vector<std::unique_ptr<ReplaySource>> sources_;
  std::optional<ReplayStateFile> state_;
  Uploader uploader_;

  std::vector<Building> building_;           // by lane
  std::vector<std::deque<SentBatch>> sent_;  // by lane, without outcome
  std::uint64_t order_ = 0;
  ReplayPosition at_;
  Duration shift_{};
  std::vector<ReplayLine> lines_;                // by file: the next one, of a replay by time
  std::set<std::pair<Time, std::size_t>> next_;  // their times
  bool failed_ = false;                          // a file could not be read to its end

  ReplayCounts counts_;
  std::map<std::string, RefusalGroup> refusals_;
  std::unique_ptr<runtime::File> refused_;
  std::uint64_t refused_at_ = 0;
  std::vector<std::unordered_set<std::string>> series_;  // by file, where it has units

  ProgressDisplay display_;
  Instant began_;
  Instant saved_;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_before_ = 0;  // of files that are done
  const ReplaySource* reading_ = nullptr;
  std::uint64_t bytes_skipped_ = 0;  // of an earlier run
  std::uint64_t looked_at_ = 0;
};

// Runs it on a thread of its own, while the calling one waits for Ctrl-C. The exit status is run()'s.
int run_until_done_or_stopped(runtime::Signals& signals, runtime::Runtime& runtime, ReplayRun& run);

}  // namespace artery::app
