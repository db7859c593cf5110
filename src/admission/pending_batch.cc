#include "admission/pending_batch.h"

#include "base/assert.h"

namespace artery::admission {
namespace {

constexpr std::size_t row_bytes = 12;  // time and series
constexpr std::size_t value_bytes = 8;
constexpr std::size_t series_bytes = 8;  // asset, and for each field a signal

std::vector<ValueType> types_of(const Layout& layout) {
  std::vector<ValueType> types;
  types.reserve(layout.types.size());
  for (const char type : layout.types) types.push_back(static_cast<ValueType>(type));
  return types;
}

}  // namespace

void PendingBatch::mark() {
  ++mark_;
  touched_.clear();
  unstamped_at_mark_ = unstamped_.size();
  bytes_at_mark_ = bytes_;
  rows_at_mark_ = rows_;
}

void PendingBatch::take_back() {
  for (const std::size_t block : touched_) blocks_[block].builder.truncate(blocks_[block].rows_at_mark);
  unstamped_.resize(unstamped_at_mark_);
  bytes_ = bytes_at_mark_;
  rows_ = rows_at_mark_;
  touched_.clear();
}

PendingBatch::Block& PendingBatch::block_of(Series& series, Layout& layout) {
  if (layout.batch != number_) {
    const auto [found, added] = block_by_types_.try_emplace(layout.types, blocks_.size());
    if (added) blocks_.push_back({.builder = SampleBlockBuilder(types_of(layout))});
    std::vector<SignalId> signals;
    signals.reserve(layout.fields.size());
    for (const std::uint32_t field : layout.fields) signals.push_back(series.fields[field].id);
    layout.series = blocks_[found->second].builder.add_series(series.asset, signals);
    layout.block = found->second;
    layout.batch = number_;
    bytes_ += series_bytes + signals.size() * sizeof(SignalId);
  }
  Block& block = blocks_[layout.block];
  if (block.marked != mark_) {
    block.marked = mark_;
    block.rows_at_mark = block.builder.rows();
    touched_.push_back(layout.block);
  }
  return block;
}

void PendingBatch::add_row(Series& series, Layout& layout, std::span<const Cell> cells, const RowTime& time) {
  SampleBlockBuilder& block = block_of(series, layout).builder;
  if (!time.stamped) unstamped_.push_back({.block = layout.block, .row = block.rows()});
  block.start_row(layout.series, time.time, time.quality);
  for (const Cell& cell : cells) {
    block.set(layout.positions[cell.field], cell.value);
    if (const auto* text = std::get_if<std::string_view>(&cell.value)) bytes_ += text->size();
  }
  bytes_ += row_bytes + value_bytes * layout.fields.size();
  ++rows_;
}

void PendingBatch::add_message(const MessageView& message) {
  const std::size_t before = batch_.payload_bytes();
  write_message(batch_.bytes(), message);
  bytes_ += batch_.payload_bytes() - before;
}

void PendingBatch::add_deletion(const Deletion& deletion) {
  const std::size_t before = batch_.payload_bytes();
  write_deletion(batch_.bytes(), deletion);
  bytes_ += batch_.payload_bytes() - before;
}

log::BatchBuilder PendingBatch::close(log::Log& log) {
  ARTERY_ASSERT(!empty());
  if (!unstamped_.empty()) {
    std::int64_t stamp = log.stamp(unstamped_.size()).value();
    for (const Unstamped& one : unstamped_) blocks_[one.block].builder.set_time(one.row, Time(stamp++));
  }
  batch_.bytes().reserve(batch_.bytes().size() + bytes_ + bytes_ / 8);
  for (const Block& block : blocks_) block.builder.write(batch_.bytes());
  return std::move(batch_);
}

}  // namespace artery::admission
