#include "governance/snapshot_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace artery::governance {
namespace {

constexpr std::string_view prefix = "snapshot-";
constexpr std::string_view unfinished = "snapshot.new";

std::optional<Offset> offset_in(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), offset);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return Offset(offset);
}

}  // namespace

std::string SnapshotFiles::path(Offset offset) const {
  return fmt::format("{}/{}{:020}", folder_, prefix, offset.value());
}

runtime::Task<Result<std::vector<Offset>>> SnapshotFiles::open() {
  if (auto made = co_await files_.make_folder(folder_); !made) co_return made.error();
  auto entries = co_await files_.list(folder_);
  if (!entries) co_return entries.error();
  std::vector<Offset> offsets;
  for (const runtime::FolderEntry& entry : *entries) {
    if (const auto offset = offset_in(entry.name)) offsets.push_back(*offset);
    if (entry.name != unfinished) continue;
    if (auto removed = co_await files_.remove(fmt::format("{}/{}", folder_, unfinished)); !removed) {
      co_return removed.error();
    }
  }
  std::ranges::sort(offsets, std::greater());
  co_return offsets;
}

runtime::Task<Result<Buffer>> SnapshotFiles::read(Offset offset) {
  auto file = co_await files_.open(path(offset), runtime::OpenMode::read);
  if (!file) co_return file.error();
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  Buffer bytes(*size);
  const auto count = co_await (*file)->read(0, bytes);
  if (!count) co_return count.error();
  bytes.resize(*count);
  co_return bytes;
}

runtime::Task<Result<void>> SnapshotFiles::write(Offset offset, Buffer snapshot) {
  const std::string temporary = fmt::format("{}/{}", folder_, unfinished);
  auto file = co_await files_.open(temporary, runtime::OpenMode::create);
  if (!file) co_return file.error();
  std::vector<Bytes> parts{Bytes(snapshot)};
  auto done = co_await (*file)->write(0, std::move(parts));
  if (done) done = co_await (*file)->sync();
  file->reset();
  if (done) done = co_await files_.rename(temporary, path(offset));
  if (done) co_return co_await files_.sync_folder(folder_);
  // What could not be finished makes room again; that the write failed is what matters.
  auto removed = co_await files_.remove(temporary);
  static_cast<void>(removed);
  co_return done;
}

runtime::Task<Result<void>> SnapshotFiles::remove(Offset offset) { co_return co_await files_.remove(path(offset)); }

}  // namespace artery::governance
