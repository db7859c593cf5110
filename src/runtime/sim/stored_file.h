// One file's contents on the simulated disk: what reads see, what the device holds, and the writes between them
// (clauses 1 to 6 of faults.h). Nothing here takes time or fails; the layers above decide when and whether.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "runtime/sim/rng.h"

namespace artery::sim {

inline constexpr std::size_t sector_bytes = 512;

class StoredFile {
 public:
  [[nodiscard]] std::uint64_t size() const { return seen_.size(); }
  [[nodiscard]] Bytes seen() const { return seen_; }
  [[nodiscard]] Bytes durable() const { return durable_; }
  // Counts the changes so far; a sync covers those up to the mark of its beginning.
  [[nodiscard]] std::uint64_t mark() const { return changes_; }

  std::size_t read(std::uint64_t at, std::span<std::byte> into) const;
  void write(std::uint64_t at, Bytes bytes);
  void truncate(std::uint64_t size);
  void sync(std::uint64_t mark);
  void fail_sync(std::uint64_t mark, Rng& rng);
  // The process ended; the system goes on.
  void kill(Rng& rng);
  void lose_power(Rng& rng);
  // Flips one bit of the byte at `at`, which must exist in what reads see.
  void rot(std::uint64_t at, unsigned bit);

 private:
  struct Change {
    std::uint64_t at = 0;  // start of a sector
    Buffer bytes;          // whole sectors as the cache held them after the write, but the file's last; or nothing
    std::uint64_t size_after = 0;
    std::uint64_t number = 0;
    bool truncation = false;
  };
  using Changes = std::span<const Change>;

  [[nodiscard]] Changes up_to(std::uint64_t mark) const;
  void forget(std::size_t count);
  static void apply_all(Changes changes, Buffer& onto);
  static void apply_some(Changes changes, Buffer& onto, Rng& rng);

  Buffer seen_;
  Buffer durable_;
  std::vector<Change> unsynced_;  // in their order
  std::uint64_t changes_ = 0;
  bool cache_lies_ = false;  // a sync failed: seen_ is not durable_ with the unsynced changes
};

}  // namespace artery::sim
