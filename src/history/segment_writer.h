// Writes a segment file, signal by signal. Used by one task at a time, on the pool.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "history/codec/integers.h"
#include "history/manifest.h"
#include "history/segment_format.h"
#include "history/signal_coder.h"
#include "history/signal_facts.h"
#include "history/tile_builder.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

struct SegmentPlan {
  runtime::Files* files = nullptr;
  std::string folder;
  std::uint64_t number = 0;
  Offset from;  // the batches whose samples it has
  Offset to;
  Offset clean;  // every deletion below it is carried out in the rows that are added
  Time created;
  SignalNames names;
  codec::Effort effort = codec::Effort::light;
  TilePolicy tiles;
  bool archive = false;
};

class SegmentWriter {
 public:
  // Errors: FileError::* (no file is left, try again).
  static runtime::Task<Result<std::unique_ptr<SegmentWriter>>> create(SegmentPlan plan);

  // Signals ascend, whichever way they come. Rows as SignalCoder::add() wants them.
  void add(SignalId signal, const Samples& vector) { coder_.add(signal, vector); }
  // Or what coders of this segment have coded, all of one before any of another.
  [[nodiscard]] SignalCoder coder() const { return {plan_.names, plan_.effort, plan_.tiles}; }
  void add(const CodedSignals& coded);
  [[nodiscard]] std::uint64_t written() const { return written_; }  // bytes
  // Of an archive, instead: a signal's tiles up to `until`, or none, coded, all levels in their order; `type` is the
  // first block's. Signals ascend.
  void add_tiles(SignalId signal, ValueType type, Bytes blocks, std::span<const TileBlockHeader> headers, Time until);
  [[nodiscard]] bool empty() const { return coder_.empty() && footer_.directory.signals() == 0; }
  // Whether there is enough to be written, and writes it. Errors: FileError::*; then abandon() it.
  [[nodiscard]] bool is_full() const;
  runtime::Task<Result<void>> flush();
  // Done means: all of it is on the device, under a temporary name. Errors: FileError::* (then abandon() it, and try
  // again), HistoryError::failed (a sync failed: stop).
  runtime::Task<Result<void>> finish();
  // After finish(). Done means: it and its name are on the device. One at a time in a folder, and not beside another
  // change of its names: a failed sync of a folder takes all that was renamed in it, and the next one says that all is
  // well. Errors: as finish().
  runtime::Task<Result<SegmentEntry>> give_name();
  // Leaves no file.
  runtime::Task<void> abandon();

 private:
  explicit SegmentWriter(SegmentPlan plan);
  void place(const CodedSignals& coded);

  const SegmentPlan plan_;
  const std::string path_;
  const std::string temporary_;
  std::unique_ptr<runtime::File> file_;
  SignalCoder coder_;
  Buffer buffer_;
  std::uint64_t written_ = 0;
  Footer footer_;
};

}  // namespace artery::history
