// What happens to a published message on its shard: it is announced where it is to be retained, routed at once, from
// memory, and what of it must outlive the process is submitted to admission. The answer comes when all of that is on
// the disk. What admission is too busy for is tried again until it is not.
//
// Admission may answer late, so whoever asked may be gone by then: it is known by a number. On the shard's loop; to be
// destroyed when idle(), or when nothing runs any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "live/retained.h"
#include "live/router.h"
#include "runtime/executor.h"
#include "sources/mqtt/counters.h"
#include "sources/mqtt/payload.h"
#include "sources/mqtt/session_host.h"

namespace artery::mqtt {

class Publisher {
 public:
  struct Surroundings {
    runtime::Loop& home;
    admission::Admission& admission;
    live::RouterShard& router;
    live::Retained& retained;
    MqttCounters& counters;
  };
  struct Asker {
    std::uint64_t connection = 0;
    std::optional<PublishNumber> number;  // none: a will
  };
  struct Answered {
    PublishOutcome outcome = PublishOutcome::done;
    std::uint64_t samples_accepted = 0;  // they are on the disk
    std::uint64_t samples_refused = 0;
  };
  using Answer = std::function<void(const Asker&, const Answered&)>;
  // Whom rejections name.
  struct Sender {
    std::string client_id;
    std::string remote;
  };

  // `answer` is called once per publish(), maybe from within.
  Publisher(Surroundings around, const PayloadSettings& payload, Answer answer);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // False where the asker should send nothing more before its answer.
  bool publish(const live::SharedMessage& message, const Sender& sender, const Asker& asker);
  // Nothing is tried again from now on: what waits for that is answered with PublishOutcome::failed.
  void give_up();
  // Everything was answered.
  [[nodiscard]] bool idle() const { return free_.size() == slots_.size(); }

 private:
  // A publish that is not answered. Slots are used again, so that a publish allocates nothing here.
  struct Slot {
    live::SharedMessage message;
    Sender sender;
    Asker asker;
    std::optional<live::Retained::Announced> announced;
    std::size_t waiting = 0;  // answers of admission
    bool samples_again = false;
    bool message_again = false;
    Answered answered;
  };
  enum class Part : std::uint8_t { samples, message };

  [[nodiscard]] bool announce(Slot& slot);
  bool submit_samples(std::size_t index);
  void submit_message(std::size_t index);
  void on_submitted(std::size_t index, Part part, const Result<admission::Receipt>& result);
  void note_failure(Slot& slot, Part part, const Error& error);
  void settle(std::size_t index);
  void finish(std::size_t index);
  void try_again_later(std::size_t index);
  void try_again();

  Surroundings around_;
  PayloadDecoder decoder_;
  const Answer answer_;
  std::deque<Slot> slots_;  // none moves: admission sees its sender
  std::vector<std::size_t> free_;
  std::vector<std::size_t> again_;  // slots to try again
  runtime::TimerId timer_;
  bool given_up_ = false;
};

}  // namespace artery::mqtt
