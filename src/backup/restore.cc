#include "backup/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "backup/error.h"
#include "backup/file_work.h"
#include "runtime/durable.h"

namespace artery::backup {
namespace {

using runtime::FileError;
using runtime::Task;

Task<Result<void>> check_empty(runtime::Files* files, std::string folder) {
  const auto entries = co_await files->list(folder);
  if (!entries && entries.error().is(FileError::not_found)) co_return Result<void>();
  if (!entries) co_return entries.error();
  if (entries->empty()) co_return Result<void>();
  co_return Error(BackupError::not_empty,
                  fmt::format("{}: there is '{}' already; restore to a folder that is empty or new", folder,
                              entries->front().name));
}

Task<Result<void>> copy_file(FileWork* work, std::string backup, FileEntry entry, std::string to) {
  const std::string path = fmt::format("{}/{}", backup, entry.path);
  const auto copied = co_await work->copy(path, fmt::format("{}/{}", to, entry.path));
  if (!copied && copied.error().is(FileError::not_found)) {
    co_return Error(BackupError::damaged, fmt::format("{}: it is missing from the backup", path));
  }
  if (!copied) co_return copied.error();
  if (copied->bytes != entry.bytes) {
    co_return Error(BackupError::damaged,
                    fmt::format("{}: it has {} bytes instead of {}", path, copied->bytes, entry.bytes));
  }
  if (copied->crc != entry.crc) {
    co_return Error(BackupError::damaged, fmt::format("{}: its bytes are not those that were backed up", path));
  }
  co_return Result<void>();
}

Task<Result<void>> copy_all(runtime::Files* files, std::string backup, Contents contents, std::string to) {
  if (auto made = co_await runtime::make_durable_folder(*files, to); !made) co_return made;
  const std::string text = contents.encode();
  std::vector<Bytes> parts{as_bytes(text)};
  auto marked = co_await runtime::replace_file(*files, fmt::format("{}/{}", to, contents_name), std::move(parts));
  if (!marked) co_return marked;
  std::vector<std::string> folders;
  for (const FileEntry& entry : contents.files) {
    std::string folder = fmt::format("{}/{}", to, entry.path.substr(0, entry.path.find('/')));
    if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(std::move(folder));
  }
  for (const std::string& folder : folders) {
    if (auto made = co_await files->make_folder(folder); !made) co_return made;
  }
  FileWork work(*files, nullptr, nullptr);
  for (const FileEntry& entry : contents.files) {
    if (auto copied = co_await copy_file(&work, backup, entry, to); !copied) co_return copied;
  }
  folders.push_back(to);
  for (const std::string& folder : folders) {
    if (auto synced = co_await files->sync_folder(folder); !synced) co_return synced;
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<Contents>> restore_files(runtime::Files* files, std::string backup, std::string to) {
  auto contents = co_await read_contents(files, backup);
  if (!contents) co_return contents;
  if (auto empty = co_await check_empty(files, to); !empty) co_return empty.error();
  auto done = co_await copy_all(files, backup, *contents, to);
  if (done) co_return contents;
  FileWork cleaning(*files, nullptr, nullptr);
  (void)co_await cleaning.remove_tree(to);  // the error that matters is the first one
  co_return done.error();
}

Task<Result<void>> finish_restore(runtime::Files* files, std::string to) {
  auto gone = co_await files->remove(fmt::format("{}/{}", to, contents_name));
  if (gone) gone = co_await files->sync_folder(to);
  co_return gone;
}

Task<Result<void>> check_not_backup(runtime::Files* files, std::string folder) {
  const auto there = co_await files->open(fmt::format("{}/{}", folder, contents_name), runtime::OpenMode::read);
  if (!there && there.error().is(FileError::not_found)) co_return Result<void>();
  if (!there) co_return there.error();
  co_return Error(
      BackupError::damaged,
      fmt::format("{0} is a backup, or half restored from one: use 'artery restore {0} --to FOLDER' and run "
                  "the node on that; remove what was restored half",
                  folder));
}

}  // namespace artery::backup
