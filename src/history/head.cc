#include "history/head.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "base/assert.h"
#include "model/partition.h"
#include "model/record.h"

namespace artery::history {
namespace {

constexpr std::uint32_t block_rows_min = 4;
constexpr std::uint32_t block_rows_max = vector_rows;
constexpr std::size_t block_bytes_max = 128 * 1024;
constexpr std::size_t text_piece_bytes = 4096;
constexpr std::uint32_t tile_rows = 128;  // rows of one pass over the fields: they stay in the nearest cache

// Words of a row: time, arrival, quality and order, one bit per field that has no value, the values.
constexpr std::uint32_t time_word = 0;
constexpr std::uint32_t arrival_word = 1;
constexpr std::uint32_t quality_word = 2;
constexpr std::uint32_t nulls_word = 3;

struct Shape {
  AssetId asset;
  std::vector<SignalId> signals;
  std::vector<ValueType> types;
  std::uint32_t values_word = 0;
  std::uint32_t stride = 0;

  [[nodiscard]] bool is(const SampleBlockView& block, std::uint32_t series) const {
    if (block.asset(series) != asset || block.fields() != signals.size()) return false;
    for (std::uint32_t field = 0; field < block.fields(); ++field) {
      if (block.signal(series, field) != signals[field] || block.type(field) != types[field]) return false;
    }
    return true;
  }
};

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29U);
}

std::uint64_t shape_hash(const SampleBlockView& block, std::uint32_t series) {
  std::uint64_t hash = mix(block.fields(), block.asset(series).value());
  for (std::uint32_t field = 0; field < block.fields(); ++field) {
    hash = mix(
        hash, std::uint64_t{block.signal(series, field).value()} << 8U | static_cast<std::uint64_t>(block.type(field)));
  }
  return hash;
}

}  // namespace

// Rows of one group. The writer's members (size, span, text pieces) are not looked at by readers; rows below what a
// HeadRun says, and the texts they point to, never change.
class HeadBlock {
 public:
  HeadBlock(std::shared_ptr<const Shape> of, std::uint32_t rows)
      : shape(std::move(of)),
        capacity(rows),
        words(std::make_unique_for_overwrite<std::uint64_t[]>(std::size_t{rows} * shape->stride)) {}

  std::uint64_t* start_row(std::int64_t time, std::int64_t arrival, Quality quality, std::uint32_t order) {
    std::uint64_t* row = words.get() + std::size_t{size++} * shape->stride;
    span.first = std::min(span.first, Time(time));
    span.last = std::max(span.last, Time(time));
    row[time_word] = static_cast<std::uint64_t>(time);
    row[arrival_word] = static_cast<std::uint64_t>(arrival);
    row[quality_word] = std::uint64_t{order} << 32U | quality.value();
    std::fill(row + nulls_word, row + shape->values_word, 0);
    return row;
  }

  // The word of a text: the address of its length and bytes. Adds to `bytes` what it took.
  std::uint64_t keep(std::string_view text, std::uint64_t& bytes) {
    const std::size_t needed = sizeof(std::uint32_t) + text.size();
    if (text_left_ < needed) {
      text_left_ = std::max(needed, text_piece_bytes);
      text_pieces_.push_back(std::make_unique_for_overwrite<std::byte[]>(text_left_));
      text_next_ = text_pieces_.back().get();
      bytes += text_left_;
    }
    std::byte* at = text_next_;
    store(at, static_cast<std::uint32_t>(text.size()));
    std::ranges::copy(as_bytes(text), at + sizeof(std::uint32_t));
    text_next_ += needed;
    text_left_ -= needed;
    return std::bit_cast<std::uint64_t>(at);
  }
  static std::string_view text_of(std::uint64_t word) {
    const auto* at = std::bit_cast<const std::byte*>(word);
    return as_text({at + sizeof(std::uint32_t), load<std::uint32_t>(at)});
  }

  const std::shared_ptr<const Shape> shape;
  const std::uint32_t capacity;
  const std::unique_ptr<std::uint64_t[]> words;
  std::uint32_t size = 0;
  Span span{time_max, time_min};

