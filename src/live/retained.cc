#include "live/retained.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "live/announcements.h"
#include "live/checkpoint.h"
#include "live/follower.h"
#include "live/topic_store.h"
#include "model/record.h"

namespace artery::live {

using runtime::Task;

class Retained::Store final : public Target {
 public:
  Store(const Surroundings& around, const RetainedSettings& settings, std::function<void(const Error&)> on_failed)
      : around_(around),
        settings_(settings),
        follower_({around.home, around.pool, around.checkpoints, around.journal, around.log},
                  {.name = "retained messages",
                   .kind = CheckpointKind::retained,
                   .checkpoint_bytes = settings.checkpoint_bytes,
                   .checkpoint_time = settings.checkpoint_time,
                   .read_bytes = settings.read_bytes,
                   .on_failed = std::move(on_failed)},
                  *this) {}
  ~Store() override { waiting_->forget(); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Task<Result<void>> open();
  Task<Result<void>> close() { return follower_.close(); }
  Result<Announced> announce(std::string_view topic, std::size_t payload_bytes);
  Task<Result<std::vector<SharedMessage>>> find(std::string filter, runtime::Executor* asker);
  [[nodiscard]] RetainedCounters counters() const;

 private:
  void apply(const log::Batch& batch) override;
  void turn_ended() override {}
  [[nodiscard]] Buffer snapshot() const override;
  void ended() override {}
  void keep(const MessageView& message);
  bool load(const Checkpoint& checkpoint);

  Surroundings around_;
  RetainedSettings settings_;
  std::shared_ptr<Announced::Waiting> waiting_ = std::make_shared<Announced::Waiting>();
  std::atomic<std::uint64_t> refused_ = 0;
  mutable std::shared_mutex mutex_;  // guards what follows; `home` alone takes it to write
  TopicStore messages_;
  Follower follower_;
};

Task<Result<void>> Retained::Store::open() {
  co_await runtime::on(around_.pool);
  auto found = co_await around_.checkpoints.load(CheckpointKind::retained);
  co_await runtime::on(around_.home);
  if (!found) co_return std::move(found).error();
  Offset from;
  std::string path;
  if (!found->intact.empty()) {
    const Checkpoint& newest = found->intact.back();
    if (newest.header.offset > around_.log.end()) {
      around_.journal.error("live", "{}: this checkpoint is of another log; retained messages are those of this one",
                            newest.path);
      found->useless.push_back(newest.path);
    } else if (load(newest)) {
      from = newest.header.offset;
      path = newest.path;
    } else {
      around_.journal.error("live", "{}: its contents are malformed from some place on", newest.path);
    }
  }
  follower_.start(from, std::move(path), false);
  co_await runtime::on(around_.pool);
  co_await around_.checkpoints.remove(std::move(found->useless));
  co_await runtime::on(around_.home);
  co_return {};
}

void Retained::Store::apply(const log::Batch& batch) {
  RecordReader records(batch.payload());
  while (const auto record = records.next()) {
    if (record->kind != RecordKind::message) continue;
    const auto message = read_message(record->body);
    if (message && message->retain) keep(*message);
  }
}

void Retained::Store::keep(const MessageView& message) {
  const std::unique_lock lock(mutex_);
  if (message.payload.empty()) {
    messages_.remove(message.topic);
  } else {
    messages_.put(make_message(message, ClientNumber()));
  }
}

// A checkpoint's body is message records, as in the log.
Buffer Retained::Store::snapshot() const {
  Buffer body;
  const std::shared_lock lock(mutex_);
  messages_.each([&](const Message& message) {
    write_message(body, {.topic = message.topic,
                         .payload = message.payload,
                         .properties = message.properties,
                         .qos = message.qos,
                         .retain = true});
  });
  return body;
}

bool Retained::Store::load(const Checkpoint& checkpoint) {
  Buffer body;
  const bool whole = read_body(checkpoint, [&](Bytes piece) {
    body.insert(body.end(), piece.begin(), piece.end());
    return std::optional(piece.size());
  });
  if (!whole) return false;
  RecordReader records(body);
  while (const auto record = records.next()) {
    const auto message = read_message(record->body);
    if (record->kind != RecordKind::message || !message) return false;
    keep(*message);
  }
  return !records.failed();
}

Result<Retained::Announced> Retained::Store::announce(std::string_view topic, std::size_t payload_bytes) {
  if (payload_bytes > 0) {
    const std::shared_lock lock(mutex_);
    const SharedMessage old = messages_.get(topic);
    const std::size_t old_bytes = old == nullptr ? 0 : old->payload.size();
    const std::size_t more = old == nullptr ? topic.size() + payload_bytes : payload_bytes;
    const bool too_many = old == nullptr && messages_.count() >= settings_.count_max;
    const bool too_long = payload_bytes > old_bytes && messages_.bytes() + more - old_bytes > settings_.bytes_max;
    if (too_many || too_long) {
      ++refused_;
      return Error(LiveError::too_many,
                   too_many ? fmt::format("{} messages are retained already, as many as there may be: remove some with "
                                          "empty payloads",
                                          messages_.count())
                            : fmt::format("retained messages would take more than {} bytes: remove some with empty "
                                          "payloads",
                                          settings_.bytes_max));
    }
  }
  return Announced(waiting_, waiting_->open());
}

Task<Result<std::vector<SharedMessage>>> Retained::Store::find(std::string filter, runtime::Executor* asker) {
  co_await waiting_->all_closed(waiting_->last(), *asker);
  // Whatever was answered with success before is below this.
  const Offset offset = around_.log.end();
  co_await runtime::on(around_.home);
  const auto done = co_await follower_.applied(offset);
  std::vector<SharedMessage> messages;
  if (done) {
    const std::shared_lock lock(mutex_);
    messages = messages_.find(filter);
  }
  co_await runtime::on(*asker);
  if (!done) co_return done.error();
  co_return messages;
}

RetainedCounters Retained::Store::counters() const {
  const std::shared_lock lock(mutex_);
  return {.count = messages_.count(),
          .bytes = messages_.bytes(),
          .refused = refused_,
          .checkpoints = follower_.checkpoints(),
          .checkpoints_failed = follower_.checkpoints_failed(),
          .applied = follower_.position()};
}

Retained::Announced::~Announced() {
  if (waiting_ != nullptr) waiting_->close(number_);
}

Retained::Retained(std::unique_ptr<Store> store) : store_(std::move(store)) {}

Retained::~Retained() = default;

Task<Result<std::unique_ptr<Retained>>> Retained::open(Surroundings around, RetainedSettings settings,
                                                       std::function<void(const Error&)> on_failed) {
  auto store = std::make_unique<Store>(around, settings, std::move(on_failed));
  if (auto done = co_await store->open(); !done) co_return std::move(done).error();
  co_return std::unique_ptr<Retained>(new Retained(std::move(store)));
}

Result<Retained::Announced> Retained::announce(std::string_view topic, std::size_t payload_bytes) {
  return store_->announce(topic, payload_bytes);
}

Task<Result<std::vector<SharedMessage>>> Retained::find(std::string filter, runtime::Executor& asker) {
  return store_->find(std::move(filter), &asker);
}

Task<Result<void>> Retained::close() { return store_->close(); }

RetainedCounters Retained::counters() const { return store_->counters(); }

}  // namespace artery::live
