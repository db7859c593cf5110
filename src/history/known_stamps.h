// Where stamps stand that were coded, so that a chunk with the same ones names them instead of having them once more:
// signals of one machine or batch share theirs. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "history/chunk.h"
#include "history/samples.h"

namespace artery::history {

class KnownStamps {
 public:
  static constexpr std::size_t bytes_max = 8U << 20;   // of what is remembered; the oldest is forgotten first
  static constexpr std::size_t stamps_bytes_min = 24;  // shorter ones are not worth a reader's way to them
  static constexpr unsigned names_max = 256;           // chunks that name the same: damage there takes no more along

  // Tells stamps apart, nearly always; what is found by it is looked at closely.
  static std::uint32_t hash(const Samples& samples);
  // Where the very stamps of these samples stand, for a chunk that is to begin at byte `at`.
  std::optional<StampsPlace> find(std::uint32_t hash, const Samples& samples, std::uint64_t at);
  // `stamps`, coded, of samples of this hash, stand at byte `at`.
  void keep(std::uint32_t hash, std::uint64_t at, Bytes stamps);

 private:
  struct Known {
    std::uint32_t hash;
    std::uint64_t at;
    Buffer stamps;
    unsigned names = 0;
  };
  bool are_of(Bytes stamps, const Samples& samples);

  std::deque<Known> all_;                                     // oldest first
  std::uint64_t forgotten_ = 0;                               // before the first of these
  std::unordered_map<std::uint32_t, std::uint64_t> by_hash_;  // to how many came before it; the newest of a hash
  std::size_t bytes_ = 0;
  std::vector<std::uint64_t> space_;  // for are_of()
  std::vector<Time> read_;
};

}  // namespace artery::history
