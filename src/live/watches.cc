#include "live/watches.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace artery::live {
namespace {

constexpr SlotNumber no_slot{std::numeric_limits<std::uint32_t>::max()};

bool has_wildcard(std::string_view filter) { return filter.find_first_of("+#") != std::string_view::npos; }

}  // namespace

Watches::Watches(runtime::Loop& home, NewestTable& table, const SignalNames& names,
                 std::shared_ptr<ChannelCounts> counts)
    : home_(home), table_(table), names_(names), counts_(std::move(counts)) {}

const std::shared_ptr<const std::string>& Watches::name_of(SlotNumber slot) {
  auto& name = watched_names_[slot];
  if (name == nullptr) name = std::make_shared<const std::string>(names_.name(table_.slot(slot).signal));
  return name;
}

Update Watches::update_of(SlotNumber number) {
  const NewestTable::Slot& slot = table_.slot(number);
  return {.signal = slot.signal,
          .name = name_of(number),
          .time = slot.time,
          .value = value_of(table_.value(number)),
          .quality = slot.quality};
}

void Watches::put_filters(WatchNumber number, Watch& watch) {
  watch.filters.clear();
  for (const std::string& wanted : watch.wanted) {
    const auto key = has_wildcard(wanted) ? std::nullopt : names_.find(wanted);
    watch.filters.push_back(key ? names_.name(key->signal) : wanted);
    filters_.insert(watch.filters.back(), number, &watch);
  }
}

void Watches::take_filters(WatchNumber number, Watch& watch) {
  for (const std::string& filter : watch.filters) filters_.remove(filter, number);
}

// The filters are in the tree before: a signal that appears during the search is found there.
void Watches::search(WatchNumber number, Watch& watch) {
  bool among_all = false;
  for (const std::string& filter : watch.filters) {
    if (has_wildcard(filter)) {
      among_all = true;
    } else if (const auto key = names_.find(filter)) {
      if (const auto slot = table_.find(key->signal)) attach_known(number, watch, *slot);
    }
  }
  if (!watch.resting) tell(number, watch);
  if (among_all) find_slots(number, 0);
}

// Where names have changed, whoever follows signals by them follows others.
void Watches::follow_names() {
  const std::uint64_t epoch = names_.epoch();
  if (epoch == epoch_) return;
  epoch_ = epoch;
  watched_names_.clear();
  for (auto& [number, watch] : watches_) {
    take_filters(number, watch);
    put_filters(number, watch);
    leave_others(number, watch);
    search(number, watch);
  }
}

// What its filters select no more.
void Watches::leave_others(WatchNumber number, Watch& watch) {
  std::erase_if(watch.slots, [&](SlotNumber slot) {
    const auto selects = [&name = *name_of(slot)](const std::string& filter) { return topic_matches(filter, name); };
    if (std::ranges::any_of(watch.filters, selects)) return false;
    std::erase(watch.waiting, slot);
    detach(number, slot);
    return true;
  });
}

void Watches::add(const SignalSelection& selection, ChannelPtr channel) {
  remove_closed();
  follow_names();
  const WatchNumber number(++last_number_);
  Watch& watch = watches_[number];
  watch.channel = std::move(channel);
  watch.every = selection.every;
  watch.interval = selection.interval;
  watch.wanted = selection.filters;
  if (watch.every == Every::sample) ++every_sample_;
  put_filters(number, watch);
  search(number, watch);
}

void Watches::find_slots(WatchNumber number, std::uint32_t from) {
  const auto found = watches_.find(number);
  if (found == watches_.end()) return;
  Watch& watch = found->second;
  const std::uint32_t to = std::min(table_.size(), from + slice_slots);
  for (SlotNumber slot(from); slot.value() < to; ++slot) {
    const std::string name = names_.name(table_.slot(slot).signal);
    const auto selects = [&](const std::string& filter) { return !name.empty() && topic_matches(filter, name); };
    if (std::ranges::any_of(watch.filters, selects)) attach_known(number, watch, slot);
  }
  if (!watch.resting) tell(number, watch);
  if (to < table_.size()) home_.post([this, number, to] { find_slots(number, to); });
}

bool Watches::attach(WatchNumber number, Watch& watch, SlotNumber slot) {
  auto& followers = followers_[slot];
  if (std::ranges::any_of(followers, [&](const Follower& follower) { return follower.number == number; })) return false;
  followers.push_back({.number = number, .watch = &watch, .waits = false});
  watch.slots.push_back(slot);
  table_.set_watched(slot, true);
  return true;
}

void Watches::attach_known(WatchNumber number, Watch& watch, SlotNumber slot) {
  if (attach(number, watch, slot)) mark(slot, followers_.at(slot).back());
}

void Watches::mark(SlotNumber slot, Follower& follower) {
  if (follower.waits) return;
  follower.waits = true;
  follower.watch->waiting.push_back(slot);
}

// A signal that appears: its first value is told as a change, or as a sample.
void Watches::attach_new(SlotNumber slot) {
  const std::string name = names_.name(table_.slot(slot).signal);
  if (name.empty()) return;
  filters_.find(name, [&](WatchNumber number, Watch* watch) {
    if (!attach(number, *watch, slot) || watch->every == Every::sample) return;
    mark(slot, followers_.at(slot).back());
    touched_.push_back(number);
  });
}

