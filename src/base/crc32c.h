// CRC-32C (Castagnoli polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4). Hardware where the machine has it.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace artery {

// Of `bytes`, continuing from `before`: crc32c(b, crc32c(a)) == crc32c(a then b).
std::uint32_t crc32c(Bytes bytes, std::uint32_t before = 0);

// The table-driven form that every machine can run; the other is tested against it.
std::uint32_t crc32c_portable(Bytes bytes, std::uint32_t before = 0);

}  // namespace artery
