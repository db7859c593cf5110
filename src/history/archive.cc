#include "history/archive.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "history/chunk.h"
#include "history/error.h"
#include "history/merge.h"
#include "history/tile.h"
#include "history/tile_builder.h"

namespace artery::history {
namespace {

using runtime::OpenMode;
using runtime::Task;

constexpr std::size_t day_level = tile_levels - 1;
static_assert(tile_lengths[day_level] == std::chrono::hours(24));

// Where the day ends that has the time.
Time end_of_day(Time time) {
  constexpr std::int64_t day = tile_lengths[day_level].count();
  const std::int64_t slot = slot_of(time, day_level);
  return slot >= time_max.value() / day ? time_max : Time((slot + 1) * day);
}

std::vector<SignalId> signals_of(const Segments& segments) {
  std::vector<SignalId> all;
  for (const auto& segment : segments) {
    const Directory& directory = segment->directory();
    for (std::size_t i = 0; i < directory.signals(); ++i) all.push_back(directory.signal(i));
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

// What of the signal's samples is to be archived; nothing where nothing is.
std::optional<Span> to_archive(const Segments& archives, const Retention& retention, SignalId signal) {
  const Time begin = retention.tiles_horizon(signal);
  const Time end = retention.horizon(signal);
  if (begin >= end) return std::nullopt;
  const Time from = std::max(begin, archived_until(archives, signal));
  if (from >= end) return std::nullopt;
  return Span{from, Time(end.value() - 1)};
}

bool any_in(const Segments& segments, SignalId signal, const Span& span) {
  return std::ranges::any_of(segments, [&](const auto& segment) {
    const auto range = segment->directory().chunks_of(signal, span);
    return range.begin < range.end;
  });
}

using Files = std::vector<std::unique_ptr<runtime::File>>;

Task<Result<Files>> open_all(runtime::Files* files, const Segments* segments) {
  Files all;
  for (const auto& segment : *segments) {
    auto file = co_await files->open(segment->path(), OpenMode::read);
    if (!file) co_return file.error();
    all.push_back(std::move(*file));
  }
  co_return all;
}

// Makes an archive of the samples in segments.
class Making {
 public:
  Making(const ArchiveJob& job, SegmentWriter& writer)
      : job_(job), writer_(writer), pace_(job.pace), tiles_(job.plan.tiles, job.plan.effort) {}

  Task<Result<bool>> run() {
    auto files = co_await open_all(job_.plan.files, &job_.segments);
    if (!files) co_return files.error();
    files_ = std::move(*files);
    for (const SignalId signal : signals_of(job_.segments)) {
      const auto span = to_archive(job_.archives, job_.retention, signal);
      if (!span || !any_in(job_.segments, signal, *span)) continue;
      if (auto added = co_await add(signal, *span); !added) co_return added.error();
    }
    co_return true;
  }
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  struct Source {
    std::size_t segment;
    std::uint32_t chunk;
  };

  Task<Result<void>> add(SignalId signal, Span span) {
    auto whole = co_await merge(signal, span);
    if (!whole) co_return whole.error();
    Buffer blocks;
    if (*whole) {
      const auto headers = tiles_.finish(blocks);
      writer_.add_tiles(signal, type_, blocks, headers, Time(span.last.value() + 1));
    } else {
      ++left_out_;
      tiles_.clear();
    }
    co_return co_await pace_.go_on(&writer_);
  }

  // False where a chunk is damaged.
  Task<Result<bool>> merge(SignalId signal, Span span) {
    std::vector<Source> sources;
    std::vector<Span> spans;
    for (std::size_t i = 0; i < job_.segments.size(); ++i) {
      const Directory& directory = job_.segments[i]->directory();
      const auto range = directory.chunks_of(signal, span);
      for (std::uint32_t chunk = range.begin; chunk < range.end; ++chunk) {
        sources.push_back({i, chunk});
        spans.push_back(directory.chunk(chunk).span);
      }
    }
    Merge merge(std::move(spans), {Direction::forward, Revisions::newest, std::nullopt});
    const auto deletions = deletions_of(job_.deletions, signal);
    const Visible visible{{deletions.begin(), deletions.end()}};
    bytes_ = 0;
    is_first_ = true;
    Samples vector;
    while (!merge.done()) {
      if (const auto wanted = merge.wanted()) {
        auto rows = co_await load(sources[*wanted], span);
        if (!rows) co_return rows.error();
        if (!*rows) co_return false;
        visible.leave(**rows);
        merge.give(*wanted, std::move(**rows));
      } else if (!merge.step(vector)) {
        sum_up(signal, vector);
        vector.clear();
        if (auto went_on = co_await pace_.go_on(&writer_); !went_on) co_return went_on.error();
      }
    }
    if (!vector.empty()) sum_up(signal, vector);
    co_return true;
  }

  // What of a chunk is in the span; nothing where it is damaged.
  Task<Result<std::optional<Rows>>> load(Source source, Span span) {
    const Segment& segment = *job_.segments[source.segment];
    auto rows = co_await segment.load(files_[source.segment].get(), source.chunk);
    if (!rows || !*rows) co_return rows;
    const ChunkPlace place = segment.directory().chunk(source.chunk);
    pace_.read(place.bytes);
    clip(**rows, span);
    bytes_ += std::uint64_t{place.bytes} * (*rows)->size() / place.rows;
    co_return rows;
  }

  void sum_up(SignalId signal, const Samples& vector) {
    if (is_first_) type_ = vector.type;
    is_first_ = false;
    tiles_.add(signal, vector, std::exchange(bytes_, 0));
  }

  const ArchiveJob& job_;
  SegmentWriter& writer_;
  Pace pace_;
  TileBuilder tiles_;
  Files files_;
  ValueType type_ = ValueType::f64;  // of the signal's first sample
  bool is_first_ = true;
  std::uint64_t bytes_ = 0;  // that its rows took since the last ones were summed up
  std::size_t left_out_ = 0;
};

// One level of a signal's tiles in one archive, in their order.
class Level {
 public:
  Level(const Segment& archive, runtime::File* file, SignalId signal, std::size_t level)
      : archive_(archive), file_(file), signal_(signal) {
    for (const TilePlace& place : archive.directory().tiles_of(signal)) {
      if (place.level == level) places_.push_back(place);
    }
  }

  // Valid up to the next load().
  [[nodiscard]] const Summary* front() const { return next_ < tiles_.size() ? &tiles_[next_] : nullptr; }
  void pop() { ++next_; }
  // Whether front() needs load() first.
  [[nodiscard]] bool is_empty() const { return next_ == tiles_.size() && block_ < places_.size(); }
  [[nodiscard]] std::uint32_t next_bytes() const { return places_[block_].bytes; }
  // False where the block is damaged; the next one is the one behind it.
  Task<Result<bool>> load() {
    const TilePlace place = places_[block_++];
    auto tiles = co_await archive_.load_tiles(file_, signal_, place, SummaryParts::all);
    if (!tiles) co_return tiles.error();
    next_ = 0;
    tiles_ = *tiles ? std::move(**tiles) : std::vector<Summary>();
    co_return !tiles_.empty();
  }

 private:
  const Segment& archive_;
  runtime::File* const file_;
  const SignalId signal_;
  std::vector<TilePlace> places_;
  std::size_t block_ = 0;
  std::vector<Summary> tiles_;
  std::size_t next_ = 0;
};

using Day = std::array<std::vector<Summary>, tile_levels>;

bool covers(const Summary& tile, const Summary& finer) {
  return tile.first.time <= finer.first.time && finer.last.time <= tile.last.time;
}

// Joins what of the finer tiles is in none of these, slot by slot.
void fill_gaps(std::vector<Summary>& tiles, std::span<const Summary> finer, std::size_t level) {
  const auto before = static_cast<std::ptrdiff_t>(tiles.size());
  const Summary* last = nullptr;  // that was joined
  for (const Summary& one : finer) {
    const auto has = [&](const Summary& tile) { return covers(tile, one); };
    if (std::any_of(tiles.begin(), tiles.begin() + before, has)) {
      last = nullptr;
      continue;
    }
    const bool goes_on =
        last != nullptr && last->type == one.type && slot_of(last->last.time, level) == slot_of(one.first.time, level);
    if (goes_on) {
      tiles.back().join(one);
    } else {
      tiles.push_back(one);
    }
    last = &one;
  }
  std::ranges::sort(tiles, {}, [](const Summary& tile) { return tile.first.time; });
}

// So that a level has all that finer ones have, after tiles were taken out.
void mend(Day& day) {
  std::span<const Summary> finer;
  for (std::size_t level = 0; level < tile_levels; ++level) {
    std::vector<Summary>& tiles = day.at(level);
    fill_gaps(tiles, finer, level);
    if (!tiles.empty()) finer = tiles;
  }
}

// Blocks of one level that are being filled.
struct Blocks {
  std::vector<Summary> tiles;
  Buffer bytes;
  std::vector<TileBlockHeader> headers;
};

// Makes one archive of several, or of one what is left of it.
class Joining {
 public:
  Joining(const ArchiveJob& job, SegmentWriter& writer) : job_(job), writer_(writer), pace_(job.pace) {}

  // False where a block is damaged.
  Task<Result<bool>> run() {
    auto files = co_await open_all(job_.plan.files, &job_.archives);
    if (!files) co_return files.error();
    files_ = std::move(*files);
    for (const SignalId signal : signals_of(job_.archives)) {
      for (std::size_t i = 0; i < job_.archives.size(); ++i) {
        auto whole = co_await copy(i, signal);
        if (!whole || !*whole) co_return whole;
      }
      end_signal(signal);
      if (auto went_on = co_await pace_.go_on(&writer_); !went_on) co_return went_on.error();
    }
    co_return true;
  }

 private:
  // Day by day.
  Task<Result<bool>> copy(std::size_t number, SignalId signal) {
    const Segment& archive = *job_.archives[number];
    std::vector<Level> levels;
    levels.reserve(tile_levels);
    for (std::size_t level = 0; level < tile_levels; ++level)
      levels.emplace_back(archive, files_[number].get(), signal, level);
    const auto deletions = deletions_of(job_.deletions, signal);
    while (true) {
      auto whole = co_await fill(&levels);
      if (!whole || !*whole) co_return whole;
      const auto next = next_day(levels);
      if (!next) co_return true;
      Day day;
      whole = co_await take_day(&levels, *next, &day);
      if (!whole || !*whole) co_return whole;
      const bool all = keep(day, deletions, archive.entry().clean, job_.retention.tiles_horizon(signal));
      if (!all || job_.salvage) mend(day);
      add(signal, day);
    }
  }

  static std::optional<std::int64_t> next_day(const std::vector<Level>& levels) {
    std::optional<std::int64_t> next;
    for (const Level& level : levels) {
      if (const Summary* const tile = level.front()) next = std::min(next.value_or(slot(*tile)), slot(*tile));
    }
    return next;
  }

  // False where a block is damaged.
  Task<Result<bool>> take_day(std::vector<Level>* levels, std::int64_t number, Day* day) {
    for (std::size_t i = 0; i < tile_levels; ++i) {
      Level& level = (*levels)[i];
      while (level.front() != nullptr && slot(*level.front()) == number) {
        day->at(i).push_back(*level.front());
        level.pop();
        if (auto filled = co_await fill(levels); !filled || !*filled) co_return filled;
      }
    }
    co_return true;
  }

  static std::int64_t slot(const Summary& tile) { return slot_of(tile.first.time, day_level); }

  // False where a block is damaged.
  Task<Result<bool>> fill(std::vector<Level>* levels) {
    for (Level& level : *levels) {
      while (level.is_empty()) {
        pace_.read(level.next_bytes());
        const auto whole = co_await level.load();
        if (!whole) co_return whole.error();
        if (!*whole && !job_.salvage) co_return false;
        if (auto went_on = co_await pace_.go_on(&writer_); !went_on) co_return went_on.error();
      }
    }
    co_return true;
  }

  // Whether all of it is kept.
  static bool keep(Day& day, std::span<const StoredDeletion> deletions, Offset clean, Time horizon) {
    std::size_t gone = 0;
    for (auto& tiles : day) {
      gone += std::erase_if(tiles, [&](const Summary& tile) {
        const Span span{tile.first.time, tile.last.time};
        return span.last < horizon || std::ranges::any_of(
                                          deletions,
                                          [&](const StoredDeletion& deletion) {
                                            return deletion.offset >= clean && deletion.span().meets(span);
                                          });
      });
    }
    return gone == 0;
  }

  void add(SignalId signal, const Day& day) {
    for (std::size_t level = 0; level < tile_levels; ++level) {
      std::vector<Summary>& tiles = blocks_.at(level).tiles;
      for (const Summary& tile : day.at(level)) {
        if (!tiles.empty() && (tiles.size() == block_tiles_max || tiles.back().type != tile.type))
          end_block(signal, level);
        if (!type_) type_ = tile.type;
        tiles.push_back(tile);
      }
    }
  }

  void end_block(SignalId signal, std::size_t level) {
    Blocks& blocks = blocks_.at(level);
    if (blocks.tiles.empty()) return;
    blocks.headers.push_back(write_tiles(blocks.bytes, signal, level, blocks.tiles, job_.plan.effort));
    blocks.tiles.clear();
  }

  void end_signal(SignalId signal) {
    Buffer bytes;
    std::vector<TileBlockHeader> headers;
    for (std::size_t level = 0; level < tile_levels; ++level) {
      end_block(signal, level);
      Blocks& blocks = blocks_.at(level);
      bytes.insert(bytes.end(), blocks.bytes.begin(), blocks.bytes.end());
      headers.insert(headers.end(), blocks.headers.begin(), blocks.headers.end());
      blocks = {};
    }
    const Time until = archived_until(job_.archives, signal);
    const bool is_needed = !headers.empty() || until > job_.retention.tiles_horizon(signal);
    if (is_needed) writer_.add_tiles(signal, type_.value_or(ValueType::f64), bytes, headers, until);
    type_.reset();
  }

  const ArchiveJob& job_;
  SegmentWriter& writer_;
  Pace pace_;
  Files files_;
  std::array<Blocks, tile_levels> blocks_;  // of the signal
  std::optional<ValueType> type_;           // of its first tile
};

}  // namespace

Time archived_until(const Segments& archives, SignalId signal) {
  Time until = time_min;
  for (const auto& archive : archives) {
    const Directory& directory = archive->directory();
    if (const auto told = directory.until_of(signal)) {
      until = std::max(until, *told);
      continue;
    }
    // Where the footer is damaged.
    for (const TilePlace& place : directory.tiles_of(signal)) until = std::max(until, end_of_day(place.span.last));
  }
  return until;
}

Time removable_before(const Retention& retention, const Segments& archives, SignalId signal) {
  const Time horizon = retention.horizon(signal);
  if (retention.tiles_horizon(signal) == horizon) return horizon;
  return std::min(horizon, std::max(archived_until(archives, signal), retention.tiles_horizon(signal)));
}

bool has_to_archive(const Segments& segments, const Segments& archives, const Retention& retention) {
  for (const SignalId signal : signals_of(segments)) {
    const auto span = to_archive(archives, retention, signal);
    if (span && any_in(segments, signal, *span)) return true;
  }
  return false;
}

std::uint64_t expired_tiles(const Segment& archive, const Retention& retention) {
  const Directory& directory = archive.directory();
  std::uint64_t expired = 0;
  for (std::size_t i = 0; i < directory.signals(); ++i) {
    const Time horizon = retention.tiles_horizon(directory.signal(i));
    for (const TilePlace& place : directory.tiles_of(directory.signal(i))) {
      if (place.span.last < horizon) expired += place.tiles;
    }
  }
  return expired;
}

Task<Result<Archived>> make_archive(ArchiveJob job) {
  auto writer = co_await SegmentWriter::create(job.plan);
  if (!writer) co_return writer.error();
  Archived archived;
  Result<bool> whole = false;
  if (job.segments.empty()) {
    Joining joining(job, **writer);
    whole = co_await joining.run();
  } else {
    Making making(job, **writer);
    whole = co_await making.run();
    archived.left_out = making.left_out();
  }
  const bool is_wanted = whole && *whole && !(*writer)->empty();
  Result<void> finished;
  if (is_wanted) finished = co_await (*writer)->finish();
  if (is_wanted && finished) {
    archived.writer = std::move(*writer);
    co_return archived;
  }
  if (finished || !finished.error().is(HistoryError::failed)) co_await (*writer)->abandon();
  if (!whole) co_return whole.error();
  if (!finished) co_return finished.error();
  archived.whole = *whole;
  co_return archived;
}

}  // namespace artery::history
