// Admission: the only door to the log. It resolves names to signals, checks limits, types and times, and refuses with a
// reason or lets pass. One `Admission` per shard; every call on it happens on that shard's loop, and so does every
// callback.
//
// Submissions of one turn go into the log as one batch; while two batches of this shard wait for their sync the next
// collects. "Accepted" in a Receipt means: on the disk.
//
// Nobody waits for the whole of a large submission: it is read a piece at a time, in turns with everything else on the
// loop, and goes into batches of its own. It is still answered once, when all of it is on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admission/intake.h"
#include "admission/rejection.h"
#include "base/result.h"
#include "governance/assigner.h"
#include "governance/catalogue.h"
#include "log/log.h"
#include "model/deletion.h"
#include "model/record.h"
#include "runtime/clock.h"
#include "runtime/executor.h"

namespace artery::admission {

enum class AdmissionError {
  full,      // no room on the disk: refused, nothing is kept for sure, try again later
  busy,      // too much waits for its sync already: slow down
  too_long,  // a message that fits into no batch
  failed,    // the node is stopping
};
inline std::string_view error_module(AdmissionError) { return "admission"; }

struct AdmissionSettings {
  bool strict = false;                       // unknown names are refused instead of created
  std::size_t text_bytes_max = 64ULL << 10;  // of one text value
  std::size_t fields_per_row_max = 4096;
  Duration future_max = std::chrono::hours(24);  // ahead of a synchronised clock
  std::size_t refusals_max = 10;                 // listed in one Receipt; all are counted
  std::size_t batch_bytes = 512ULL << 10;        // about where a batch is closed: readers take it in one go
  std::size_t batches_in_flight_max = 2;         // of this shard
  std::size_t pending_bytes_max = 64ULL << 20;   // collected behind them; beyond it submit() says busy
  std::size_t series_cached_max = 250'000;       // of this shard; beyond it the cache starts anew
};

// Who submits: for rejections and counters. All is valid until `done`.
struct Origin {
  std::string_view source;    // "http", "mqtt"; a literal
  std::string_view client;    // MQTT client identifier, HTTP User-Agent
  std::string_view remote{};  // its address and port
  std::string_view topic{};   // of the MQTT message
};

struct Refusal {
  std::uint32_t line = 0;  // 1-based, of the request's body; 0 where there are no lines
  RefusalKind kind = RefusalKind::malformed;
  std::string reason;
};

struct Receipt {
  std::uint64_t accepted = 0;     // samples
  std::uint64_t refused = 0;      // samples, or lines that could not be read
  std::vector<Refusal> refusals;  // the first refusals_max of them
};

using Done = std::move_only_function<void(Result<Receipt>)>;

// Decodes a piece of some bytes, about a millisecond's work, into rows; returns whether there is more. `again`: the
// same piece once more, after names it met were created. Its captures must stay valid until `done`.
using Decode = std::move_only_function<bool(Intake&, bool again)>;

// Of what is small.
template <class Write>
Decode in_one_piece(Write write) {
  return [write = std::move(write)](Intake& intake, bool /*again*/) mutable {
    write(intake);
    return false;
  };
}

// Since the start. Refusals by kind are the RejectionStore's.
struct AdmissionCounters {
  std::uint64_t submissions = 0;
  std::uint64_t rows = 0;  // accepted, and the next two as well
  std::uint64_t samples = 0;
  std::uint64_t messages = 0;
  std::uint64_t deletions = 0;
  std::uint64_t batches = 0;        // given to the log
  std::uint64_t second_passes = 0;  // pieces of submissions that waited for new names
  std::uint64_t refused_full = 0;   // submissions
  std::uint64_t refused_busy = 0;   // submissions
};

class Admission {
 public:
  struct Surroundings {
    runtime::Loop& home;
    runtime::Clock& clock;
    log::Log& log;
    governance::Catalogue& catalogue;
    governance::Assigner& assigner;
    RejectionStore& rejections;
  };
  Admission(Surroundings around, const AdmissionSettings& settings);
  // On `home` or when it has stopped. What waits is not answered any more.
  ~Admission();

  // Samples. `done` is called once, when everything accepted is on the disk; from within submit() where nothing was
  // accepted or the node is too busy. False where it needed new names or has more than one piece: a caller that wants
  // its submissions kept in order pauses until `done` then; otherwise the order is that of the calls.
  bool submit(Origin origin, Decode decode, Done done);

  // An opaque message or one to be retained. Nothing of `message` needs to outlive the call.
  void submit(const MessageView& message, Done done);

  // Deletions, all or none: of what was submitted before on this shard (with true), and of what was answered before on
  // any. `done` is called when they are on the disk; none may be of an empty range.
  void submit(std::span<const Deletion> deletions, Done done);

  // Any thread.
  [[nodiscard]] AdmissionCounters counters() const;

 private:
  class Shard;
  std::shared_ptr<Shard> shard_;
};

}  // namespace artery::admission
