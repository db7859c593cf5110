// The newest values of one partition's signals: 44 bytes of memory for each, texts aside. Private to live/; used on one
// loop.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/deletion.h"
#include "model/ids.h"
#include "model/sample.h"
#include "model/sample_block.h"

namespace artery::live {

struct SlotNumberTag;
using SlotNumber = Strong<SlotNumberTag, std::uint32_t>;  // of a signal within its table, from 0 on; it keeps it

class NewestTable {
 public:
  // Of one signal. Someone who follows it is told of its changes by `watched`.
  struct Slot {
    std::uint64_t word = 0;  // f64: its bits; i64; bool: 0 or 1; text: its place in the table's texts
    Time time = time_min;
    Time arrival;
    Quality quality;
    SignalId signal;
    AssetId asset;
    ValueType type = ValueType::f64;  // of the newest value: a signal's samples may be of several
    bool watched : 1 = false;
    bool corrected : 1 = false;  // `earlier_` has what was said of the same time before
    bool deleted : 1 = false;    // what was newest, of `time`, was deleted: history knows what is newest now
  };

  NewestTable(std::uint32_t partition, std::uint32_t partitions) : partition_(partition), partitions_(partitions) {}

  // Takes the block's newest row of each series, or of each cell where fields have gaps, if the series is this
  // partition's. Of equal times the later is the newest, unless it was said before: then it is a replay (promise 3).
  // Afterwards `created` and `changed` name signals that are new, or watched and have a newer value (some perhaps
  // twice), beside those named before. Returns how many samples of this partition the block has.
  std::uint64_t apply(const SampleBlockView& block, Time arrival);
  // Forgets what the deletion takes and is newest. Then, until something as new comes, no newest value is known here.
  void apply(const Deletion& deletion, Time arrival);
  std::vector<SlotNumber> created;
  std::vector<SlotNumber> changed;

  [[nodiscard]] std::optional<SlotNumber> find(SignalId signal) const;
  [[nodiscard]] const Slot& slot(SlotNumber number) const { return slots_[number.value()]; }
  void set_watched(SlotNumber number, bool watched) { slots_[number.value()].watched = watched; }
  // A text is valid until the table is changed.
  [[nodiscard]] ValueView value(SlotNumber number) const;
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }

  // A checkpoint's body, and what there is of one: takes the whole entries at its front and returns their bytes,
  // nothing where they are malformed. What other partitions' checkpoints say of other assets is left out.
  [[nodiscard]] Buffer encode() const;
  std::optional<std::size_t> merge(Bytes body);

 private:
  static constexpr std::uint32_t no_row = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t page_signals = 4096;
  using Page = std::array<std::uint32_t, page_signals>;  // the slot's number + 1

  void find_best_rows(const SampleBlockView& block);
  const std::vector<std::uint32_t>& find_best_cells(const SampleBlockView& block, std::uint32_t field);
  std::uint64_t apply_field(const SampleBlockView& block, std::uint32_t field, Time arrival);
  struct Reading {
    SignalId signal;
    AssetId asset;
    Time time;
    Time arrival;
    Quality quality;
    ValueView value;
  };
  struct Revision {
    Value value;
    Quality quality;
  };
  // As many corrections of one time are known for replays; a source whose clock stands still could make any number.
  static constexpr std::size_t earlier_max = 256;

  SlotNumber slot_of(const Reading& reading);
  void put(const Reading& reading);
  // Makes room for a reading of the newest time. False where it is a replay.
  bool correct(SlotNumber number, const Reading& reading);
  void set_type(Slot& slot, ValueType type);
  void write_entry(ByteWriter& writer, const Slot& slot, const ValueView& value, Quality quality) const;

  const std::uint32_t partition_;
  const std::uint32_t partitions_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<Page>> index_;  // by signal id
  std::vector<std::string> texts_;
  std::vector<std::uint32_t> free_texts_;  // places in texts_ whose slot holds no text any more
  std::unordered_map<std::uint32_t, std::vector<Revision>> earlier_;  // by slot; few signals have any
  std::vector<std::uint32_t> best_rows_;   // of the present block, by series; no_row where it is another partition's
  std::vector<std::uint32_t> best_cells_;  // of the present field
  std::uint64_t own_rows_ = 0;             // of the present block
  std::uint64_t own_cells_ = 0;            // of the present field
  bool has_ties_ = false;                  // rows of one series and time in the present block
};

static_assert(sizeof(NewestTable::Slot) == 40);

}  // namespace artery::live
