#include "admission/rejection.h"

#include <algorithm>
#include <utility>

namespace artery::admission {

void RejectionStore::add(std::vector<Rejection> rejections, const RefusalCounts& counts) {
  const std::lock_guard lock(mutex_);
  for (std::size_t kind = 0; kind < refusal_kinds; ++kind) counts_.at(kind) += counts.at(kind);
  for (Rejection& rejection : rejections) newest_.push_back(std::move(rejection));
  while (newest_.size() > newest_max_) newest_.pop_front();
}

void RejectionStore::add_one(Rejection rejection) {
  RefusalCounts counts{};
  counts.at(static_cast<std::size_t>(rejection.kind)) = 1;
  std::vector<Rejection> one;
  one.push_back(std::move(rejection));
  add(std::move(one), counts);
}

std::vector<Rejection> RejectionStore::newest(std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(limit, newest_.size()));
  return {newest_.rbegin(), newest_.rbegin() + count};
}

RefusalCounts RejectionStore::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace artery::admission
