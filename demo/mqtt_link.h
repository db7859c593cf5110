// One connection to a node through libmosquitto, in MQTT 5 at QoS 1. Used by one thread; nothing runs but in its calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

struct mosquitto;

namespace artery::demo {

enum class LinkError { unreachable, refused };
inline std::string_view error_module(LinkError) { return "link"; }

class MqttLink {
 public:
  MqttLink();
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  // Connects and waits for the node's answer. Errors: unreachable, refused.
  Result<void> open(const std::string& host, std::uint16_t port);
  // The retained message of that topic; nothing where the node has none, which it is given a second to say.
  std::optional<std::string> retained(const std::string& topic);

  // Sent, not acknowledged yet. Where the connection is lost it does nothing.
  void publish(const std::string& topic, const std::string& payload, bool retain);
  // Reads and writes what is due, and waits for that no longer than `longest`.
  void serve(std::chrono::milliseconds longest);
  // Says good-bye.
  void close();

  [[nodiscard]] bool lost() const { return lost_; }
  // How many publishes wait for their acknowledgement, and how many the node lets wait at once.
  [[nodiscard]] std::size_t in_flight() const { return sent_ - acknowledged_; }
  [[nodiscard]] std::size_t window() const { return window_; }
  // Publishes that the node has answered with an error.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct Callbacks;  // what libmosquitto calls

  mosquitto* handle_;
  bool connected_ = false;
  bool lost_ = false;
  bool subscribed_ = false;
  int refusal_ = 0;
  std::size_t window_ = 1;
  std::size_t sent_ = 0;
  std::size_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
  std::optional<std::string> message_;
};

}  // namespace artery::demo
