// The catalogue: any bytes as events, as a snapshot, and as metadata to import. What it takes it must give back the
// same.
//
// The first byte chooses: 0 a snapshot whose checksum is put right, 1 CSV, 2 JSON, else a row of event records, each
// with a byte for its length before it.
#include "governance/catalogue.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/crc32c.h"
#include "governance/catalogue_io.h"

namespace {

using namespace artery;
using governance::Catalogue;

void check_round_trip(const Catalogue& catalogue) {
  const Buffer snapshot = catalogue.snapshot(Offset(5));
  Catalogue again;
  const auto offset = again.load(snapshot);
  ARTERY_ASSERT(offset && *offset == Offset(5));
  ARTERY_ASSERT(again.snapshot(Offset(5)) == snapshot);
}

void load_snapshot(Bytes bytes) {
  Buffer snapshot(bytes.begin(), bytes.end());
  if (snapshot.size() < 16) return;
  store(snapshot.data() + 12, crc32c(Bytes(snapshot).subspan(16)));
  Catalogue catalogue;
  if (catalogue.load(snapshot)) check_round_trip(catalogue);
}

void apply_events(Bytes bytes) {
  Catalogue catalogue;
  while (!bytes.empty()) {
    const std::size_t length = std::min<std::size_t>(std::to_integer<std::size_t>(bytes[0]), bytes.size() - 1);
    const auto applied = catalogue.apply(bytes.subspan(1, length));
    ARTERY_ASSERT(applied || !applied.error().message().empty());
    bytes = bytes.subspan(1 + length);
  }
  check_round_trip(catalogue);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  if (bytes.empty()) return 0;
  const Bytes rest = bytes.subspan(1);
  switch (std::to_integer<int>(bytes[0])) {
    case 0:
      load_snapshot(rest);
      break;
    case 1:
      static_cast<void>(governance::import_metadata(as_text(rest), governance::MetadataFormat::csv));
      break;
    case 2:
      static_cast<void>(governance::import_metadata(as_text(rest), governance::MetadataFormat::json));
      break;
    default:
      apply_events(rest);
  }
  return 0;
}
