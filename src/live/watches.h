// Who follows which signals of one partition. Finds the signals of new filters slice by slice, so that a shard with
// very many signals stays quick, and the filters of new signals; tells changes at once the first time and then once per
// interval. A timer runs only while there was a change within the last interval. Private to live/; used on one loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "live/channel.h"
#include "live/newest.h"
#include "live/newest_table.h"
#include "model/sample_block.h"
#include "model/topic_filter.h"
#include "runtime/executor.h"

namespace artery::live {

struct WatchNumberTag;
using WatchNumber = Strong<WatchNumberTag, std::uint64_t>;

class Watches {
 public:
  using ChannelPtr = std::shared_ptr<SignalSubscription::Channel>;

  // All must outlive it.
  Watches(runtime::Loop& home, NewestTable& table, const SignalNames& names, std::shared_ptr<ChannelCounts> counts);
  ~Watches() = default;
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  void add(const SignalSelection& selection, ChannelPtr channel);
  // Samples of a block that the table has just applied, to those who want every one.
  void tell_samples(const SampleBlockView& block);
  // What the table says has changed or is new, to all others. Empties its lists.
  void tell_changes();
  void end();

 private:
  struct Watch {
    ChannelPtr channel;
    Every every;
    Duration interval;
    std::vector<std::string> wanted;   // the filters as they were given
    std::vector<std::string> filters;  // and as they are in the tree: a name is the present one
    std::vector<SlotNumber> slots;
    std::vector<SlotNumber> waiting;  // whose newest value is to be told, the oldest change first
    bool resting = false;             // told within the last interval: its timer runs
    std::vector<Update> samples;      // of the present block
  };
  struct Follower {
    WatchNumber number;
    Watch* watch;
    bool waits;  // is in its `waiting`
  };
  static constexpr std::uint32_t slice_slots = 4096;
  static constexpr std::size_t chunk_updates = 256;

  void search(WatchNumber number, Watch& watch);
  void follow_names();
  void leave_others(WatchNumber number, Watch& watch);
  void put_filters(WatchNumber number, Watch& watch);
  void take_filters(WatchNumber number, Watch& watch);
  void find_slots(WatchNumber number, std::uint32_t from);
  void detach(WatchNumber number, SlotNumber slot);
  bool attach(WatchNumber number, Watch& watch, SlotNumber slot);
  void attach_known(WatchNumber number, Watch& watch, SlotNumber slot);
  void attach_new(SlotNumber slot);
  void remove(WatchNumber number, Watch& watch);
  void remove_closed();
  void mark(SlotNumber slot, Follower& follower);
  bool find_cells(const SampleBlockView& block);
  void put_samples(Watch& watch);
  void tell(WatchNumber number, Watch& watch);
  void rest_over(WatchNumber number);
  Update update_of(SlotNumber slot);
  const std::shared_ptr<const std::string>& name_of(SlotNumber slot);

  runtime::Loop& home_;
  NewestTable& table_;
  const SignalNames& names_;
  const std::shared_ptr<ChannelCounts> counts_;
  std::uint64_t seen_closed_ = 0;
  std::uint64_t last_number_ = 0;
  std::map<WatchNumber, Watch> watches_;
  TopicTree<WatchNumber, Watch*> filters_;
  std::unordered_map<SlotNumber, std::vector<Follower>> followers_;
  std::uint64_t epoch_ = 0;  // of the names that follow
  std::unordered_map<SlotNumber, std::shared_ptr<const std::string>> watched_names_;
  std::size_t every_sample_ = 0;      // watches with Every::sample
  std::vector<WatchNumber> touched_;  // since the last tell_changes()
  std::vector<SlotNumber> cells_;     // of the present block, watched slots by series and field
};

}  // namespace artery::live
