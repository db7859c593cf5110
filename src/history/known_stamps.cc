#include "history/known_stamps.h"

#include <span>

#include "base/crc32c.h"
#include "history/stamps.h"

namespace artery::history {
namespace {

// Of what is remembered besides the stamps, about.
constexpr std::size_t overhead = 128;

}  // namespace

std::uint32_t KnownStamps::hash(const Samples& samples) {
  return crc32c(std::as_bytes(std::span(samples.arrivals)), crc32c(std::as_bytes(std::span(samples.times))));
}

std::optional<StampsPlace> KnownStamps::find(std::uint32_t hash, const Samples& samples, std::uint64_t at) {
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return std::nullopt;
  Known& known = all_[found->second - forgotten_];
  if (known.names == names_max || !are_of(known.stamps, samples)) return std::nullopt;
  ++known.names;
  return StampsPlace{at - known.at, static_cast<std::uint32_t>(known.stamps.size()), crc32c(known.stamps)};
}

// Read as whoever reads the segment will, so what is named is what was meant.
bool KnownStamps::are_of(Bytes stamps, const Samples& samples) {
  space_.resize(samples.size());
  ByteReader reader(stamps);
  return read_times(reader, bits(samples.times.front()), space_, read_) && read_ == samples.times &&
         read_arrivals(reader, space_, read_) && read_ == samples.arrivals && reader.remaining() == 0 &&
         !reader.failed();
}

void KnownStamps::keep(std::uint32_t hash, std::uint64_t at, Bytes stamps) {
  if (stamps.size() < stamps_bytes_min) return;
  by_hash_.insert_or_assign(hash, forgotten_ + all_.size());
  all_.push_back({hash, at, Buffer(stamps.begin(), stamps.end())});
  bytes_ += stamps.size() + overhead;
  while (bytes_ > bytes_max) {
    const Known& oldest = all_.front();
    const auto named = by_hash_.find(oldest.hash);
    if (named != by_hash_.end() && named->second == forgotten_) by_hash_.erase(named);
    bytes_ -= oldest.stamps.size() + overhead;
    all_.pop_front();
    ++forgotten_;
  }
}

}  // namespace artery::history
