// Valid packets of every type from a seed, for tests, benchmarks and the fuzzer's first corpus: the same seed gives the
// same packets everywhere. The packets point into texts that the generator owns, so it must outlive them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>

#include "sources/mqtt/packet.h"
#include "sources/mqtt/properties.h"

namespace artery::mqtt {

class PacketGenerator {
 public:
  explicit PacketGenerator(std::uint64_t seed) : state_(seed) {}

  // Any packet that can be written in `version` and read back equal.
  Packet any(ProtocolVersion version) {
    const auto last = static_cast<unsigned>(std::to_underlying(PacketType::auth));
    return of(static_cast<PacketType>(1 + below(version == ProtocolVersion::v5 ? last : last - 1)), version);
  }

  Packet of(PacketType type, ProtocolVersion version) {
    version_ = version;
    switch (type) {
      case PacketType::connect:
        return connect();
      case PacketType::connack:
        return connack();
      case PacketType::publish:
        return publish();
      case PacketType::puback:
        return acknowledgement<Puback>();
      case PacketType::pubrec:
        return acknowledgement<Pubrec>();
      case PacketType::pubrel:
        return acknowledgement<Pubrel>();
      case PacketType::pubcomp:
        return acknowledgement<Pubcomp>();
      case PacketType::subscribe:
        return subscribe();
      case PacketType::suback:
        return suback();
      case PacketType::unsubscribe:
        return unsubscribe();
      case PacketType::unsuback:
        return unsuback();
      case PacketType::pingreq:
        return Pingreq{};
      case PacketType::pingresp:
        return Pingresp{};
      case PacketType::disconnect:
        return disconnect();
      case PacketType::auth:
        return auth();
    }
    return Pingreq{};
  }

  // SplitMix64 (Steele, Lea, Flood 2014): the standard library's distributions differ between libraries.
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(next() % bound); }
  bool coin() { return below(2) == 1; }

