#include "admission/admission.h"

#include <atomic>
#include <deque>
#include <optional>
#include <utility>

#include "admission/collector.h"
#include "admission/pending_batch.h"
#include "base/assert.h"

namespace artery::admission {
namespace {

Error as_admission_error(const Error& error) {
  if (error.is(log::LogError::full)) return {AdmissionError::full, error.message()};
  if (error.is(log::LogError::busy)) return {AdmissionError::busy, error.message()};
  if (error.is(log::LogError::too_long)) return {AdmissionError::too_long, error.message()};
  return {AdmissionError::failed, error.message()};
}

constexpr std::size_t full_bytes_in_flight_max = 8ULL << 20;

// Waits for the batches that hold its rows, and until all of it is read.
struct Waiting {
  Receipt receipt{};
  Done done;
  std::size_t parts = 1;
  std::optional<Error> error{};

  void fail(Error why) {
    if (!error) error = std::move(why);
  }
  void end_part() {
    if (--parts > 0) return;
    if (error) {
      done(*std::move(error));
    } else {
      done(std::move(receipt));
    }
  }
};
using WaitingPtr = std::shared_ptr<Waiting>;

// Samples that are being read.
struct Submission {
  Origin origin;
  Decode decode;
  WaitingPtr waiting;
  bool in_pieces = false;              // has more than the first piece; from there on it has
  std::deque<PendingBatch> batches{};  // of its own
};

struct Counters {
  std::atomic<std::uint64_t> submissions{0};
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> samples{0};
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> deletions{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> second_passes{0};
  std::atomic<std::uint64_t> refused_full{0};
  std::atomic<std::uint64_t> refused_busy{0};

  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
    counter.fetch_add(by, std::memory_order_relaxed);
  }
};

}  // namespace

class Admission::Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(Surroundings around, const AdmissionSettings& settings)
      : around_(around),
        settings_(settings),
        collector_(settings_, around.clock, around.catalogue, around.rejections.newest_max()) {}

  bool submit(Origin origin, Decode decode, Done done) {
    ARTERY_ASSERT(around_.home.is_current());
    Counters::add(counters_.submissions);
    if (refuse_when_busy(done)) return true;
    return read({.origin = origin,
                 .decode = std::move(decode),
                 .waiting = std::make_shared<Waiting>(Waiting{.done = std::move(done)})},
                false);
  }

  void submit(const MessageView& message, Done done) {
    ARTERY_ASSERT(around_.home.is_current());
    Counters::add(counters_.submissions);
    if (refuse_when_busy(done)) return;
    if (pending_.empty() || pending_.back().bytes() >= settings_.batch_bytes) collector_.add_batch(pending_);
    pending_.back().add_message(message);
    Counters::add(counters_.messages);
    wait_for_last(std::move(done));
  }

  // A deletion takes nothing of its own batch: what came before it is closed.
  void submit(std::span<const Deletion> deletions, Done done) {
    ARTERY_ASSERT(around_.home.is_current() && !deletions.empty());
    Counters::add(counters_.submissions);
    if (refuse_when_busy(done)) return;
    if (pending_.empty() || !pending_.back().empty()) collector_.add_batch(pending_);
    for (const Deletion& deletion : deletions) pending_.back().add_deletion(deletion);
    Counters::add(counters_.deletions, deletions.size());
    wait_for_last(std::move(done));
  }

  [[nodiscard]] AdmissionCounters counters() const {
    const auto of = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
    return {.submissions = of(counters_.submissions),
            .rows = of(counters_.rows),
            .samples = of(counters_.samples),
            .messages = of(counters_.messages),
            .deletions = of(counters_.deletions),
            .batches = of(counters_.batches),
            .second_passes = of(counters_.second_passes),
            .refused_full = of(counters_.refused_full),
            .refused_busy = of(counters_.refused_busy)};
  }

 private:
  void wait_for_last(Done done) {
    waiting_.resize(pending_.size());
    waiting_.back().push_back(std::make_shared<Waiting>(Waiting{.done = std::move(done)}));
    flush_at_end_of_turn();
  }

