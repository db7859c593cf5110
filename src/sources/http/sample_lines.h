// Samples as lines of JSON (docs/formats/samples.md): bytes to rows. Sans-I/O, no state; any thread.
//
//   {"signal":"acme/press7/force","type":"f64","samples":[["1700000000000000000",3.1,0],...]}
//
// A line of another shape is refused as a whole, a wrong sample costs itself alone. Where a line ceases to be JSON its
// samples up to there are taken. Empty lines are passed over.
#pragma once

#include <cstdint>
#include <string_view>

#include "admission/intake.h"

namespace artery::sample_lines {

// What `intake` is given lives until end_row() returns. `lines` came before these; returns how many it is with them.
std::uint32_t decode(std::string_view body, std::uint32_t lines, admission::Intake& intake);
void decode(std::string_view body, admission::Intake& intake);

}  // namespace artery::sample_lines
