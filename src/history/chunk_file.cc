#include "history/chunk_file.h"

#include <utility>

#include "history/segment_format.h"

namespace artery::history {

using runtime::File;
using runtime::FileError;
using runtime::Task;

Task<Result<std::optional<Buffer>>> read_exactly(File* file, std::uint64_t at, std::size_t bytes) {
  Buffer buffer(bytes);
  const auto got = co_await file->read(at, buffer);
  if (!got) {
    if (got.error().is(FileError::io)) co_return std::optional<Buffer>();
    co_return got.error();
  }
  if (*got != bytes) co_return std::optional<Buffer>();
  co_return std::optional(std::move(buffer));
}

Task<Result<std::optional<Chunk>>> complete_chunk(File* file, std::uint64_t at, Bytes bytes, Columns asked,
                                                  Samples* spent) {
  const auto start = read_chunk_start(bytes);
  if (!start) co_return std::optional<Chunk>();
  Buffer stamps;
  if (start->stamps) {
    if (at < segment_header_bytes || start->stamps->distance > at - segment_header_bytes)
      co_return std::optional<Chunk>();
    auto read = co_await read_exactly(file, at - start->stamps->distance, start->stamps->bytes);
    if (!read) co_return read.error();
    if (!*read) co_return std::optional<Chunk>();
    stamps = std::move(**read);
  }
  co_return read_chunk(*start, stamps, asked, spent == nullptr ? Samples() : std::move(*spent));
}

}  // namespace artery::history