 private:
  std::vector<std::unique_ptr<std::byte[]>> text_pieces_;
  std::byte* text_next_ = nullptr;
  std::size_t text_left_ = 0;
};

namespace {

struct Chosen {
  Time time;
  const std::uint64_t* row;
};

// Rows of a few connections are a few sorted stretches, one after the other: these are merged. Rows lie in the order of
// their arrival, which stays that of equal times.
void sort_stretches(std::vector<Chosen>& rows) {
  std::vector<std::size_t> bounds{0};
  while (bounds.back() != rows.size()) {
    const auto from = rows.begin() + static_cast<std::ptrdiff_t>(bounds.back());
    bounds.push_back(
        static_cast<std::size_t>(std::ranges::is_sorted_until(from, rows.end(), {}, &Chosen::time) - rows.begin()));
  }
  if (bounds.size() <= 2) return;
  std::vector<Chosen> merged(rows.size());
  while (bounds.size() > 2) {
    const auto stretch = [&](std::size_t i) { return std::span(rows).subspan(bounds[i], bounds[i + 1] - bounds[i]); };
    std::vector<std::size_t> left{0};
    auto out = merged.begin();
    std::size_t i = 0;
    for (; i + 2 < bounds.size(); i += 2) {
      out = std::ranges::merge(stretch(i), stretch(i + 1), out, {}, &Chosen::time, &Chosen::time).out;
      left.push_back(bounds[i + 2]);
    }
    if (i + 1 < bounds.size()) {
      std::ranges::copy(stretch(i), out);
      left.push_back(bounds[i + 1]);
    }
    bounds = std::move(left);
    rows.swap(merged);
  }
}

// Rows to be written over, of anything but text.
void resize(Rows& rows, std::size_t count) {
  rows.columns.times.resize(count);
  rows.columns.words.resize(count);
  rows.columns.qualities.resize(count);
  rows.columns.arrivals.resize(count);
  rows.columns.revisions.resize(count);
  rows.orders.resize(count);
}

}  // namespace

Rows HeadRun::open(const Span& span) const {
  const Shape& shape = *block_->shape;
  const std::uint64_t* row = block_->words.get();
  std::vector<Chosen> chosen;
  chosen.reserve(rows_);
  for (std::uint32_t i = 0; i < rows_; ++i, row += shape.stride) {
    const bool null = (row[nulls_word + field_ / 64] >> (field_ % 64) & 1) != 0;
    const Time time(static_cast<std::int64_t>(row[time_word]));
    if (!null && span.has(time)) chosen.push_back({time, row});
  }
  sort_stretches(chosen);

  Rows rows;
  Samples& columns = rows.columns;
  columns.type = shape.types[field_];
  resize(rows, chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::uint64_t* at = chosen[i].row;
    columns.times[i] = chosen[i].time;
    columns.words[i] = at[shape.values_word + field_];
    columns.qualities[i] = Quality(static_cast<std::uint32_t>(at[quality_word]));
    columns.arrivals[i] = Time(static_cast<std::int64_t>(at[arrival_word]));
    rows.orders[i] = static_cast<std::uint32_t>(at[quality_word] >> 32U);
  }
  if (columns.type != ValueType::text) return rows;
  for (std::uint64_t& word : columns.words) {
    columns.text += HeadBlock::text_of(word);
    word = columns.text.size();
  }
  return rows;
}

struct Head::Group {
  std::shared_ptr<const Shape> shape;
  std::vector<std::shared_ptr<HeadBlock>> blocks;

  // The block that the next row goes to. Adds to `bytes` what it took.
  HeadBlock& open_block(std::uint64_t& bytes) {
    if (!blocks.empty() && blocks.back()->size < blocks.back()->capacity) [[likely]]
      return *blocks.back();
    const std::size_t row_bytes = std::size_t{shape->stride} * sizeof(std::uint64_t);
    const auto most =
        std::clamp(static_cast<std::uint32_t>(block_bytes_max / row_bytes), block_rows_min, block_rows_max);
    const std::uint32_t capacity = blocks.empty() ? block_rows_min : std::min(most, blocks.back()->capacity * 2);
    blocks.push_back(std::make_shared<HeadBlock>(shape, capacity));
    bytes += capacity * row_bytes + sizeof(HeadBlock);
    return *blocks.back();
  }
};

