#include "backup/file_work.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "backup/error.h"
#include "base/crc32c.h"

namespace artery::backup {

using runtime::File;
using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

namespace {
constexpr std::size_t step_bytes = std::size_t{1} << 20;
}

Task<Result<void>> FileWork::give_way() {
  if (pool_ != nullptr) co_await runtime::on(*pool_);
  if (stop_ != nullptr && *stop_) co_return Error(BackupError::closed, "the node is stopping");
  co_return Result<void>();
}

Task<Result<Digest>> FileWork::read_through(File* from, File* into) {
  Digest digest;
  Buffer step(step_bytes);
  while (true) {
    if (auto going = co_await give_way(); !going) co_return going.error();
    const auto got = co_await from->read(digest.bytes, step);
    if (!got) co_return got.error();
    const Bytes bytes = Bytes(step).first(*got);
    digest.crc = crc32c(bytes, digest.crc);
    if (into != nullptr && !bytes.empty()) {
      std::vector<Bytes> parts{bytes};
      if (auto written = co_await into->write(digest.bytes, std::move(parts)); !written) co_return written.error();
    }
    digest.bytes += bytes.size();
    if (bytes.size() < step.size()) co_return digest;
  }
}

Task<Result<Digest>> FileWork::digest(std::string path) {
  auto file = co_await files_.open(path, OpenMode::read);
  if (!file) co_return file.error();
  co_return co_await read_through(file->get(), nullptr);
}

Task<Result<Digest>> FileWork::copy(std::string from, std::string to) {
  auto source = co_await files_.open(from, OpenMode::read);
  if (!source) co_return source.error();
  auto target = co_await files_.open(to, OpenMode::create);
  if (!target) co_return target.error();
  auto digest = co_await read_through(source->get(), target->get());
  if (!digest) co_return digest;
  if (auto synced = co_await (*target)->sync(); !synced) co_return synced.error();
  co_return digest;
}

Task<Result<Digest>> FileWork::write(std::string path, Buffer bytes) {
  auto file = co_await files_.open(path, OpenMode::create);
  if (!file) co_return file.error();
  std::vector<Bytes> parts{Bytes(bytes)};
  if (auto written = co_await (*file)->write(0, std::move(parts)); !written) co_return written.error();
  if (auto synced = co_await (*file)->sync(); !synced) co_return synced.error();
  co_return Digest{bytes.size(), crc32c(bytes)};
}

Task<Result<void>> FileWork::remove_tree(std::string path) {
  const auto entries = co_await files_.list(path);
  if (!entries && !entries.error().is(FileError::not_found)) co_return entries.error();
  if (entries) {
    for (const runtime::FolderEntry& entry : *entries) {
      const std::string child = fmt::format("{}/{}", path, entry.name);
      Result<void> gone;
      if (entry.is_folder) {
        gone = co_await remove_tree(child);
      } else {
        gone = co_await files_.remove(child);
      }
      if (!gone) co_return gone;
    }
  }
  auto gone = co_await files_.remove(path);
  if (!gone && gone.error().is(FileError::not_found)) gone = {};
  co_return gone;
}

}  // namespace artery::backup
