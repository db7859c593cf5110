#include "net/page_rules.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace artery::net {
namespace {

unsigned check(std::string_view host, std::optional<std::string_view> origin = std::nullopt) {
  const PageRules rules({"edge7.plant.example"}, {"https://console.example.com"});
  Request request;
  request.host = host;
  if (origin) request.headers.push_back({"Origin", *origin});
  const auto refusal = rules.check(request, "192.0.2.7");
  return refusal ? refusal->status : 200;
}

TEST(PageRules, TheHostMustBeOursWithAnyPort) {
  for (const std::string_view ours :
       {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080", "192.0.2.7:80",
        "edge7.plant.example", "Edge7.Plant.Example:443", "localhost:", ""}) {
    EXPECT_EQ(check(ours), 200U) << ours;
  }
  for (const std::string_view foreign :
       {"evil.example", "localhost.evil.example", "evil.example:8080", "localhost:80@evil.example",
        "127.0.0.1.evil.example", "192.0.2.8", "[::2]", "[::1", "[::1]x", "::1", ":80", "localhost:8o",
        "user@localhost", "localhost."}) {
    EXPECT_EQ(check(foreign), 421U) << foreign;
  }
}

TEST(PageRules, TheOriginMustBeOursOrConfigured) {
  for (const auto& [host, ours] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"localhost:8080", "http://localhost:8080"},
           {"localhost", "https://localhost"},
           {"[::1]:8080", "http://[::1]:8080"},
           {"Edge7.Plant.Example:8443", "https://edge7.plant.example:8443"},
           {"localhost", "https://console.example.com"},
           {"", "HTTPS://console.example.com"}}) {
    EXPECT_EQ(check(host, ours), 200U) << ours;
  }
  EXPECT_EQ(check("localhost:8080", "http://localhost:3000"), 403U) << "another program's page on this machine";
  EXPECT_EQ(check("localhost:8080", "http://127.0.0.1:8080"), 403U) << "another name is another origin";
  EXPECT_EQ(check("", "http://"), 403U);
  for (const std::string_view foreign :
       {"null", "", "http://evil.example", "http://localhost.evil.example", "http://console.example.com",
        "https://console.example.com:444", "http://localhost/path", "file://", "localhost", "ftp://localhost"}) {
    EXPECT_EQ(check("localhost", foreign), 403U) << foreign;
  }
}

}  // namespace
}  // namespace artery::net
