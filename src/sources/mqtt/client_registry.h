// Who uses which client identifier, over all shards: at most one session at a time (MQTT-3.1.4-3). The newest claim
// displaces those before it and waits until they are gone, wills and all. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace artery::mqtt {

class ClientRegistry {
 public:
  struct Owner {
    std::size_t shard = 0;
    std::uint64_t connection = 0;  // of the shard
    friend bool operator==(const Owner&, const Owner&) = default;
  };

  struct Claim {
    bool granted = false;            // the identifier is the owner's now; otherwise its turn comes with a release()
    std::optional<Owner> displaced;  // has to go; those before it were told already
  };
  Claim claim(std::string_view client_id, const Owner& owner);
  // Whoever claimed releases, granted or not. Returns whose turn it is now, if that changed.
  std::optional<Owner> release(std::string_view client_id, const Owner& owner);

  [[nodiscard]] std::size_t size() const;

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  mutable std::mutex mutex_;  // guards what follows
  // The first owner has the identifier, the others wait behind it.
  std::unordered_map<std::string, std::vector<Owner>, TextHash, std::equal_to<>> owners_;
};

}  // namespace artery::mqtt
