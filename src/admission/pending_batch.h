// A batch that a shard collects: blocks of samples by their fields' types, messages, and who waits for it. For
// admission itself.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "admission/series_cache.h"
#include "log/batch.h"
#include "log/log.h"
#include "model/deletion.h"
#include "model/record.h"
#include "model/sample_block.h"

namespace artery::admission {

// A value for one field of a row.
struct Cell {
  std::uint32_t field;  // in Series::fields
  ValueView value;
};

class PendingBatch {
 public:
  // `number` is above 0 and no other batch's.
  explicit PendingBatch(std::uint64_t number) : number_(number) {}

  // What was added since is forgotten by take_back(). One mark at a time.
  void mark();
  void take_back();

  // `time` 0 and `stamped` false: the log gives the time when the batch is closed.
  struct RowTime {
    Time time;
    bool stamped = false;
    Quality quality = quality_good;
  };
  // The cells are those of the layout, in any order, or some of them.
  void add_row(Series& series, Layout& layout, std::span<const Cell> cells, const RowTime& time);
  void add_message(const MessageView& message);
  void add_deletion(const Deletion& deletion);

  [[nodiscard]] bool empty() const { return rows_ == 0 && batch_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // about
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  // Stamps the rows without a time and gives all as one batch; the object is spent.
  log::BatchBuilder close(log::Log& log);

 private:
  struct Block {
    SampleBlockBuilder builder;
    std::uint64_t marked = 0;  // the mark that the next is about
    std::size_t rows_at_mark = 0;
  };
  struct Unstamped {
    std::size_t block;
    std::size_t row;
  };

  Block& block_of(Series& series, Layout& layout);

  const std::uint64_t number_;
  std::vector<Block> blocks_;
  std::unordered_map<std::string, std::size_t> block_by_types_;
  std::vector<Unstamped> unstamped_;  // in the order of arrival
  log::BatchBuilder batch_;
  std::size_t bytes_ = 0;
  std::uint64_t rows_ = 0;

  std::uint64_t mark_ = 0;
  std::vector<std::size_t> touched_;  // blocks, since the mark
  std::size_t unstamped_at_mark_ = 0;
  std::size_t bytes_at_mark_ = 0;
  std::uint64_t rows_at_mark_ = 0;
};

}  // namespace artery::admission
