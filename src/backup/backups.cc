#include "backup/backups.h"

#include <fmt/format.h>

#include <utility>

#include "backup/error.h"
#include "backup/making.h"

namespace artery::backup {

using runtime::FileError;
using runtime::Task;

Backups::Backups(Surroundings around, BackupSettings settings, Source source)
    : around_(around), settings_(std::move(settings)), source_(std::move(source)), ended_(around.home) {}

Result<void> Backups::check_set() const {
  if (!settings_.folder.empty()) return {};
  return Error(
      BackupError::not_set,
      "this node has no folder for backups: set backup.folder, best to one on another disk, and start it again");
}

Task<Result<Made>> Backups::make() {
  if (auto set = check_set(); !set) co_return set.error();
  if (busy_.exchange(true)) co_return Error(BackupError::busy, "a backup is being made; wait for its end");
  Result<Made> made = Error(BackupError::closed, "the node is stopping");
  if (!closing_) made = co_await make_one();
  busy_ = false;
  ended_.notify();
  co_return made;
}

Task<Result<Made>> Backups::make_one() {
  const Instant began = around_.clock.instant();
  co_await runtime::on(around_.pool);
  Making making(around_, settings_.folder, source_, closing_);
  auto made = co_await making.run();
  if (!made) {
    around_.journal.error("backup", "no backup was made: {}", made.error().message());
    co_return made;
  }
  made->took = around_.clock.instant() - began;
  around_.journal.info("backup", "{}/{}: made up to batch {}, {} bytes linked, {} copied, in {:.3f} s",
                       settings_.folder, made->name, made->offset.value(), made->bytes_linked, made->bytes_copied,
                       std::chrono::duration<double>(made->took).count());
  co_return made;
}

Task<Result<std::vector<Listed>>> Backups::list() {
  if (auto set = check_set(); !set) co_return set.error();
  co_await runtime::on(around_.pool);
  std::vector<Listed> found;
  const auto entries = co_await around_.files.list(settings_.folder);
  if (!entries && entries.error().is(FileError::not_found)) co_return found;
  if (!entries) co_return entries.error();
  for (const runtime::FolderEntry& entry : *entries) {
    std::string_view name = entry.name;
    const bool half = name.ends_with(unfinished);
    if (half) name.remove_suffix(unfinished.size());
    const auto time = parse_backup_name(name);
    if (!entry.is_folder || !time) continue;
    Listed one;
    one.name = name;
    one.made = *time;
    if (half) {
      one.fault = "it is being made, or its making was interrupted";
      found.push_back(std::move(one));
      continue;
    }
    const auto contents = co_await read_contents(&around_.files, fmt::format("{}/{}", settings_.folder, name));
    if (contents) {
      one.offset = contents->offset;
      one.files = contents->files.size();
      one.bytes = contents->bytes();
    } else {
      one.fault = contents.error().message();
    }
    found.push_back(std::move(one));
  }
  co_return found;
}

Task<void> Backups::close() {
  closing_ = true;
  while (busy_) co_await ended_.wait();
}

}  // namespace artery::backup
