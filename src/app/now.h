// Runs a task to its end on the calling thread: for commands that need no loop. The machine's files do what they are
// asked on the thread that asks, so a task that only uses files never waits.
#pragma once

#include <optional>
#include <utility>

#include "base/assert.h"
#include "runtime/task.h"

namespace artery::app {

template <class T>
T now(runtime::Task<T> task) {
  std::optional<T> result;
  const auto keep = [](runtime::Task<T> awaited, std::optional<T>* into) -> runtime::Task<void> {
    into->emplace(co_await awaited);
  };
  runtime::Scope scope;
  scope.spawn(keep(std::move(task), &result));
  ARTERY_ASSERT(scope.idle() && result.has_value());
  return std::move(*result);
}

}  // namespace artery::app
