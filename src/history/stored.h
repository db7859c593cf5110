// What of a history is in files, as one question sees it: the segments, the archives, and the deletions that are not
// carried out in all of them. Immutable.
#pragma once

#include "history/deletions.h"
#include "history/segment.h"

namespace artery::history {

struct Stored {
  Segments segments;
  Deletions deletions;
  Segments archives;
};

// Whether parts of a segment cannot even be named: any answer may miss something.
bool has_holes(const Stored& stored);

// Whether the segment, or archive, may hold what the deletion took.
bool concerns(const StoredDeletion& deletion, const Segment& segment);

// Leaves those that concern a segment or an archive.
void drop_carried_out(Deletions& deletions, const Stored& stored);

}  // namespace artery::history
