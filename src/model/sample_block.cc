#include "model/sample_block.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/assert.h"
#include "model/record.h"

namespace artery {
namespace {

constexpr std::uint16_t flag_qualities = 1;
constexpr std::size_t words_for(std::size_t rows) { return (rows + 63) / 64; }

template <class T>
void put_all(Buffer& out, const std::vector<T>& values) {
  const Bytes bytes = std::as_bytes(std::span(values));
  out.insert(out.end(), bytes.begin(), bytes.end());
  ByteWriter(out).align(8);
}

}  // namespace

SampleBlockBuilder::SampleBlockBuilder(const std::vector<ValueType>& types) {
  columns_.reserve(types.size());
  for (const ValueType type : types) columns_.push_back(Column{.type = type, .words = {}, .present = {}, .text = {}});
}

std::uint32_t SampleBlockBuilder::add_series(AssetId asset, std::span<const SignalId> signals) {
  ARTERY_ASSERT(signals.size() == columns_.size());
  assets_.push_back(asset);
  signals_.insert(signals_.end(), signals.begin(), signals.end());
  return static_cast<std::uint32_t>(assets_.size() - 1);
}

void SampleBlockBuilder::start_row(std::uint32_t series, Time time, Quality quality) {
  ARTERY_ASSERT(series < assets_.size());
  row_series_.push_back(series);
  times_.push_back(time);
  qualities_.push_back(quality);
  has_qualities_ = has_qualities_ || quality != quality_good;
}

// Columns are filled up to the present row only when they get a value: a row without one costs nothing here.
void SampleBlockBuilder::mark(Column& column) {
  ARTERY_ASSERT(column.words.size() < times_.size());
  if (column.words.size() + 1 < times_.size()) {
    const std::uint64_t filler = column.type == ValueType::text ? column.text.size() : 0;
    column.words.resize(times_.size() - 1, filler);
    column.present.resize(times_.size() - 1, false);
  }
  column.present.push_back(true);
  ++column.present_count;
  ++values_;
}

void SampleBlockBuilder::set_f64(std::size_t field, double value) {
  Column& column = columns_[field];
  ARTERY_ASSERT(column.type == ValueType::f64);
  mark(column);
  column.words.push_back(std::bit_cast<std::uint64_t>(value));
}

void SampleBlockBuilder::set_i64(std::size_t field, std::int64_t value) {
  Column& column = columns_[field];
  ARTERY_ASSERT(column.type == ValueType::i64);
  mark(column);
  column.words.push_back(static_cast<std::uint64_t>(value));
}

void SampleBlockBuilder::set_bool(std::size_t field, bool value) {
  Column& column = columns_[field];
  ARTERY_ASSERT(column.type == ValueType::boolean);
  mark(column);
  column.words.push_back(value ? 1 : 0);
}

void SampleBlockBuilder::set_text(std::size_t field, std::string_view value) {
  Column& column = columns_[field];
  ARTERY_ASSERT(column.type == ValueType::text);
  mark(column);
  column.text.append(value);
  column.words.push_back(column.text.size());
}

void SampleBlockBuilder::set(std::size_t field, const ValueView& value) {
  switch (type_of(value)) {
    case ValueType::f64:
      return set_f64(field, std::get<double>(value));
    case ValueType::i64:
      return set_i64(field, std::get<std::int64_t>(value));
    case ValueType::boolean:
      return set_bool(field, std::get<bool>(value));
    case ValueType::text:
      return set_text(field, std::get<std::string_view>(value));
  }
}

void SampleBlockBuilder::drop_row() {
  ARTERY_ASSERT(!times_.empty());
  for (Column& column : columns_) {
    if (column.words.size() < times_.size()) continue;
    column.words.pop_back();
    column.present.pop_back();
    --column.present_count;
    --values_;
    if (column.type == ValueType::text) column.text.resize(column.words.empty() ? 0 : column.words.back());
  }
  times_.pop_back();
  row_series_.pop_back();
  qualities_.pop_back();
}

void SampleBlockBuilder::truncate(std::size_t rows) {
  while (times_.size() > rows) drop_row();
}

namespace {

void write_nulls(Buffer& out, const std::vector<bool>& present, std::size_t rows) {
  std::vector<std::uint64_t> nulls(words_for(rows), 0);
  for (std::size_t row = 0; row < rows; ++row) {
    if (row >= present.size() || !present[row]) nulls[row / 64] |= std::uint64_t{1} << (row % 64);
  }
  put_all(out, nulls);
}

void write_bools(Buffer& out, const std::vector<std::uint64_t>& words, std::size_t rows) {
  const std::size_t at = out.size();
  out.resize(at + rows);
  for (std::size_t row = 0; row < words.size(); ++row) out[at + row] = static_cast<std::byte>(words[row]);
  ByteWriter(out).align(8);
}

void write_texts(Buffer& out, const std::vector<std::uint64_t>& ends, std::string_view text, std::size_t rows) {
  std::vector<std::uint32_t> narrow(rows, static_cast<std::uint32_t>(text.size()));
  std::ranges::transform(ends, narrow.begin(), [](std::uint64_t end) { return static_cast<std::uint32_t>(end); });
  put_all(out, narrow);
  ByteWriter writer(out);
  writer.bytes(as_bytes(text));
  writer.align(8);
}

}  // namespace

void SampleBlockBuilder::write(Buffer& out) const {
  const std::size_t rows = times_.size();
  if (rows == 0) return;
  out.reserve(out.size() + 64 + assets_.size() * 4 * (1 + columns_.size()) + rows * (16 + 9 * columns_.size()));
  const std::size_t start = start_record(out, RecordKind::samples);
  ByteWriter writer(out);
  writer.put(static_cast<std::uint32_t>(rows));
  writer.put(static_cast<std::uint32_t>(assets_.size()));
  writer.put(static_cast<std::uint16_t>(columns_.size()));
  writer.put(static_cast<std::uint16_t>(has_qualities_ ? flag_qualities : 0));
  writer.put(std::uint32_t{0});
  put_all(out, assets_);
  put_all(out, signals_);
  put_all(out, row_series_);
  put_all(out, times_);
  if (has_qualities_) put_all(out, qualities_);
  for (const Column& column : columns_) {
    const bool has_nulls = column.present_count < rows;
    writer.put(column.type);
    writer.put(static_cast<std::uint8_t>(has_nulls ? 1 : 0));
    writer.align(8);
    if (has_nulls) write_nulls(out, column.present, rows);
    if (column.type == ValueType::boolean) {
      write_bools(out, column.words, rows);
    } else if (column.type == ValueType::text) {
      write_texts(out, column.words, column.text, rows);
    } else {
      put_all(out, column.words);
      out.resize(out.size() + (rows - column.words.size()) * 8);
    }
  }
  finish_record(out, start);
}

void SampleBlockBuilder::clear() {
  for (Column& column : columns_) {
    column.words.clear();
    column.present.clear();
    column.present_count = 0;
    column.text.clear();
  }
  assets_.clear();
  signals_.clear();
  row_series_.clear();
  times_.clear();
  qualities_.clear();
  has_qualities_ = false;
  values_ = 0;
}

// Takes the parts of a block one after the other, each checked against what is left.
class SampleBlockView::Parser {
 public:
  explicit Parser(Bytes body) : reader_(body) {}

