// Coroutines. A `Task<T>` is lazy: it runs when awaited, on the executor of whoever awaits it, and its frame is owned
// by the Task object, so destroying the outermost frame destroys the whole chain. A `Scope` owns the outermost frames.
//
// Parameters of a coroutine are values (or references to what outlives the scope): a frame outlives the call.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "runtime/executor.h"

namespace artery::runtime {

template <class T>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
      return done.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  // Third-party exceptions stop at the module that calls the library; one that comes here is a defect.
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U = T>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    frame_.promise().continuation = awaiting;
    return frame_;
  }
  T await_resume() { return frame_.promise().take(); }

 private:
  Handle frame_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
}  // namespace detail

// Goes on as work on another executor: `co_await on(pool);`
inline auto on(Executor& executor) {
  struct Hop {
    Executor& to;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
      to.post([self] { self.resume(); });
    }
    void await_resume() const noexcept {}
  };
  return Hop{executor};
}

// `co_await pause(loop, 10ms);` The caller must run on that loop, and goes on there.
inline auto pause(Loop& loop, Duration delay) {
  struct Pause {
    Loop& loop;
    Duration delay;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
      loop.after(delay, [self] { self.resume(); });
    }
    void await_resume() const noexcept {}
  };
  return Pause{loop, delay};
}

// Wakes one coroutine on one executor; a notify() that comes first is remembered (once). notify() from any thread,
// wait() from the executor, by one coroutine at a time. May be destroyed while a notification is on its way.
class Wakeup {
 public:
  explicit Wakeup(Executor& home) : home_(home), state_(std::make_shared<State>()) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup() { state_->waiting = {}; }  // the frame that waits, if any, is being destroyed by its owner

  void notify() {
    if (state_->on_its_way.exchange(true)) return;
    home_.post([state = state_] {
      state->on_its_way = false;
      state->notified = true;
      if (state->waiting) std::exchange(state->waiting, {}).resume();
    });
  }
  auto wait() {
    struct Wait {
      State& state;
      bool await_ready() const noexcept { return state.notified; }
      void await_suspend(std::coroutine_handle<> self) const {
        ARTERY_ASSERT(!state.waiting);
        state.waiting = self;
      }
      void await_resume() const noexcept { state.notified = false; }
    };
    return Wait{*state_};
  }

 private:
  struct State {
    std::atomic<bool> on_its_way = false;
    bool notified = false;
    std::coroutine_handle<> waiting;
  };
  Executor& home_;
  std::shared_ptr<State> state_;
};

// Owns outermost tasks. Its destruction destroys the frames that are still suspended; whatever could resume them
// (loops, pools) must have stopped, or its work been dropped, before. Not thread-safe: spawn() and the tasks' ends
// happen on one executor, or before it starts.
class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() {
    for (const auto frame : frames_) frame.destroy();
  }

  // Starts `task` at once, on the caller's thread, up to its first suspension.
  void spawn(Task<void> task) {
    Root root = run(this, std::move(task));
    root.frame.promise().place = frames_.insert(frames_.end(), root.frame);
    root.frame.resume();
  }
  [[nodiscard]] bool idle() const { return frames_.empty(); }

 private:
  struct Root {
    struct promise_type {
      Scope& scope;
      std::list<std::coroutine_handle<>>::iterator place;
      promise_type(Scope* owner, const Task<void>&) : scope(*owner) {}
      Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
      std::suspend_always initial_suspend() noexcept { return {}; }
      auto final_suspend() noexcept {
        struct Gone {
          bool await_ready() noexcept { return false; }
          void await_suspend(std::coroutine_handle<promise_type> self) noexcept {
            self.promise().scope.frames_.erase(self.promise().place);
            self.destroy();
          }
          void await_resume() noexcept {}
        };
        return Gone{};
      }
      void return_void() noexcept {}
      [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
    std::coroutine_handle<promise_type> frame;
  };

  static Root run(Scope*, Task<void> task) { co_await task; }

  std::list<std::coroutine_handle<>> frames_;
};

}  // namespace artery::runtime
