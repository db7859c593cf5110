// What must be true of a log whatever happens to its machine: every acknowledged batch is there, once, in order, with
// its bytes; nothing a reader was given is ever taken back; nothing is there that was not sent.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "log/log.h"

namespace artery::log_sim {

class Oracle {
 public:
  // A batch to send: its number and content, which follows from the number.
  std::uint64_t send(std::size_t payload_bytes);
  [[nodiscard]] log::BatchBuilder content(std::uint64_t id) const;

  // What happened. Offsets that were acknowledged or given to a reader are known from then on.
  void acknowledged(std::uint64_t id, Offset offset);
  void given_to_reader(const log::Batch& batch);
  void checkpoint(std::size_t reader, std::uint64_t offset) { checkpoints_.at(reader) = offset; }
  [[nodiscard]] std::uint64_t checkpoint(std::size_t reader) const { return checkpoints_.at(reader); }
  // Rot ate this batch: it may be missing, once that is told.
  void rotten(std::uint64_t offset) { rotten_.insert(offset); }
  [[nodiscard]] const std::set<std::uint64_t>& rotten() const { return rotten_; }

  // After a recovery: everything the log held then, [begin, end), in the order it was read. `known_before` is what
  // known_end() was before the log was opened.
  void recovered(Offset begin, Offset end, std::uint64_t known_before, const std::vector<log::BatchPtr>& batches);
  [[nodiscard]] std::uint64_t known_end() const { return known_.empty() ? 0 : known_.rbegin()->first + 1; }

  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
  void fail(std::string why);
  [[nodiscard]] std::uint64_t acknowledged_count() const { return acknowledged_; }

 private:
  struct Sent {
    std::size_t payload_bytes = 0;
    std::optional<std::uint64_t> offset;  // where it was first known to be
  };
  std::optional<std::uint64_t> identify(const log::Batch& batch);
  void learn(std::uint64_t id, std::uint64_t offset);

  std::vector<Sent> sent_;
  std::map<std::uint64_t, std::uint64_t> known_;  // offset -> id
  std::map<std::uint64_t, std::int64_t> arrivals_;
  std::set<std::uint64_t> rotten_;
  std::vector<std::uint64_t> checkpoints_ = {0, 0};
  std::uint64_t acknowledged_ = 0;
  std::optional<std::string> failure_;
};

}  // namespace artery::log_sim