  template <class T>
  const T* array(std::size_t count) {
    const std::size_t bytes = (count * sizeof(T) + 7) / 8 * 8;
    return reinterpret_cast<const T*>(reader_.bytes(bytes).data());  // aligned: every part is padded to eight bytes
  }

  bool header(SampleBlockView& block, std::uint16_t& fields, std::uint16_t& flags) {
    block.rows_ = reader_.get<std::uint32_t>();
    block.series_ = reader_.get<std::uint32_t>();
    fields = reader_.get<std::uint16_t>();
    flags = reader_.get<std::uint16_t>();
    reader_.get<std::uint32_t>();
    return !reader_.failed();
  }

  bool column(std::uint32_t rows, Column& column) {
    const auto type = reader_.get<std::uint8_t>();
    const auto has_nulls = reader_.get<std::uint8_t>();
    reader_.bytes(6);
    if (reader_.failed() || type < 1 || type > 4 || has_nulls > 1) return false;
    column.type = static_cast<ValueType>(type);
    column.nulls = has_nulls == 1 ? array<std::uint64_t>(words_for(rows)) : nullptr;
    column.text = nullptr;
    if (column.type == ValueType::boolean) {
      column.data = array<std::byte>(rows);
    } else if (column.type == ValueType::text) {
      return texts(rows, column);
    } else {
      column.data = array<std::byte>(std::size_t{rows} * 8);
    }
    return !reader_.failed();
  }

