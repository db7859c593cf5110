// Plain, gzip and zstd as one stream: compressed bytes in, plain bytes appended. Told apart by their first bytes, not
// by the file's name. Several members or frames behind each other are one stream. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace artery::replay {

class Unpacker {
 public:
  virtual ~Unpacker() = default;
  // Appends what `packed` holds; nothing is kept of `packed` but the decoder's own window. At most about a thousand
  // times its size for gzip and more for zstd, so give it in small pieces. Errors: ReplayError::unreadable.
  virtual Result<void> unpack(Bytes packed, std::string& plain) = 0;
  // Errors: ReplayError::unreadable where the stream has not come to its end.
  virtual Result<void> finish() = 0;
};

// `start` is the file's first bytes (at least four, where it has them).
std::unique_ptr<Unpacker> make_unpacker(Bytes start);
bool is_packed(Bytes start);

}  // namespace artery::replay
