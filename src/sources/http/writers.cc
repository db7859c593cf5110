#include "sources/http/writers.h"

#include <algorithm>

namespace artery::line_protocol {

// Few enough to look through them all: a write costs a sync.
void Writers::note(const Writer& write) {
  const std::scoped_lock lock(mutex_);
  auto known = std::ranges::find_if(
      writers_, [&](const Writer& one) { return one.host == write.host && one.agent == write.agent; });
  if (known == writers_.end()) {
    if (writers_.size() >= writers_max_) writers_.erase(std::ranges::min_element(writers_, {}, &Writer::heard));
    known = writers_.insert(writers_.end(), Writer{.host = write.host, .agent = write.agent, .since = write.heard});
  }
  known->heard = std::max(known->heard, write.heard);
  known->writes += write.writes;
  known->bytes += write.bytes;
  known->samples_accepted += write.samples_accepted;
  known->samples_refused += write.samples_refused;
}

std::vector<Writer> Writers::list() const {
  const std::scoped_lock lock(mutex_);
  return writers_;
}

}  // namespace artery::line_protocol
