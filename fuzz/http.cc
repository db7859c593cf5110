// HTTP from a stranger: the first byte says where the stream is split into two arrivals. Nothing may crash, every
// answer is whole, and the requests are the same as when all comes at once.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/assert.h"
#include "net/http_session.h"
#include "net/page_rules.h"
#include "net/router.h"

using namespace artery;
using namespace artery::net;

namespace {

class Stranger final : HttpSession::Owner {
 public:
  Stranger() {
    router_.add(Method::get, "/assets/{id}/{rest...}", [](const Request&, const ResponseHandle&) {}, {});
    router_.add(Method::post, "/write", [](const Request&, const ResponseHandle&) {}, {});
  }
  void say(Bytes bytes) { session_.receive(bytes, Instant(0)); }
  [[nodiscard]] std::pair<std::string, std::string> result() const { return {seen_, output_}; }

 private:
  HttpSession::Verdict on_head(Request& request, std::string& storage) override {
    (void)rules_.check(request, "192.0.2.1");
    (void)router_.find(request, storage);
    for (const auto& [name, value] : request.parameters) seen_.append(name).append(value);
    for (const auto& [name, value] : request.query) seen_.append(name).append(value);
    for (const auto& [name, value] : request.headers) seen_.append(name).append(value);
    return {std::nullopt, 1 << 16};
  }
  void on_request(const Request& request) override {
    seen_.append(request.path).append(as_text(request.body)).append("\n");
    session_.respond(text_response(std::string(as_text(request.body))), Instant(0));
  }
  void on_output(Bytes bytes) override { output_ += as_text(bytes); }
  void on_status(unsigned status) override { ARTERY_ASSERT(status >= 200); }
  std::string_view http_date() override { return "Sun, 06 Nov 1994 08:49:37 GMT"; }
  [[nodiscard]] bool is_congested() const override { return false; }

  HttpLimits limits_{.header_bytes_max = 1024, .body_bytes_max = 1 << 16, .inflated_bytes_max = 1 << 16};
  Router router_;
  PageRules rules_{{}, {}};
  std::string seen_;
  std::string output_;
  BodyBudget bodies_{1 << 17};
  HttpSession session_{*this, limits_, bodies_, {"192.0.2.9", 1}, Instant(0)};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes stream = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t split = stream.size() * data[0] / 256;
  Stranger at_once;
  at_once.say(stream);
  Stranger in_two;
  in_two.say(stream.first(split));
  in_two.say(stream.subspan(split));
  ARTERY_ASSERT(at_once.result() == in_two.result());
  return 0;
}