  [[nodiscard]] bool failed() const { return reader_.failed(); }

 private:
  bool texts(std::uint32_t rows, Column& column) {
    const auto* ends = array<std::uint32_t>(rows);
    if (reader_.failed()) return false;
    column.data = reinterpret_cast<const std::byte*>(ends);
    if (!std::is_sorted(ends, ends + rows)) return false;
    column.text = array<char>(rows == 0 ? 0 : ends[rows - 1]);
    return !reader_.failed();
  }

  ByteReader reader_;
};

std::optional<SampleBlockView> SampleBlockView::parse(Bytes body) {
  if (reinterpret_cast<std::uintptr_t>(body.data()) % 8 != 0) return std::nullopt;
  SampleBlockView block;
  Parser parser(body);
  std::uint16_t fields = 0;
  std::uint16_t flags = 0;
  if (!parser.header(block, fields, flags)) return std::nullopt;
  block.assets_ = parser.array<std::uint32_t>(block.series_);
  block.signals_ = parser.array<std::uint32_t>(std::size_t{block.series_} * fields);
  block.row_series_ = parser.array<std::uint32_t>(block.rows_);
  block.times_ = parser.array<std::int64_t>(block.rows_);
  if ((flags & flag_qualities) != 0) block.qualities_ = parser.array<std::uint32_t>(block.rows_);
  if (parser.failed()) return std::nullopt;
  if (std::ranges::any_of(block.row_series(), [&](std::uint32_t series) { return series >= block.series_; })) {
    return std::nullopt;
  }
  block.columns_.resize(fields);
  for (Column& column : block.columns_) {
    if (!parser.column(block.rows_, column)) return std::nullopt;
  }
  return block;
}

std::span<const double> SampleBlockView::f64(std::uint32_t field) const {
  ARTERY_ASSERT(columns_[field].type == ValueType::f64);
  return {reinterpret_cast<const double*>(columns_[field].data), rows_};
}

std::span<const std::int64_t> SampleBlockView::i64(std::uint32_t field) const {
  ARTERY_ASSERT(columns_[field].type == ValueType::i64);
  return {reinterpret_cast<const std::int64_t*>(columns_[field].data), rows_};
}

bool SampleBlockView::boolean(std::uint32_t field, std::uint32_t row) const {
  return columns_[field].data[row] != std::byte{0};
}

std::string_view SampleBlockView::text(std::uint32_t field, std::uint32_t row) const {
  const Column& column = columns_[field];
  const auto* ends = reinterpret_cast<const std::uint32_t*>(column.data);
  const std::uint32_t start = row == 0 ? 0 : ends[row - 1];
  return {column.text + start, ends[row] - start};
}

ValueView SampleBlockView::value(std::uint32_t field, std::uint32_t row) const {
  switch (columns_[field].type) {
    case ValueType::f64:
      return f64(field)[row];
    case ValueType::i64:
      return i64(field)[row];
    case ValueType::boolean:
      return boolean(field, row);
    case ValueType::text:
      break;
  }
  return text(field, row);
}

}  // namespace artery