  [[nodiscard]] bool is_busy() const {
    std::size_t bytes = 0;
    for (const PendingBatch& batch : pending_) bytes += batch.bytes();
    return bytes >= settings_.pending_bytes_max;
  }

  Error too_busy() {
    Counters::add(counters_.refused_busy);
    return {AdmissionError::busy, "too much waits for the disk already; send more slowly"};
  }

  bool refuse_when_busy(Done& done) {
    if (!is_busy()) return false;
    done(too_busy());
    return true;
  }

  // Reads the next piece, or the last one again, when its names were created. False where that was not the end of it.
  bool read(Submission one, bool again) {
    collector_.start_pass(one.in_pieces ? one.batches : pending_, again);
    waiting_.resize(pending_.size());
    const bool more = one.decode(collector_, again);
    Outcome outcome = collector_.end_pass();
    if (!outcome.wanted.empty()) {
      ARTERY_ASSERT(!again);
      create(std::move(one), std::move(outcome.wanted));
      return false;
    }
    take(one, outcome, more);
    if (!more) {
      one.waiting->end_part();
      return true;
    }
    one.in_pieces = true;
    around_.home.post([weak = weak_from_this(), one = std::move(one)]() mutable {
      if (const auto shard = weak.lock()) shard->read_on(std::move(one));
    });
    return false;
  }

  void read_on(Submission one) {
    if (is_busy()) return give_up(one, too_busy());
    read(std::move(one), false);
  }

  // What was read of it before is kept, or not, as the log has it.
  void give_up(Submission& one, Error why) {
    send_own(one, false);
    one.waiting->fail(std::move(why));
    one.waiting->end_part();
  }

  void create(Submission one, std::vector<governance::WantedSignals> wanted) {
    Counters::add(counters_.second_passes);
    std::string author(one.origin.source);
    around_.assigner.create(std::move(wanted), std::move(author), around_.home,
                            [weak = weak_from_this(), one = std::move(one)](const Result<void>& created) mutable {
                              if (const auto shard = weak.lock()) shard->created(std::move(one), created);
                            });
  }

  void created(Submission one, const Result<void>& created) {
    if (created) {
      read(std::move(one), true);
    } else {
      count_refused(created.error());
      give_up(one, as_admission_error(created.error()));
    }
  }

  // What a piece came to. The batches behind the one that was last before it are this submission's too.
  void take(Submission& one, Outcome& outcome, bool more) {
    Counters::add(counters_.rows, outcome.rows);
    Counters::add(counters_.samples, outcome.accepted);
    Receipt& receipt = one.waiting->receipt;
    receipt.accepted += outcome.accepted;
    receipt.refused += outcome.refused;
    if (outcome.refused > 0) reject(one.origin, outcome, receipt);
    if (one.in_pieces) return send_own(one, more);
    if (outcome.accepted == 0) return;
    const std::size_t first = waiting_.size() - 1;
    waiting_.resize(pending_.size());
    for (std::size_t i = first; i < waiting_.size(); ++i) add_part(one.waiting, i);
    flush_at_end_of_turn();
  }

  // All but the last of its own batches, where that may still grow. Behind what was read of it before.
  void send_own(Submission& one, bool may_grow) {
    while (one.batches.size() > (may_grow ? 1U : 0U)) {
      PendingBatch batch = std::move(one.batches.front());
      one.batches.pop_front();
      if (batch.empty()) continue;
      pending_.push_back(std::move(batch));
      waiting_.resize(pending_.size());
      add_part(one.waiting, pending_.size() - 1);
      flush_at_end_of_turn();
    }
  }

  void add_part(const WaitingPtr& waiting, std::size_t batch) {
    waiting_[batch].push_back(waiting);
    ++waiting->parts;
  }

