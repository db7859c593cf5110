#include "governance/snapshot_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "runtime/durable.h"

namespace artery::governance {
namespace {

constexpr std::string_view prefix = "snapshot-";
constexpr std::string_view unfinished = ".tmp";

}  // namespace

std::optional<Offset> snapshot_offset(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), offset);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return Offset(offset);
}

std::string SnapshotFiles::path(Offset offset) const {
  return fmt::format("{}/{}{:020}", folder_, prefix, offset.value());
}

runtime::Task<Result<std::vector<Offset>>> SnapshotFiles::open() {
  if (auto made = co_await runtime::make_durable_folder(files_, folder_); !made) co_return made.error();
  auto entries = co_await files_.list(folder_);
  if (!entries) co_return entries.error();
  std::vector<Offset> offsets;
  for (const runtime::FolderEntry& entry : *entries) {
    if (const auto offset = snapshot_offset(entry.name)) offsets.push_back(*offset);
    if (!entry.name.ends_with(unfinished)) continue;
    if (auto removed = co_await files_.remove(fmt::format("{}/{}", folder_, entry.name)); !removed) {
      co_return removed.error();
    }
  }
  std::ranges::sort(offsets, std::greater());
  co_return offsets;
}

runtime::Task<Result<Buffer>> SnapshotFiles::read(Offset offset) {
  co_return co_await runtime::read_file(files_, path(offset));
}

runtime::Task<Result<void>> SnapshotFiles::write(Offset offset, Buffer snapshot) {
  std::vector<Bytes> parts{Bytes(snapshot)};
  auto done = co_await runtime::replace_file(files_, path(offset), std::move(parts));
  // Its name may be there and not be durable. That the write failed is what matters.
  if (!done) static_cast<void>(co_await files_.remove(path(offset)));
  co_return done;
}

runtime::Task<Result<void>> SnapshotFiles::remove(Offset offset) { co_return co_await files_.remove(path(offset)); }

}  // namespace artery::governance
