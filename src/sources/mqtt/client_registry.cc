#include "sources/mqtt/client_registry.h"

#include <algorithm>

#include "base/assert.h"

namespace artery::mqtt {

ClientRegistry::Claim ClientRegistry::claim(std::string_view client_id, const Owner& owner) {
  const std::scoped_lock lock(mutex_);
  std::vector<Owner>& owners = owners_[std::string(client_id)];
  Claim claim{.granted = owners.empty(), .displaced = {}};
  if (!owners.empty()) claim.displaced = owners.back();
  owners.push_back(owner);
  return claim;
}

std::optional<ClientRegistry::Owner> ClientRegistry::release(std::string_view client_id, const Owner& owner) {
  const std::scoped_lock lock(mutex_);
  const auto entry = owners_.find(client_id);
  ARTERY_ASSERT(entry != owners_.end());
  std::vector<Owner>& owners = entry->second;
  const auto found = std::ranges::find(owners, owner);
  ARTERY_ASSERT(found != owners.end());
  const bool had_it = found == owners.begin();
  owners.erase(found);
  if (owners.empty()) {
    owners_.erase(entry);
    return std::nullopt;
  }
  return had_it ? std::optional(owners.front()) : std::nullopt;
}

std::size_t ClientRegistry::size() const {
  const std::scoped_lock lock(mutex_);
  return owners_.size();
}

}  // namespace artery::mqtt
