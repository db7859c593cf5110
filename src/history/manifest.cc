#include "history/manifest.h"

#include <fmt/format.h>

#include "base/crc32c.h"
#include "history/error.h"
#include "runtime/durable.h"

namespace artery::history {
namespace {

using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

constexpr std::uint64_t magic = 0x0A31534948545241;  // "ARTHIS1\n"
constexpr std::size_t crc_at = 12;
constexpr std::size_t crc_from = 16;
constexpr std::size_t fixed_bytes = 40;  // and the numbers of deletions from version 2 and of archives from 3 on
constexpr std::size_t deletion_bytes = 40;
constexpr std::size_t archive_bytes = 56;
constexpr std::size_t entry_bytes_of(std::uint32_t version) { return version == 1 ? 40 : 48; }

Error damaged(std::string_view what) { return {HistoryError::damaged, fmt::format("the manifest {}", what)}; }

void write_entry(ByteWriter* writer, const SegmentEntry& entry) {
  writer->put(entry.number);
  writer->put(entry.from.value());
  writer->put(entry.to.value());
  writer->put(entry.bytes);
  writer->put(entry.samples);
  writer->put(entry.clean.value());
  if (entry.archived) writer->put(entry.archived->value());
}

SegmentEntry read_fields(ByteReader* reader, std::uint32_t version) {
  SegmentEntry entry;
  entry.number = reader->get<std::uint64_t>();
  entry.from = Offset(reader->get<std::uint64_t>());
  entry.to = Offset(reader->get<std::uint64_t>());
  entry.bytes = reader->get<std::uint64_t>();
  entry.samples = reader->get<std::uint64_t>();
  entry.clean = version == 1 ? entry.to : Offset(reader->get<std::uint64_t>());
  return entry;
}

Result<SegmentEntry> read_archive(ByteReader* reader, Offset after, const Manifest& manifest) {
  SegmentEntry entry = read_fields(reader, manifest_version);
  entry.archived = Time(reader->get<std::int64_t>());
  if (entry.from < after || entry.to <= entry.from || entry.number >= manifest.next_number ||
      entry.clean > manifest.cursor) {
    return damaged(fmt::format("names archive {} with places {} to {}, clean to {}, which do not follow", entry.number,
                               entry.from.value(), entry.to.value(), entry.clean.value()));
  }
  return entry;
}

Result<SegmentEntry> read_entry(ByteReader* reader, std::uint32_t version, Offset after, const Manifest& manifest) {
  SegmentEntry entry = read_fields(reader, version);
  if (entry.from < after || entry.to <= entry.from || entry.to > manifest.cursor ||
      entry.number >= manifest.next_number || entry.clean < entry.to || entry.clean > manifest.cursor) {
    return damaged(fmt::format("names segment {} with offsets {} to {}, clean to {}, which do not follow", entry.number,
                               entry.from.value(), entry.to.value(), entry.clean.value()));
  }
  return entry;
}

void write_stored(ByteWriter* writer, const StoredDeletion& stored) {
  writer->put(stored.offset.value());
  writer->put(stored.arrival.value());
  writer->put(stored.deletion.asset.value());
  writer->put(stored.deletion.signal.value());
  writer->put(stored.deletion.from.value());
  writer->put(stored.deletion.to.value());
}

Result<StoredDeletion> read_stored(ByteReader* reader, const Manifest& manifest) {
  StoredDeletion stored;
  stored.offset = Offset(reader->get<std::uint64_t>());
  stored.arrival = Time(reader->get<std::int64_t>());
  stored.deletion.asset = AssetId(reader->get<std::uint32_t>());
  stored.deletion.signal = SignalId(reader->get<std::uint32_t>());
  stored.deletion.from = Time(reader->get<std::int64_t>());
  stored.deletion.to = Time(reader->get<std::int64_t>());
  if (stored.offset >= manifest.cursor || stored.deletion.from >= stored.deletion.to) {
    return damaged(fmt::format("names a deletion at offset {} from {} to {}, which cannot be", stored.offset.value(),
                               stored.deletion.from.value(), stored.deletion.to.value()));
  }
  return stored;
}

}  // namespace

Error sync_failed(const std::string& path, const Error& why) {
  return {HistoryError::failed, fmt::format("{}: cannot be synced: {}", path, why.message())};
}

Buffer Manifest::encode() const {
  Buffer out;
  ByteWriter writer(out);
  writer.put(magic);
  writer.put(manifest_version);
  writer.put(std::uint32_t{0});
  writer.put(cursor.value());
  writer.put(next_number);
  writer.put(std::uint64_t{segments.size()});
  writer.put(std::uint64_t{deletions.size()});
  writer.put(std::uint64_t{archives.size()});
  for (const SegmentEntry& entry : segments) write_entry(&writer, entry);
  for (const StoredDeletion& stored : deletions) write_stored(&writer, stored);
  for (const SegmentEntry& entry : archives) write_entry(&writer, entry);
  store(out.data() + crc_at, crc32c(Bytes(out).subspan(crc_from)));
  return out;
}

Result<Manifest> Manifest::decode(Bytes bytes) {
  ByteReader reader(bytes);
  const auto found_magic = reader.get<std::uint64_t>();
  const auto version = reader.get<std::uint32_t>();
  const auto crc = reader.get<std::uint32_t>();
  Manifest manifest;
  manifest.cursor = Offset(reader.get<std::uint64_t>());
  manifest.next_number = reader.get<std::uint64_t>();
  const auto count = reader.get<std::uint64_t>();
  const std::uint64_t deletion_count = version < 2 ? 0 : reader.get<std::uint64_t>();
  const std::uint64_t archive_count = version < 3 ? 0 : reader.get<std::uint64_t>();
  if (reader.failed())
    return damaged(fmt::format("is cut off: {} bytes, at least {} expected", bytes.size(), fixed_bytes));
  if (found_magic != magic) return damaged("is no manifest of a history: its first eight bytes are wrong");
  if (version < 1 || version > manifest_version) {
    return damaged(fmt::format("has version {}; this program reads versions 1 to {}", version, manifest_version));
  }
  const std::size_t entry_bytes = entry_bytes_of(version);
  if (count > reader.remaining() / entry_bytes || deletion_count > reader.remaining() / deletion_bytes ||
      archive_count > reader.remaining() / archive_bytes ||
      count * entry_bytes + deletion_count * deletion_bytes + archive_count * archive_bytes != reader.remaining()) {
    return damaged(fmt::format("is cut off: {} bytes for {} segments, {} deletions and {} archives", bytes.size(),
                               count, deletion_count, archive_count));
  }
  if (crc != crc32c(bytes.subspan(crc_from))) return damaged("has a wrong checksum");
  Offset end;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto entry = read_entry(&reader, version, end, manifest);
    if (!entry) return entry.error();
    end = entry->to;
    manifest.segments.push_back(*entry);
  }
  for (std::uint64_t i = 0; i < deletion_count; ++i) {
    const auto stored = read_stored(&reader, manifest);
    if (!stored) return stored.error();
    manifest.deletions.push_back(*stored);
  }
  sort(manifest.deletions);
  Offset place;
  for (std::uint64_t i = 0; i < archive_count; ++i) {
    const auto entry = read_archive(&reader, place, manifest);
    if (!entry) return entry.error();
    place = entry->to;
    manifest.archives.push_back(*entry);
  }
  return manifest;
}

