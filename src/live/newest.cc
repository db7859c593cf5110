#include "live/newest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/assert.h"
#include "live/checkpoint.h"
#include "live/partition.h"
#include "model/partition.h"
#include "model/topic_filter.h"

namespace artery::live {

using runtime::Task;

class Newest::Core {
 public:
  Core(Surroundings around, NewestSettings settings, std::function<void(const Error&)> on_failed);

  Task<Result<void>> open();
  Task<Result<void>> close();
  Task<Result<void>> applied(Offset offset, runtime::Executor* asker);
  Task<Result<std::vector<std::optional<NewestValue>>>> last(std::vector<SignalKey> signals, runtime::Executor* asker);
  Result<std::unique_ptr<SignalSubscription>> subscribe(const SignalSelection& selection, SignalSubscriber& subscriber,
                                                        runtime::Executor& asker);
  [[nodiscard]] NewestCounters counters() const;

 private:
  [[nodiscard]] std::uint32_t partition_count() const { return static_cast<std::uint32_t>(around_.shards.size()); }
  Offset choose(Checkpoints& found);
  void start(const Checkpoints& found, Offset from);
  [[nodiscard]] Result<void> may_subscribe(const SignalSelection& selection) const;

  Surroundings around_;
  NewestSettings settings_;
  std::function<void(const Error&)> on_failed_;
  std::shared_ptr<ChannelCounts> counts_ = std::make_shared<ChannelCounts>();
  std::vector<std::unique_ptr<Partition>> partitions_;
};

Newest::Core::Core(Surroundings around, NewestSettings settings, std::function<void(const Error&)> on_failed)
    : around_(std::move(around)), settings_(settings), on_failed_(std::move(on_failed)) {
  ARTERY_ASSERT(!around_.shards.empty());
  for (std::uint32_t i = 0; i < partition_count(); ++i) {
    FollowerSettings follower{
        .name = fmt::format("newest values {}", i),
        .kind = CheckpointKind::newest,
        .partition = i,
        .partitions = partition_count(),
        .checkpoint_bytes = settings_.checkpoint_bytes,
        .checkpoint_time = settings_.checkpoint_time,
        .read_bytes = settings_.read_bytes,
        .on_failed = [this](const Error& error) { around_.home.post([this, error] { on_failed_(error); }); }};
    partitions_.push_back(std::make_unique<Partition>(
        Follower::Surroundings{*around_.shards[i], around_.pool, around_.checkpoints, around_.journal, around_.log},
        std::move(follower), around_.names, counts_));
  }
}

Task<Result<void>> Newest::Core::open() {
  co_await runtime::on(around_.pool);
  auto found = co_await around_.checkpoints.load(CheckpointKind::newest);
  co_await runtime::on(around_.home);
  if (!found) co_return std::move(found).error();
  const Offset from = choose(*found);
  start(*found, from);
  co_await runtime::on(around_.pool);
  co_await around_.checkpoints.remove(std::move(found->useless));
  co_await runtime::on(around_.home);
  co_return {};
}

// A file says what is newest of one partition's signals below its offset, always. So files that are one of each
// partition, of however many, say all of everything below the least of their offsets, whatever runs they are of: the
// set that reaches farthest is taken and following starts there. All else is useless then. Where no set is whole, what
// there is helps, but the log has to say it all.
Offset Newest::Core::choose(Checkpoints& found) {
  std::map<std::uint32_t, std::vector<Offset>> sets;  // by the number of partitions, ascending as the files are
  for (const Checkpoint& checkpoint : found.intact) {
    sets[checkpoint.header.partitions].push_back(checkpoint.header.offset);
  }
  std::uint32_t chosen = 0;
  for (const auto& [partitions, offsets] : sets) {
    if (offsets.size() != partitions) continue;
    if (chosen == 0 || sets[chosen].front() <= offsets.front()) chosen = partitions;
  }
  const Offset from = chosen == 0 ? Offset() : sets[chosen].front();
  const bool foreign = !found.intact.empty() && found.intact.back().header.offset > around_.log.end();
  if (foreign) {
    around_.journal.error("live", "{}: the checkpoints are of another log; newest values are made anew of this one",
                          around_.checkpoints.path());
  }
  if (chosen == 0 && !foreign) {
    found.useless.clear();
    return from;
  }
  const auto useless = [&](const Checkpoint& one) { return foreign || one.header.partitions != chosen; };
  for (const Checkpoint& checkpoint : found.intact) {
    if (useless(checkpoint)) found.useless.push_back(checkpoint.path);
  }
  std::erase_if(found.intact, useless);
  return foreign ? Offset() : from;
}

// The files come in the order of their offsets, so of equal times the later in the log wins here as well.
void Newest::Core::start(const Checkpoints& found, Offset from) {
  std::vector<std::string> own(partition_count());
  for (const Checkpoint& checkpoint : found.intact) {
    std::span<const std::unique_ptr<Partition>> into(partitions_);
    if (checkpoint.header.partitions == partition_count()) {
      own[checkpoint.header.partition] = checkpoint.path;
      into = into.subspan(checkpoint.header.partition, 1);
    }
    const bool whole = read_body(checkpoint, [&](Bytes entries) {
      std::optional<std::size_t> taken;
      for (const auto& partition : into) taken = partition->table().merge(entries);
      return taken;
    });
    if (!whole) around_.journal.error("live", "{}: its contents are malformed from some place on", checkpoint.path);
  }
  for (std::uint32_t i = 0; i < partition_count(); ++i) {
    Partition& partition = *partitions_[i];
    partition.table().created.clear();
    partition.count_signals();
    partition.follower().start(from, own[i], own[i].empty());
  }
}

Task<Result<void>> Newest::Core::applied(Offset offset, runtime::Executor* asker) {
  for (const auto& partition : partitions_) {
    co_await runtime::on(partition->home());
    auto done = co_await partition->follower().applied(offset);
    co_await runtime::on(*asker);
    if (!done) co_return done;
  }
  co_return {};
}

Task<Result<std::vector<std::optional<NewestValue>>>> Newest::Core::last(std::vector<SignalKey> signals,
                                                                         runtime::Executor* asker) {
  const Offset offset = around_.log.end();
  std::vector<std::optional<NewestValue>> values(signals.size());
  for (std::uint32_t i = 0; i < partition_count(); ++i) {
    const auto is_here = [&](const SignalKey& key) { return partition_of(key.asset, partition_count()) == i; };
    if (std::ranges::none_of(signals, is_here)) continue;
    Partition& partition = *partitions_[i];
    co_await runtime::on(partition.home());
    const auto done = co_await partition.follower().applied(offset);
    for (std::size_t at = 0; done && at < signals.size(); ++at) {
      const auto slot = is_here(signals[at]) ? partition.table().find(signals[at].signal) : std::nullopt;
      if (!slot) continue;
      const NewestTable::Slot& newest = partition.table().slot(*slot);
      if (newest.deleted) continue;
      values[at] = NewestValue{.time = newest.time,
                               .value = value_of(partition.table().value(*slot)),
                               .quality = newest.quality,
                               .arrival = newest.arrival};
    }
    co_await runtime::on(*asker);
    if (!done) co_return done.error();
  }
  co_return values;
}

Result<void> Newest::Core::may_subscribe(const SignalSelection& selection) const {
  if (selection.filters.size() > settings_.filters_max) {
    return Error(LiveError::too_many, fmt::format("{} filters are too many for one subscription: at most {}",
                                                  selection.filters.size(), settings_.filters_max));
  }
  if (counts_->open >= settings_.subscriptions_max) {
    return Error(LiveError::too_many, fmt::format("there are {} subscriptions already, as many as there may be",
                                                  settings_.subscriptions_max));
  }
  for (const std::string& filter : selection.filters) {
    if (valid_topic_filter(filter) && topic_levels(filter) <= filter_levels_max) continue;
    return Error(
        LiveError::bad_filter,
        fmt::format("'{}' is not a filter: levels separated by '/', '+' alone for one, '#' alone at the end for "
                    "the rest, at most {} of them",
                    filter, filter_levels_max));
  }
  return {};
}

Result<std::unique_ptr<SignalSubscription>> Newest::Core::subscribe(const SignalSelection& selection,
                                                                    SignalSubscriber& subscriber,
                                                                    runtime::Executor& asker) {
  if (auto allowed = may_subscribe(selection); !allowed) return std::move(allowed).error();
  const ChannelLimits limits{.updates_max = settings_.outbox_updates_max, .bytes_max = settings_.outbox_bytes_max};
  auto channel = std::make_shared<SignalSubscription::Channel>(subscriber, asker, limits, counts_);
  for (const auto& partition : partitions_) {
    partition->home().post([&watches = partition->watches(), selection, channel] { watches.add(selection, channel); });
  }
  return std::make_unique<SignalSubscription>(std::move(channel));
}

Task<Result<void>> Newest::Core::close() {
  Result<void> first;
  for (const auto& partition : partitions_) {
    co_await runtime::on(partition->home());
    auto done = co_await partition->follower().close();
    co_await runtime::on(around_.home);
    if (!done && first) first = std::move(done);
  }
  co_return first;
}

NewestCounters Newest::Core::counters() const {
  NewestCounters sum{.subscriptions = counts_->open,
                     .updates_sent = counts_->sent,
                     .updates_dropped = counts_->dropped,
                     .applied = partitions_.front()->follower().position()};
  for (const auto& partition : partitions_) {
    sum.signals += partition->signals();
    sum.samples += partition->samples();
    sum.malformed_records += partition->malformed();
    sum.checkpoints += partition->follower().checkpoints();
    sum.checkpoints_failed += partition->follower().checkpoints_failed();
    sum.applied = std::min(sum.applied, partition->follower().position());
  }
  return sum;
}

Newest::Newest(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Newest::~Newest() = default;

Task<Result<std::unique_ptr<Newest>>> Newest::open(Surroundings around, NewestSettings settings,
                                                   std::function<void(const Error&)> on_failed) {
  auto core = std::make_unique<Core>(std::move(around), settings, std::move(on_failed));
  if (auto done = co_await core->open(); !done) co_return std::move(done).error();
  co_return std::unique_ptr<Newest>(new Newest(std::move(core)));
}

Task<Result<std::vector<std::optional<NewestValue>>>> Newest::last(std::vector<SignalKey> signals,
                                                                   runtime::Executor& asker) {
  return core_->last(std::move(signals), &asker);
}

Task<Result<void>> Newest::applied(Offset offset, runtime::Executor& asker) { return core_->applied(offset, &asker); }

Result<std::unique_ptr<SignalSubscription>> Newest::subscribe(const SignalSelection& selection,
                                                              SignalSubscriber& subscriber, runtime::Executor& asker) {
  return core_->subscribe(selection, subscriber, asker);
}

Task<Result<void>> Newest::close() { return core_->close(); }

NewestCounters Newest::counters() const { return core_->counters(); }

}  // namespace artery::live
