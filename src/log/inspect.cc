#include "log/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "log/recovery.h"

namespace artery::log {

using runtime::Task;

Task<Result<std::vector<SegmentName>>> find_segments(runtime::Files* files, std::string folder) {
  const auto entries = co_await files->list(folder);
  if (!entries) co_return entries.error();
  std::vector<SegmentName> names;
  for (const runtime::FolderEntry& entry : *entries) {
    if (const auto name = parse_segment_name(entry.name)) names.push_back(*name);
  }
  std::ranges::sort(names, {}, &SegmentName::life);
  co_return names;
}

Task<Result<FoundSegment>> load_segment(runtime::Files* files, std::string folder, SegmentName name,
                                        std::optional<std::uint64_t> end) {
  FoundSegment found{.path = fmt::format("{}/{}", folder, segment_name(name.life, name.base)),
                     .name = name,
                     .header = {},
                     .bytes = {},
                     .end = end};
  auto file = co_await files->open(found.path, runtime::OpenMode::read);
  if (!file) co_return file.error();
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  found.bytes.resize(*size);
  const auto got = co_await (*file)->read(0, found.bytes);
  if (!got) co_return got.error();
  found.bytes.resize(*got);
  found.header = SegmentHeader::read(found.bytes);
  if (found.header && (found.header->life != name.life || found.header->base != name.base)) found.header.reset();
  co_return found;
}

namespace {

std::string batches_text(std::uint64_t from, std::uint64_t to) {
  return to == from + 1 ? fmt::format("batch {} is", from) : fmt::format("batches {} to {} are", from, to - 1);
}

}  // namespace

std::vector<SegmentDamage> walk_segment(const FoundSegment& segment, const VisitBatch& visit) {
  std::vector<SegmentDamage> damage;
  if (!segment.header) damage.push_back({.at = 0, .what = "the segment's header is damaged", .torn = false});
  const Bytes bytes = segment.bytes;
  const std::uint64_t life = segment.name.life;
  // Below it every batch was acknowledged; of the newest segment that is told by the marks in its batches.
  const std::uint64_t kept = segment.end ? *segment.end : scan_tail(bytes, life, segment.name.base).mark;
  const std::uint64_t end = segment.end.value_or(std::numeric_limits<std::uint64_t>::max());

  std::uint64_t expected = segment.name.base;
  std::size_t at = segment_header_bytes;
  while (expected < end) {
    const auto found = batch_at(bytes, at, life);
    if (found && found->payload_ok && found->header.offset == expected) {
      if (found->header.is_closing_mark()) break;
      visit(found->header, bytes.subspan(at + batch_header_bytes, found->header.payload_bytes));
      ++expected;
      at += found->bytes();
      continue;
    }
    const auto next = find_batch(bytes, std::min(at, bytes.size()), life, expected);
    const std::uint64_t next_offset = next ? std::min(batch_at(bytes, *next, life)->header.offset, end) : end;
    if (expected < kept) {
      const std::uint64_t to = std::min(next_offset, kept);
      damage.push_back({.at = at, .what = fmt::format("{} damaged", batches_text(expected, to)), .torn = false});
    }
    const bool hole_in_tail = next && next_offset > std::max(expected, kept);
    if (hole_in_tail && !segment.end) {
      damage.push_back({.at = at, .what = "torn: what follows was never acknowledged", .torn = true});
    }
    if (!next || hole_in_tail) break;
    expected = next_offset;
    at = *next;
  }
  return damage;
}

}  // namespace artery::log
