// A plant's run before an audience: live values as time passes and, beside them, what the node has missed. Goes on
// through the node's restarts; ends when asked. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "demo/mqtt_link.h"
#include "demo/plant.h"
#include "demo/plant_clock.h"

namespace artery::demo {

struct PerformanceOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 1883;
  std::uint64_t seed = 1;
  double speed = 1;
  Seconds history{std::chrono::days(7)};
  std::optional<Moment> start;  // else now
  bool once = false;            // one message of every asset, and no more
};

class Performance {
 public:
  // `asked_to_end` is called many times a second.
  Performance(const PerformanceOptions& options, std::function<bool()> asked_to_end);

  // Returns when asked to end, after what was sent has been acknowledged. An error only where `once` fails.
  Result<void> run();

 private:
  struct Late {
    std::string topic;
    std::string payload;
  };

  Result<void> run_once();
  // One connection's life: from what the node remembers to its loss, or the end.
  void converse(MqttLink& link);
  void speak_live(MqttLink& link);
  void fill(MqttLink& link);
  void send(MqttLink& link, const Plant& plant, const Asset& asset);
  void release_late(MqttLink& link);
  void finish(MqttLink& link);
  void tell_clock(MqttLink& link) const;
  [[nodiscard]] Moment time_now() const;

  const PerformanceOptions options_;
  const std::function<bool()> asked_to_end_;
  const std::chrono::steady_clock::time_point began_;
  const Seconds step_;  // between two looks at the live plant
  std::optional<Plant> live_;
  std::optional<Plant> past_;  // the plant as it was in the first hole
  std::vector<Span> holes_;
  std::vector<Late> late_;
  std::chrono::steady_clock::time_point fill_began_;
};

}  // namespace artery::demo
