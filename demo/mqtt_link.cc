#include "demo/mqtt_link.h"

#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <unistd.h>

namespace artery::demo {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int keep_alive_s = 30;
constexpr int quality_of_service = 1;
constexpr auto answer_wait_max = 10s;
constexpr auto retained_wait_max = 1s;

}  // namespace

struct MqttLink::Callbacks {
  static MqttLink& link(void* self) { return *static_cast<MqttLink*>(self); }

  static void on_connect(mosquitto*, void* self, int reason, int, const mosquitto_property* properties) {
    MqttLink& to = link(self);
    to.connected_ = reason == 0;
    to.refusal_ = reason;
    std::uint16_t window = 65535;  // of a node that does not say, MQTT 5 has this
    (void)mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &window, false);
    to.window_ = window;
  }
  static void on_disconnect(mosquitto*, void* self, int, const mosquitto_property*) { link(self).lost_ = true; }
  static void on_publish(mosquitto*, void* self, int, int reason, const mosquitto_property*) {
    ++link(self).acknowledged_;
    if (reason >= MQTT_RC_UNSPECIFIED) ++link(self).refused_;
  }
  static void on_subscribe(mosquitto*, void* self, int, int, const int*, const mosquitto_property*) {
    link(self).subscribed_ = true;
  }
  static void on_message(mosquitto*, void* self, const mosquitto_message* message, const mosquitto_property*) {
    if (!message->retain) return;  // our own, coming back
    link(self).message_ =
        std::string(static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen));
  }
};

// The node's clients are looked at by people, and two plants may speak to one node.
MqttLink::MqttLink() : handle_(mosquitto_new(fmt::format("artery-plant-{}", ::getpid()).c_str(), true, this)) {
  mosquitto_int_option(handle_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(handle_, MOSQ_OPT_SEND_MAXIMUM, 65535);  // as many as the node takes
  mosquitto_connect_v5_callback_set(handle_, Callbacks::on_connect);
  mosquitto_disconnect_v5_callback_set(handle_, Callbacks::on_disconnect);
  mosquitto_publish_v5_callback_set(handle_, Callbacks::on_publish);
  mosquitto_subscribe_v5_callback_set(handle_, Callbacks::on_subscribe);
  mosquitto_message_v5_callback_set(handle_, Callbacks::on_message);
}

MqttLink::~MqttLink() { mosquitto_destroy(handle_); }

Result<void> MqttLink::open(const std::string& host, std::uint16_t port) {
  const int failed = mosquitto_connect_bind_v5(handle_, host.c_str(), port, keep_alive_s, nullptr, nullptr);
  if (failed != MOSQ_ERR_SUCCESS) {
    return Error(LinkError::unreachable, fmt::format("no node answers at {}:{}", host, port));
  }
  const auto until = Clock::now() + answer_wait_max;
  while (!connected_ && !lost_ && refusal_ == 0 && Clock::now() < until) serve(100ms);
  if (connected_) return {};
  return Error(LinkError::refused,
               refusal_ == 0 ? fmt::format("{}:{} takes connections, but speaks no MQTT 5", host, port)
                             : fmt::format("{}:{} refuses: {}", host, port, mosquitto_reason_string(refusal_)));
}

std::optional<std::string> MqttLink::retained(const std::string& topic) {
  message_.reset();
  subscribed_ = false;
  (void)mosquitto_subscribe_v5(handle_, nullptr, topic.c_str(), quality_of_service, MQTT_SUB_OPT_NO_LOCAL, nullptr);
  auto until = Clock::now() + answer_wait_max;
  while (!message_ && !lost_ && Clock::now() < until) {
    const bool had = subscribed_;
    serve(20ms);
    if (subscribed_ && !had) until = Clock::now() + retained_wait_max;
  }
  return message_;
}

void MqttLink::publish(const std::string& topic, const std::string& payload, bool retain) {
  if (lost_) return;
  const int failed = mosquitto_publish_v5(handle_, nullptr, topic.c_str(), static_cast<int>(payload.size()),
                                          payload.data(), quality_of_service, retain, nullptr);
  if (failed == MOSQ_ERR_SUCCESS) {
    ++sent_;
  } else {
    lost_ = true;
  }
}

void MqttLink::serve(std::chrono::milliseconds longest) {
  if (mosquitto_loop(handle_, static_cast<int>(longest.count()), 1) != MOSQ_ERR_SUCCESS) lost_ = true;
}

void MqttLink::close() {
  (void)mosquitto_disconnect_v5(handle_, 0, nullptr);
  lost_ = true;
}

}  // namespace artery::demo
