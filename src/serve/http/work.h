// The tasks behind answers that take a while: one scope per shard, so many at once and no more.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/exchange.h"
#include "net/http.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::serve {

inline constexpr std::size_t whole_bytes_max = std::size_t{128} << 10;  // of an answer that is not sent in pieces

class Work {
 public:
  Work(const std::vector<runtime::Loop*>& shards, std::size_t tasks_max) : tasks_max_(tasks_max) {
    for (runtime::Loop* loop : shards) shards_.push_back(std::make_unique<Shard>(*loop));
  }

  // Whether the shard is busy to its limit; then it has answered. On that shard's loop, as all below.
  [[nodiscard]] bool refuses(unsigned shard, net::ResponseHandle& response) const;
  // Starts `task`, which must go on on the shard's loop whenever it touches its response.
  void spawn(unsigned shard, runtime::Task<void> task) {
    shards_[shard]->scope.spawn(run(shards_[shard].get(), std::move(task)));
  }
  [[nodiscard]] runtime::Loop& loop(unsigned shard) const { return shards_[shard]->loop; }
  // Under way on all shards. Any thread.
  [[nodiscard]] std::size_t tasks() const;

 private:
  struct Shard {
    explicit Shard(runtime::Loop& of) : loop(of) {}
    runtime::Loop& loop;
    std::atomic<std::size_t> tasks = 0;  // the loop alone writes it
    runtime::Scope scope;
  };
  static runtime::Task<void> run(Shard* shard, runtime::Task<void> task);

  const std::size_t tasks_max_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

// `co_await taken(writer);` goes on when the client has caught up, or is gone.
inline auto taken(net::ResponseWriter& writer) {
  struct Wait {
    net::ResponseWriter& writer;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
      writer.when_ready([self] { self.resume(); });
    }
    void await_resume() const noexcept {}
  };
  return Wait{writer};
}

// Sends the text as 200; in pieces, as fast as the client takes them, where it is long. On the response's loop.
runtime::Task<void> send_json(net::ResponseHandle response, std::string body);

// Who makes a change, as X-Artery-Author says; a user of his own comes with authentication.
Result<std::string> read_author(const net::Request& request);

// The HTTP answer to an error of any module below.
net::Response answer_of(const Error& error);

}  // namespace artery::serve
