// For the tests of query/: a simulated node whose queries are asked and answered on a loop that is no shard of the
// samples.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "history/history_test.h"
#include "query/query.h"

namespace artery::query::testing {

class Asked : public ::testing::Test {
 public:
  Asked() : node_(machine_) { EXPECT_TRUE(node_.open()); }

  template <class Answer, class... Arguments, class... Given>
  Result<Answer> ask(runtime::Task<Result<Answer>> (Queries::*query)(Arguments...), Given... given) {
    return *node_.process().run(ask_at_home<Answer, Arguments...>(query, std::move(given)...));
  }
  void append(const history::testing::SentBatch& batch) {
    node_.append(batch);
    EXPECT_TRUE(node_.settle());
  }

 protected:
  sim::Machine machine_{1};
  history::testing::Node node_;

 private:
  template <class Answer, class... Arguments>
  runtime::Task<Result<Answer>> ask_at_home(runtime::Task<Result<Answer>> (Queries::*query)(Arguments...),
                                            Arguments... arguments) {
    co_await runtime::on(node_.home());
    Queries queries(node_.history(), node_.home());
    auto answer = co_await (queries.*query)(std::move(arguments)...);
    EXPECT_TRUE(node_.home().is_current());
    co_return answer;
  }
};

}  // namespace artery::query::testing
