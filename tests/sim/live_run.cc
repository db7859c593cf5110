#include "live_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "live/checkpoint.h"
#include "live/retained.h"
#include "live/router.h"
#include "log/log.h"
#include "model/record.h"
#include "model/topic_filter.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::live_sim {
namespace {

using live::Delivery;
using live::SharedMessage;
using runtime::Task;
using sim::Machine;
using sim::Process;
using sim::Rng;
using namespace std::chrono_literals;

constexpr std::size_t shards = 3;
constexpr std::uint64_t publishers = 4;
constexpr std::size_t subscribers = 5;

struct Failure {
  std::optional<std::string> what;
  void say(std::string why) {
    if (!what) what = std::move(why);
  }
};

// A publisher's numbers rise over all its messages. Its retained topic is its own: "r/<publisher>".
struct Published {
  std::uint64_t publisher;
  std::uint64_t number;
  std::string topic;
  std::uint8_t qos;
  bool retain;
};

// What may be retained of a topic: the newest acknowledged one, or one of those sent after it.
struct Topic {
  std::vector<std::pair<std::uint64_t, bool>> sent;  // number, and whether it removes; in the log's order
  std::uint64_t acknowledged = 0;                    // the newest; 0: none
  std::uint64_t announced = 0;                       // the newest of this life
};

std::string retained_topic(std::uint64_t publisher) { return fmt::format("r/{}", publisher); }

struct Node {
  Node(Machine& machine, std::size_t inbox_max)
      : process(machine),
        log_loop(process.make_loop("log")),
        pool(process.make_pool("pool", 2)),
        checkpoints(process.files(), *pool, process.journal(), "data/live") {
    for (std::size_t i = 0; i < shards; ++i) loops.push_back(process.make_loop("shard"));
    router_settings.inbox_messages_max = inbox_max;
  }
  ~Node() { process.halt(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  template <class T>
  std::optional<T> run(Task<T> task, runtime::Loop& on) {
    return process.run([](Task<T> inner, runtime::Loop* to) -> Task<T> {
      co_await runtime::on(*to);
      co_return co_await inner;
    }(std::move(task), &on));
  }

  Process process;
  std::unique_ptr<runtime::Loop> log_loop;
  std::unique_ptr<runtime::Executor> pool;
  live::CheckpointFolder checkpoints;
  std::vector<std::unique_ptr<runtime::Loop>> loops;
  live::RouterSettings router_settings;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<live::Retained> retained;
  std::unique_ptr<live::Router> router;
};

void later(runtime::Loop& loop, std::uint64_t nanos, std::function<void()> work) {
  loop.post([&loop, nanos, work = std::move(work)] { loop.after(Duration(static_cast<std::int64_t>(nanos)), work); });
}

// One connection with one subscription.
class Subscriber final : public live::Outbox {
 public:
  Subscriber(Node& node, std::size_t shard, Failure& failure)
      : loop(*node.loops[shard]), shard_(node.router->shard(shard)), failure_(failure) {}

  void subscribe(std::string filter, std::uint8_t qos, std::size_t published,
                 const std::map<std::string, Topic>& topics) {
    number_ = shard_.join(*this);
    filter_ = std::move(filter);
    qos_ = qos;
    since_ = published;
    for (const auto& [name, topic] : topics) {
      if (topic_matches(filter_, name)) floors_[name] = std::max(topic.acknowledged, topic.announced);
    }
    joined_ = true;
    if (!shard_.subscribe(number_, filter_, {.qos = qos})) failure_.say("a subscription was refused");
  }
  void leave() {
    if (std::exchange(joined_, false)) shard_.leave(number_);
  }
  void set_room(std::size_t room) {
    room_ = room;
    if (joined_) shard_.resume(number_);
  }

  bool deliver(const SharedMessage& message, const Delivery& delivery) override {
    const std::string_view text = as_text(message->payload);
    const std::size_t colon = text.find(':');
    const std::uint64_t number = colon == std::string_view::npos ? 0 : std::stoull(std::string(text.substr(colon + 1)));
    if (!joined_ || !loop.is_current()) failure_.say("delivered to who is not there");
    if (room_ == 0) {
      if (!delivery.waits) ++refused_;
      return false;
    }
    --room_;
    if (delivery.qos != std::min(qos_, message->qos)) failure_.say("delivered with another QoS than granted");
    std::uint64_t& newest = newest_[message->topic];
    if (delivery.retain) {
      if (number < newest) failure_.say(fmt::format("{}: retained {} after {}", message->topic, number, newest));
      newest = std::max(newest, number);
      return true;
    }
    if (number == 0) {  // a removal
      ++got_;
      return true;
    }
    const std::string publisher(text.substr(0, colon));
    std::uint64_t& last = last_[publisher];
    if (number <= last) failure_.say(fmt::format("{} got {} after {}", filter_, text, last));
    last = number;
    if (message->retain) {
      if (number < newest) failure_.say(fmt::format("{}: {} after {}", message->topic, number, newest));
      newest = number;
    }
    ++got_;
    return true;
  }

  // When all has come to rest. `published` is of this life of the process.
  void check(const std::vector<Published>& published, std::uint64_t dropped_inbox,
             std::map<std::string, Topic>& topics) {
    if (!joined_) return;
    std::uint64_t expected = 0;
    for (std::size_t i = since_; i < published.size(); ++i) {
      if (topic_matches(filter_, published[i].topic)) ++expected;
    }
    if (got_ + refused_ + dropped_inbox < expected) {
      failure_.say(fmt::format("{}: {} came and {} were refused of {}", filter_, got_, refused_, expected));
    }
    for (const auto& [name, floor] : floors_) {
      const bool removed =
          std::ranges::any_of(topics[name].sent, [&](const auto& one) { return one.second && one.first >= floor; });
      if (newest_[name] < floor && !removed) {
        failure_.say(fmt::format("{}: the newest seen is {}, but {} was retained", name, newest_[name], floor));
      }
    }
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] bool joined() const { return joined_; }

  runtime::Loop& loop;

 private:
  live::RouterShard& shard_;
  Failure& failure_;
  live::ClientNumber number_;
  std::string filter_;
  std::uint8_t qos_ = 0;
  std::size_t since_ = 0;
  bool joined_ = false;
  std::size_t room_ = 1'000'000;
  std::uint64_t got_ = 0;
  std::uint64_t refused_ = 0;
  std::map<std::string, std::uint64_t> last_;    // by publisher
  std::map<std::string, std::uint64_t> newest_;  // by topic
  std::map<std::string, std::uint64_t> floors_;
};

class Run {
 public:
  Run(std::uint64_t seed, bool tell) : rng_(seed), machine_(rng_.next()), tell_(tell) {}

  Outcome execute() {
    const std::uint64_t rounds = 2 + rng_.below(4);
    for (round_ = 1; round_ <= rounds && !failure_.what; ++round_) {
      if (round_ < rounds && rng_.chance(0.5)) machine_.crash_at_io(machine_.io_count() + 1 + rng_.below(200));
      round(round_ == rounds);
      machine_.crash_at_io(0);
      const auto kind = rng_.chance(0.5) ? sim::CrashKind::kill : sim::CrashKind::power_loss;
      tell(kind == sim::CrashKind::kill ? "kill" : "power loss");
      machine_.crash(kind);
    }
    return {.failure = failure_.what,
            .acknowledged = acknowledged_,
            .crashes = round_ - 1,
            .trace_hash = machine_.trace_hash()};
  }

 private:
  void tell(std::string_view what) {
    if (tell_) fmt::print("{} io {}: {}\n", round_, machine_.io_count(), what);
  }
  bool open(Node& node);
  void look(Node& node);
  void round(bool last);
  void load(Node& node, std::vector<std::unique_ptr<Subscriber>>& clients);
  void publish(Node& node, std::uint64_t publisher);
  void keep(Node& node, const SharedMessage& message, std::uint64_t number);

  Rng rng_;
  Machine machine_;
  bool tell_;
  Failure failure_;
  std::uint64_t round_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::map<std::string, Topic> topics_;
  std::uint64_t numbers_[publishers] = {};
  std::vector<Published> published_;  // in this life
};

bool Run::open(Node& node) {
  const auto failed = [this](const Error& error) { failure_.say(error.message()); };
  auto log = node.run(
      log::Log::open({*node.log_loop, *node.pool, node.process.files(), node.process.clock(), node.process.journal()},
                     {.folder = "data/log", .segment_bytes = 24 << 10, .batch_bytes_max = 8 << 10}, failed),
      *node.log_loop);
  if (!log) return false;  // crashed meanwhile
  if (!*log) return failure_.say((*log).error().message()), false;
  node.log = std::move(**log);
  live::RetainedSettings settings;
  settings.checkpoint_bytes = 1500;
  auto retained = node.run(live::Retained::open({*node.loops[0], *node.pool, node.checkpoints, node.process.clock(),
                                                 node.process.journal(), *node.log},
                                                settings, failed),
                           *node.loops[0]);
  if (!retained) return false;
  if (!*retained) return failure_.say((*retained).error().message()), false;
  node.retained = std::move(**retained);
  std::vector<runtime::Loop*> loops;
  for (const auto& loop : node.loops) loops.push_back(loop.get());
  node.router = std::make_unique<live::Router>(loops, *node.retained, node.router_settings);
  node.log->allow_trimming();
  return true;
}

// What the last life has left.
void Run::look(Node& node) {
  const auto found = node.run(node.retained->find("#", *node.loops[1]), *node.loops[1]);
  if (!found) return;
  if (!*found) return failure_.say((*found).error().message());
  std::map<std::string, std::uint64_t> there;
  for (const SharedMessage& message : **found) {
    const std::string text(as_text(message->payload));
    there[message->topic] = std::stoull(text.substr(text.find(':') + 1));
  }
  for (auto& [name, topic] : topics_) {
    const bool is_there = there.contains(name);
    const auto seen = std::ranges::find_if(topic.sent, [&](const auto& one) {
      return one.first >= topic.acknowledged && (is_there ? !one.second && one.first == there[name] : one.second);
    });
    if (seen == topic.sent.end() && (is_there || topic.acknowledged > 0)) {
      failure_.say(fmt::format("{}: {} was acknowledged, {} is retained", name, topic.acknowledged,
                               is_there ? std::to_string(there[name]) : "nothing"));
    }
    if (seen != topic.sent.end()) topic.acknowledged = seen->first;
    there.erase(name);
  }
  if (!there.empty()) failure_.say(fmt::format("{} is retained, but nothing was sent", there.begin()->first));
}

void Run::keep(Node& node, const SharedMessage& message, std::uint64_t number) {
  auto announced = node.retained->announce(message->topic, message->payload.size());
  if (!announced) return failure_.say("too many retained messages");
  log::BatchBuilder batch;
  write_message(batch.bytes(),
                {.topic = message->topic, .payload = message->payload, .qos = message->qos, .retain = true});
  Topic& topic = topics_[message->topic];
  topic.sent.emplace_back(number, message->payload.empty());
  topic.announced = number;
  const auto taken = node.log->append(
      std::move(batch), [this, &topic, number, ticket = std::move(*announced)](const Result<Offset>& offset) {
        if (!offset) return failure_.say(offset.error().message());
        ++acknowledged_;
        topic.acknowledged = std::max(topic.acknowledged, number);
      });
  if (!taken) failure_.say(taken.error().message());
}

void Run::publish(Node& node, std::uint64_t publisher) {
  const bool retain = rng_.chance(0.4);
  const std::uint64_t number = ++numbers_[publisher];
  const auto message = std::make_shared<live::Message>();
  message->topic = retain ? retained_topic(publisher) : fmt::format("s/{}", rng_.below(3));
  const std::string text = fmt::format("{}:{}", publisher, number);
  if (!retain || rng_.chance(0.9)) message->payload.assign(as_bytes(text).begin(), as_bytes(text).end());
  message->qos = static_cast<std::uint8_t>(rng_.below(3));
  message->retain = retain;
  published_.push_back({publisher, number, message->topic, message->qos, retain});
  if (retain) keep(node, message, number);
  node.router->shard(publisher % shards).publish(message);
}

void Run::load(Node& node, std::vector<std::unique_ptr<Subscriber>>& clients) {
  for (std::uint64_t publisher = 0; publisher < publishers; ++publisher) {
    runtime::Loop& loop = *node.loops[publisher % shards];
    const std::uint64_t count = 5 + rng_.below(30);
    for (std::uint64_t i = 0; i < count; ++i) {
      later(loop, rng_.below(60'000'000), [this, &node, publisher] { publish(node, publisher); });
    }
  }
  constexpr const char* filters[] = {"#", "r/#", "s/+", "s/1", "r/2", "r/0"};
  for (std::size_t i = 0; i < subscribers; ++i) {
    clients.push_back(std::make_unique<Subscriber>(node, rng_.below(shards), failure_));
    Subscriber& client = *clients.back();
    const std::string filter = filters[rng_.below(std::size(filters))];
    const auto qos = static_cast<std::uint8_t>(rng_.below(3));
    later(client.loop, rng_.below(50'000'000),
          [this, &client, filter, qos] { client.subscribe(filter, qos, published_.size(), topics_); });
    const auto at = [&](std::function<void()> what) {
      later(client.loop, 50'000'000 + rng_.below(20'000'000), std::move(what));
    };
    if (rng_.chance(0.3)) at([&client, room = rng_.below(4)] { client.set_room(room); });
    if (rng_.chance(0.2)) at([&client] { client.leave(); });
  }
}

void Run::round(bool last) {
  published_.clear();
  for (auto& [name, topic] : topics_) topic.announced = 0;
  std::vector<std::unique_ptr<Subscriber>> clients;
  Node node(machine_, rng_.chance(0.2) ? 3 : 1000);
  if (!open(node)) return;
  look(node);
  if (failure_.what || node.process.halted()) return;
  load(node, clients);
  node.process.run_for(Duration(last || rng_.chance(0.5) ? 100'000'000 : rng_.below(80'000'000)));
  if (!last && rng_.chance(0.5)) return;  // crashes in the middle of it all
  for (auto& client : clients) client->loop.post([&client] { client->set_room(1'000'000); });
  node.process.run_for(1s);
  if (node.process.halted()) return;
  const live::RouterCounters counters = node.router->counters();
  std::uint64_t refused = 0;
  for (auto& client : clients) {
    client->check(published_, counters.dropped_inbox, topics_);
    refused += client->refused();
  }
  if (counters.dropped_outbox != refused) failure_.say("the router has counted other refusals than there were");
  if (last && machine_.io_count() > 0 && acknowledged_ == 0) failure_.say("nothing was retained");
}

}  // namespace

Outcome run_seed(std::uint64_t seed, bool tell) { return Run(seed, tell).execute(); }

}  // namespace artery::live_sim
