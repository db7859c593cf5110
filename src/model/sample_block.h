// Samples that arrived together, by columns: the body of a RecordKind::samples record. Rows share their fields (a
// shape: the ordered list of fields that a source sends for assets of one type). A row belongs to a series: an asset
// with the signals that its fields mean. The block names every asset and signal by id and needs nothing else to be
// understood; what was written is what readers look at, in memory and from disk, without parsing.
//
//   u32 rows   u32 series   u16 fields   u16 flags (1: has qualities)   u32 zero
//   u32 asset[series]            u32 signal[series][fields]   u32 row_series[rows]       (each padded to 8 bytes)
//   i64 time[rows]               u32 quality[rows] if flagged (padded)
//   per field: u8 type, u8 has_nulls, 6 zero bytes; u64 nulls[(rows + 63) / 64] if has_nulls (bit set: no value);
//     f64 and i64: 8 bytes a row; bool: 1 byte a row (padded); text: u32 end[rows] (padded), bytes (padded)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/sample.h"

namespace artery {

// Collects rows of one shape. Not thread-safe. Reusable after clear().
class SampleBlockBuilder {
 public:
  explicit SampleBlockBuilder(const std::vector<ValueType>& types);

  // Returns the series' number within this block. `signals` has one id per field.
  std::uint32_t add_series(AssetId asset, std::span<const SignalId> signals);

  // A row starts with no value in any field; set() gives them, at most once per field and of the field's type.
  void start_row(std::uint32_t series, Time time, Quality quality = quality_good);
  void set_f64(std::size_t field, double value);
  void set_i64(std::size_t field, std::int64_t value);
  void set_bool(std::size_t field, bool value);
  void set_text(std::size_t field, std::string_view value);
  void set(std::size_t field, const ValueView& value);
  // Forgets the row begun last: one bad field in atomic rows.
  void drop_row();
  // Forgets all rows from `rows` on: a submission that is taken back.
  void truncate(std::size_t rows);

  [[nodiscard]] std::size_t rows() const { return times_.size(); }
  [[nodiscard]] std::size_t fields() const { return columns_.size(); }
  [[nodiscard]] ValueType type(std::size_t field) const { return columns_[field].type; }
  [[nodiscard]] std::size_t values() const { return values_; }  // cells that hold one
  void set_time(std::size_t row, Time time) { times_[row] = time; }

  // Appends the whole record, with its header; nothing when there is no row.
  void write(Buffer& out) const;
  void clear();

 private:
  struct Column {
    ValueType type;
    std::vector<std::uint64_t> words;  // f64 bits, i64, bool as 0 or 1, end of text; one per row
    std::vector<bool> present;
    std::size_t present_count = 0;
    std::string text;
  };
  void mark(Column& column);

  std::vector<Column> columns_;
  std::vector<AssetId> assets_;
  std::vector<SignalId> signals_;
  std::vector<std::uint32_t> row_series_;
  std::vector<Time> times_;
  std::vector<Quality> qualities_;
  bool has_qualities_ = false;
  std::size_t values_ = 0;
};

// A block that was checked once, whole, so that its accessors need no checks. Valid as long as the bytes.
class SampleBlockView {
 public:
  // Nothing where the bytes are not a block (or are not eight-byte aligned).
  static std::optional<SampleBlockView> parse(Bytes body);

  [[nodiscard]] std::uint32_t rows() const { return rows_; }
  [[nodiscard]] std::uint32_t series() const { return series_; }
  [[nodiscard]] std::uint32_t fields() const { return static_cast<std::uint32_t>(columns_.size()); }

  [[nodiscard]] AssetId asset(std::uint32_t series) const { return AssetId(assets_[series]); }
  [[nodiscard]] SignalId signal(std::uint32_t series, std::uint32_t field) const {
    return SignalId(signals_[std::size_t{series} * columns_.size() + field]);
  }
  [[nodiscard]] std::span<const std::uint32_t> row_series() const { return {row_series_, rows_}; }
  [[nodiscard]] std::span<const std::int64_t> times() const { return {times_, rows_}; }
  [[nodiscard]] Quality quality(std::uint32_t row) const {
    return qualities_ == nullptr ? quality_good : Quality(qualities_[row]);
  }
  [[nodiscard]] bool all_good() const { return qualities_ == nullptr; }

  [[nodiscard]] ValueType type(std::uint32_t field) const { return columns_[field].type; }
  [[nodiscard]] bool has_nulls(std::uint32_t field) const { return columns_[field].nulls != nullptr; }
  [[nodiscard]] bool has_value(std::uint32_t field, std::uint32_t row) const {
    const std::uint64_t* nulls = columns_[field].nulls;
    return nulls == nullptr || (nulls[row / 64] >> (row % 64) & 1) == 0;
  }
  // Only for the column's own type; rows without a value hold anything.
  [[nodiscard]] std::span<const double> f64(std::uint32_t field) const;
  [[nodiscard]] std::span<const std::int64_t> i64(std::uint32_t field) const;
  [[nodiscard]] bool boolean(std::uint32_t field, std::uint32_t row) const;
  [[nodiscard]] std::string_view text(std::uint32_t field, std::uint32_t row) const;
  // Any type; the row must have a value.
  [[nodiscard]] ValueView value(std::uint32_t field, std::uint32_t row) const;

 private:
  struct Column {
    ValueType type;
    const std::uint64_t* nulls;
    const std::byte* data;
    const char* text;
  };
  class Parser;

  std::uint32_t rows_ = 0;
  std::uint32_t series_ = 0;
  const std::uint32_t* assets_ = nullptr;
  const std::uint32_t* signals_ = nullptr;
  const std::uint32_t* row_series_ = nullptr;
  const std::int64_t* times_ = nullptr;
  const std::uint32_t* qualities_ = nullptr;
  std::vector<Column> columns_;
};

}  // namespace artery