Head::Head(std::uint32_t index, std::uint32_t count) : index_(index), count_(count) {}
Head::~Head() = default;

std::uint64_t Head::append(const log::Batch& batch) {
  RecordReader records(batch.payload());
  std::uint64_t malformed = 0;
  std::uint32_t order = 0;
  while (const auto record = records.next()) {
    if (record->kind == RecordKind::deletion && !append_deletion(record->body, batch)) ++malformed;
    if (record->kind != RecordKind::samples) continue;
    const auto block = SampleBlockView::parse(record->body);
    if (!block) {
      ++malformed;
      continue;
    }
    append(*block, batch.arrival(), order);
    order += block->rows();
  }
  return malformed + (records.failed() ? 1 : 0);
}

// False where it is none.
bool Head::append_deletion(Bytes body, const log::Batch& batch) {
  const auto deletion = read_deletion(body);
  if (!deletion) return false;
  if (partition_of(deletion->asset, count_) != index_) return true;
  deletions_[deletion->signal].push_back({batch.offset(), batch.arrival(), *deletion});
  bytes_ += sizeof(StoredDeletion);
  return true;
}

void Head::append(const SampleBlockView& block, Time arrival, std::uint32_t order) {
  series_groups_.resize(block.series());
  for (std::uint32_t series = 0; series < block.series(); ++series) {
    const bool mine = partition_of(block.asset(series), count_) == index_;
    series_groups_[series] = mine ? group_of(block, series) : nullptr;
  }
  slots_.resize(tile_rows);
  for (std::uint32_t from = 0; from < block.rows(); from += tile_rows) {
    const std::uint32_t to = std::min(block.rows(), from + tile_rows);
    start_rows(block, from, to, arrival, order + from);
    for (std::uint32_t field = 0; field < block.fields(); ++field) {
      fill(block, field, from, to);
      if (block.has_nulls(field)) fill_nulls(block, field, from, to);
    }
  }
}

void Head::start_rows(const SampleBlockView& block, std::uint32_t from, std::uint32_t to, Time arrival,
                      std::uint32_t order) {
  const auto series = block.row_series();
  const auto times = block.times();
  std::uint64_t taken = 0;
  for (std::uint32_t row = from; row < to; ++row) {
    Group* group = series_groups_[series[row]];
    if (group == nullptr) {
      slots_[row - from] = {nullptr, nullptr};
      continue;
    }
    HeadBlock& into = group->open_block(bytes_);
    slots_[row - from] = {&into, into.start_row(times[row], arrival.value(), block.quality(row), order + (row - from))};
    ++taken;
  }
  samples_ += taken * block.fields();
}

template <class Get>
void Head::fill_words(std::uint32_t field, std::uint32_t from, std::uint32_t to, Get get) {
  for (std::uint32_t row = from; row < to; ++row) {
    const Slot& slot = slots_[row - from];
    if (slot.row == nullptr) continue;
    slot.row[slot.block->shape->values_word + field] = get(row, *slot.block);
  }
}

void Head::fill(const SampleBlockView& block, std::uint32_t field, std::uint32_t from, std::uint32_t to) {
  switch (block.type(field)) {
    case ValueType::f64: {
      const auto values = block.f64(field);
      return fill_words(field, from, to,
                        [&](std::uint32_t row, HeadBlock&) { return std::bit_cast<std::uint64_t>(values[row]); });
    }
    case ValueType::i64: {
      const auto values = block.i64(field);
      return fill_words(field, from, to,
                        [&](std::uint32_t row, HeadBlock&) { return std::bit_cast<std::uint64_t>(values[row]); });
    }
    case ValueType::boolean:
      return fill_words(field, from, to, [&](std::uint32_t row, HeadBlock&) {
        return std::uint64_t{block.has_value(field, row) && block.boolean(field, row) ? 1U : 0U};
      });
    case ValueType::text:
      return fill_words(field, from, to, [&](std::uint32_t row, HeadBlock& into) {
        return block.has_value(field, row) ? into.keep(block.text(field, row), bytes_) : 0;
      });
  }
}

