#include "history/merge.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/assert.h"

namespace artery::history {

Merge::Merge(std::vector<Span> runs, MergeOrder order)
    : runs_(std::move(runs)), order_(order), closed_(runs_.size()), open_(runs_.size()) {
  std::iota(closed_.begin(), closed_.end(), 0U);
  std::ranges::sort(closed_, [&](std::uint32_t a, std::uint32_t b) { return before(start(b), start(a)); });
}

std::optional<std::size_t> Merge::wanted() const {
  if (closed_.empty() || !group_.empty()) return std::nullopt;
  const std::uint32_t next = closed_.back();
  if (!heap_.empty() && before(heap_.front().time, start(next))) return std::nullopt;
  return next;
}

bool Merge::is_next_alone() const {
  const std::uint32_t run = closed_.back();
  if (!heap_.empty()) return false;
  if (order_.revisions == Revisions::all && order_.after && runs_[run].has(order_.after->time)) return false;
  return closed_.size() == 1 || before(end(run), start(closed_[closed_.size() - 2]));
}

void Merge::pass(std::size_t run) {
  ARTERY_ASSERT(!closed_.empty() && closed_.back() == run && is_next_alone());
  closed_.pop_back();
}

void Merge::give(std::size_t run, Rows rows) {
  ARTERY_ASSERT(!closed_.empty() && closed_.back() == run);
  closed_.pop_back();
  open_[run].rows = std::move(rows);
  push_next(static_cast<std::uint32_t>(run));
}

bool Merge::done() const { return closed_.empty() && heap_.empty() && group_.empty(); }

// Puts the run back at its next row's time, or lets go of it when there is none.
void Merge::push_next(std::uint32_t run) {
  Open& open = open_[run];
  if (open.next == open.rows.size()) {
    open = {};
    return;
  }
  heap_.push_back({open.rows.columns.times[row_of(open)], run});
  std::ranges::push_heap(heap_, [&](const Next& a, const Next& b) { return before(b.time, a.time); });
}

bool Merge::asked_for(Time time, std::uint32_t revision) const {
  if (order_.revisions == Revisions::newest || !order_.after || time != order_.after->time) return true;
  return forward() ? revision > order_.after->revision : revision < order_.after->revision;
}

bool Merge::emit(Samples& into, const Ref& ref) const {
  const Samples& from = open_[ref.run].rows.columns;
  if (into.empty()) into.type = from.type;
  if (into.type != from.type || into.size() >= vector_rows || into.text.size() >= vector_text_bytes_max) return false;
  into.push(from, ref.row, ref.revision);
  return true;
}

// The same forward where all is asked for: by columns.
bool Merge::emit_rows(Samples& into, Open& open) const {
  const Samples& from = open.rows.columns;
  if (into.empty()) into.type = from.type;
  if (into.type != from.type) return false;
  const auto next = from.times.begin() + static_cast<std::ptrdiff_t>(open.next);
  const auto until =
      closed_.empty() ? from.times.end() : std::lower_bound(next, from.times.end(), start(closed_.back()));
  const std::size_t room = vector_rows - into.size();
  const auto beyond =
      next + std::min(until - next, static_cast<std::ptrdiff_t>(room) + 1);  // looked at once, not again
  const auto found = open.rows.times_differ ? beyond : std::adjacent_find(next, beyond);
  const auto rows = static_cast<std::size_t>(found - next);
  const std::size_t taken = std::min(rows, room);
  into.append(from, open.next, open.next + taken, 1);
  open.next += taken;
  return taken == rows;
}

// The plain case: one run alone up to the next one's start, and each of its times once. False when `into` is full.
bool Merge::emit_stretch(Samples& into) {
  const std::uint32_t run = heap_.front().run;
  Open& open = open_[run];
  const std::vector<Time>& times = open.rows.columns.times;
  const std::size_t size = open.rows.size();
  bool room = true;
  const bool by_columns = forward() && !order_.after && open.rows.columns.type != ValueType::text;
  if (by_columns) room = emit_rows(into, open);
  while (!by_columns && open.next < size) {
    const std::size_t row = row_of(open);
    const Time time = times[row];
    if (!closed_.empty() && !before(time, start(closed_.back()))) break;
    const bool repeated = open.next + 1 < size && times[forward() ? row + 1 : row - 1] == time;
    if (repeated) break;
    if (asked_for(time, 1)) {
      room = emit(into, {run, static_cast<std::uint32_t>(row), 1});
      if (!room) break;
    }
    ++open.next;
  }
  heap_.clear();
  push_next(run);
  return room;
}

// Takes all rows of the next time, of all runs, and leaves in group_ what of them is to be shown.
void Merge::gather() {
  const Time time = heap_.front().time;
  const auto later = [&](const Next& a, const Next& b) { return before(b.time, a.time); };
  while (!heap_.empty() && heap_.front().time == time) {
    const std::uint32_t run = heap_.front().run;
    std::ranges::pop_heap(heap_, later);
    heap_.pop_back();
    standing_.push_back(run);
    Open& open = open_[run];
    for (; open.next < open.rows.size() && open.rows.columns.times[row_of(open)] == time; ++open.next) {
      group_.push_back({run, static_cast<std::uint32_t>(row_of(open)), 1});
    }
  }
  if (group_.size() > 1) number_revisions();
  std::erase_if(group_, [&](const Ref& ref) { return !asked_for(time, ref.revision); });
  if (forward()) std::ranges::reverse(group_);
}

// Leaves of equal rows the one that came first, in the order of arrival; of these the last one where only the newest is
// asked for. Sorting keeps a time with very many revisions from costing their square.
void Merge::number_revisions() {
  const auto content = [&](const Ref& ref) {
    const Samples& from = open_[ref.run].rows.columns;
    const std::uint64_t word = from.type == ValueType::text ? 0 : from.words[ref.row];
    return std::tuple(from.type, from.qualities[ref.row], word, from.text_at(ref.row));
  };
  const auto arrival = [&](const Ref& ref) {
    return std::tuple(open_[ref.run].rows.columns.arrivals[ref.row], open_[ref.run].rows.orders[ref.row], ref.run);
  };
  std::ranges::sort(group_, {}, [&](const Ref& ref) { return std::tuple(content(ref), arrival(ref)); });
  const auto replays = std::ranges::unique(group_, {}, content);
  group_.erase(replays.begin(), replays.end());
  std::ranges::sort(group_, {}, arrival);
  std::uint32_t revision = 0;
  for (Ref& ref : group_) ref.revision = ++revision;
  if (order_.revisions == Revisions::newest) group_.erase(group_.begin(), group_.end() - 1);
}

bool Merge::step(Samples& into) {
  if (group_.empty() && heap_.size() == 1) {
    if (!emit_stretch(into)) return false;
    if (heap_.empty() || wanted()) return true;
  }
  if (group_.empty() && standing_.empty()) gather();
  for (; !group_.empty(); group_.pop_back()) {
    if (!emit(into, group_.back())) return false;
  }
  for (const std::uint32_t run : standing_) push_next(run);
  standing_.clear();
  return true;
}

}  // namespace artery::history
