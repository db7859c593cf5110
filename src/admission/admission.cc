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

// Waits for the batches that hold its rows.
struct Waiting {
  Receipt receipt;
  Done done;
  std::size_t batches = 0;
  std::optional<Error> error;
};
using WaitingPtr = std::shared_ptr<Waiting>;

void acknowledge(const std::vector<WaitingPtr>& waiting, const Result<Offset>& result) {
  for (const WaitingPtr& one : waiting) {
    if (!result && !one->error) one->error = as_admission_error(result.error());
    if (--one->batches > 0) continue;
    if (one->error) {
      one->done(*std::move(one->error));
    } else {
      one->done(std::move(one->receipt));
    }
  }
}

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
    Outcome outcome = pass(decode, false);
    if (outcome.wanted.empty()) {
      finish(origin, std::move(outcome), std::move(done));
      return true;
    }
    Counters::add(counters_.second_passes);
    std::string author(origin.source);
    around_.assigner.create(std::move(outcome.wanted), std::move(author), around_.home,
                            [weak = weak_from_this(), origin, decode = std::move(decode),
                             done = std::move(done)](const Result<void>& created) mutable {
                              if (const auto shard = weak.lock())
                                shard->go_on(origin, decode, std::move(done), created);
                            });
    return false;
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
    waiting_.back().push_back(std::make_shared<Waiting>(Waiting{{}, std::move(done), 1, {}}));
    flush_at_end_of_turn();
  }

  bool refuse_when_busy(Done& done) {
    std::size_t bytes = 0;
    for (const PendingBatch& batch : pending_) bytes += batch.bytes();
    if (bytes < settings_.pending_bytes_max) return false;
    Counters::add(counters_.refused_busy);
    done(Error(AdmissionError::busy, "too much waits for the disk already; send more slowly"));
    return true;
  }

  Outcome pass(Decode& decode, bool names_were_created) {
    collector_.start_pass(pending_, names_were_created);
    waiting_.resize(pending_.size());
    decode(collector_);
    return collector_.end_pass();
  }

  void go_on(const Origin& origin, Decode& decode, Done done, const Result<void>& created) {
    if (!created) {
      count_refused(created.error());
      done(as_admission_error(created.error()));
      return;
    }
    finish(origin, pass(decode, true), std::move(done));
  }

  // The batches behind the one that was last before the pass are this submission's too.
  void finish(const Origin& origin, Outcome outcome, Done done) {
    ARTERY_ASSERT(outcome.wanted.empty());
    Counters::add(counters_.rows, outcome.rows);
    Counters::add(counters_.samples, outcome.accepted);
    Receipt receipt{.accepted = outcome.accepted, .refused = outcome.refused, .refusals = {}};
    if (outcome.refused > 0) reject(origin, outcome, receipt);
    if (outcome.accepted == 0) return done(std::move(receipt));
    const std::size_t first = waiting_.size() - 1;
    waiting_.resize(pending_.size());
    auto waiting = std::make_shared<Waiting>(Waiting{std::move(receipt), std::move(done), 0, {}});
    for (std::size_t i = first; i < waiting_.size(); ++i) {
      waiting_[i].push_back(waiting);
      ++waiting->batches;
    }
    flush_at_end_of_turn();
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

  void flush() {
    while (in_flight_ < settings_.batches_in_flight_max && !pending_.empty()) {
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
    auto taken = around_.log.append(std::move(batch),
                                    [weak = weak_from_this(), &home = around_.home, shared](Result<Offset> result) {
                                      home.post([weak, shared, result = std::move(result)] {
                                        if (const auto shard = weak.lock()) shard->appended(*shared, result);
                                      });
                                    });
    if (taken) {
      ++in_flight_;
      Counters::add(counters_.batches);
      return;
    }
    // A later turn answers: whoever is told may submit again at once.
    around_.home.post([weak = weak_from_this(), shared, error = taken.error()] {
      if (const auto shard = weak.lock()) shard->answer(*shared, error);
    });
  }

  void appended(const std::vector<WaitingPtr>& waiting, const Result<Offset>& result) {
    --in_flight_;
    answer(waiting, result);
    flush_at_end_of_turn();
  }

  void answer(const std::vector<WaitingPtr>& waiting, const Result<Offset>& result) {
    if (!result) count_refused(result.error(), waiting.size());
    acknowledge(waiting, result);
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
