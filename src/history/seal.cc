#include "history/seal.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

#include "history/error.h"
#include "history/merge.h"
#include "runtime/parallel.h"

namespace artery::history {
namespace {

using runtime::Task;
using Heads = std::vector<std::shared_ptr<const Head>>;

constexpr std::uint64_t piece_samples = 16'384;  // of a piece of work: about a millisecond
constexpr std::size_t pieces_of_thread = 4;

// All of a signal in frozen heads, in order, vector by vector.
class FrozenSignal {
 public:
  FrozenSignal(const Heads& heads, SignalId signal)
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

std::size_t signals_of_piece(const Heads& heads, std::size_t signals) {
  std::uint64_t samples = 1;
  for (const auto& head : heads) samples += head->samples();
  return std::max<std::size_t>(1, signals * piece_samples / samples);
}

std::vector<SignalId> signals_of(const Heads& heads) {
  std::vector<SignalId> all;
  for (const auto& head : heads) std::ranges::move(head->signals(), std::back_inserter(all));
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

CodedSignals code(SignalCoder coder, const Heads& heads, std::span<const SignalId> signals) {
  for (const SignalId signal : signals) {
    FrozenSignal rows(heads, signal);
    for (Samples vector = rows.next(); !vector.empty(); vector = rows.next()) coder.add(signal, vector);
  }
  coder.finish();
  return coder.take();
}

// In pieces of about piece_samples, several at once; a few for each thread, so that none waits long for the others.
Task<Result<SegmentEntry>> write(SegmentWriter* writer, const Heads* heads, Coders coders) {
  const std::vector<SignalId> signals = signals_of(*heads);
  const std::size_t of_piece = signals_of_piece(*heads, signals.size());
  for (std::size_t begin = 0; begin < signals.size();) {
    const std::span rest = std::span(signals).subspan(begin);
    std::vector<CodedSignals> coded(
        std::min(pieces_of_thread * coders.at_once, (rest.size() + of_piece - 1) / of_piece));
    const std::function<void(std::size_t)> work = [&](std::size_t piece) {
      const auto from = rest.subspan(piece * of_piece);
      coded[piece] = code(writer->coder(), *heads, from.first(std::min(of_piece, from.size())));
    };
    if (coders.pool != nullptr) {
      co_await runtime::each(*coders.pool, coders.at_once, coded.size(), work);
    } else {
      for (std::size_t piece = 0; piece < coded.size(); ++piece) work(piece);
    }
    begin += std::min(coded.size() * of_piece, rest.size());
    for (const CodedSignals& piece : coded) {
      writer->add(piece);
      if (!writer->is_full()) continue;
      if (auto flushed = co_await writer->flush(); !flushed) co_return flushed.error();
    }
  }
  if (auto finished = co_await writer->finish(); !finished) co_return finished.error();
  co_return co_await writer->give_name();
}

}  // namespace

Task<Result<std::optional<SegmentEntry>>> seal_heads(SegmentPlan plan, Heads heads, Coders coders) {
  const bool empty = std::ranges::all_of(heads, [](const auto& head) { return head->samples() == 0; });
  if (empty) co_return std::optional<SegmentEntry>();
  auto writer = co_await SegmentWriter::create(std::move(plan));
  if (!writer) co_return writer.error();
  auto entry = co_await write(writer->get(), &heads, coders);
  if (!entry) {
    if (!entry.error().is(HistoryError::failed)) co_await (*writer)->abandon();
    co_return entry.error();  // it names the file
  }
  co_return std::optional(*entry);
}

}  // namespace artery::history
