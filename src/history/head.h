// The head: a partition's samples that are in no segment yet, and its deletions that no manifest has yet.
//
// Samples that arrive together lie together: a group is an asset with an ordered list of signals (one source's shape),
// and holds rows of one time, arrival, quality and a value per signal. A block's series is looked up once, however many
// rows and fields it has. Rows fill blocks and never move; what is filled is never changed, so that a reader on another
// thread may look at the rows that were there when it asked, without a copy and without a lock.
//
// Threads: a head belongs to one loop until it is frozen, that is const; then anyone may read it. A HeadRun may be read
// anywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/deletions.h"
#include "history/rows.h"
#include "log/batch.h"
#include "model/ids.h"
#include "model/sample_block.h"

namespace artery::history {

class HeadBlock;

// Some rows of one signal in the head, in the order of their arrival. Keeps them alive.
class HeadRun {
 public:
  HeadRun(std::shared_ptr<const HeadBlock> block, std::uint32_t field, std::uint32_t rows, Span span)
      : block_(std::move(block)), field_(field), rows_(rows), span_(span) {}
  // Its times lie within.
  [[nodiscard]] const Span& span() const { return span_; }
  // Those within `span`, sorted.
  [[nodiscard]] Rows open(const Span& span) const;

 private:
  std::shared_ptr<const HeadBlock> block_;
  std::uint32_t field_;
  std::uint32_t rows_;
  Span span_;
};

class Head {
 public:
  // Keeps the assets of partition `index` of `count`.
  Head(std::uint32_t index, std::uint32_t count);
  ~Head();
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  // Takes what of the batch is this partition's, and returns how many records could not be read.
  std::uint64_t append(const log::Batch& batch);
  // The same of one block. `order` is the number of rows that came before it in its batch.
  void append(const SampleBlockView& block, Time arrival, std::uint32_t order);

  // In no order; without those that have nothing within `span`.
  [[nodiscard]] std::vector<HeadRun> runs(SignalId signal, const Span& span) const;
  // Ascending.
  [[nodiscard]] std::vector<SignalId> signals() const;
  // Of the signal, in the order of the log.
  [[nodiscard]] std::span<const StoredDeletion> deletions(SignalId signal) const;
  [[nodiscard]] Deletions deletions() const;
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Group;
  struct Place {
    std::uint32_t group;
    std::uint32_t field;
    std::uint32_t next;  // of the same signal; no_place at the end
  };
  static constexpr std::uint32_t no_place = 0xFFFFFFFF;

  // Where the signal's first place is written, which is made if need be.
  std::uint32_t& first_place(SignalId signal);
  [[nodiscard]] std::uint32_t find_first_place(SignalId signal) const;  // no_place where there is none
  bool append_deletion(Bytes body, const log::Batch& batch);
  Group* group_of(const SampleBlockView& block, std::uint32_t series);
  Group* add_group(const SampleBlockView& block, std::uint32_t series, std::uint64_t hash);
  void start_rows(const SampleBlockView& block, std::uint32_t from, std::uint32_t to, Time arrival,
                  std::uint32_t order);
  void fill(const SampleBlockView& block, std::uint32_t field, std::uint32_t from, std::uint32_t to);
  void fill_nulls(const SampleBlockView& block, std::uint32_t field, std::uint32_t from, std::uint32_t to);
  template <class Get>
  void fill_words(std::uint32_t field, std::uint32_t from, std::uint32_t to, Get get);

  const std::uint32_t index_;
  const std::uint32_t count_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_shape_;
  // The first place of each signal, by pages of ids: a map of a million would hold everybody up where it grows.
  static constexpr std::size_t page_signals = 256;
  using Page = std::array<std::uint32_t, page_signals>;
  std::vector<std::unique_ptr<Page>> first_places_;
  std::vector<Place> places_;
  std::unordered_map<SignalId, Deletions> deletions_;
  std::uint64_t samples_ = 0;
  std::uint64_t bytes_ = 0;

  // Of the append() under way.
  std::vector<Group*> series_groups_;
  struct Slot {
    HeadBlock* block;
    std::uint64_t* row;  // nullptr: another partition's
  };
  std::vector<Slot> slots_;
};

}  // namespace artery::history
