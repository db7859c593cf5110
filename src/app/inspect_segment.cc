#include <fmt/format.h>

#include <algorithm>

#include "app/inspect.h"
#include "history/error.h"
#include "history/segment_format.h"
#include "model/rfc3339.h"
#include "runtime/durable.h"
#include "runtime/linux/console_journal.h"

namespace artery::app {
namespace {

using runtime::Task;

void print_signal(const history::Footer& footer, std::size_t number, std::uint32_t first_chunk, const Print& print) {
  const history::Directory& directory = footer.directory;
  const SignalId signal = directory.signal_of(first_chunk);
  const auto range = directory.chunks_of(signal);
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (std::uint32_t chunk = range.begin; chunk < range.end; ++chunk) {
    rows += directory.chunk(chunk).rows;
    bytes += directory.chunk(chunk).bytes;
  }
  const history::SignalNote& note = footer.notes[number];
  print(fmt::format("  signal {} '{}' {}{}{}: {} samples in {} chunks, {} bytes, {} to {}", signal.value(),
                    runtime::to_one_line(note.facts.name), name_of(note.type), note.facts.unit.empty() ? "" : " in ",
                    note.facts.unit, rows, range.end - range.begin, bytes,
                    format_rfc3339(directory.chunk(range.begin).span.first),
                    format_rfc3339(directory.chunk(range.end - 1).span.last)));
}

Error damaged(const std::string& path, std::string_view what) {
  return {history::HistoryError::damaged, fmt::format("{}: {}", path, what)};
}

}  // namespace

Task<Result<void>> inspect_segment(runtime::Files* files, std::string path, Print print) {
  const auto contents = co_await runtime::read_file(*files, path);
  if (!contents) co_return contents.error();
  const Bytes bytes = *contents;
  const std::size_t header_bytes = std::min(bytes.size(), history::segment_header_bytes);
  const auto header = history::SegmentHeader::read(bytes.first(header_bytes));
  if (!header) co_return damaged(path, "offset 0: not the header of a segment of history");
  print(fmt::format("{}: segment {}, {} bytes, batches {} to {} of the log, created {}", path, header->number,
                    bytes.size(), header->from.value(), header->to.value(), format_rfc3339(header->created)));
  if (bytes.size() < history::segment_trailer_bytes) co_return damaged(path, "shorter than its trailer");
  const auto trailer = history::SegmentTrailer::read(bytes.last(history::segment_trailer_bytes), bytes.size());
  if (!trailer) {
    co_return damaged(path,
                      fmt::format("offset {}: the trailer is damaged", bytes.size() - history::segment_trailer_bytes));
  }
  const auto footer =
      history::Footer::read(bytes.subspan(trailer->footer_at, trailer->footer_bytes), trailer->footer_at);
  if (!footer) co_return damaged(path, fmt::format("offset {}: the footer is damaged", trailer->footer_at));
  std::uint32_t chunk = 0;
  for (std::size_t i = 0; i < footer->notes.size() && chunk < footer->directory.chunks(); ++i) {
    print_signal(*footer, i, chunk, print);
    chunk = footer->directory.chunks_of(footer->directory.signal_of(chunk)).end;
  }
  co_return Result<void>();
}

}  // namespace artery::app