void Watches::tell_changes() {
  if (counts_->closed != seen_closed_) remove_closed();
  follow_names();
  if (!filters_.empty()) {
    for (const SlotNumber slot : table_.created) attach_new(slot);
  }
  for (const SlotNumber slot : table_.changed) {
    const auto followers = followers_.find(slot);
    if (followers == followers_.end()) continue;
    for (Follower& follower : followers->second) {
      if (follower.watch->every == Every::sample || follower.waits) continue;
      mark(slot, follower);
      touched_.push_back(follower.number);
    }
  }
  table_.created.clear();
  table_.changed.clear();
  std::ranges::sort(touched_);
  touched_.erase(std::ranges::unique(touched_).begin(), touched_.end());
  for (const WatchNumber number : std::exchange(touched_, {})) {
    const auto watch = watches_.find(number);
    if (watch != watches_.end() && !watch->second.resting) tell(number, watch->second);
  }
}

void Watches::tell(WatchNumber number, Watch& watch) {
  std::erase_if(watch.waiting, [&](SlotNumber slot) {
    if (!table_.slot(slot).deleted) return false;
    std::ranges::find(followers_.at(slot), number, &Follower::number)->waits = false;
    return true;
  });
  if (watch.waiting.empty()) return;
  std::vector<Update> updates;
  std::size_t told = 0;
  for (bool room = true; room && told < watch.waiting.size();) {
    const std::size_t count = std::min(chunk_updates, watch.waiting.size() - told);
    updates.clear();
    for (std::size_t i = 0; i < count; ++i) updates.push_back(update_of(watch.waiting[told + i]));
    const std::size_t taken = watch.channel->put(updates);
    for (std::size_t i = 0; i < taken; ++i) {
      auto& followers = followers_.at(watch.waiting[told + i]);
      std::ranges::find(followers, number, &Follower::number)->waits = false;
    }
    told += taken;
    room = taken == count;
  }
  watch.waiting.erase(watch.waiting.begin(), watch.waiting.begin() + static_cast<std::ptrdiff_t>(told));
  watch.resting = true;
  home_.after(watch.interval, [this, number] { rest_over(number); });
}

void Watches::rest_over(WatchNumber number) {
  const auto found = watches_.find(number);
  if (found == watches_.end()) return;
  if (found->second.channel->closed()) return remove_closed();
  found->second.resting = false;
  tell(number, found->second);
}

// The watched slots of a block's cells; false where there is none.
bool Watches::find_cells(const SampleBlockView& block) {
  cells_.assign(std::size_t{block.series()} * block.fields(), no_slot);
  bool any = false;
  for (std::uint32_t series = 0; series < block.series(); ++series) {
    for (std::uint32_t field = 0; field < block.fields(); ++field) {
      const auto slot = table_.find(block.signal(series, field));
      if (!slot || !table_.slot(*slot).watched) continue;
      cells_[std::size_t{series} * block.fields() + field] = *slot;
      any = true;
    }
  }
  return any;
}

void Watches::tell_samples(const SampleBlockView& block) {
  if (every_sample_ == 0) return;
  follow_names();
  // Signals that this very block made must have their followers before.
  for (const SlotNumber slot : table_.created) attach_new(slot);
  if (!find_cells(block)) return;
  const auto series = block.row_series();
  for (std::uint32_t row = 0; row < block.rows(); ++row) {
    for (std::uint32_t field = 0; field < block.fields(); ++field) {
      const SlotNumber slot = cells_[std::size_t{series[row]} * block.fields() + field];
      if (slot == no_slot || !block.has_value(field, row)) continue;
      for (const Follower& follower : followers_.at(slot)) {
        Watch& watch = *follower.watch;
        if (watch.every != Every::sample) continue;
        watch.samples.push_back({.signal = table_.slot(slot).signal,
                                 .name = name_of(slot),
                                 .time = Time(block.times()[row]),
                                 .value = value_of(block.value(field, row)),
                                 .quality = block.quality(row)});
        if (watch.samples.size() == chunk_updates) put_samples(watch);
      }
    }
  }
  for (auto& [number, watch] : watches_) put_samples(watch);
}

void Watches::put_samples(Watch& watch) {
  if (watch.samples.empty()) return;
  const std::size_t taken = watch.channel->put(watch.samples);
  if (taken < watch.samples.size()) watch.channel->drop(watch.samples.size() - taken);
  watch.samples.clear();
}

void Watches::remove_closed() {
  seen_closed_ = counts_->closed;
  for (auto at = watches_.begin(); at != watches_.end();) {
    if (at->second.channel->closed()) {
      remove(at->first, at->second);
      at = watches_.erase(at);
    } else {
      ++at;
    }
  }
}

void Watches::remove(WatchNumber number, Watch& watch) {
  take_filters(number, watch);
  for (const SlotNumber slot : watch.slots) detach(number, slot);
  if (watch.every == Every::sample) --every_sample_;
}

void Watches::detach(WatchNumber number, SlotNumber slot) {
  auto& followers = followers_.at(slot);
  std::erase_if(followers, [&](const Follower& follower) { return follower.number == number; });
  if (!followers.empty()) return;
  followers_.erase(slot);
  watched_names_.erase(slot);
  table_.set_watched(slot, false);
}

void Watches::end() {
  for (auto& [number, watch] : watches_) {
    tell(number, watch);
    watch.channel->end();
  }
}

}  // namespace artery::live
