#include "history/directory.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <tuple>

#include "base/assert.h"
#include "history/chunk.h"
#include "history/codec/bits.h"

namespace artery::history {
namespace {

// Of a page, one after the other: a byte for the width in bytes, the least value as a varint, and what each value is
// above it.
enum ColumnOf : std::uint8_t { what, signal_number, count, bytes_of, first_time, length };
constexpr unsigned level_shift = 2;  // in `what`, above the kind

void write_column(Buffer& out, std::span<const std::uint64_t> values) {
  const auto [least, greatest] = std::ranges::minmax(values);
  const auto width = static_cast<std::uint8_t>(codec::bytes_for(codec::bits_of(greatest - least)));
  out.push_back(std::byte{width});
  codec::put_varint(out, least);
  for (const std::uint64_t value : values) {
    const std::uint64_t above = value - least;
    const std::size_t at = out.size();
    out.resize(at + width);
    std::memcpy(out.data() + at, &above, width);
  }
}

// What follows it.
const std::byte* read_column(const std::byte* from, std::span<std::uint64_t> values) {
  const auto width = std::to_integer<unsigned>(*from++);
  std::uint64_t least = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(*from++);
    least |= (byte & 0x7FU) << shift;
    if (byte < 0x80U) break;
  }
  const std::uint64_t mask = codec::low_bits(width * 8);
  for (std::uint64_t& value : values) {
    value = least + (load<std::uint64_t>(from) & mask);
    from += width;
  }
  return from;
}

// Unsigned, in their order.
std::uint64_t rank(Time time) { return bits(time) - bits(time_min); }
Time time_of_rank(std::uint64_t rank) { return time_of(rank + bits(time_min)); }

}  // namespace

void Directory::add(SignalId signal, const ChunkPlace& place) {
  put({Kind::chunk, 0, signal, place.bytes, place.rows, place.at, place.span});
  ++chunks_;
  samples_ += place.rows;
}

void Directory::add_tiles(SignalId signal, const TilePlace& place) {
  put({Kind::tiles, place.level, signal, place.bytes, place.tiles, place.at, place.span});
  ++blocks_;
  tiles_ += place.tiles;
}

void Directory::end_signal(SignalId signal, Time until) {
  put({Kind::until, 0, signal, 0, 0, end_, {until, until}});
  tells_until_ = true;
}

void Directory::pass_over(std::uint64_t bytes) {
  end_page();  // within a page there are no gaps
  end_ += bytes;
}

void Directory::put(const Item& item) {
  ARTERY_ASSERT(!finished_ && item.at == end_ && (!last_signal_ || *last_signal_ <= item.signal));
  open_.push_back(item);
  if (open_.size() == page_items) end_page();
  if (last_signal_ != item.signal) ++signals_;
  last_signal_ = item.signal;
  end_ += item.bytes;
}

void Directory::end_page() {
  if (open_.empty()) return;
  const Item& first = open_.front();
  const auto items = static_cast<std::uint8_t>(open_.size());
  pages_.push_back({first.at, coded_.size(), first.span.first, first.signal, first.kind, items});
  const auto put_column = [&](const auto& get) {
    Column column;
    std::ranges::transform(open_, column.begin(), get);
    write_column(coded_, std::span(column).first(items));
  };
  put_column([](const Item& item) {
    return static_cast<std::uint64_t>(item.kind) | std::uint64_t{item.level} << level_shift;
  });
  put_column([](const Item& item) { return std::uint64_t{item.signal.value()}; });
  put_column([](const Item& item) { return std::uint64_t{item.count}; });
  put_column([](const Item& item) { return std::uint64_t{item.bytes}; });
  put_column([](const Item& item) { return rank(item.span.first); });
  put_column([](const Item& item) { return bits(item.span.last) - bits(item.span.first); });
  open_.clear();
}

void Directory::finish() {
  end_page();
  coded_.resize(coded_.size() + sizeof(std::uint64_t));  // a value is read as eight bytes
  coded_.shrink_to_fit();
  pages_.shrink_to_fit();
  open_ = {};
  finished_ = true;
}

void Directory::Items::decode_page() {
  const Page& page = directory_->pages_[page_++];
  const std::byte* from = directory_->coded_.data() + page.begin;
  for (Column& column : columns_) from = read_column(from, std::span(column).first(page.items));
  item_ = {};
  item_.at = page.at;
  items_ = page.items;
  next_ = 0;
}

