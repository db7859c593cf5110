#include "base/packed.h"

#include <zstd.h>

#include <algorithm>

#include "base/assert.h"

namespace artery {
namespace {

// What is packed repeats itself closely: higher levels take more time and hardly less room.
constexpr int level = 1;

void pack_frame(Buffer& to, Bytes bytes) {
  const std::size_t at = to.size();
  to.resize(at + ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(to.data() + at, to.size() - at, bytes.data(), bytes.size(), level);
  ARTERY_ASSERT(ZSTD_isError(size) == 0);  // there is room for it
  to.resize(at + size);
}

}  // namespace

void pack(Buffer& to, Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t taken = std::min(bytes.size(), packed_frame_bytes);
    pack_frame(to, bytes.first(taken));
    bytes = bytes.subspan(taken);
  }
}

void pack_full(Buffer& to, Buffer& bytes) {
  const std::size_t full = bytes.size() / packed_frame_bytes * packed_frame_bytes;
  if (full == 0) return;
  pack(to, Bytes(bytes).first(full));
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(full));
}

bool Unpacker::more() {
  const std::size_t frame = ZSTD_findFrameCompressedSize(packed_.data(), packed_.size());
  if (ZSTD_isError(frame) != 0) return false;
  // ZSTD_CONTENTSIZE_UNKNOWN and _ERROR are the greatest numbers.
  const unsigned long long size = ZSTD_getFrameContentSize(packed_.data(), frame);
  if (size == 0 || size > packed_frame_bytes || left().size() + size > unpacked_left_max) return false;
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  const std::size_t at = bytes_.size();
  bytes_.resize(at + size);
  if (ZSTD_decompress(bytes_.data() + at, size, packed_.data(), frame) != size) {
    bytes_.resize(at);
    return false;
  }
  packed_ = packed_.subspan(frame);
  return true;
}

void Unpacker::take(std::size_t bytes) {
  ARTERY_ASSERT(bytes <= left().size());
  taken_ += bytes;
}

}  // namespace artery
