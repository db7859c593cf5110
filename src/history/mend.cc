#include "history/mend.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "history/error.h"
#include "history/remains.h"
#include "history/seal.h"
#include "history/segment_writer.h"
#include "model/rfc3339.h"

namespace artery::history {
namespace {

using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

// Samples of one signal that cannot be read, of chunks that follow each other.
struct Gone {
  SignalId signal;
  Span span;
  std::uint64_t rows = 0;
  std::uint64_t in_log = 0;  // of that signal and these times; replays count
};

std::vector<Gone> gone_of(const std::vector<Remains::Chunk>& chunks) {
  std::vector<Gone> all;
  for (const auto& [signal, place] : chunks) {
    if (all.empty() || all.back().signal != signal) all.push_back({signal, place.span, 0, 0});
    all.back().span.last = std::max(all.back().span.last, place.span.last);
    all.back().rows += place.rows;
  }
  return all;
}

class Mender {
 public:
  Mender(const MendSurroundings* around, Offset from, Offset to) : around_(*around), from_(from), to_(to) {}

  Task<Result<Mended>> segment(SegmentEntry entry) {
    entry_ = entry;
    if (auto found = co_await find_file(); !found) co_return found.error();
    gone_ = gone_of(remains_.gone);
    const bool all_readable = remains_.samples == entry.samples;
    if (!all_readable) {
      if (auto taken = co_await take_from_log(); !taken) co_return taken.error();
    }
    if (!mended_.complete && remains_.samples > 0) {
      if (auto rewritten = co_await rewrite(); !rewritten) co_return rewritten.error();
    }
    tell(all_readable);
    co_return finish();
  }

  Task<Result<Mended>> gap() {
    if (auto taken = co_await take_from_log(); !taken) co_return taken.error();
    co_return finish();
  }

 private:
  [[nodiscard]] const RepairJob& job() const { return around_.job; }

  // In its place, or where an interrupted repair has put it.
  Task<Result<void>> find_file() {
    const std::string name = segment_name(entry_.number);
    const std::string aside = fmt::format("{}/{}/{}", job().folder, damaged_folder, name);
    mended_.path = fmt::format("{}/{}", job().folder, name);
    for (const std::string& path : {mended_.path, aside}) {
      auto found = co_await find_remains(job().files, path);
      if (!found && found.error().is(FileError::not_found)) continue;
      if (!found) co_return found.error();
      remains_ = std::move(*found);
      file_ = path;
      mended_.in_its_place = path == mended_.path;
      break;
    }
    co_return Result<void>();
  }

  Task<Result<void>> take_from_log() {
    LogPieces pieces(&around_.log, from_, to_, job().head_bytes_max);
    while (true) {
      const auto piece = co_await pieces.next();
      if (!piece) co_return piece.error();
      if (!*piece) break;
      const auto& [stretch, head] = **piece;
      mended_.from_log += head->samples();
      for (Gone& gone : gone_) {
        for (const HeadRun& run : head->runs(gone.signal, gone.span)) gone.in_log += run.open(gone.span).size();
      }
      if (auto sealed = co_await seal(stretch, head); !sealed) co_return sealed;
      const bool goes_on = !in_log_.empty() && in_log_.back().to == stretch.from;
      if (goes_on) {
        in_log_.back().to = stretch.to;
        in_log_.back().last = stretch.last;
      } else {
        in_log_.push_back(stretch);
      }
    }
    mended_.complete = in_log_.size() == 1 && in_log_.front().from == from_ && in_log_.front().to == to_;
    co_return Result<void>();
  }

  Task<Result<void>> seal(LogStretch stretch, std::shared_ptr<const Head> head) {
    if (!job().write) co_return Result<void>();
    std::vector<std::shared_ptr<const Head>> heads{std::move(head)};
    auto entry = co_await seal_heads(plan(stretch.from, stretch.to, stretch.to), std::move(heads));
    if (!entry) co_return entry.error();
    if (*entry) {
      ++around_.next_number;
      mended_.made.push_back(**entry);
    }
    co_return Result<void>();
  }

  [[nodiscard]] SegmentPlan plan(Offset from, Offset to, Offset clean) const {
    return {.files = job().files,
            .folder = job().folder,
            .number = around_.next_number,
            .from = from,
            .to = to,
            .clean = clean,
            .created = job().now,
            .names = [this](SignalId signal) { return facts_of(signal); },
            .effort = codec::Effort::small,
            .tiles = job().tiles};
  }

  [[nodiscard]] SignalFacts facts_of(SignalId signal) const {
    const auto known = remains_.facts.find(signal);
    return known != remains_.facts.end() ? known->second : job().names(signal);
  }

  // The first batches of the range that were not taken from the log: what is left of the file stands for these.
  [[nodiscard]] std::pair<Offset, Offset> first_hole() const {
    if (in_log_.empty() || in_log_.front().from > from_) {
      return {from_, in_log_.empty() ? to_ : in_log_.front().from};
    }
    return {in_log_.front().to, in_log_.size() > 1 ? in_log_[1].from : to_};
  }