bool Directory::Items::next() {
  item_.at += item_.bytes;
  if (next_ == items_) {
    if (page_ == directory_->pages_.size()) return false;
    decode_page();
  }
  const std::size_t i = next_++;
  item_.kind = static_cast<Kind>(columns_[what][i] & codec::low_bits(level_shift));
  item_.level = static_cast<std::uint8_t>(columns_[what][i] >> level_shift);
  item_.signal = SignalId(static_cast<std::uint32_t>(columns_[signal_number][i]));
  item_.count = static_cast<std::uint32_t>(columns_[count][i]);
  item_.bytes = static_cast<std::uint32_t>(columns_[bytes_of][i]);
  item_.span.first = time_of_rank(columns_[first_time][i]);
  item_.span.last = time_of(bits(item_.span.first) + columns_[length][i]);
  return true;
}

// The last page that begins before such a place, or the first. Of tiles only those of all times are asked for: their
// levels begin again.
std::size_t Directory::page_before(SignalId signal, Kind kind, Time time) const {
  ARTERY_ASSERT(finished_);
  const auto is_before = [&](const Page& page) {
    return std::tuple(page.signal, page.kind, page.first) < std::tuple(signal, kind, time);
  };
  const auto after = std::ranges::partition_point(pages_, is_before);
  return after == pages_.begin() ? 0 : static_cast<std::size_t>(after - pages_.begin()) - 1;
}

// Rows are sorted, and so are both ends of their chunks. `take` says whether it wants more.
template <class Take>
void Directory::find_chunks(SignalId signal, const Span& span, const Take& take) const {
  for (Items items(*this, page_before(signal, Kind::chunk, span.first)); items.next();) {
    const Item& item = items.item();
    if (item.signal < signal) continue;
    if (item.signal > signal || item.kind != Kind::chunk || item.span.first > span.last) return;
    if (item.span.last >= span.first && !take(item)) return;
  }
}

std::vector<ChunkPlace> Directory::chunks_of(SignalId signal, const Span& span) const {
  std::vector<ChunkPlace> found;
  find_chunks(signal, span, [&](const Item& item) {
    found.push_back(item.chunk());
    return true;
  });
  return found;
}

std::optional<ChunkPlace> Directory::next_chunk(SignalId signal, Time time, std::uint64_t from) const {
  std::optional<ChunkPlace> found;
  find_chunks(signal, {time, time_max}, [&](const Item& item) {
    if (item.at >= from) found = item.chunk();
    return !found;
  });
  return found;
}

bool Directory::has_chunks(SignalId signal, const Span& span) const {
  bool found = false;
  find_chunks(signal, span, [&](const Item&) {
    found = true;
    return false;
  });
  return found;
}

std::vector<TilePlace> Directory::tiles_of(SignalId signal) const {
  std::vector<TilePlace> found;
  for (Items items(*this, page_before(signal, Kind::tiles, time_min)); items.next();) {
    const Item& item = items.item();
    if (item.signal > signal) break;
    if (item.signal == signal && item.kind == Kind::tiles) found.push_back(item.tile_block());
  }
  return found;
}

std::optional<Time> Directory::until_of(SignalId signal) const {
  if (!tells_until_) return std::nullopt;
  for (Items items(*this, page_before(signal, Kind::until, time_min)); items.next();) {
    const Item& item = items.item();
    if (item.signal > signal) break;
    if (item.signal == signal && item.kind == Kind::until) return item.span.first;
  }
  return std::nullopt;
}

Directory::Walk::Walk(const Directory& directory) : items_(directory, 0), has_item_(items_.next()) {
  ARTERY_ASSERT(directory.finished_);
}

const SignalPlaces* Directory::Walk::next() {
  if (!has_item_) return nullptr;
  places_.signal = items_.item().signal;
  places_.chunks.clear();
  places_.tiles.clear();
  places_.until.reset();
  while (has_item_ && items_.item().signal == places_.signal) {
    const Item& item = items_.item();
    if (item.kind == Kind::chunk) places_.chunks.push_back(item.chunk());
    if (item.kind == Kind::tiles) places_.tiles.push_back(item.tile_block());
    if (item.kind == Kind::until) places_.until = item.span.first;
    has_item_ = items_.next();
  }
  return &places_;
}

}  // namespace artery::history
