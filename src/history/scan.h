// How history is read: one signal, a range of time, in either direction, vector by vector.
//
// A sample bit-equal in value and quality to an earlier one of the same signal and time is a replay: nobody sees or
// counts it. A different one is a new revision. Revisions are numbered from 1 in the order of their arrival; the
// greatest number is the newest. What was deleted is gone from every answer; what is sent again later is new.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>

#include "base/result.h"
#include "base/time.h"
#include "history/samples.h"
#include "model/ids.h"
#include "runtime/task.h"

namespace artery::history {

enum class Direction : std::uint8_t { forward, backward };
enum class Revisions : std::uint8_t { newest, all };

// A place in a signal's history. As `Scan::after`: what has been read already, up to and with this one. With
// Revisions::newest only the time counts, so that a correction made between two pages brings no time up twice.
struct Position {
  Time time;
  std::uint32_t revision = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

struct Scan {
  AssetId asset;  // the one that the signal is of
  SignalId signal;
  Time from = time_min;  // the range is from <= time < to
  Time to = time_max;
  Direction direction = Direction::forward;  // backward is exactly the reverse, revisions too
  Revisions revisions = Revisions::newest;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // of samples, over all vectors
  std::optional<Position> after;                                    // where an earlier scan of this direction ended
  Time as_of = time_max;  // as it would have been answered then: without what arrived later. What has been deleted
                          // since is not shown all the same
  Columns columns = Columns::all();  // what the samples shall have, one at least; what is not asked for is not even
                                     // read, where the answer does not hang on it
  std::stop_token stop;              // ends it with HistoryError::cancelled
};

// The most samples that a cursor gives at once: a chunk of a segment, which goes out as it was decoded.
inline constexpr std::size_t scan_rows_max = 8 * vector_rows;

// A scan under way, over what was there when it began; what arrives or is sealed meanwhile changes nothing. Holds
// memory for the chunks that overlap in time, never for the whole range. Used by one task at a time, on history's
// pool. Must be gone before History is.
class Cursor {
 public:
  class State;
  explicit Cursor(std::unique_ptr<State> state);
  Cursor(Cursor&& other) noexcept;
  Cursor& operator=(Cursor&& other) noexcept;
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor();

  // The next samples, at most scan_rows_max, of the columns that were asked for; none at the end. Reads
  // files, so call it on the pool; goes on there. Errors: HistoryError::cancelled, FileError::*.
  runtime::Task<Result<Samples>> next();
  // Takes back samples that are not needed any more: next() uses their memory again.
  void recycle(Samples spent);
  // Whether damage has eaten something that this scan would have shown, as far as it has come.
  [[nodiscard]] bool incomplete() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace artery::history
