#include "history/remains.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "history/chunk_file.h"
#include "history/error.h"

namespace artery::history {
namespace {

using runtime::File;
using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

// Of these a search looks at any byte. A greater one is found only right behind one before it: to try the checksums of
// whatever looks like a length would take far too long.
constexpr std::uint32_t searched_bytes_max = 256U << 10;
constexpr std::size_t window_bytes = 1U << 20;
constexpr std::uint32_t footer_magic = 0x52544641;  // "AFTR"

// As many of these bytes as there are; none where the device cannot give them.
Task<Result<Buffer>> read_some(File* file, std::uint64_t at, std::size_t bytes) {
  Buffer buffer(bytes);
  const auto got = co_await file->read(at, buffer);
  if (!got && !got.error().is(FileError::io)) co_return got.error();
  buffer.resize(got ? *got : 0);
  co_return buffer;
}

// A chunk, or a block of tiles.
struct Found {
  std::uint32_t bytes = 0;
  std::optional<Remains::Chunk> chunk;
};

std::optional<std::uint32_t> length_at(Bytes start) {
  if (start.size() < chunk_start_bytes) return std::nullopt;
  const auto chunk = read_chunk_length(start.first(chunk_start_bytes));
  return chunk ? chunk : read_tiles_length(start.first(chunk_start_bytes));
}

// What stands at `at` and has these bytes.
Task<Result<std::optional<Found>>> parse(File* file, std::uint64_t at, Bytes bytes) {
  const auto chunk = co_await complete_chunk(file, at, bytes);
  if (!chunk) co_return chunk.error();
  std::optional<Found> found;
  if (*chunk) {
    const ChunkHeader& header = (*chunk)->header;
    const ChunkPlace place{at, header.bytes, header.rows, header.span};
    found = Found{header.bytes, Remains::Chunk{header.signal, place}};
  } else if (const auto tiles = read_tiles(bytes, SummaryParts::points)) {
    found = Found{tiles->header.bytes, std::nullopt};
  }
  co_return found;
}

class Search {
 public:
  Search(File* file, Remains* remains) : file_(file), remains_(*remains) {}

  Task<Result<void>> with_directory(Footer footer) {
    remains_.has_directory = true;
    Directory::Walk walk(footer.directory);
    auto note = footer.notes.begin();
    while (const SignalPlaces* const places = walk.next()) {
      remains_.facts.emplace(places->signal, (note++)->facts);
      for (const ChunkPlace& place : places->chunks) {
        const Remains::Chunk named{places->signal, place};
        const auto found = co_await at(place.at, place.bytes);
        if (!found) co_return found.error();
        const bool right = *found && (*found)->chunk && is_same(*(*found)->chunk, named);
        if (right) keep(named);
        if (!right) remains_.gone.push_back(named);
      }
    }
    remains_.ends_whole = remains_.gone.empty();
    co_return Result<void>();
  }

  Task<Result<void>> without_directory() {
    std::uint64_t position = segment_header_bytes;
    bool gap = false;
    while (position < remains_.file_bytes) {
      const auto start = co_await read_some(file_, position, chunk_start_bytes);
      if (!start) co_return start.error();
      if (start->size() >= sizeof footer_magic && load<std::uint32_t>(start->data()) == footer_magic) break;
      const auto length = length_at(*start);
      const auto found = co_await at(position, length.value_or(0));
      if (!found) co_return found.error();
      if (*found) {
        if ((*found)->chunk) keep(*(*found)->chunk);
        position += (*found)->bytes;
        continue;
      }
      gap = true;
      const auto next = co_await find_next(position, length);
      if (!next) co_return next.error();
      position = *next;
    }
    remains_.ends_whole = !gap && position < remains_.file_bytes;
    co_return Result<void>();
  }

 private:
  static bool is_same(const Remains::Chunk& a, const Remains::Chunk& b) {
    return a.signal == b.signal && a.place.rows == b.place.rows && a.place.span.first == b.place.span.first &&
           a.place.span.last == b.place.span.last;
  }

  void keep(const Remains::Chunk& chunk) {
    const bool follows = remains_.whole.empty() || remains_.whole.back().signal <= chunk.signal;
    if (!follows) return;  // a segment's signals ascend: it is none of its chunks
    remains_.samples += chunk.place.rows;
    remains_.whole.push_back(chunk);
  }

