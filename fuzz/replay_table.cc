// Files from strangers: detection, reading and writing of tables and JSON lines. Whatever the bytes, nothing is read
// twice or lost: each row is taken, refused with a reason or empty, lines come whole, and pieces change nothing.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "sources/replay/file_facts.h"
#include "sources/replay/line_copier.h"
#include "sources/replay/line_writer.h"

using namespace artery;
using namespace artery::replay;

namespace {

constexpr std::size_t pieces_min = 7;  // bytes of a piece

// Rows of the file, read in pieces of `piece` bytes, as lines; "" where it breaks off.
std::string replay_all(FileFacts& facts, std::string_view file, std::size_t piece) {
  auto rows = RowStream::open(facts);
  ARTERY_ASSERT(rows.has_value());
  const Zone zone;
  LineWriter writer(facts.plan, zone);
  std::string lines;
  const auto take = [&] {
    for (Row row; rows->next(row);) {
      const std::size_t before = lines.size();
      if (facts.format == Format::line_protocol) {
        const auto copied = copy_line(row.raw, facts.unit_ns, Duration::zero(), lines);
        ARTERY_ASSERT(copied.fault.empty() == (lines.size() > before));
        continue;
      }
      writer.write(row, Duration::zero(), lines);
      ARTERY_ASSERT((writer.values() > 0) == (lines.size() > before));
      ARTERY_ASSERT(lines.size() == before || lines.ends_with('\n'));
      ARTERY_ASSERT(row.fault.empty() || !writer.faults().empty());
    }
  };
  for (std::size_t at = 0; at < file.size(); at += piece) {
    if (!rows->feed(as_bytes(file.substr(at, piece)))) return "";
    take();
  }
  if (!rows->end()) return "";
  take();
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte chooses what the file is called and what was said of it.
  constexpr std::array<std::string_view, 4> names{"f.csv", "f.jsonl", "f.lp", "f"};
  const std::string_view file = as_text(std::as_bytes(std::span(data, size))).substr(1);
  Mapping mapping;
  if ((data[0] & 4) != 0) ARTERY_ASSERT(assign(mapping, "start", "2024-01-01T00:00:00Z").has_value());
  if ((data[0] & 8) != 0) ARTERY_ASSERT(assign(mapping, "delimiter", "space").has_value());
  if ((data[0] & 16) != 0) ARTERY_ASSERT(assign(mapping, "encoding", "gb18030").has_value());
  const FilePlace place{"folder", "f"};
  Probe probe(mapping, place, std::string(names[data[0] & 3]));
  const auto more = probe.feed(as_bytes(file));
  if (!more) return 0;
  auto facts = probe.finish();
  if (!facts || (facts->format != Format::line_protocol && !facts->plan.has_time)) return 0;
  if (facts->is_packed) {
    replay_all(*facts, file, file.size());
    return 0;
  }
  const std::string whole = replay_all(*facts, file, std::max<std::size_t>(file.size(), 1));
  // A long open quote is given up where the pieces say: only short files must be the same.
  ARTERY_ASSERT(file.size() > row_bytes_max || replay_all(*facts, file, pieces_min) == whole);
  return 0;
}
