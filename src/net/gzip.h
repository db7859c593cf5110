// gzip (RFC 1952) of whole, bounded buffers.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace artery::net {

enum class GunzipFailure { malformed, too_large, no_room };

// Inflates all members. Never holds more than `bytes_max` of result, whatever the input claims of itself, and asks
// `may_hold` before the result becomes that many bytes; where that says no the failure is no_room.
[[nodiscard]] std::expected<Buffer, GunzipFailure> gunzip(Bytes compressed, std::size_t bytes_max,
                                                          const std::function<bool(std::size_t)>& may_hold);

// Empty where it would not become smaller.
[[nodiscard]] std::string gzip(std::string_view plain);

}  // namespace artery::net
