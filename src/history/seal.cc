#include "history/seal.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "history/error.h"
#include "history/merge.h"

namespace artery::history {
namespace {

using runtime::Task;
using Heads = std::vector<std::shared_ptr<const Head>>;

// All of a signal in frozen heads, in order, vector by vector.
class SignalReader {
 public:
  SignalReader(const Heads& heads, SignalId signal)
      : runs_(runs_of(heads, signal)),
        visible_{deletions_of(heads, signal)},
        merge_(spans_of(runs_), {Direction::forward, Revisions::all, std::nullopt}) {}

  // Empty at the end.
  Samples next() {
    Samples vector;
    while (!merge_.done()) {
      if (const auto run = merge_.wanted()) {
        Rows rows = runs_[*run].open(Span{});
        visible_.leave(rows);
        merge_.give(*run, std::move(rows));
      } else if (!merge_.step(vector)) {
        break;
      }
    }
    return vector;
  }

 private:
  static std::vector<HeadRun> runs_of(const Heads& heads, SignalId signal) {
    std::vector<HeadRun> all;
    for (const auto& head : heads) std::ranges::move(head->runs(signal, Span{}), std::back_inserter(all));
    return all;
  }
  static Deletions deletions_of(const Heads& heads, SignalId signal) {
    Deletions all;
    for (const auto& head : heads) std::ranges::copy(head->deletions(signal), std::back_inserter(all));
    return all;
  }
  static std::vector<Span> spans_of(const std::vector<HeadRun>& runs) {
    std::vector<Span> spans;
    spans.reserve(runs.size());
    for (const HeadRun& run : runs) spans.push_back(run.span());
    return spans;
  }

  std::vector<HeadRun> runs_;
  Visible visible_;
  Merge merge_;
};

std::vector<SignalId> signals_of(const Heads& heads) {
  std::vector<SignalId> all;
  for (const auto& head : heads) std::ranges::move(head->signals(), std::back_inserter(all));
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

Task<Result<SegmentEntry>> write(SegmentWriter* writer, const Heads* heads) {
  for (const SignalId signal : signals_of(*heads)) {
    SignalReader reader(*heads, signal);
    for (Samples vector = reader.next(); !vector.empty(); vector = reader.next()) {
      writer->add(signal, vector);
      if (!writer->is_full()) continue;
      if (auto flushed = co_await writer->flush(); !flushed) co_return flushed.error();
    }
  }
  if (auto finished = co_await writer->finish(); !finished) co_return finished.error();
  co_return co_await writer->give_name();
}

}  // namespace

Task<Result<std::optional<SegmentEntry>>> seal_heads(SegmentPlan plan, Heads heads) {
  const bool empty = std::ranges::all_of(heads, [](const auto& head) { return head->samples() == 0; });
  if (empty) co_return std::optional<SegmentEntry>();
  auto writer = co_await SegmentWriter::create(std::move(plan));
  if (!writer) co_return writer.error();
  auto entry = co_await write(writer->get(), &heads);
  if (!entry) {
    if (!entry.error().is(HistoryError::failed)) co_await (*writer)->abandon();
    co_return entry.error();  // it names the file
  }
  co_return std::optional(*entry);
}

}  // namespace artery::history
