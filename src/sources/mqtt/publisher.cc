#include "sources/mqtt/publisher.h"

#include <chrono>
#include <utility>

#include "base/assert.h"

namespace artery::mqtt {
namespace {

constexpr Duration again_after = std::chrono::milliseconds(5);

}  // namespace

Publisher::Publisher(Surroundings around, const PayloadSettings& payload, Answer answer)
    : around_(around), decoder_(payload), answer_(std::move(answer)) {}

Publisher::~Publisher() {
  // An idle one has none, and may go after its loop.
  if (timer_ != runtime::TimerId()) around_.home.cancel(timer_);
}

bool Publisher::publish(const live::SharedMessage& message, const Sender& sender, const Asker& asker) {
  const bool has_samples = decoder_.concerns_admission(*message);
  if (!has_samples && !message->retain) {
    around_.router.publish(message);
    answer_(asker, {});
    return true;
  }
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  slots_[index].message = message;
  slots_[index].sender = sender;
  slots_[index].asker = asker;
  slots_[index].answered = {};
  const bool keep = message->retain && announce(slots_[index]);
  around_.router.publish(message);
  slots_[index].waiting = 1;  // this call's own, so that answers from within do not finish it
  bool go_on = true;
  if (has_samples) go_on = submit_samples(index);
  if (keep) submit_message(index);
  const bool is_busy = slots_[index].samples_again || slots_[index].message_again;
  settle(index);
  return go_on && !is_busy;
}

bool Publisher::announce(Slot& slot) {
  auto announced = around_.retained.announce(slot.message->topic, slot.message->payload.size());
  if (announced) {
    slot.announced.emplace(*std::move(announced));
    return true;
  }
  slot.answered.outcome = PublishOutcome::not_retained;
  count(around_.counters.not_retained);
  return false;
}

bool Publisher::submit_samples(std::size_t index) {
  Slot& slot = slots_[index];
  ++slot.waiting;
  return around_.admission.submit(
      {.source = "mqtt", .client = slot.sender.client_id, .remote = slot.sender.remote, .topic = slot.message->topic},
      admission::in_one_piece(
          [this, message = slot.message](admission::Intake& intake) { decoder_.decode(*message, intake); }),
      [this, index](const Result<admission::Receipt>& result) { on_submitted(index, Part::samples, result); });
}

void Publisher::submit_message(std::size_t index) {
  Slot& slot = slots_[index];
  ++slot.waiting;
  const live::Message& message = *slot.message;
  around_.admission.submit(
      MessageView{.topic = message.topic,
                  .payload = message.payload,
                  .properties = message.properties,
                  .qos = message.qos,
                  .retain = true},
      [this, index](const Result<admission::Receipt>& result) { on_submitted(index, Part::message, result); });
}

void Publisher::on_submitted(std::size_t index, Part part, const Result<admission::Receipt>& result) {
  ARTERY_ASSERT(around_.home.is_current());
  Slot& slot = slots_[index];
  if (!result) {
    note_failure(slot, part, result.error());
  } else if (part == Part::samples) {
    count(around_.counters.samples_accepted, result->accepted);
    count(around_.counters.samples_refused, result->refused);
    slot.answered.samples_accepted += result->accepted;
    slot.answered.samples_refused += result->refused;
  }
  settle(index);
}

void Publisher::note_failure(Slot& slot, Part part, const Error& error) {
  using admission::AdmissionError;
  if (error.is(AdmissionError::busy) && !given_up_) {
    (part == Part::samples ? slot.samples_again : slot.message_again) = true;
  } else if (error.is(AdmissionError::too_long) && part == Part::message) {
    slot.answered.outcome = PublishOutcome::not_retained;
    count(around_.counters.not_retained);
  } else {
    const bool full = error.is(AdmissionError::full);
    slot.answered.outcome = full ? PublishOutcome::full : PublishOutcome::failed;
    count(around_.counters.not_stored);
  }
}

// One of what the slot waits for is over.
void Publisher::settle(std::size_t index) {
  Slot& slot = slots_[index];
  ARTERY_ASSERT(slot.waiting > 0);
  if (--slot.waiting > 0) return;
  if (slot.samples_again || slot.message_again) return try_again_later(index);
  finish(index);
}

void Publisher::finish(std::size_t index) {
  Slot& slot = slots_[index];
  const Asker asker = slot.asker;
  const Answered answered = slot.answered;
  slot.message.reset();
  slot.announced.reset();
  free_.push_back(index);
  answer_(asker, answered);
}

void Publisher::try_again_later(std::size_t index) {
  again_.push_back(index);
  if (timer_ == runtime::TimerId()) timer_ = around_.home.after(again_after, [this] { try_again(); });
}

void Publisher::try_again() {
  timer_ = {};
  for (const std::size_t index : std::exchange(again_, {})) {
    slots_[index].waiting = 1;
    const bool samples = std::exchange(slots_[index].samples_again, false);
    const bool message = std::exchange(slots_[index].message_again, false);
    if (samples) submit_samples(index);
    if (message) submit_message(index);
    settle(index);
  }
}

void Publisher::give_up() {
  given_up_ = true;
  around_.home.cancel(std::exchange(timer_, {}));
  for (const std::size_t index : std::exchange(again_, {})) {
    slots_[index].samples_again = slots_[index].message_again = false;
    slots_[index].answered.outcome = PublishOutcome::failed;
    finish(index);
  }
}

}  // namespace artery::mqtt
