#include "live/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/crc32c.h"
#include "base/packed.h"
#include "runtime/durable.h"

namespace artery::live {
namespace {

using runtime::Files;
using runtime::Task;

constexpr std::uint64_t magic = 0x3145'5649'4C54'5241;  // "ARTLIVE1"
constexpr std::uint32_t version = 2;
constexpr std::uint32_t plain_version = 1;  // its body is not packed
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

struct Decoded {
  CheckpointHeader header;
  bool packed;
};

// Nothing where the bytes are not a whole and intact checkpoint.
std::optional<Decoded> decode_header(Bytes bytes, std::string_view name) {
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
  if (reader.failed() || found_magic != magic) return std::nullopt;
  if (found_version < plain_version || found_version > version) return std::nullopt;
  if (header.kind != CheckpointKind::newest && header.kind != CheckpointKind::retained) return std::nullopt;
  if (header_crc != crc32c(bytes.first(header_checked_bytes)) || header.partition >= header.partitions) {
    return std::nullopt;
  }
  if (body_bytes != reader.remaining() || body_crc != crc32c(reader.rest())) return std::nullopt;
  if (checkpoint_name(header) != name) return std::nullopt;
  return Decoded{.header = header, .packed = found_version != plain_version};
}

constexpr std::string_view unfinished = ".tmp";

}  // namespace

std::optional<CheckpointHeader> read_checkpoint_header(Bytes bytes, std::string_view name) {
  const auto decoded = decode_header(bytes, name);
  return decoded ? std::optional(decoded->header) : std::nullopt;
}

bool read_body(const Checkpoint& checkpoint, const std::function<std::optional<std::size_t>(Bytes)>& use) {
  if (!checkpoint.packed) return use(checkpoint.body) == checkpoint.body.size();
  Unpacker unpacker(checkpoint.body);
  while (unpacker.more()) {
    const auto used = use(unpacker.left());
    if (!used) return false;
    unpacker.take(*used);
  }
  return unpacker.whole();
}

Offset followed_from(std::span<const CheckpointHeader> found) {
  std::map<std::uint32_t, std::set<std::uint32_t>> partitions;  // by how many
  Offset least(std::numeric_limits<std::uint64_t>::max());
  bool retained = false;
  for (const CheckpointHeader& header : found) {
    least = std::min(least, header.offset);
    retained = retained || header.kind == CheckpointKind::retained;
    if (header.kind == CheckpointKind::newest) partitions[header.partitions].insert(header.partition);
  }
  const bool whole = std::ranges::any_of(partitions, [](const auto& set) { return set.second.size() == set.first; });
  return whole && retained ? least : Offset();
}

std::string checkpoint_name(const CheckpointHeader& header) {
  if (header.kind == CheckpointKind::retained) {
    return fmt::format("{}{}", prefix_of(header.kind), header.offset.value());
  }
  return fmt::format("{}{}-{}-{}", prefix_of(header.kind), header.partition, header.partitions, header.offset.value());
}

CheckpointFolder::CheckpointFolder(Files& files, runtime::Executor& pool, runtime::Journal& journal, std::string path)
    : files_(files), pool_(pool), journal_(journal), path_(std::move(path)) {}

std::string CheckpointFolder::path_of(const CheckpointHeader& header) const {
  return fmt::format("{}/{}", path_, checkpoint_name(header));
}

Task<Result<Checkpoints>> CheckpointFolder::load(CheckpointKind kind) {
  co_await naming_.take(pool_);
  auto made = co_await runtime::make_durable_folder(files_, path_);
  naming_.give();
  if (!made) co_return std::move(made).error();
  const auto entries = co_await files_.list(path_);
  if (!entries) co_return entries.error();
  Checkpoints found;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Checkpoint> newest;  // by partition of how many
  for (const auto& entry : *entries) {
    if (entry.is_folder || !entry.name.starts_with(prefix_of(kind))) continue;
    const std::string path = path_ + "/" + entry.name;
    if (entry.name.ends_with(unfinished)) {
      found.useless.push_back(path);
      continue;
    }
    auto bytes = co_await runtime::read_file(files_, path);
    const auto decoded = bytes ? decode_header(*bytes, entry.name) : std::nullopt;
    if (!decoded) {
      journal_.error("live", "{}: {}; the log is read again instead, as far as it reaches back", path,
                     bytes ? "this checkpoint is damaged" : bytes.error().message());
      found.useless.push_back(path);
      found.damaged = true;
      continue;
    }
    bytes->erase(bytes->begin(), bytes->begin() + header_bytes);
    const CheckpointHeader& header = decoded->header;
    Checkpoint& best = newest[{header.partitions, header.partition}];
    Checkpoint checkpoint{.header = header, .path = path, .body = std::move(*bytes), .packed = decoded->packed};
    if (best.path.empty() || best.header.offset < header.offset) std::swap(best, checkpoint);
    if (!checkpoint.path.empty()) found.useless.push_back(checkpoint.path);
  }
  for (auto& [partition, checkpoint] : newest) found.intact.push_back(std::move(checkpoint));
  std::ranges::sort(found.intact, {}, [](const Checkpoint& one) {
    return std::tuple(one.header.offset, one.header.partitions, one.header.partition);
  });
  co_return found;
}

Task<Result<VerifiedCheckpoints>> verify_checkpoints(Files* files, std::string folder) {
  const auto entries = co_await files->list(folder);
  if (!entries) co_return entries.error();
  VerifiedCheckpoints found;
  for (const auto& entry : *entries) {
    const bool checkpoint = entry.name.starts_with(prefix_of(CheckpointKind::newest)) ||
                            entry.name.starts_with(prefix_of(CheckpointKind::retained));
    if (entry.is_folder || !checkpoint || entry.name.ends_with(unfinished)) continue;
    const std::string path = fmt::format("{}/{}", folder, entry.name);
    const auto bytes = co_await runtime::read_file(*files, path);
    if (!bytes) co_return bytes.error();
    ++found.files;
    if (read_checkpoint_header(*bytes, entry.name)) continue;
    found.damage.push_back(
        fmt::format("{}: offset 0: this checkpoint is damaged; the next start reads the log instead, "
                    "as far as it reaches back",
                    path));
  }
  co_return found;
}

Task<Result<void>> CheckpointFolder::write(CheckpointHeader header, Buffer body) {
  const std::string path = path_of(header);
  Buffer packed;
  pack(packed, body);
  body = {};
  const Buffer head = encode_header(header, packed);
  std::vector<Bytes> parts{head};
  if (!packed.empty()) parts.emplace_back(packed);
  co_await naming_.take(pool_);
  auto done = co_await runtime::replace_file(files_, path, std::move(parts));
  if (!done) (void)co_await files_.remove(path);  // its name may be there and not be durable
  naming_.give();
  co_return done;
}

Task<void> CheckpointFolder::remove(std::vector<std::string> paths) {
  for (const std::string& path : paths) {
    // What stays is useless, and is removed after the next start.
    (void)co_await files_.remove(path);
  }
}

}  // namespace artery::live
