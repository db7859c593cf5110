// Codes signals to what a segment holds of them, apart from its file: several coders may be at work for one segment.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "history/chunk.h"
#include "history/samples.h"
#include "history/segment_format.h"
#include "history/signal_facts.h"
#include "history/tile_builder.h"
#include "model/ids.h"

namespace artery::history {

// Chunks and blocks of tiles as they follow each other in the file: of each signal its chunks, then its tiles. Where a
// signal is in several of these, the first has its note.
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
  // What is coded so far.
  CodedSignals take() { return std::exchange(coded_, CodedSignals()); }

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
  CodedSignals coded_;
};

}  // namespace artery::history