  Task<Result<std::optional<Found>>> at(std::uint64_t position, std::uint32_t bytes) {
    if (bytes == 0 || bytes > remains_.file_bytes - position) co_return std::optional<Found>();
    const auto buffer = co_await read_some(file_, position, bytes);
    if (!buffer) co_return buffer.error();
    co_return co_await parse(file_, position, *buffer);
  }

  // Where the next chunk or block begins after one at `position` that is not whole; the file's end where none does.
  Task<Result<std::uint64_t>> find_next(std::uint64_t position, std::optional<std::uint32_t> length) {
    if (length && *length <= remains_.file_bytes - position) {
      const std::uint64_t behind = position + *length;
      const auto start = co_await read_some(file_, behind, chunk_start_bytes);
      if (!start) co_return start.error();
      const auto found = co_await at(behind, length_at(*start).value_or(0));
      if (!found) co_return found.error();
      if (*found) co_return behind;
    }
    for (++position; position < remains_.file_bytes; position += window_bytes) {
      const auto window = co_await read_some(file_, position, window_bytes + searched_bytes_max);
      if (!window) co_return window.error();
      for (std::size_t i = 0; i < std::min(window->size(), window_bytes); ++i) {
        const Bytes rest = Bytes(*window).subspan(i);
        const auto here = length_at(rest);
        if (!here || *here > std::min<std::size_t>(rest.size(), searched_bytes_max)) continue;
        const auto found = co_await parse(file_, position + i, rest.first(*here));
        if (!found) co_return found.error();
        if (*found) co_return position + i;
      }
    }
    co_return remains_.file_bytes;
  }

  File* file_;
  Remains& remains_;
};

Task<Result<std::optional<Footer>>> read_footer(File* file, std::uint64_t file_bytes) {
  if (file_bytes < segment_header_bytes + segment_trailer_bytes) co_return std::optional<Footer>();
  const auto end = co_await read_some(file, file_bytes - segment_trailer_bytes, segment_trailer_bytes);
  if (!end) co_return end.error();
  const auto trailer =
      end->size() == segment_trailer_bytes ? SegmentTrailer::read(*end, file_bytes) : std::optional<SegmentTrailer>();
  if (!trailer) co_return std::optional<Footer>();
  const auto bytes = co_await read_some(file, trailer->footer_at, trailer->footer_bytes);
  if (!bytes) co_return bytes.error();
  co_return Footer::read(*bytes, trailer->footer_at);
}

}  // namespace

Task<Result<Remains>> find_remains(runtime::Files* files, std::string path) {
  const auto file = co_await files->open(path, OpenMode::read);
  if (!file) co_return file.error();
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  Remains remains;
  remains.file_bytes = *size;
  const auto header = co_await read_some(file->get(), 0, segment_header_bytes);
  if (!header) co_return header.error();
  if (const auto version = SegmentHeader::other_version(*header)) {
    co_return Error(HistoryError::damaged,
                    fmt::format("{}: it has format version {}, and this program reads {} to {}: repair it with the "
                                "version of the program that wrote it",
                                path, *version, segment_version_oldest, segment_version));
  }
  remains.header = SegmentHeader::read(*header);
  auto footer = co_await read_footer(file->get(), *size);
  if (!footer) co_return footer.error();
  Search search(file->get(), &remains);
  Result<void> done;
  if (*footer) {
    done = co_await search.with_directory(std::move(**footer));
  } else {
    done = co_await search.without_directory();
  }
  if (!done) co_return done.error();
  co_return remains;
}

Task<Result<Rows>> read_remaining(File* file, ChunkPlace place) {
  const auto bytes = co_await read_some(file, place.at, place.bytes);
  if (!bytes) co_return bytes.error();
  auto chunk = co_await complete_chunk(file, place.at, *bytes);
  if (!chunk) co_return chunk.error();
  if (!*chunk) {
    co_return Error(HistoryError::damaged,
                    fmt::format("the chunk at offset {} could be read before and cannot now", place.at));
  }
  co_return std::move((*chunk)->rows);
}

}  // namespace artery::history
