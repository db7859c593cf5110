#include "history/signal_coder.h"

#include <iterator>

#include "base/assert.h"

namespace artery::history {

void SignalCoder::add(SignalId signal, const Samples& vector) {
  ARTERY_ASSERT(!vector.empty());
  const bool fits = chunk_.size() + vector.size() <= chunk_rows_max && chunk_.text.size() < chunk_text_bytes_max;
  if (!chunk_.empty() && signal != signal_) end_signal();
  if (!chunk_.empty() && (vector.type != chunk_.type || !fits)) end_chunk(false);
  signal_ = signal;
  chunk_.type = vector.type;
  chunk_.append(vector);
}

void SignalCoder::finish() {
  if (!chunk_.empty()) end_signal();
}

CodedSignals SignalCoder::take() {
  taken_ += coded_.bytes.size();
  return std::exchange(coded_, CodedSignals());
}

void SignalCoder::end_chunk(bool is_last) {
  if (rows_before_ == 0) coded_.notes.push_back({names_(signal_), chunk_.type});
  const std::uint64_t at = coded();
  const std::uint32_t hash = KnownStamps::hash(chunk_);
  const auto known = stamps_.find(hash, chunk_, at);
  const auto [header, stamps] = write_chunk(coded_.bytes, signal_, rows_before_, chunk_, effort_, known);
  if (!known) stamps_.keep(hash, coded() - stamps.size(), stamps);
  coded_.chunks.push_back(header);
  rows_before_ += header.rows;
  const bool is_whole_signal = is_last && header.first_row == 0;
  if (!is_whole_signal || header.rows >= policy_.rows_min) {
    tiles_.add(signal_, chunk_, header.bytes + (known ? known->bytes : 0));
  }
  chunk_.clear();
}

void SignalCoder::end_signal() {
  end_chunk(true);
  rows_before_ = 0;
  std::ranges::move(tiles_.finish(coded_.bytes), std::back_inserter(coded_.tiles));
}

}  // namespace artery::history