  // Arrivals increase from batch to batch, so they say of which batch a row is.
  [[nodiscard]] bool is_in_log(Time arrival) const {
    return std::ranges::any_of(
        in_log_, [&](const LogStretch& stretch) { return stretch.first <= arrival && arrival <= stretch.last; });
  }

  // What can be read of the file, but for what came from the log.
  Task<Result<void>> rewrite() {
    auto file = co_await job().files->open(file_, OpenMode::read);
    if (!file) co_return file.error();
    std::unique_ptr<SegmentWriter> writer;  // none where there is nothing to write
    Result<void> done = co_await copy(file->get(), &writer);
    if (done && !writer) co_return done;
    if (done) done = co_await writer->finish();
    if (done) {
      const auto entry = co_await writer->give_name();
      if (entry) {
        ++around_.next_number;
        mended_.made.push_back(*entry);
        co_return done;
      }
      done = entry.error();
    }
    if (writer && !done.error().is(HistoryError::failed)) co_await writer->abandon();
    co_return done;
  }

  Task<Result<void>> copy(runtime::File* file, std::unique_ptr<SegmentWriter>* writer) {
    const auto [from, to] = first_hole();
    for (const auto& [signal, place] : remains_.whole) {
      const auto rows = co_await read_remaining(file, place);
      if (!rows) co_return rows.error();
      std::size_t row = 0;
      for (Samples vector = next_vector(rows->columns, &row); !vector.empty();
           vector = next_vector(rows->columns, &row)) {
        rewritten_ += vector.size();
        if (!job().write) continue;
        if (!*writer) {
          auto created = co_await SegmentWriter::create(plan(from, to, std::max(to, entry_.clean)));
          if (!created) co_return created.error();
          *writer = std::move(*created);
        }
        (*writer)->add(signal, vector);
        if (!(*writer)->is_full()) continue;
        if (auto flushed = co_await (*writer)->flush(); !flushed) co_return flushed;
      }
    }
    co_return Result<void>();
  }

  // Those from `row` on that the log does not have, at most as many as a vector takes.
  [[nodiscard]] Samples next_vector(const Samples& columns, std::size_t* row) const {
    Samples vector;
    vector.type = columns.type;
    for (; *row < columns.size() && vector.size() < vector_rows; ++*row) {
      if (!is_in_log(columns.arrivals[*row])) vector.append(columns, *row, *row + 1, 0);
    }
    return vector;
  }

  void tell(bool all_readable) {
    const std::string_view did = job().write ? "made anew" : "to be made anew";
    const std::string what =
        file_.empty() ? fmt::format("{}: missing", mended_.path) : fmt::format("{}: damaged", mended_.path);
    const std::string batches = fmt::format("batches {} to {}", from_.value(), to_.value() - 1);
    if (all_readable) {
      return step(fmt::format("{}, but all of its {} samples can be read; {} of these", what, entry_.samples, did));
    }
    if (mended_.complete) {
      return step(
          fmt::format("{}, but the log has all of its {}; {} of these, and no sample is lost", what, batches, did));
    }
    step(fmt::format("{}; {} of {} samples of its {} that can be read and {} that the log still has", what, did,
                     rewritten_, batches, mended_.from_log));
    std::uint64_t known = remains_.samples;
    for (const Gone& gone : gone_) {
      known += gone.rows;
      lose(fmt::format("{} samples of '{}' from {} to {} cannot be read; of that signal and time the log has {}",
                       gone.rows, name_of(gone.signal), format_rfc3339(gone.span.first), format_rfc3339(gone.span.last),
                       gone.in_log));
    }
    if (known >= entry_.samples) return;
    lose(
        fmt::format("of its {} samples {} cannot be read, and nothing says their signals and times; of its {} the log "
                    "has {} samples",
                    entry_.samples, entry_.samples - known, batches, mended_.from_log));
  }

  [[nodiscard]] std::string name_of(SignalId signal) const {
    const std::string name = facts_of(signal).name;
    return name.empty() ? fmt::format("signal {}", signal.value()) : name;
  }

  void step(std::string line) { mended_.steps.push_back(std::move(line)); }
  void lose(std::string line) { mended_.losses.push_back(fmt::format("{}: {}", mended_.path, line)); }

  Mended finish() {
    std::ranges::sort(mended_.made, {}, &SegmentEntry::from);
    return std::move(mended_);
  }

  const MendSurroundings& around_;
  const Offset from_;
  const Offset to_;
  SegmentEntry entry_;
  std::string file_;  // where it is; empty where there is none
  Remains remains_;
  std::vector<Gone> gone_;
  std::vector<LogStretch> in_log_;
  std::uint64_t rewritten_ = 0;
  Mended mended_;
};

}  // namespace

Task<Result<Mended>> mend_segment(const MendSurroundings* around, SegmentEntry damaged) {
  Mender mender(around, damaged.from, damaged.to);
  co_return co_await mender.segment(damaged);
}

Task<Result<Mended>> mend_gap(const MendSurroundings* around, Offset from, Offset to) {
  Mender mender(around, from, to);
  co_return co_await mender.gap();
}

}  // namespace artery::history