 private:
  [[nodiscard]] bool v5() const { return version_ == ProtocolVersion::v5; }
  std::uint16_t id() { return static_cast<std::uint16_t>(1 + below(65'535)); }
  Qos qos() { return static_cast<Qos>(below(3)); }

  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  std::string_view text() {
    static constexpr std::string_view pieces[] = {"a", "press7",           "/", "线",
                                                  "é", "\xF0\x9F\x8C\xBE", "-", "temperature"};
    std::string made;
    for (std::uint32_t i = below(6); i > 0; --i) made += pieces[below(std::size(pieces))];
    return keep(std::move(made));
  }
  std::string_view topic() { return keep("acme" + std::string(text())); }
  std::string_view filter() {
    static constexpr std::string_view ends[] = {"/#", "/+", "/+/force", "", "//", "/+/+/#"};
    return keep((v5() && coin() ? "$share/group/" : "") + std::string(topic()) +
                std::string(ends[below(std::size(ends))]));
  }
  Binary binary() {
    std::string made(below(coin() ? 8 : 300), '\0');
    for (char& byte : made) byte = static_cast<char>(next());
    return as_bytes(keep(std::move(made)));
  }

  void fill(std::optional<bool>& field, bool) { field = coin(); }
  void fill(std::optional<Qos>& field, bool) { field = static_cast<Qos>(below(2)); }
  void fill(std::optional<std::uint16_t>& field, bool) { field = id(); }
  void fill(std::optional<std::uint32_t>& field, bool) { field = 1 + below(0xFFFFFFFE); }
  void fill(std::optional<std::string_view>& field, bool) { field = topic(); }
  void fill(std::optional<Binary>& field, bool) { field = binary(); }
  void fill(std::vector<std::uint32_t>& field, bool several) {
    for (std::uint32_t i = several ? 1 + below(3) : 1; i > 0; --i) {
      field.push_back(1 + below(1U << (7 * (1 + below(4)) - 1)));  // of every encoded length
    }
  }
  void fill(std::vector<UserProperty>& field, bool) {
    for (std::uint32_t i = 1 + below(3); i > 0; --i) field.push_back({text(), text()});
  }

  Properties properties(PacketSet packet) {
    Properties made;
    if (!v5() || below(4) == 0) return made;
    for_each_property([&](const auto& rule) {
      if ((rule.packets & packet) != 0 && coin()) fill(made.*rule.field, packet == only(PacketType::publish));
    });
    if (made.authentication_data && !made.authentication_method) made.authentication_method = "SCRAM-SHA-1";
    return made;
  }

  ReasonCode reason(PacketType type) {
    for (;;) {
      const auto candidate = static_cast<ReasonCode>(below(256));
      if (reason_allowed(candidate, type)) return candidate;
    }
  }

  Packet connect() {
    Connect made;
    made.version = version_;
    made.clean_start = coin();
    made.keep_alive_s = static_cast<std::uint16_t>(below(65'536));
    made.client_id = made.clean_start || v5() ? text() : topic();
    if (coin()) made.will = Will{topic(), binary(), qos(), coin(), properties(only_will)};
    if (coin()) made.user_name = text();
    if (coin() && (v5() || made.user_name)) made.password = binary();
    made.properties = properties(only(PacketType::connect));
    return made;
  }

  Packet connack() {
    static constexpr ReasonCode old_reasons[] = {
        ReasonCode::success,
        ReasonCode::unsupported_protocol_version,
        ReasonCode::client_identifier_not_valid,
        ReasonCode::server_unavailable,
        ReasonCode::bad_user_name_or_password,
        ReasonCode::not_authorized,
    };
    Connack made;
    made.reason = v5() ? reason(PacketType::connack) : old_reasons[below(std::size(old_reasons))];
    made.session_present = made.reason == ReasonCode::success && coin();
    made.properties = properties(only(PacketType::connack));
    return made;
  }

  Packet publish() {
    Publish made;
    made.qos = qos();
    made.retain = coin();
    if (made.qos != Qos::at_most_once) made.dup = coin();
    if (made.qos != Qos::at_most_once) made.packet_id = id();
    made.properties = properties(only(PacketType::publish));
    made.topic = made.properties.topic_alias && coin() ? std::string_view() : topic();
    made.payload = binary();
    return made;
  }

  template <class P>
  Packet acknowledgement() {
    P made;
    made.packet_id = id();
    if (v5()) made.reason = reason(P::type);
    made.properties = properties(only(P::type));
    return made;
  }

  Packet subscribe() {
    Subscribe made;
    made.packet_id = id();
    made.properties = properties(only(PacketType::subscribe));
    for (std::uint32_t i = 1 + below(4); i > 0; --i) {
      Subscription one{.filter = filter(), .qos = qos()};
      if (v5()) {
        one.no_local = coin() && !one.filter.starts_with("$share/");
        one.retain_as_published = coin();
        one.retain_handling = static_cast<RetainHandling>(below(3));
      }
      made.subscriptions.push_back(one);
    }
    return made;
  }

  Packet suback() {
    Suback made;
    made.packet_id = id();
    made.properties = properties(only(PacketType::suback));
    for (std::uint32_t i = 1 + below(4); i > 0; --i) {
      const auto granted = static_cast<ReasonCode>(below(3));
      made.reasons.push_back(v5() ? reason(PacketType::suback) : coin() ? granted : ReasonCode::unspecified_error);
    }
    return made;
  }

  Packet unsubscribe() {
    Unsubscribe made;
    made.packet_id = id();
    made.properties = properties(only(PacketType::unsubscribe));
    for (std::uint32_t i = 1 + below(4); i > 0; --i) made.filters.push_back(filter());
    return made;
  }

  Packet unsuback() {
    Unsuback made;
    made.packet_id = id();
    made.properties = properties(only(PacketType::unsuback));
    for (std::uint32_t i = v5() ? 1 + below(4) : 0; i > 0; --i) made.reasons.push_back(reason(PacketType::unsuback));
    return made;
  }

  Packet disconnect() {
    Disconnect made;
    if (v5()) made.reason = reason(PacketType::disconnect);
    made.properties = properties(only(PacketType::disconnect));
    return made;
  }

  Packet auth() {
    Auth made;
    made.reason = reason(PacketType::auth);
    made.properties = properties(only(PacketType::auth));
    const bool bare = made.reason == ReasonCode::success && made.properties == Properties{};
    if (!bare) made.properties.authentication_method = topic();
    return made;
  }

  std::uint64_t state_;
  ProtocolVersion version_ = ProtocolVersion::v5;
  std::deque<std::string> texts_;  // a deque: what it holds does not move
};

}  // namespace artery::mqtt
