// What a segment says of its signals beside their type, so that it can be read alone.
#pragma once

#include <functional>
#include <string>

#include "model/ids.h"

namespace artery::history {

struct SignalFacts {
  std::string name;
  std::string unit;
};

// Called on the pool, by several threads at once. An unknown signal has empty facts.
using SignalNames = std::function<SignalFacts(SignalId)>;

}  // namespace artery::history
