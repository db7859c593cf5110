#include "net/gzip.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace artery::net {
namespace {

constexpr int gzip_level = 1;                      // answers are made while a loop waits
constexpr std::size_t member_bytes_min = 18;       // header and trailer of the smallest member
constexpr std::size_t inflation_ratio_max = 1040;  // deflate cannot do more than 1032 : 1
constexpr std::size_t guess_bytes_min = 4096;

template <auto Free>
struct Freer {
  void operator()(auto* pointer) const { Free(pointer); }
};
using Decompressor = std::unique_ptr<libdeflate_decompressor, Freer<libdeflate_free_decompressor>>;
using Compressor = std::unique_ptr<libdeflate_compressor, Freer<libdeflate_free_compressor>>;

// The last four bytes hold the last member's size. It is only a guess: the sender may lie.
std::size_t guess_size(Bytes compressed, std::size_t bytes_max) {
  const std::size_t claimed = load<std::uint32_t>(compressed.data() + compressed.size() - 4);
  const std::size_t possible = compressed.size() * inflation_ratio_max;
  return std::min(std::max(std::min(claimed, possible), guess_bytes_min), bytes_max);
}

}  // namespace

std::expected<Buffer, GunzipFailure> gunzip(Bytes compressed, std::size_t bytes_max,
                                            const std::function<bool(std::size_t)>& may_hold) {
  if (compressed.size() < member_bytes_min) return std::unexpected(GunzipFailure::malformed);
  const Decompressor decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) return std::unexpected(GunzipFailure::too_large);

  std::size_t size = guess_size(compressed, bytes_max);
  if (!may_hold(size)) return std::unexpected(GunzipFailure::no_room);
  Buffer plain(size);
  std::size_t filled = 0;
  while (!compressed.empty()) {
    std::size_t used = 0;
    std::size_t made = 0;
    const auto outcome = libdeflate_gzip_decompress_ex(decompressor.get(), compressed.data(), compressed.size(),
                                                       plain.data() + filled, plain.size() - filled, &used, &made);
    if (outcome == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (plain.size() == bytes_max) return std::unexpected(GunzipFailure::too_large);
      size = std::min(std::max(plain.size(), guess_bytes_min) * 4, bytes_max);
      if (!may_hold(size)) return std::unexpected(GunzipFailure::no_room);
      plain.resize(size);
      continue;
    }
    if (outcome != LIBDEFLATE_SUCCESS) return std::unexpected(GunzipFailure::malformed);
    filled += made;
    compressed = compressed.subspan(used);
  }
  plain.resize(filled);
  return plain;
}

std::string gzip(std::string_view plain) {
  const Compressor compressor(libdeflate_alloc_compressor(gzip_level));
  if (!compressor) return {};
  std::string packed(plain.size(), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(), packed.data(), packed.size()));
  return packed;
}

}  // namespace artery::net
