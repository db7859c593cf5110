// Codes signals to what a segment holds of them, apart from its file: several coders may be at work for one segment.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "history/chunk.h"
#include "history/known_stamps.h"
#include "history/samples.h"
#include "history/segment_format.h"
#include "history/signal_facts.h"
#include "history/tile_builder.h"
#include "model/ids.h"

namespace artery::history {

// Chunks and blocks of tiles as they follow each other in the file: of each signal its chunks, then its tiles. Where a
// signal is in several of these, the first has its note. Chunks may name the stamps of others of the same coder: what
// it codes stands in the file as a whole, with nothing between.
struct CodedSignals {
  Buffer bytes;
  std::vector<ChunkHeader> chunks;
  std::vector<TileBlockHeader> tiles;
  std::vector<SignalNote> notes;
};

// Used by one thread at a time.
class SignalCoder {
 public:
  SignalCoder(SignalNames names, codec::Effort effort, const TilePolicy& policy)
      : names_(std::move(names)), effort_(effort), policy_(policy), tiles_(policy, effort) {}

  // Rows of a signal that follow those before, sorted; at most vector_rows, not empty. Signals ascend.
  void add(SignalId signal, const Samples& vector);
  // No more rows come.
  void finish();
  [[nodiscard]] bool empty() const { return chunk_.empty() && coded_.bytes.empty(); }
  [[nodiscard]] std::size_t bytes() const { return coded_.bytes.size(); }
  // What is coded since it was taken before.
  CodedSignals take();
  // Bytes coded since it began.
  [[nodiscard]] std::uint64_t coded() const { return taken_ + coded_.bytes.size(); }

 private:
  void end_chunk(bool is_last);
  void end_signal();

  const SignalNames names_;
  const codec::Effort effort_;
  const TilePolicy policy_;
  SignalId signal_;
  Samples chunk_;  // of it
  std::uint32_t rows_before_ = 0;
  TileBuilder tiles_;
  KnownStamps stamps_;
  CodedSignals coded_;
  std::uint64_t taken_ = 0;  // bytes of what was coded before it
};

}  // namespace artery::history
