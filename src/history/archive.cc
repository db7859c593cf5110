#include "history/archive.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "history/rewrite.h"
#include "history/tile.h"
#include "history/tile_builder.h"

namespace artery::history {
namespace {

using runtime::Task;

constexpr std::size_t day_level = tile_levels - 1;
static_assert(tile_lengths[day_level] == std::chrono::hours(24));

// Where the day ends that has the time.
Time end_of_day(Time time) {
  constexpr std::int64_t day = tile_lengths[day_level].count();
  const std::int64_t slot = slot_of(time, day_level);
  return slot >= time_max.value() / day ? time_max : Time((slot + 1) * day);
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

// Makes an archive of the samples in segments.
class Making {
 public:
  Making(const ArchiveJob& job, SegmentWriter& writer)
      : job_(job), writer_(writer), pace_(job.pace), tiles_(job.plan.tiles, job.plan.effort) {}

  Task<Result<bool>> run() {
    auto files = co_await open_all(job_.plan.files, &job_.segments);
    if (!files) co_return files.error();
    SegmentsReader reader(job_.segments, std::move(*files), job_.deletions, pace_);
    while (reader.signals().next()) {
      const auto span = to_archive(job_.archives, job_.retention, reader.signals().signal());
      if (!span || !reader.signals().has_chunks(*span)) continue;
      reader.begin(*span, Revisions::newest);
      if (auto added = co_await add(&reader, *span); !added) co_return added.error();
    }
    co_return true;
  }
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  Task<Result<void>> add(SegmentsReader* reader, Span span) {
    const auto whole = co_await sum_up(reader);
    if (!whole) co_return whole.error();
    Buffer blocks;
    if (*whole) {
      const auto headers = tiles_.finish(blocks);
      writer_.add_tiles(reader->signals().signal(), type_, blocks, headers, Time(span.last.value() + 1));
    } else {
      ++left_out_;
      tiles_.clear();
    }
    co_return co_await pace_.go_on(&writer_);
  }

  // False where a chunk is damaged.
  Task<Result<bool>> sum_up(SegmentsReader* reader) {
    bool is_first = true;
    while (true) {
      const auto samples = co_await reader->next();
      if (!samples) co_return samples.error();
      if (!*samples) co_return false;
      if ((*samples)->empty()) co_return true;
      if (std::exchange(is_first, false)) type_ = (*samples)->type;
      tiles_.add(reader->signals().signal(), **samples, reader->take_bytes());
      if (auto went_on = co_await pace_.go_on(&writer_); !went_on) co_return went_on.error();
    }
  }

  const ArchiveJob& job_;
  SegmentWriter& writer_;
  Pace pace_;
  TileBuilder tiles_;
  ValueType type_ = ValueType::f64;  // of the signal's first sample
  std::size_t left_out_ = 0;
};

// One level of a signal's tiles in one archive, in their order.
class Level {
 public:
  Level(const Segment& archive, runtime::File* file, const SignalPlaces& places, std::size_t level)
      : archive_(archive), file_(file), signal_(places.signal) {
    for (const TilePlace& place : places.tiles) {
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
    SignalsWalk signals(job_.archives);
    while (signals.next()) {
      for (std::size_t i = 0; i < job_.archives.size(); ++i) {
        const SignalPlaces* const places = signals.places(i);
        if (places == nullptr) continue;
        auto whole = co_await copy(i, places);
        if (!whole || !*whole) co_return whole;
      }
      end_signal(signals.signal());
      if (auto went_on = co_await pace_.go_on(&writer_); !went_on) co_return went_on.error();
    }
    co_return true;
  }

 private:
  // Day by day.
  Task<Result<bool>> copy(std::size_t number, const SignalPlaces* places) {
    const SignalId signal = places->signal;
    const Segment& archive = *job_.archives[number];
    std::vector<Level> levels;
    levels.reserve(tile_levels);
    for (std::size_t level = 0; level < tile_levels; ++level)
      levels.emplace_back(archive, files_[number].get(), *places, level);
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
  OpenFiles files_;
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
  SignalsWalk signals(segments);
  while (signals.next()) {
    const auto span = to_archive(archives, retention, signals.signal());
    if (span && signals.has_chunks(*span)) return true;
  }
  return false;
}

std::uint64_t expired_tiles(const Segment& archive, const Retention& retention) {
  std::uint64_t expired = 0;
  Directory::Walk walk(archive.directory());
  while (const SignalPlaces* const places = walk.next()) {
    const Time horizon = retention.tiles_horizon(places->signal);
    for (const TilePlace& place : places->tiles) {
      if (place.span.last < horizon) expired += place.tiles;
    }
  }
  return expired;
}

Task<Result<Rewritten>> make_archive(ArchiveJob job) {
  auto writer = co_await SegmentWriter::create(job.plan);
  if (!writer) co_return writer.error();
  if (job.segments.empty()) {
    Joining joining(job, **writer);
    auto whole = co_await joining.run();
    co_return co_await conclude(std::move(*writer), std::move(whole));
  }
  Making making(job, **writer);
  auto whole = co_await making.run();
  auto made = co_await conclude(std::move(*writer), std::move(whole));
  if (made) made->left_out = making.left_out();
  co_return made;
}

}  // namespace artery::history
