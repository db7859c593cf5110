// Where work runs. An `Executor` takes work from any thread. A `Loop` is a serial executor with timers and sockets:
// under linux/ one thread around epoll, in sim/ one of many loops that a seeded scheduler interleaves on one thread.
// A background pool is an Executor that runs its work on a bounded number of threads.
//
// State that belongs to a loop is touched only by work that runs on it; assert `is_current()` at the entry.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"
#include "runtime/socket.h"

namespace artery::runtime {

using Work = std::move_only_function<void()>;

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `work` soon, never before post() returns. Any thread. Work posted by one thread to a loop runs in that order;
  // on a loop, work posted from the loop itself runs at the end of the current turn.
  virtual void post(Work work) = 0;
  // Whether the caller runs on this executor.
  [[nodiscard]] virtual bool is_current() const = 0;
};

struct TimerIdTag;
using TimerId = Strong<TimerIdTag, std::uint64_t>;  // 0 is no timer

// All but post() and is_current() only from work that runs on this loop, or before it is started.
//
// One turn: socket events, due timers, posted work, then everything that sockets were given to send is sent. The
// destructor stops the loop, joins its thread and drops the work that is left; sockets and timers of the loop must be
// gone or unused by then.
class Loop : public Executor {
 public:
  // Runs `work` once, not before `delay` has passed.
  virtual TimerId after(Duration delay, Work work) = 0;
  // Forgets the timer; no effect when it has run already.
  virtual void cancel(TimerId timer) = 0;

  // Listens on a numeric address. `on_accept` gets each connection unattached; attach it to a loop (this one or, by
  // post(), another). Errors: NetError::in_use, denied, bad_address, with the address and what would be right.
  virtual Result<std::unique_ptr<Listener>> listen(const Address& address, AcceptHandler on_accept) = 0;
  virtual std::unique_ptr<Socket> attach(std::unique_ptr<Connection> connection) = 0;
  // Calls `done` from a later turn with an attached socket or the reason.
  virtual void connect(const Address& address, std::move_only_function<void(Result<std::unique_ptr<Socket>>)> done) = 0;
};

}  // namespace artery::runtime
