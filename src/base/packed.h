// Bytes as frames of zstd (RFC 8878), one after the other, so that what compresses takes less room on a disk and can be
// read again piece by piece, in memory that does not grow with it. Each frame says how many bytes it holds, at most
// packed_frame_bytes. There are no checksums: the file around them has its own. Pure; any thread.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace artery {

inline constexpr std::size_t packed_frame_bytes = 256U << 10;
inline constexpr std::size_t unpacked_left_max = std::size_t{1} << 30;

// Appends frames of all the bytes.
void pack(Buffer& to, Bytes bytes);
// Appends the full frames that there are, and takes their bytes off the front of `bytes`.
void pack_full(Buffer& to, Buffer& bytes);

// Gives the bytes back, frame by frame:
//
//     Unpacker unpacker(packed);
//     while (unpacker.more()) unpacker.take(use(unpacker.left()));  // how many bytes of it were used
//     if (!unpacker.whole()) ... damaged, or something was left
class Unpacker {
 public:
  // The packed bytes must outlive it.
  explicit Unpacker(Bytes packed) : packed_(packed) {}

  // Puts the next frame's bytes behind those that are left. False at the end, where the packed bytes are no such
  // frames, and where more than unpacked_left_max would be left.
  [[nodiscard]] bool more();
  // What was not taken yet; valid until more().
  [[nodiscard]] Bytes left() const { return Bytes(bytes_).subspan(taken_); }
  void take(std::size_t bytes);
  // All frames were whole, and all bytes were taken.
  [[nodiscard]] bool whole() const { return packed_.empty() && left().empty(); }

 private:
  Bytes packed_;
  Buffer bytes_;
  std::size_t taken_ = 0;
};

}  // namespace artery
