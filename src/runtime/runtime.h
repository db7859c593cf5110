// What a node is given by the machine it runs on. Two implementations: linux/ and sim/. Only app/ and tests hold a
// Runtime; modules get the narrow interfaces they need.
#pragma once

#include <memory>
#include <string>

#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/random.h"

namespace artery::runtime {

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual Clock& clock() = 0;
  virtual Random& random() = 0;
  virtual Files& files() = 0;
  virtual Journal& journal() = 0;
  // Started; `name` is shown by debuggers and top (at most 15 characters).
  virtual std::unique_ptr<Loop> make_loop(std::string name) = 0;
  // A background pool of `threads` threads with an unbounded queue: bound what you give it.
  virtual std::unique_ptr<Executor> make_pool(std::string name, unsigned threads) = 0;
};

}  // namespace artery::runtime
