#include "history/segment_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "history/error.h"
#include "history/merge.h"
#include "history/segment_format.h"

namespace artery::history {
namespace {

using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

constexpr std::size_t write_bytes = 1U << 20;  // given to the system at once

// All of a signal in frozen heads, in order, chunk by chunk.
class SignalReader {
 public:
  SignalReader(const std::vector<std::shared_ptr<const Head>>& heads, SignalId signal)
      : runs_(runs_of(heads, signal)), merge_(spans_of(runs_), {Direction::forward, Revisions::all, std::nullopt}) {}

  // Nothing at the end.
  Samples next_chunk() {
    Samples chunk;
    while (chunk.size() + vector_rows <= chunk_rows_max && chunk.text.size() < chunk_text_bytes_max) {
      if (vector_.empty()) fill_vector();
      if (vector_.empty() || (!chunk.empty() && chunk.type != vector_.type)) break;
      chunk.type = vector_.type;
      for (std::size_t row = 0; row < vector_.size(); ++row) {
        chunk.push(vector_.times[row], vector_.words[row], vector_.text_at(row), vector_.qualities[row],
                   vector_.arrivals[row], vector_.revisions[row]);
      }
      vector_.clear();
    }
    return chunk;
  }

 private:
  static std::vector<HeadRun> runs_of(const std::vector<std::shared_ptr<const Head>>& heads, SignalId signal) {
    std::vector<HeadRun> all;
    for (const auto& head : heads) std::ranges::move(head->runs(signal, Span{}), std::back_inserter(all));
    return all;
  }
  static std::vector<Span> spans_of(const std::vector<HeadRun>& runs) {
    std::vector<Span> spans;
    spans.reserve(runs.size());
    for (const HeadRun& run : runs) spans.push_back(run.span());
    return spans;
  }
  void fill_vector() {
    while (!merge_.done()) {
      if (const auto run = merge_.wanted()) {
        merge_.give(*run, runs_[*run].open(Span{}));
      } else if (!merge_.step(vector_)) {
        break;
      }
    }
  }

  std::vector<HeadRun> runs_;
  Merge merge_;
  Samples vector_;
};

class Writer {
 public:
  Writer(const SegmentJob& job, std::unique_ptr<runtime::File> file) : job_(job), file_(std::move(file)) {}

  Task<Result<SegmentEntry>> run(std::vector<SignalId> signals) {
    SegmentHeader{job_.number, job_.from, job_.to, job_.created}.write(buffer_);
    for (const SignalId signal : signals) {
      SignalReader reader(job_.heads, signal);
      std::uint32_t first_row = 0;
      for (Samples chunk = reader.next_chunk(); !chunk.empty(); chunk = reader.next_chunk()) {
        if (first_row == 0) footer_.notes.push_back({job_.names(signal), chunk.type});
        const std::uint64_t at = written_ + buffer_.size();
        const ChunkHeader header = write_chunk(buffer_, signal, first_row, chunk, codec::Effort::light);
        footer_.directory.add(signal, {at, header.bytes, header.rows, header.span});
        first_row += header.rows;
        if (buffer_.size() < write_bytes) continue;
        if (auto flushed = co_await flush(); !flushed) co_return flushed.error();
      }
    }
    footer_.write(buffer_, codec::Effort::light);
    if (auto flushed = co_await flush(); !flushed) co_return flushed.error();
    co_return SegmentEntry{job_.number, job_.from, job_.to, written_, footer_.directory.samples()};
  }

  Task<Result<void>> sync() { return file_->sync(); }

 private:
  Task<Result<void>> flush() {
    std::vector<Bytes> parts{buffer_};
    auto done = co_await file_->write(written_, std::move(parts));
    written_ += buffer_.size();
    buffer_.clear();
    co_return done;
  }

  const SegmentJob& job_;
  std::unique_ptr<runtime::File> file_;
  Buffer buffer_;
  std::uint64_t written_ = 0;
  Footer footer_;
};

std::vector<SignalId> signals_of(const std::vector<std::shared_ptr<const Head>>& heads) {
  std::vector<SignalId> all;
  for (const auto& head : heads) std::ranges::move(head->signals(), std::back_inserter(all));
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

}  // namespace

Task<Result<std::optional<SegmentEntry>>> write_segment(SegmentJob job) {
  const bool empty = std::ranges::all_of(job.heads, [](const auto& head) { return head->samples() == 0; });
  if (empty) co_return std::optional<SegmentEntry>();
  const std::string path = fmt::format("{}/{}", job.folder, segment_name(job.number));
  const std::string temporary = fmt::format("{}{}", path, temporary_suffix);
  if (const auto gone = co_await job.files->remove(temporary); !gone && !gone.error().is(FileError::not_found)) {
    co_return gone.error();
  }
  auto file = co_await job.files->open(temporary, OpenMode::create);
  if (!file) co_return file.error();
  auto writer = std::make_unique<Writer>(job, std::move(*file));
  auto entry = co_await writer->run(signals_of(job.heads));
  if (!entry) {
    writer.reset();
    static_cast<void>(co_await job.files->remove(temporary));  // makes room; the next try removes it too
    co_return entry.error();                                   // it names the file
  }
  if (auto synced = co_await writer->sync(); !synced) co_return sync_failed(temporary, synced.error());
  writer.reset();
  if (auto renamed = co_await job.files->rename(temporary, path); !renamed) co_return renamed.error();
  if (auto synced = co_await job.files->sync_folder(job.folder); !synced)
    co_return sync_failed(job.folder, synced.error());
  co_return std::optional(*entry);
}

}  // namespace artery::history
