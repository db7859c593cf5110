// Batches of lines on their way to a node: several connections, each with one request under way. Batches of one
// lane go one after the other, so that what one series says arrives in the order it was said.
//
// The machinery runs on a loop of its own; the caller's side blocks and belongs to one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"
#include "runtime/runtime.h"

namespace artery::app {

// Where a line of a batch comes from.
struct LineOrigin {
  std::uint32_t body_line = 0;  // 1-based; a text may hold line breaks, so that not every line has an origin
  std::uint32_t file = 0;       // index
  std::uint64_t line = 0;       // of the file
  std::size_t offset = 0;       // of its first byte in the body
};

struct Batch {
  std::string body;
  std::vector<LineOrigin> lines;  // ascending
  std::uint64_t samples = 0;
  std::uint64_t order = 0;  // the caller's: a later batch of a lane has a greater one
  std::size_t lane = 0;
};

struct RefusedLine {
  LineOrigin origin;
  std::string kind;    // "type_conflict"
  std::string reason;  // of one of its fields, or of the line
  std::string text;    // as it was sent
};

// What became of a whole batch: everything that is not refused is on the node's disk.
struct Outcome {
  std::size_t lane = 0;
  std::uint64_t order = 0;
  std::uint64_t samples = 0;
  std::uint64_t refused = 0;  // samples, or lines that could not be read
  std::vector<RefusedLine> lines;
};

class Uploader {
 public:
  static constexpr std::size_t waiting_per_lane_max = 2;

  // Where the lines go: what a node answers there is what it answers to /write.
  struct Door {
    std::string target;
    std::string content_type;
  };
  // Gives up where the node could not be reached, or had no room, for `wait_max`, or asks to come again only after
  // that. `idle` is called on the caller's side while push() and drain() wait, a few times a second.
  Uploader(runtime::Runtime& runtime, const net::ServerUrl& server, Door door, std::size_t lanes, Duration wait_max,
           std::function<void()> idle);
  ~Uploader();
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

  // Waits for room in the batch's lane. False where it has given up, or was told to stop.
  bool push(Batch batch);
  // Waits until everything pushed has its outcome. False as above.
  bool drain();
  // What has come since the last call.
  std::vector<Outcome> take_outcomes();
  // Lets push(), drain() and rest() return. Any thread.
  void stop();
  [[nodiscard]] bool stopped() const { return stopping_; }
  // Sleeps, unless told to stop.
  void rest(Duration time);
  // Why it has given up. AppError::no_answer: nobody answers, or the node has had no room for longer than it was waited
  // for; refused: it will not have it.
  [[nodiscard]] std::optional<Error> failure();
  // For a person: why the node is being waited for, or empty.
  [[nodiscard]] std::string trouble();

 private:
  class Lane;
  template <class Condition>
  void wait(std::unique_lock<std::mutex>& lock, Condition condition);
  void tell(Outcome outcome);
  void fail(Error error);
  void set_trouble(std::string text);

  runtime::Runtime& runtime_;
  const Door door_;
  const std::function<void()> idle_;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::size_t> waiting_;  // by lane: pushed and without outcome
  std::vector<Outcome> outcomes_;
  std::optional<Error> failure_;
  std::string trouble_;

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<runtime::Loop> loop_;  // last: its thread uses everything above
};

}  // namespace artery::app
