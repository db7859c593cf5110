#include "log/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/log.h"

namespace artery::log {

using runtime::FileError;
using runtime::Task;

namespace {

struct Walk {
  std::vector<TailScan::Place> intact;
  std::uint64_t mark = 0;
  std::int64_t last_arrival = 0;
  std::size_t first_damage_at = 0;
  std::size_t closing_mark_at = 0;  // 0: the log was not closed in order
};

// Every intact batch of this life, in order, over any damage.
Walk walk(Bytes segment, std::uint64_t life, std::uint64_t base) {
  Walk walk{.intact = {}, .mark = base};
  std::uint64_t expected = base;
  std::size_t at = segment_header_bytes;
  while (true) {
    const auto found = batch_at(segment, at, life);
    if (!found || !found->payload_ok || found->header.offset < expected) {
      if (walk.first_damage_at == 0) walk.first_damage_at = at;
      const bool length_known = found && found->header.offset >= expected;
      const std::size_t from = at + (length_known ? found->bytes() : batch_alignment);
      const auto next = find_batch(segment, std::min(from, segment.size()), life, expected);
      if (!next) return walk;
      at = *next;
      continue;
    }
    walk.mark = std::max(walk.mark, std::min(found->header.synced, found->header.offset));
    walk.last_arrival = std::max(walk.last_arrival, found->header.arrival);
    if (found->header.is_closing_mark()) {
      walk.closing_mark_at = at;
      at += found->bytes();
      continue;
    }
    walk.intact.push_back({.offset = found->header.offset, .position = at, .bytes = found->bytes()});
    expected = found->header.offset + 1;
    at += found->bytes();
  }
}

// Batches that go with new headers: of the new segment's life, at their new positions.
Buffer moved_batches(Bytes old, const TailScan& scan, std::uint64_t life) {
  Buffer moved;
  for (const TailScan::Place& place : scan.tail) {
    auto header = *BatchHeader::read(old.subspan(place.position));
    header.life = life;
    header.synced = scan.mark;
    header.position = segment_header_bytes + moved.size();
    const Bytes bytes = old.subspan(place.position, place.bytes);
    const std::size_t at = moved.size();
    moved.insert(moved.end(), bytes.begin(), bytes.end());
    header.write(std::span(moved).subspan(at).first<batch_header_bytes>());
  }
  return moved;
}

void report(runtime::Journal& journal, const TailScan& scan, const std::string& path) {
  if (scan.rotten > 0) {
    journal.error("log",
                  "{}: {} acknowledged batches are damaged, the first at byte {}; the rest keeps serving. The "
                  "disk is losing data: check it, and restore from a backup or a parent node",
                  path, scan.rotten, scan.first_rotten_at);
  }
  if (scan.torn > 0) {
    journal.warning("log", "{}: {} batches behind a torn one are cut; none of them had been acknowledged", path,
                    scan.torn);
  }
}

// The new segment's file: of full size, or, where there is no room for that, just large enough for what must be moved.
Task<Result<Spare>> make_spare(SegmentFiles* files, std::uint64_t number, std::uint64_t wanted, std::uint64_t needed) {
  auto spare = co_await files->prepare(number, std::max(wanted, needed));
  if (spare || !spare.error().is(FileError::no_space)) co_return spare;
  spare = co_await files->prepare(number, needed);
  if (spare || !spare.error().is(FileError::no_space)) co_return spare;
  co_return Error(LogError::full,
                  fmt::format("{}: no room to recover: {} KiB are needed; free some space and start again",
                              files->folder(), needed / 1024 + 1));
}

}  // namespace

TailScan scan_tail(Bytes segment, std::uint64_t life, std::uint64_t base) {
  const Walk found = walk(segment, life, base);
  TailScan scan;
  scan.mark = found.mark;
  scan.last_arrival = found.last_arrival;
  std::uint64_t below = 0;
  for (const TailScan::Place& place : found.intact) {
    if (place.offset >= scan.mark && scan.mark_position == 0) scan.mark_position = place.position;
    if (place.offset < scan.mark) {
      ++below;
    } else if (place.offset == scan.mark + scan.tail.size()) {
      scan.tail.push_back(place);
    } else {
      ++scan.torn;
    }
  }
  if (scan.mark_position == 0) scan.mark_position = std::max(found.closing_mark_at, segment_header_bytes);
  scan.rotten = scan.mark - base - below;
  scan.first_rotten_at = scan.rotten > 0 ? found.first_damage_at : 0;
  return scan;
}

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters): both belong to the log that waits for it
Task<Result<Recovered>> recover(SegmentFiles& files, runtime::Journal& journal, std::uint64_t segment_bytes,
                                std::int64_t now, std::uint64_t number) {
  auto listing = co_await files.list();
  if (!listing) co_return listing.error();
  for (const std::string& path : listing->damaged) {
    journal.error("log", "{}: the segment's header is damaged; its batches are read by the file's name", path);
  }
  TailScan scan;
  Segment last;
  Buffer old;
  if (!listing->segments.empty()) {
    last = listing->segments.back();
    auto bytes = co_await files.read(last);
    if (!bytes) co_return bytes.error();
    old = std::move(*bytes);
    scan = scan_tail(old, last.life, last.base);
    report(journal, scan, files.path(last));
  }

  SegmentHeader header{.life = last.life + 1, .base = scan.mark, .epoch = listing->epoch + 1};
  const Buffer moved = moved_batches(old, scan, header.life);
  auto spare = co_await make_spare(&files, number, segment_bytes, segment_overhead_bytes + moved.size());
  if (!spare) co_return spare.error();
  if (!moved.empty()) {
    // commit() syncs them with the header, before the name that makes the file a segment.
    std::vector<Bytes> parts{Bytes(moved)};
    if (auto done = co_await spare->file->write(segment_header_bytes, std::move(parts)); !done) co_return done.error();
  }
  Recovered log;
  log.capacity = header.capacity = spare->capacity;
  log.last_stamp = header.created = std::max({now, scan.last_arrival + arrival_grain, last.created});
  log.epoch = header.epoch;
  log.position = segment_header_bytes + moved.size();
  log.end = scan.mark + scan.tail.size();
  log.rotten = scan.rotten;
  auto file = co_await files.commit(std::move(*spare), header);
  if (!file) co_return file.error();
  log.file = std::move(*file);

  log.segments = std::move(listing->segments);
  if (!log.segments.empty()) {
    Segment& before = log.segments.back();
    if (before.base == header.base) {
      if (auto gone = co_await files.remove(before); !gone) co_return gone.error();
      log.segments.pop_back();
    } else if (scan.mark_position < before.bytes) {
      if (auto cut = co_await files.shorten(before, scan.mark_position); !cut) co_return cut.error();
      before.bytes = scan.mark_position;
    }
  }
  log.segments.push_back(
      {.life = header.life, .base = header.base, .bytes = header.capacity, .created = header.created});
  co_return log;
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace artery::log
