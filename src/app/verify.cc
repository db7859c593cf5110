#include "app/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "governance/catalogue.h"
#include "history/history.h"
#include "live/checkpoint.h"
#include "log/inspect.h"
#include "model/record.h"
#include "runtime/durable.h"

namespace artery::app {
namespace {

using runtime::FileError;
using runtime::Task;

void verify_records(const log::BatchHeader& header, Bytes payload, const std::string& path, Findings& findings) {
  ++findings.log_batches;
  RecordReader records(payload);
  while (records.next()) {
  }
  if (records.failed()) {
    findings.damage.push_back(fmt::format("{}: offset {}: batch {} is whole but its records cannot be read", path,
                                          header.position, header.offset));
  }
}

Task<Result<void>> verify_catalogue(runtime::Files* files, std::string folder, Findings* findings) {
  const auto names = co_await files_in(files, folder, "snapshot-");
  if (!names) co_return names.error();
  for (const std::string& name : *names) {
    if (name.ends_with(".tmp")) continue;
    const std::string path = fmt::format("{}/{}", folder, name);
    const auto bytes = co_await runtime::read_file(*files, path);
    if (!bytes) co_return bytes.error();
    ++findings->snapshots;
    governance::Catalogue scratch;
    if (const auto loaded = scratch.load(*bytes); !loaded) {
      findings->damage.push_back(fmt::format("{}: offset 0: {}", path, loaded.error().message()));
    }
  }
  co_return Result<void>();
}

Task<Result<void>> verify_live(runtime::Files* files, std::string folder, Findings* findings) {
  auto verified = co_await live::verify_checkpoints(files, folder);
  if (!verified && verified.error().is(FileError::not_found)) co_return Result<void>();
  if (!verified) co_return verified.error();
  findings->checkpoints = verified->files;
  std::ranges::move(verified->damage, std::back_inserter(findings->damage));
  co_return Result<void>();
}

Task<Result<void>> verify_history(runtime::Files* files, std::string folder, Findings* findings) {
  const auto names = co_await files_in(files, folder, "");
  if (!names) co_return names.error();
  if (names->empty()) co_return Result<void>();  // a node that never came so far
  auto verified = co_await history::verify(files, folder);
  if (!verified) {
    if (!verified.error().is(history::HistoryError::damaged)) co_return verified.error();
    findings->damage.push_back(verified.error().message());
    co_return Result<void>();
  }
  findings->history_segments = verified->segments;
  findings->history_samples = verified->samples;
  findings->history_archives = verified->archives;
  std::ranges::move(verified->damage, std::back_inserter(findings->damage));
  co_return Result<void>();
}

}  // namespace

Task<Result<std::vector<std::string>>> files_in(runtime::Files* files, std::string folder, std::string prefix) {
  const auto entries = co_await files->list(folder);
  std::vector<std::string> names;
  if (!entries && entries.error().is(FileError::not_found)) co_return names;
  if (!entries) co_return entries.error();
  for (const runtime::FolderEntry& entry : *entries) {
    if (!entry.is_folder && entry.name.starts_with(prefix)) names.push_back(entry.name);
  }
  co_return names;
}

Task<Result<std::unique_ptr<runtime::FileLock>>> keep_nodes_out(runtime::Files* files, DataFolder folder) {
  const auto entries = co_await files->list(folder.root);
  if (!entries) co_return entries.error();
  const bool was_used = std::ranges::find(*entries, "lock", &runtime::FolderEntry::name) != entries->end();
  if (!was_used) co_return std::unique_ptr<runtime::FileLock>();
  auto lock = co_await files->lock(folder.lock());
  if (!lock && (lock.error().is(FileError::read_only) || lock.error().is(FileError::denied))) {
    co_return std::unique_ptr<runtime::FileLock>();
  }
  co_return lock;
}

Task<Result<void>> verify_log(runtime::Files* files, DataFolder folder, Findings* findings) {
  const auto names = co_await log::find_segments(files, folder.log());
  if (!names && names.error().is(FileError::not_found)) co_return Result<void>();
  if (!names) co_return names.error();
  for (std::size_t i = 0; i < names->size(); ++i) {
    const std::optional<std::uint64_t> end = i + 1 < names->size() ? std::optional((*names)[i + 1].base) : std::nullopt;
    const auto segment = co_await log::load_segment(files, folder.log(), (*names)[i], end);
    if (!segment) co_return segment.error();
    ++findings->log_segments;
    const auto damage = log::walk_segment(*segment, [&](const log::BatchHeader& header, Bytes payload) {
      verify_records(header, payload, segment->path, *findings);
    });
    for (const log::SegmentDamage& one : damage) {
      (one.torn ? findings->notes : findings->damage)
          .push_back(fmt::format("{}: offset {}: {}", segment->path, one.at, one.what));
    }
  }
  co_return Result<void>();
}

Task<Result<Findings>> verify(runtime::Files* files, DataFolder folder) {
  const auto lock = co_await keep_nodes_out(files, folder);
  if (!lock) co_return lock.error();
  Findings findings;
  if (auto done = co_await verify_log(files, folder, &findings); !done) co_return done.error();
  if (auto done = co_await verify_catalogue(files, folder.catalogue(), &findings); !done) co_return done.error();
  if (auto done = co_await verify_live(files, folder.live(), &findings); !done) co_return done.error();
  if (auto done = co_await verify_history(files, folder.history(), &findings); !done) co_return done.error();
  co_return findings;
}

}  // namespace artery::app