void Head::fill_nulls(const SampleBlockView& block, std::uint32_t field, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t row = from; row < to; ++row) {
    std::uint64_t* at = slots_[row - from].row;
    if (at == nullptr || block.has_value(field, row)) continue;
    at[nulls_word + field / 64] |= std::uint64_t{1} << (field % 64);
    --samples_;
  }
}

Head::Group* Head::group_of(const SampleBlockView& block, std::uint32_t series) {
  const std::uint64_t hash = shape_hash(block, series);
  const auto [begin, end] = by_shape_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    Group* group = groups_[at->second].get();
    if (group->shape->is(block, series)) return group;
  }
  return add_group(block, series, hash);
}

std::uint32_t& Head::first_place(SignalId signal) {
  const std::size_t page = signal.value() / page_signals;
  if (page >= first_places_.size()) first_places_.resize(page + 1);
  if (first_places_[page] == nullptr) {
    first_places_[page] = std::make_unique<Page>();
    first_places_[page]->fill(no_place);
    bytes_ += sizeof(Page);
  }
  return (*first_places_[page])[signal.value() % page_signals];
}

std::uint32_t Head::find_first_place(SignalId signal) const {
  const std::size_t page = signal.value() / page_signals;
  if (page >= first_places_.size() || first_places_[page] == nullptr) return no_place;
  return (*first_places_[page])[signal.value() % page_signals];
}

Head::Group* Head::add_group(const SampleBlockView& block, std::uint32_t series, std::uint64_t hash) {
  auto shape = std::make_shared<Shape>();
  shape->asset = block.asset(series);
  shape->values_word = nulls_word + (block.fields() + 63) / 64;
  shape->stride = shape->values_word + block.fields();
  const auto number = static_cast<std::uint32_t>(groups_.size());
  for (std::uint32_t field = 0; field < block.fields(); ++field) {
    const SignalId signal = block.signal(series, field);
    shape->signals.push_back(signal);
    shape->types.push_back(block.type(field));
    std::uint32_t& first = first_place(signal);
    places_.push_back({number, field, first});
    first = static_cast<std::uint32_t>(places_.size() - 1);
  }
  by_shape_.emplace(hash, number);
  groups_.push_back(std::make_unique<Group>(std::move(shape), std::vector<std::shared_ptr<HeadBlock>>{}));
  constexpr std::uint64_t group_bytes = sizeof(Group) + sizeof(Shape) + 64;
  constexpr std::uint64_t field_bytes = 2 * sizeof(Place) + sizeof(SignalId) + sizeof(ValueType);
  bytes_ += group_bytes + block.fields() * field_bytes;
  return groups_.back().get();
}

std::vector<HeadRun> Head::runs(SignalId signal, const Span& span) const {
  std::vector<HeadRun> found;
  for (std::uint32_t at = find_first_place(signal); at != no_place; at = places_[at].next) {
    const Place& place = places_[at];
    for (const auto& block : groups_[place.group]->blocks) {
      if (block->span.meets(span)) found.emplace_back(block, place.field, block->size, block->span);
    }
  }
  return found;
}

std::span<const StoredDeletion> Head::deletions(SignalId signal) const {
  const auto found = deletions_.find(signal);
  if (found == deletions_.end()) return {};
  return found->second;
}

Deletions Head::deletions() const {
  Deletions all;
  for (const auto& [signal, its] : deletions_) all.insert(all.end(), its.begin(), its.end());
  sort(all);
  return all;
}

std::vector<SignalId> Head::signals() const {
  std::vector<SignalId> all;
  for (std::size_t page = 0; page < first_places_.size(); ++page) {
    if (first_places_[page] == nullptr) continue;
    for (std::size_t i = 0; i < page_signals; ++i) {
      if ((*first_places_[page])[i] != no_place) {
        all.emplace_back(static_cast<SignalId::rep>(page * page_signals + i));
      }
    }
  }
  return all;
}

}  // namespace artery::history
