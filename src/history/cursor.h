// A scan under way: which runs it is made of, and how they are opened.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "history/merge.h"
#include "history/partition.h"
#include "history/scan.h"
#include "history/segment.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

// The times that a scan can still come to; nothing where there are none.
std::optional<Span> span_of(const Scan& scan);

class Cursor::State {
 public:
  // Both outlive it.
  struct Surroundings {
    runtime::Files* files;
    Damage* damage;
  };
  State(Surroundings around, const Scan& scan, const Span& span, Snapshot snapshot);

  runtime::Task<Result<Samples>> next();
  void recycle(Samples spent) { spent_ = std::move(spent); }
  [[nodiscard]] bool incomplete() const { return incomplete_; }

 private:
  struct SealedRun {
    std::shared_ptr<const Segment> segment;
    ChunkPlace place;
  };
  using Source = std::variant<SealedRun, HeadRun, Rows>;
  static constexpr std::size_t open_files_max = 16;

  static std::vector<Source> sources_of(Snapshot snapshot, SignalId signal, const Span& span);
  static std::vector<Span> spans_of(const std::vector<Source>& sources);
  runtime::Task<Result<void>> open(std::size_t number, Samples* into);
  runtime::Task<Result<Rows>> read(std::size_t number, bool alone);
  runtime::Task<Result<Rows>> load(SealedRun run, bool alone);
  [[nodiscard]] Columns needed(const Span& span) const;
  void take(Samples part, Samples& into);
  runtime::Task<Result<runtime::File*>> file_of(const Segment* segment);

  const Surroundings around_;
  const SignalId signal_;
  const Span span_;
  const Columns columns_;
  const Direction direction_;
  const std::stop_token stop_;
  std::uint64_t left_;
  bool incomplete_;
  const Visible visible_;
  std::vector<Source> sources_;
  Merge merge_;
  Samples ready_;                                                  // of a run that was alone: goes out next
  Samples spent_;                                                  // memory to use again
  std::map<std::uint64_t, std::unique_ptr<runtime::File>> files_;  // by segment number
};

}  // namespace artery::history
