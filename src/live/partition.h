// One partition: its newest values, who follows them, and its reader of the log. Private to live/; belongs to one loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "live/follower.h"
#include "live/newest_table.h"
#include "live/watches.h"
#include "log/log.h"
#include "model/ids.h"

namespace artery::live {

class Partition final : public Target {
 public:
  Partition(Follower::Surroundings around, FollowerSettings settings, const SignalNames& names,
            std::shared_ptr<ChannelCounts> counts)
      : table_(settings.partition, settings.partitions),
        watches_(around.home, table_, names, std::move(counts)),
        home_(around.home),
        follower_(around, std::move(settings), *this) {}

  [[nodiscard]] runtime::Loop& home() { return home_; }
  [[nodiscard]] Follower& follower() { return follower_; }
  // Before the follower starts, or on the loop.
  [[nodiscard]] NewestTable& table() { return table_; }
  [[nodiscard]] Watches& watches() { return watches_; }

  // Any thread.
  [[nodiscard]] std::uint64_t signals() const { return signals_; }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

  void count_signals() { signals_ = table_.size(); }

 private:
  void apply(const log::Batch& batch) override;
  void turn_ended() override;
  [[nodiscard]] Buffer snapshot() const override { return table_.encode(); }
  void ended() override { watches_.end(); }

  NewestTable table_;
  Watches watches_;
  runtime::Loop& home_;
  std::atomic<std::uint64_t> signals_ = 0;
  std::atomic<std::uint64_t> samples_ = 0;
  std::atomic<std::uint64_t> malformed_ = 0;
  Follower follower_;
};

}  // namespace artery::live
