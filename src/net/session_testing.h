// For the tests of this folder: a session with an owner that records, answers and lets time pass.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_session.h"

namespace artery::net::testing {

struct Seen {
  Method method = Method::get;
  std::string path;
  std::string query;
  std::string body;
  friend bool operator==(const Seen&, const Seen&) = default;
};

// Answers 200 with the request's body (or "ok") unless told otherwise.
class Talk final : public HttpSession::Owner {
 public:
  explicit Talk(HttpLimits limits_to_use = {})
      : limits(limits_to_use), session(*this, limits, own_bodies, {"10.0.0.9", 4711}, now) {}
  // With bodies that share their room with those of others.
  Talk(HttpLimits limits_to_use, BodyBudget& bodies)
      : limits(limits_to_use), session(*this, limits, bodies, {"10.0.0.9", 4711}, now) {}

  Talk& say(std::string_view text) {
    session.receive(as_bytes(text), now);
    return *this;
  }
  Talk& say_bytewise(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) say(text.substr(i, 1));
    return *this;
  }
  Talk& wait(Duration time) {
    now = now + time;
    is_alive = session.tick(now, unsent) && is_alive;
    return *this;
  }
  void answer(Response response) {
    session.respond(std::move(response), now);
    session.resume(now);
  }
  [[nodiscard]] bool is_closing() const { return session.state() == HttpSession::State::closing; }

  HttpLimits limits;
  BodyBudget own_bodies{std::size_t{256} << 20};
  Instant now{1'000'000'000'000};
  std::function<HttpSession::Verdict(Request&)> on_header = [this](Request&) {
    return HttpSession::Verdict{std::nullopt, limits.body_bytes_max};
  };
  std::function<void(const Request&)> handler = [this](const Request& request) {
    session.respond(text_response(std::string(request.body.empty() ? "ok" : as_text(request.body))), now);
  };
  std::string output;
  std::vector<Seen> seen;
  std::vector<unsigned> statuses;
  std::vector<std::pair<unsigned, std::string>> refused;  // status, what came of the body
  std::size_t unsent = 0;
  bool congested = false;
  bool is_alive = true;
  HttpSession session;

 private:
  HttpSession::Verdict on_head(Request& request, std::string&) override { return on_header(request); }
  void on_request(const Request& request) override {
    std::string query;
    for (const auto& [name, value] : request.query) query.append(name).append("=").append(value).append(";");
    seen.push_back({request.method, std::string(request.path), query, std::string(as_text(request.body))});
    handler(request);
  }
  void on_body_refused(const Request& request, const Refusal& refusal) override {
    refused.push_back({refusal.status, std::string(as_text(request.body))});
  }
  void on_output(Bytes bytes) override { output += as_text(bytes); }
  void on_status(unsigned status) override { statuses.push_back(status); }
  std::string_view http_date() override { return "Sun, 06 Nov 1994 08:49:37 GMT"; }
  [[nodiscard]] bool is_congested() const override { return congested; }
};

}  // namespace artery::net::testing