Task<Result<std::optional<Manifest>>> read_manifest(runtime::Files* files, std::string folder) {
  const std::string path = fmt::format("{}/{}", folder, manifest_name);
  const auto bytes = co_await runtime::read_file(*files, path);
  if (!bytes) {
    if (bytes.error().is(FileError::not_found)) co_return std::optional<Manifest>();
    co_return bytes.error();
  }
  auto manifest = Manifest::decode(*bytes);
  if (!manifest) co_return std::move(manifest.error()).at(path);
  co_return std::optional(std::move(*manifest));
}

// runtime::replace_file() with the errors of its syncs told apart: those may not be tried again.
Task<Result<void>> write_manifest(runtime::Files* files, std::string folder, Manifest manifest) {
  const std::string path = fmt::format("{}/{}", folder, manifest_name);
  const std::string temporary = fmt::format("{}{}", path, temporary_suffix);
  if (const auto gone = co_await files->remove(temporary); !gone && !gone.error().is(FileError::not_found)) {
    co_return gone.error();
  }
  auto file = co_await files->open(temporary, OpenMode::create);
  if (!file) co_return file.error();
  const Buffer bytes = manifest.encode();
  std::vector<Bytes> parts{bytes};
  if (auto written = co_await (*file)->write(0, std::move(parts)); !written) co_return written.error();
  if (auto synced = co_await (*file)->sync(); !synced) co_return sync_failed(temporary, synced.error());
  file->reset();
  if (auto renamed = co_await files->rename(temporary, path); !renamed) co_return renamed.error();
  if (auto synced = co_await files->sync_folder(folder); !synced) co_return sync_failed(folder, synced.error());
  co_return Result<void>();
}

}  // namespace artery::history