  void reject(const Origin& origin, Outcome& outcome, Receipt& receipt) {
    const Time now = around_.clock.now();
    for (Rejection& one : outcome.rejections) {
      one.time = now;
      one.source = origin.source;
      one.client = origin.client;
      one.remote = origin.remote;
      one.topic = origin.topic;
      if (receipt.refusals.size() == settings_.refusals_max) continue;
      receipt.refusals.push_back({.line = one.line, .kind = one.kind, .reason = one.reason});
    }
    around_.rejections.add(std::move(outcome.rejections), outcome.counts);
  }

  void flush_at_end_of_turn() {
    if (flush_posted_) return;
    flush_posted_ = true;
    around_.home.post([weak = weak_from_this()] {
      const auto shard = weak.lock();
      if (!shard) return;
      shard->flush_posted_ = false;
      shard->flush();
    });
  }

  // The last one waits for the others, and grows meanwhile; those before it do not grow any more.
  [[nodiscard]] bool may_append() const {
    if (pending_.empty()) return false;
    if (in_flight_ < settings_.batches_in_flight_max) return true;
    return pending_.size() > 1 && in_flight_bytes_ < full_bytes_in_flight_max;
  }

  void flush() {
    while (may_append()) {
      if (pending_.front().empty()) {
        ARTERY_ASSERT(waiting_.front().empty());
      } else {
        append(pending_.front().close(around_.log), std::move(waiting_.front()));
      }
      pending_.pop_front();
      waiting_.pop_front();
    }
  }

  void append(log::BatchBuilder batch, std::vector<WaitingPtr> waiting) {
    auto shared = std::make_shared<std::vector<WaitingPtr>>(std::move(waiting));
    const std::size_t bytes = batch.payload_bytes();
    auto taken = around_.log.append(
        std::move(batch), [weak = weak_from_this(), &home = around_.home, shared, bytes](Result<Offset> result) {
          home.post([weak, shared, bytes, result = std::move(result)] {
            if (const auto shard = weak.lock()) shard->appended(*shared, bytes, result);
          });
        });
    if (taken) {
      ++in_flight_;
      in_flight_bytes_ += bytes;
      Counters::add(counters_.batches);
      return;
    }
    // A later turn answers: whoever is told may submit again at once.
    around_.home.post([weak = weak_from_this(), shared, error = taken.error()] {
      if (const auto shard = weak.lock()) shard->answer(*shared, error);
    });
  }

  void appended(const std::vector<WaitingPtr>& waiting, std::size_t bytes, const Result<Offset>& result) {
    --in_flight_;
    in_flight_bytes_ -= bytes;
    answer(waiting, result);
    flush_at_end_of_turn();
  }

  void answer(const std::vector<WaitingPtr>& waiting, const Result<Offset>& result) {
    if (!result) count_refused(result.error(), waiting.size());
    for (const WaitingPtr& one : waiting) {
      if (!result) one->fail(as_admission_error(result.error()));
      one->end_part();
    }
  }

  void count_refused(const Error& error, std::uint64_t submissions = 1) {
    if (error.is(log::LogError::full)) Counters::add(counters_.refused_full, submissions);
    if (error.is(log::LogError::busy)) Counters::add(counters_.refused_busy, submissions);
  }

  Surroundings around_;
  const AdmissionSettings settings_;
  Collector collector_;
  std::deque<PendingBatch> pending_;             // collected, oldest first; the last may still grow
  std::deque<std::vector<WaitingPtr>> waiting_;  // for each of them
  std::size_t in_flight_ = 0;
  std::size_t in_flight_bytes_ = 0;
  bool flush_posted_ = false;
  Counters counters_;
};

Admission::Admission(Surroundings around, const AdmissionSettings& settings)
    : shard_(std::make_shared<Shard>(around, settings)) {}
Admission::~Admission() = default;

bool Admission::submit(Origin origin, Decode decode, Done done) {
  return shard_->submit(origin, std::move(decode), std::move(done));
}

void Admission::submit(const MessageView& message, Done done) { shard_->submit(message, std::move(done)); }

void Admission::submit(std::span<const Deletion> deletions, Done done) { shard_->submit(deletions, std::move(done)); }

AdmissionCounters Admission::counters() const { return shard_->counters(); }

}  // namespace artery::admission
