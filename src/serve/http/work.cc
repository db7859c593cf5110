#include "serve/http/work.h"

#include "governance/names.h"
#include "live/error.h"
#include "query/query.h"

namespace artery::serve {

using runtime::Task;

bool Work::refuses(unsigned shard, net::ResponseHandle& response) const {
  if (shards_[shard]->tasks < tasks_max_) return false;
  net::Response busy = net::problem(503, {}, "too many queries are under way; try again soon");
  busy.headers.emplace_back("Retry-After", "1");
  response.send(std::move(busy));
  return true;
}

Task<void> Work::run(Shard* shard, Task<void> task) {
  ++shard->tasks;
  co_await std::move(task);
  --shard->tasks;
}

net::Response answer_of(const Error& error) {
  using governance::GovernanceError;
  using query::QueryError;
  unsigned status = 503;  // the log's errors and those of files: full, busy, closing
  if (error.is(QueryError::bad_range) || error.is(QueryError::bad_limit) || error.is(QueryError::not_numeric))
    status = 400;
  if (error.is(live::LiveError::bad_filter) || error.is(live::LiveError::too_many)) status = 400;
  if (error.is(GovernanceError::invalid) || error.is(GovernanceError::malformed)) status = 400;
  if (error.is(GovernanceError::not_found)) status = 404;
  if (error.is(GovernanceError::conflict) || error.is(GovernanceError::too_many)) status = 409;
  if (error.module() == "history" || error.module() == "file") status = 500;
  net::Response response = net::problem(status, {}, error.message());
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace artery::serve
