#include "live/settings.h"

namespace artery::live {

using namespace std::chrono_literals;
using setting::duration;
using setting::number;
using setting::size;

Settings settings_of(NewestSettings& to) {
  return {
      size("newest.checkpoint_bytes", to.checkpoint_bytes, {1ULL << 20, 64ULL << 30},
           "The newest values are checkpointed after this much of log."),
      duration("newest.checkpoint_time", to.checkpoint_time, {1s, 24h * 30},
               "And after this time, where there was anything new."),
      size("newest.read_bytes", to.read_bytes, {64ULL << 10, 64ULL << 20}, "Taken from the log at once."),
      number("newest.subscriptions_max", to.subscriptions_max, {1, 1'000'000}, "subscriptions",
             "How many clients may follow signals at the same time."),
      number("newest.filters_max", to.filters_max, {1, 100'000}, "filters", "How many patterns one of them may give."),
      number("newest.outbox_updates_max", to.outbox_updates_max, {100, 10'000'000}, "updates",
             "What may wait for one slow client. Beyond it updates are dropped, counted, and the client is told."),
      size("newest.outbox_bytes_max", to.outbox_bytes_max, {64ULL << 10, 1ULL << 30}, "The same in bytes."),
  };
}

Settings settings_of(RouterSettings& to) {
  return {
      number("router.subscriptions_per_client_max", to.subscriptions_per_client_max, {1, 1'000'000}, "subscriptions",
             "How many subscriptions an MQTT client may have."),
      number("router.inbox_messages_max", to.inbox_messages_max, {100, 10'000'000}, "messages",
             "Messages on their way from one shard to another. Beyond it they are dropped and counted."),
      size("router.inbox_bytes_max", to.inbox_bytes_max, {1ULL << 20, 16ULL << 30}, "The same in bytes."),
  };
}

Settings settings_of(RetainedSettings& to) {
  return {
      number("retained.count_max", to.count_max, {0, 10'000'000}, "messages",
             "How many retained messages there may be."),
      size("retained.bytes_max", to.bytes_max, {0, 16ULL << 30}, "Their topics and payloads together."),
      size("retained.checkpoint_bytes", to.checkpoint_bytes, {1ULL << 20, 64ULL << 30},
           "They are checkpointed after this much of log."),
      duration("retained.checkpoint_time", to.checkpoint_time, {1s, 24h * 30},
               "And after this time, where there was anything new."),
      size("retained.read_bytes", to.read_bytes, {64ULL << 10, 64ULL << 20}, "Taken from the log at once."),
  };
}

}  // namespace artery::live
