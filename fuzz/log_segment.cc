// Recovery's view of a segment file: any bytes must be walked within bounds, and what it reports must add up.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "log/recovery.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace artery;
  const Bytes segment = std::as_bytes(std::span(data, size));
  const auto header = log::SegmentHeader::read(segment);
  const std::uint64_t life = header ? header->life : 7;
  const std::uint64_t base = header ? header->base : 10;
  const log::TailScan scan = log::scan_tail(segment, life, base);
  ARTERY_ASSERT(scan.mark >= base);
  std::uint64_t expected = scan.mark;
  for (const auto& place : scan.tail) {
    ARTERY_ASSERT(place.offset == expected++);
    ARTERY_ASSERT(place.position + place.bytes <= segment.size());
  }
  return 0;
}
