// gzip (RFC 1952) of whole, bounded buffers.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace artery::net {

enum class GunzipFailure { malformed, too_large };

// Inflates all members. Never holds more than `bytes_max` of result, whatever the input claims of itself.
[[nodiscard]] std::expected<Buffer, GunzipFailure> gunzip(Bytes compressed, std::size_t bytes_max);

// Empty where it would not become smaller.
[[nodiscard]] std::string gzip(std::string_view plain);

}  // namespace artery::net
