#include "app/repair.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <ranges>

#include "app/verify.h"
#include "backup/restore.h"
#include "governance/catalogue.h"
#include "log/inspect.h"
#include "model/record.h"
#include "runtime/durable.h"

namespace artery::app {
namespace {

using runtime::FileError;
using runtime::Task;

void apply_records(governance::Catalogue& catalogue, Bytes payload) {
  RecordReader records(payload);
  while (const auto record = records.next()) {
    // What cannot be applied costs a name in a message and in a segment, no more.
    if (record->kind == RecordKind::catalogue) static_cast<void>(catalogue.apply(record->body));
  }
}

// What the newest snapshot that can be read and the log from there on say.
Task<Result<void>> read_catalogue(runtime::Files* files, DataFolder folder, governance::Catalogue* catalogue) {
  const auto snapshots = co_await files_in(files, folder.catalogue(), "snapshot-");
  if (!snapshots) co_return snapshots.error();
  Offset from;
  for (const std::string& name : std::views::reverse(*snapshots)) {
    if (name.ends_with(".tmp")) continue;
    const auto bytes = co_await runtime::read_file(*files, fmt::format("{}/{}", folder.catalogue(), name));
    const auto loaded = bytes ? catalogue->load(*bytes) : Result<Offset>(bytes.error());
    if (!loaded) continue;
    from = *loaded;
    break;
  }
  const auto names = co_await log::find_segments(files, folder.log());
  if (!names && names.error().is(FileError::not_found)) co_return Result<void>();
  if (!names) co_return names.error();
  for (std::size_t i = 0; i < names->size(); ++i) {
    const auto end = i + 1 < names->size() ? std::optional((*names)[i + 1].base) : std::nullopt;
    const auto segment = co_await log::load_segment(files, folder.log(), (*names)[i], end);
    if (!segment) continue;
    log::walk_segment(*segment, [&](const log::BatchHeader& header, Bytes payload) {
      if (header.offset >= from.value()) apply_records(*catalogue, payload);
    });
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<history::Repaired>> repair(runtime::Files* files, DataFolder folder, Time now, bool write) {
  Result<std::unique_ptr<runtime::FileLock>> lock = std::unique_ptr<runtime::FileLock>();
  if (write) {
    if (auto no_backup = co_await backup::check_not_backup(files, folder.root); !no_backup) co_return no_backup.error();
    lock = co_await files->lock(folder.lock());
  } else {
    lock = co_await keep_nodes_out(files, folder);
  }
  if (!lock) co_return lock.error();
  governance::Catalogue catalogue;
  if (auto read = co_await read_catalogue(files, folder, &catalogue); !read) co_return read.error();
  history::RepairJob job;
  job.files = files;
  job.folder = folder.history();
  job.log_folder = folder.log();
  job.names = [&catalogue](SignalId id) {
    const auto signal = catalogue.signal(id);
    return signal ? history::SignalFacts{signal->full_name, signal->unit} : history::SignalFacts{};
  };
  job.now = now;
  job.write = write;
  co_return co_await history::repair(std::move(job));
}

}  // namespace artery::app
