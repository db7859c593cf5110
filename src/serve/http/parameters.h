// The query parameters of one request. Each is asked for by name; what is missing has its default, and the first fault
// stays, so that a handler looks once, at the end. What was sent and not asked for is a fault too: a misspelt `limit`
// must not be taken for none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "net/http.h"

namespace artery::serve {

// An integer of nanoseconds, or RFC 3339.
std::optional<Time> parse_time(std::string_view text);
// An integer of nanoseconds, or one with a unit: 250ms, 10s, 5m, 24h, 7d.
std::optional<Duration> parse_step(std::string_view text);

class Parameters {
 public:
  // `request` must outlive it.
  explicit Parameters(const net::Request& request) : request_(request) {}

  std::string_view text(std::string_view name, std::string_view missing = "");
  // All values of a name that may be repeated, at least one and at most `count_max`.
  std::vector<std::string> texts(std::string_view name, std::size_t count_max);
  std::string_view needed_text(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const { return request_.query_value(name).has_value(); }
  Time time(std::string_view name, Time missing);
  Time needed_time(std::string_view name);
  // As texts().
  std::vector<Time> times(std::string_view name, std::size_t count_max);
  // More than nought; nothing where it is missing.
  std::optional<Duration> duration(std::string_view name);
  std::uint64_t number(std::string_view name, std::uint64_t missing, std::uint64_t min, std::uint64_t max);
  bool flag(std::string_view name);
  void fail(std::string detail);
  [[nodiscard]] bool failed() const { return fault_.has_value(); }

  // The first fault.
  [[nodiscard]] std::optional<net::Refusal> fault();

 private:
  std::optional<std::string_view> find(std::string_view name);
  Time read_time(std::string_view name, std::string_view text);

  const net::Request& request_;
  std::vector<std::string_view> known_;
  std::optional<net::Refusal> fault_;
};

}  // namespace artery::serve
