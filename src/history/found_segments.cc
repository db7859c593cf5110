#include "history/found_segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <tuple>
#include <utility>

#include "history/error.h"
#include "history/remains.h"
#include "history/segment.h"
#include "history/verify.h"

namespace artery::history {
namespace {

using runtime::FileError;
using runtime::Task;

std::string batches_of(const FoundSegment& segment) {
  return fmt::format("{} ({} {} to {})", segment.path, segment.entry.archived ? "place" : "batches",
                     segment.entry.from.value(), segment.entry.to.value() - 1);
}

Task<Result<FoundSegment>> look_at_archive(runtime::Files* files, std::string folder, std::uint64_t number) {
  FoundSegment found;
  found.path = fmt::format("{}/{}", folder, archive_name(number));
  const auto file = co_await files->open(found.path, runtime::OpenMode::read);
  if (!file) co_return file.error();
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  Buffer bytes(segment_header_bytes);
  const auto read = co_await (*file)->read(0, bytes);
  if (!read && !read.error().is(FileError::io)) co_return read.error();
  const auto header = read && *read == bytes.size() ? SegmentHeader::read(bytes) : std::nullopt;
  if (!header || header->number != number || header->to <= header->from) {
    co_return Error(HistoryError::damaged,
                    fmt::format("{}: the header of this archive is damaged, and there is no manifest that says which "
                                "others it follows: bring the history back from a backup, or move it elsewhere, and "
                                "what it tells of is lost",
                                found.path));
  }
  found.entry = {number, header->from, header->to, *size, 0, header->clean, header->created};
  const auto opened = co_await Segment::open(files, folder, found.entry);
  if (!opened) co_return opened.error();
  // Where there may be more than was found, one more, so that it never counts as whole.
  found.entry.samples = opened->segment->directory().tiles() + (opened->damage.empty() ? 0 : 1);
  const auto verified = co_await verify_segment(files, std::move(folder), found.entry);
  if (!verified) co_return verified.error();
  found.whole = verified->damage.empty();
  co_return found;
}

Task<Result<FoundSegment>> look_at(runtime::Files* files, std::string folder, std::uint64_t number) {
  FoundSegment found;
  found.path = fmt::format("{}/{}", folder, segment_name(number));
  const auto remains = co_await find_remains(files, found.path);
  if (!remains) co_return remains.error();
  const auto& header = remains->header;
  if (!header || header->number != number || header->to <= header->from) {
    co_return Error(HistoryError::damaged,
                    fmt::format("{}: its header, which says of which batches its samples are, is damaged, and there is "
                                "no manifest that says it: bring the history back from a backup",
                                found.path));
  }
  std::uint64_t samples = remains->samples;
  for (const Remains::Chunk& gone : remains->gone) samples += gone.place.rows;
  // Where there may be more than was found, one more, so that it never counts as whole.
  if (!remains->has_directory && !remains->ends_whole) ++samples;
  found.entry = {number, header->from, header->to, remains->file_bytes, samples, header->to, std::nullopt};
  const auto verified = co_await verify_segment(files, std::move(folder), found.entry);
  if (!verified) co_return verified.error();
  found.whole = verified->damage.empty();
  co_return found;
}

class Chooser {
 public:
  // Of segments of which the first has the batches of all others.
  Result<void> choose_of(std::span<const FoundSegment> nested) {
    const FoundSegment& widest = nested.front();
    const auto parts = nested.subspan(1);
    if (parts.empty() || widest.whole) {
      choice_.chosen.push_back(widest.entry);
      for (const FoundSegment& part : parts) {
        choice_.reasons.push_back(
            fmt::format("{}: left out: {} has its batches too", batches_of(part), batches_of(widest)));
      }
      return {};
    }
    Chooser inner;
    if (auto chosen = inner.choose(parts); !chosen) return chosen;
    if (!covers(inner.choice().chosen, parts, widest.entry)) {
      return Error(HistoryError::damaged,
                   fmt::format("{} is damaged, and of the segments it was merged from some are missing or damaged too, "
                               "so samples would be lost or doubled whichever were taken: move it elsewhere, or those, "
                               "and repair again",
                               batches_of(widest)));
    }
    choice_.damaged.push_back(widest.path);
    choice_.reasons.push_back(
        fmt::format("{}: left out: it is damaged, and the {} segments it was merged from are whole", batches_of(widest),
                    inner.choice().chosen.size()));
    std::ranges::move(inner.choice().chosen, std::back_inserter(choice_.chosen));
    std::ranges::move(inner.choice().damaged, std::back_inserter(choice_.damaged));
    std::ranges::move(inner.choice().reasons, std::back_inserter(choice_.reasons));
    return {};
  }

  // Of segments that begin one after the other, of those that begin together the widest first.
  Result<void> choose(std::span<const FoundSegment> found) {
    while (!found.empty()) {
      std::size_t nested = 1;
      for (; nested < found.size() && found[nested].entry.from < found.front().entry.to; ++nested) {
        if (found[nested].entry.to <= found.front().entry.to) continue;
        return Error(HistoryError::damaged,
                     fmt::format("{} and {} overlap as no compaction leaves them: move one of them elsewhere and "
                                 "repair again",
                                 batches_of(found.front()), batches_of(found[nested])));
      }
      if (auto chosen = choose_of(found.first(nested)); !chosen) return chosen;
      found = found.subspan(nested);
    }
    return {};
  }

  Choice& choice() { return choice_; }

 private:
  static bool covers(const std::vector<SegmentEntry>& chosen, std::span<const FoundSegment> of,
                     const SegmentEntry& merged) {
    Offset end = merged.from;
    for (const SegmentEntry& entry : chosen) {
      const auto segment = std::ranges::find(of, entry.number, [](const auto& one) { return one.entry.number; });
      if (entry.from != end || !segment->whole) return false;
      end = entry.to;
    }
    return end == merged.to;
  }

  Choice choice_;
};

}  // namespace

Task<Result<std::vector<FoundSegment>>> find_archives(runtime::Files* files, std::string folder) {
  std::vector<FoundSegment> all;
  const auto entries = co_await files->list(folder);
  if (!entries && entries.error().is(FileError::not_found)) co_return all;
  if (!entries) co_return entries.error();
  for (const runtime::FolderEntry& entry : *entries) {
    const auto number = parse_archive_name(entry.name);
    if (!number) continue;
    auto found = co_await look_at_archive(files, folder, *number);
    if (!found) co_return found.error();
    all.push_back(std::move(*found));
  }
  co_return all;
}

Task<Result<std::vector<FoundSegment>>> find_segments(runtime::Files* files, std::string folder) {
  std::vector<FoundSegment> all;
  const auto entries = co_await files->list(folder);
  if (!entries && entries.error().is(FileError::not_found)) co_return all;
  if (!entries) co_return entries.error();
  for (const runtime::FolderEntry& entry : *entries) {
    const auto number = parse_segment_name(entry.name);
    if (!number) continue;
    auto found = co_await look_at(files, folder, *number);
    if (!found) co_return found.error();
    all.push_back(std::move(*found));
  }
  co_return all;
}

Result<Choice> choose_segments(std::vector<FoundSegment> found) {
  std::ranges::sort(found, {}, [](const FoundSegment& one) {
    return std::tuple(one.entry.from, ~one.entry.to.value(), !one.whole, ~one.entry.number);
  });
  Chooser chooser;
  if (auto chosen = chooser.choose(found); !chosen) return chosen.error();
  return std::move(chooser.choice());
}

}  // namespace artery::history
