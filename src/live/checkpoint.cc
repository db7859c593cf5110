#include "live/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "base/crc32c.h"
#include "runtime/durable.h"

namespace artery::live {
namespace {

using runtime::File;
using runtime::Files;
using runtime::OpenMode;
using runtime::Task;

constexpr std::uint64_t magic = 0x3145'5649'4C54'5241;  // "ARTLIVE1"
constexpr std::uint32_t version = 1;
constexpr std::size_t header_bytes = 48;
constexpr std::size_t header_checked_bytes = 44;

std::string_view prefix_of(CheckpointKind kind) { return kind == CheckpointKind::newest ? "newest-" : "retained-"; }

Buffer encode_header(const CheckpointHeader& header, Bytes body) {
  Buffer bytes;
  ByteWriter writer(bytes);
  writer.put(magic);
  writer.put(version);
  writer.put(header.kind);
  writer.put(header.offset.value());
  writer.put(header.partition);
  writer.put(header.partitions);
  writer.put(std::uint64_t{body.size()});
  writer.put(crc32c(body));
  writer.put(crc32c(bytes));
  return bytes;
}

// Nothing where the bytes are not a whole and intact checkpoint.
std::optional<CheckpointHeader> decode_header(Bytes bytes) {
  ByteReader reader(bytes);
  const auto found_magic = reader.get<std::uint64_t>();
  const auto found_version = reader.get<std::uint32_t>();
  CheckpointHeader header;
  header.kind = reader.get<CheckpointKind>();
  header.offset = Offset(reader.get<std::uint64_t>());
  header.partition = reader.get<std::uint32_t>();
  header.partitions = reader.get<std::uint32_t>();
  const auto body_bytes = reader.get<std::uint64_t>();
  const auto body_crc = reader.get<std::uint32_t>();
  const auto header_crc = reader.get<std::uint32_t>();
  if (reader.failed() || found_magic != magic || found_version != version) return std::nullopt;
  if (header_crc != crc32c(bytes.first(header_checked_bytes)) || header.partition >= header.partitions) {
    return std::nullopt;
  }
  if (body_bytes != reader.remaining() || body_crc != crc32c(reader.rest())) return std::nullopt;
  return header;
}

Task<Result<Buffer>> read_whole(Files* files, std::string path) {
  auto file = co_await files->open(path, OpenMode::read);
  if (!file) co_return std::move(file).error();
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  Buffer bytes(*size);
  const auto read = co_await (*file)->read(0, bytes);
  if (!read) co_return read.error();
  bytes.resize(*read);
  co_return bytes;
}

Task<Result<void>> write_whole(Files* files, std::string path, Bytes header, Bytes body) {
  // A half-written one of before, if any, must not lend its tail.
  auto file = co_await files->open(path, OpenMode::create);
  if (!file && file.error().is(runtime::FileError::exists)) {
    if (auto removed = co_await files->remove(path); !removed) co_return removed;
    file = co_await files->open(path, OpenMode::create);
  }
  if (!file) co_return std::move(file).error();
  std::vector<Bytes> parts;
  parts.push_back(header);
  if (!body.empty()) parts.push_back(body);
  if (auto done = co_await (*file)->write(0, std::move(parts)); !done) co_return done;
  co_return co_await (*file)->sync();
}

}  // namespace

std::string checkpoint_name(const CheckpointHeader& header) {
  if (header.kind == CheckpointKind::retained) {
    return fmt::format("{}{}", prefix_of(header.kind), header.offset.value());
  }
  return fmt::format("{}{}-{}-{}", prefix_of(header.kind), header.partition, header.partitions, header.offset.value());
}

Task<Result<Checkpoints>> load_checkpoints(Files* files, runtime::Journal* journal, std::string folder,
                                           CheckpointKind kind) {
  if (auto made = co_await runtime::make_durable_folder(*files, folder); !made) co_return std::move(made).error();
  // A process may have been killed between the renaming of a checkpoint and the sync of its folder. The log forgets
  // what lies below a checkpoint that is loaded, so its name must not be lost any more.
  if (auto synced = co_await files->sync_folder(folder); !synced) co_return std::move(synced).error();
  const auto entries = co_await files->list(folder);
  if (!entries) co_return entries.error();
  Checkpoints found;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Checkpoint> newest;  // by partition of how many
  for (const auto& entry : *entries) {
    if (entry.is_folder || !entry.name.starts_with(prefix_of(kind))) continue;
    const std::string path = folder + "/" + entry.name;
    if (entry.name.ends_with(".tmp")) {
      found.useless.push_back(path);
      continue;
    }
    auto bytes = co_await read_whole(files, path);
    const auto header = bytes ? decode_header(*bytes) : std::nullopt;
    if (!header || header->kind != kind || checkpoint_name(*header) != entry.name) {
      journal->error("live", "{}: {}; the log is read again instead, as far as it reaches back", path,
                     bytes ? "this checkpoint is damaged" : bytes.error().message());
      found.useless.push_back(path);
      found.damaged = true;
      continue;
    }
    bytes->erase(bytes->begin(), bytes->begin() + header_bytes);
    Checkpoint& best = newest[{header->partitions, header->partition}];
    Checkpoint checkpoint{.header = *header, .path = path, .body = std::move(*bytes)};
    if (best.path.empty() || best.header.offset < header->offset) std::swap(best, checkpoint);
    if (!checkpoint.path.empty()) found.useless.push_back(checkpoint.path);
  }
  for (auto& [partition, checkpoint] : newest) found.intact.push_back(std::move(checkpoint));
  std::ranges::sort(found.intact, {}, [](const Checkpoint& one) {
    return std::tuple(one.header.offset, one.header.partitions, one.header.partition);
  });
  co_return found;
}

Task<Result<std::string>> write_checkpoint(Files* files, std::string folder, CheckpointHeader header, Buffer body) {
  const std::string path = folder + "/" + checkpoint_name(header);
  const std::string temporary = path + ".tmp";
  const Buffer head = encode_header(header, body);
  auto done = co_await write_whole(files, temporary, head, body);
  if (done) done = co_await files->rename(temporary, path);
  if (!done) {
    // Best effort: the next start removes what is left.
    (void)co_await files->remove(temporary);
    co_return std::move(done).error();
  }
  if (done = co_await files->sync_folder(folder); !done) {
    (void)co_await files->remove(path);
    co_return std::move(done).error();
  }
  co_return path;
}

Task<void> remove_files(Files* files, std::vector<std::string> paths) {
  for (const std::string& path : paths) {
    // What stays is useless, and is removed after the next start.
    (void)co_await files->remove(path);
  }
}

}  // namespace artery::live
