#include "serve/http/work.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "admission/admission.h"
#include "governance/names.h"
#include "live/error.h"
#include "query/query.h"

namespace artery::serve {

using runtime::Task;

namespace {
constexpr std::size_t author_bytes_max = 256;
}  // namespace

bool Work::refuses(unsigned shard, net::ResponseHandle& response) const {
  if (shards_[shard]->tasks < tasks_max_) return false;
  net::Response busy = net::problem(503, {}, "too many queries are under way; try again soon");
  busy.headers.emplace_back("Retry-After", "1");
  response.send(std::move(busy));
  return true;
}

std::size_t Work::tasks() const {
  std::size_t all = 0;
  for (const auto& shard : shards_) all += shard->tasks;
  return all;
}

Task<void> Work::run(Shard* shard, Task<void> task) {
  ++shard->tasks;
  co_await std::move(task);
  --shard->tasks;
}

Task<void> send_json(net::ResponseHandle response, std::string body) {
  if (body.size() <= whole_bytes_max) {
    response.send(net::json_response(std::move(body)));
    co_return;
  }
  net::ResponseWriter writer = response.stream(net::json_response({}));
  for (std::size_t at = 0; at < body.size(); at += whole_bytes_max) {
    const std::string_view piece = std::string_view(body).substr(at, whole_bytes_max);
    if (!writer.send(as_bytes(piece))) co_await taken(writer);
    if (!writer.is_open()) co_return;
  }
  writer.done();
}

Result<std::string> read_author(const net::Request& request) {
  const std::string_view author = request.header("X-Artery-Author").value_or("http");
  if (author.empty() || author.size() > author_bytes_max) {
    return Error(governance::GovernanceError::invalid,
                 fmt::format("X-Artery-Author must have 1 to {} bytes", author_bytes_max));
  }
  return std::string(author);
}

net::Response answer_of(const Error& error) {
  using admission::AdmissionError;
  using governance::GovernanceError;
  using query::QueryError;
  unsigned status = 503;  // the log's errors and those of files: full, busy, closing
  if (error.is(QueryError::bad_range) || error.is(QueryError::bad_limit) || error.is(QueryError::not_numeric) ||
      error.is(QueryError::mixed_types) || error.is(QueryError::too_many_states))
    status = 400;
  if (error.is(live::LiveError::bad_filter) || error.is(live::LiveError::too_many)) status = 400;
  if (error.is(GovernanceError::invalid) || error.is(GovernanceError::malformed)) status = 400;
  if (error.is(GovernanceError::not_found)) status = 404;
  if (error.is(GovernanceError::conflict) || error.is(GovernanceError::too_many)) status = 409;
  if (error.is(AdmissionError::full)) status = 507;
  if (error.module() == "history" || error.module() == "file") status = 500;
  if (query::may_go_well_later(error)) status = 503;
  net::Response response = net::problem(status, {}, error.message());
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace artery::serve
