// A deletion: the body of a RecordKind::deletion record. It takes from a signal all samples of a range of source times
// that arrived before it; what arrives later, or in the same batch, stays.
//
//   u32 asset   u32 signal   i64 from   i64 to
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "model/ids.h"

namespace artery {

struct Deletion {
  AssetId asset;  // the one that the signal is of
  SignalId signal;
  Time from;  // the range is from <= time < to
  Time to;
  friend bool operator==(const Deletion&, const Deletion&) = default;
};

// Appends the whole record, with its header.
void write_deletion(Buffer& out, const Deletion& deletion);
// Nothing where the bytes are no deletion, or of an empty range.
std::optional<Deletion> read_deletion(Bytes body);

}  // namespace artery
