#include "runtime/sim/stored_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/assert.h"

namespace artery::sim {
namespace {

void copy_to(Buffer& onto, std::uint64_t at, Bytes bytes) {
  if (bytes.empty()) return;
  if (onto.size() < at + bytes.size()) onto.resize(at + bytes.size());
  std::memcpy(onto.data() + at, bytes.data(), bytes.size());
}

// How likely an unsynced sector write survives, drawn once per file and crash so that all, none, most and few of them
// are each met often.
double draw_survival(Rng& rng) {
  constexpr std::array<double, 6> choices{0, 0.1, 0.5, 0.5, 0.9, 1};
  return choices[rng.below(choices.size())];
}

}  // namespace

std::size_t StoredFile::read(std::uint64_t at, std::span<std::byte> into) const {
  if (at >= seen_.size()) return 0;
  const std::size_t count = std::min<std::size_t>(into.size(), seen_.size() - at);
  if (count > 0) std::memcpy(into.data(), seen_.data() + at, count);
  return count;
}

void StoredFile::write(std::uint64_t at, Bytes bytes) {
  if (bytes.empty()) return;
  copy_to(seen_, at, bytes);
  const std::uint64_t first = at / sector_bytes * sector_bytes;
  const std::uint64_t end =
      std::min<std::uint64_t>(seen_.size(), (at + bytes.size() + sector_bytes - 1) / sector_bytes * sector_bytes);
  const Bytes sectors = Bytes(seen_).subspan(first, end - first);
  unsynced_.push_back({first, Buffer(sectors.begin(), sectors.end()), seen_.size(), ++changes_, false});
}

void StoredFile::truncate(std::uint64_t size) {
  seen_.resize(size);
  unsynced_.push_back({0, {}, size, ++changes_, true});
}

StoredFile::Changes StoredFile::up_to(std::uint64_t mark) const {
  const auto end = std::ranges::find_if(unsynced_, [mark](const Change& change) { return change.number > mark; });
  return {unsynced_.begin(), end};
}

void StoredFile::forget(std::size_t count) {
  unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(count));
}

void StoredFile::apply_all(Changes changes, Buffer& onto) {
  for (const Change& change : changes) {
    copy_to(onto, change.at, change.bytes);
    onto.resize(change.size_after);
  }
}

void StoredFile::apply_some(Changes changes, Buffer& onto, Rng& rng) {
  if (changes.empty()) return;
  // Lengths are metadata and reach the device in their order; sectors do as they like.
  const std::size_t lengths = rng.chance(0.5) ? changes.size() : rng.below(changes.size() + 1);
  const std::uint64_t size = lengths == 0 ? onto.size() : changes[lengths - 1].size_after;
  const double survival = draw_survival(rng);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (change.truncation && i < lengths && change.size_after < onto.size()) onto.resize(change.size_after);
    for (std::size_t begin = 0; begin < change.bytes.size(); begin += sector_bytes) {
      const std::size_t count = std::min(sector_bytes, change.bytes.size() - begin);
      if (rng.chance(survival)) copy_to(onto, change.at + begin, Bytes(change.bytes).subspan(begin, count));
    }
  }
  onto.resize(size);
}

void StoredFile::sync(std::uint64_t mark) {
  const Changes synced = up_to(mark);
  apply_all(synced, durable_);
  forget(synced.size());
}

void StoredFile::fail_sync(std::uint64_t mark, Rng& rng) {
  const Changes missed = up_to(mark);
  if (missed.empty()) return;
  apply_some(missed, durable_, rng);
  forget(missed.size());
  cache_lies_ = true;
}

void StoredFile::kill(Rng& rng) {
  if (!cache_lies_ || rng.chance(0.5)) return;
  seen_ = durable_;
  apply_all(unsynced_, seen_);
  cache_lies_ = false;
}

void StoredFile::lose_power(Rng& rng) {
  apply_some(unsynced_, durable_, rng);
  unsynced_.clear();
  seen_ = durable_;
  cache_lies_ = false;
}

void StoredFile::rot(std::uint64_t at, unsigned bit) {
  ARTERY_ASSERT(at < seen_.size() && bit < 8);
  const auto flip = [at, mask = std::byte{1} << bit](Buffer& buffer, std::uint64_t start) {
    if (at >= start && at - start < buffer.size()) buffer[at - start] ^= mask;
  };
  flip(seen_, 0);
  flip(durable_, 0);
  for (Change& change : unsynced_) flip(change.bytes, change.at);
}

}  // namespace artery::sim
