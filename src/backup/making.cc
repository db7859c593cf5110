#include "backup/making.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "backup/error.h"
#include "base/assert.h"
#include "governance/catalogue.h"
#include "governance/snapshot_files.h"
#include "live/checkpoint.h"
#include "log/copy.h"
#include "runtime/durable.h"

namespace artery::backup {

using runtime::FileError;
using runtime::Task;

namespace {
constexpr std::size_t read_bytes = std::size_t{1} << 20;  // of the log at once
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::array folders{log_folder, catalogue_folder, live_folder, history_folder};
}  // namespace

Making::Making(const Backups::Surroundings& around, std::string folder, const Backups::Source& source,
               const std::atomic<bool>& stop)
    : around_(around),
      folder_(std::move(folder)),
      source_(source),
      work_(around.files, &around.pool, &stop),
      log_from_(std::numeric_limits<std::uint64_t>::max()) {}

std::string Making::target(std::string_view path) const { return fmt::format("{}/{}", temporary_, path); }

Task<Result<Made>> Making::run() {
  auto done = co_await prepare();
  if (done) done = co_await fill();
  if (done) done = co_await commit();
  if (done) co_return made_;
  // The error that matters is the first one; what cannot be removed is by the next backup.
  FileWork cleaning(around_.files, &around_.pool, nullptr);
  if (!temporary_.empty()) (void)co_await cleaning.remove_tree(temporary_);
  if (!final_.empty()) (void)co_await cleaning.remove_tree(final_);
  co_return done.error();
}

// Finds the backup before, removes what was made half, and makes the folders.
Task<Result<void>> Making::prepare() {
  if (auto made = co_await runtime::make_durable_folder(around_.files, folder_); !made) co_return made;
  const auto found = co_await find_backups(&around_.files, folder_);
  if (!found) co_return found.error();
  std::int64_t now = around_.clock.now().value();
  for (const FoundBackup& one : *found) {
    now = std::max(now, one.made.value() + ns_per_ms);  // the names say the order, whatever the clock does
    const std::string path = fmt::format("{}/{}", folder_, one.folder_name());
    if (one.half) {
      if (auto gone = co_await work_.remove_tree(path); !gone) co_return gone;
      continue;
    }
    auto contents = co_await read_contents(&around_.files, path);
    if (!contents) continue;
    former_ = path;
    former_contents_ = std::move(*contents);
  }
  contents_.made = made_.made = Time(now / ns_per_ms * ns_per_ms);
  made_.name = backup_name(contents_.made);
  temporary_ = fmt::format("{}/{}{}", folder_, made_.name, unfinished);
  for (const std::string_view folder : folders) {
    if (auto made = co_await around_.files.make_folder(target(folder)); !made) co_return made;
  }
  co_return Result<void>();
}

// A reader keeps the log while its checkpoints are taken, so that all that they do not hold is there to be copied. Then
// the log is let go: the segments are held by themselves.
Task<Result<void>> Making::fill() {
  const auto keeper = around_.log.follow("a backup", around_.pool, around_.log.begin(), log::Log::no_lag_limit);
  auto done = co_await take_catalogue();
  if (done) done = co_await take_live();
  if (!done) co_return done;
  history::BackupParts parts = co_await around_.history.backup_parts();
  co_await runtime::on(around_.pool);
  needs_log_from(parts.cursor);
  log_from_ = std::max(log_from_, keeper->position());
  const auto reader = around_.log.follow("a backup", around_.pool, log_from_, log::Log::no_lag_limit);
  keeper->end();
  done = co_await take_log(reader.get());
  reader->end();
  if (done) done = co_await take_history(std::move(parts));
  co_return done;
}

// The names alone, sorted.
Task<Result<std::vector<std::string>>> Making::names_in(std::string folder, IsWanted is_wanted) {
  const auto entries = co_await around_.files.list(folder);
  if (!entries) co_return entries.error();
  std::vector<std::string> names;
  for (const runtime::FolderEntry& entry : *entries) {
    if (!entry.is_folder && is_wanted(entry.name)) names.push_back(entry.name);
  }
  co_return names;
}

// What a folder holds at one moment: files that never change, and that come and go by name. Where one went while it was
// read, or another came, all is read again.
Task<Result<std::vector<Making::Loaded>>> Making::read_steady(std::string folder, IsWanted is_wanted) {
  while (true) {
    if (auto going = co_await work_.give_way(); !going) co_return going.error();
    const auto names = co_await names_in(folder, is_wanted);
    if (!names) co_return names.error();
    std::vector<Loaded> loaded;
    for (const std::string& name : *names) {
      auto bytes = co_await runtime::read_file(around_.files, fmt::format("{}/{}", folder, name));
      if (!bytes && bytes.error().is(FileError::not_found)) break;
      if (!bytes) co_return bytes.error();
      loaded.push_back({name, std::move(*bytes)});
    }
    const auto names_now = co_await names_in(folder, is_wanted);
    if (!names_now) co_return names_now.error();
    if (loaded.size() == names->size() && *names_now == *names) co_return loaded;
  }
}

Task<Result<void>> Making::put(std::string path, Buffer bytes) {
  const auto written = co_await work_.write(target(path), std::move(bytes));
  if (!written) co_return written.error();
  made_.bytes_copied += written->bytes;
  contents_.files.push_back({std::move(path), written->bytes, written->crc});
  co_return Result<void>();
}

// The newest snapshot that is whole.
Task<Result<void>> Making::take_catalogue() {
  auto loaded = co_await read_steady(
      source_.catalogue, [](std::string_view name) { return governance::snapshot_offset(name).has_value(); });
  if (!loaded) co_return loaded.error();
  for (auto newest = loaded->rbegin(); newest != loaded->rend(); ++newest) {
    governance::Catalogue scratch;
    if (!scratch.load(newest->bytes)) continue;
    needs_log_from(*governance::snapshot_offset(newest->name));
    co_return co_await put(fmt::format("{}/{}", catalogue_folder, newest->name), std::move(newest->bytes));
  }
  needs_log_from(Offset(0));
  if (around_.log.begin() == Offset(0)) co_return Result<void>();
  co_return Error(
      BackupError::damaged,
      fmt::format("{}: no snapshot of the catalogue is whole; names would be missing in the backup. Stop the "
                  "node, which writes another",
                  source_.catalogue));
}

Task<Result<void>> Making::take_live() {
  auto loaded = co_await read_steady(source_.live, [](std::string_view name) { return !name.ends_with(unfinished); });
  if (!loaded) co_return loaded.error();
  std::vector<live::CheckpointHeader> headers;
  for (Loaded& one : *loaded) {
    const auto header = live::read_checkpoint_header(one.bytes, one.name);
    if (!header) continue;  // a start would not use it either
    headers.push_back(*header);
    auto done = co_await put(fmt::format("{}/{}", live_folder, one.name), std::move(one.bytes));
    if (!done) co_return done;
  }
  needs_log_from(live::followed_from(headers));
  co_return Result<void>();
}

// Up to its end as it is now: above all that was taken before.
Task<Result<void>> Making::take_log(log::Reader* reader) {
  contents_.offset = made_.offset = around_.log.end();
  ARTERY_ASSERT(log_from_ <= contents_.offset);
  log::LogCopy copy({.files = &around_.files,
                     .folder = target(log_folder),
                     .segment_bytes = source_.log_segment_bytes,
                     .from = log_from_,
                     .created = around_.log.stamp(1)});
  while (reader->position() < contents_.offset) {
    if (auto going = co_await work_.give_way(); !going) co_return going;
    auto batches = co_await reader->next(read_bytes);
    if (!batches) co_return batches.error();
    std::erase_if(*batches, [&](const log::BatchPtr& batch) { return batch->offset() >= contents_.offset; });
    if (auto added = co_await copy.add(std::move(*batches)); !added) co_return added;
  }
  if (auto finished = co_await copy.finish(contents_.offset); !finished) co_return finished;
  const auto names = co_await names_in(target(log_folder), [](std::string_view) { return true; });
  if (!names) co_return names.error();
  for (const std::string& name : *names) {
    std::string path = fmt::format("{}/{}", log_folder, name);
    const auto digest = co_await work_.digest(target(path));
    if (!digest) co_return digest.error();
    made_.bytes_copied += digest->bytes;
    contents_.files.push_back({std::move(path), digest->bytes, digest->crc});
  }
  co_return Result<void>();
}

Task<Result<void>> Making::take_history(history::BackupParts parts) {
  for (const history::BackupParts::Segment& segment : parts.segments) {
    if (auto taken = co_await take_segment(segment); !taken) co_return taken;
  }
  co_return co_await put(fmt::format("{}/{}", history_folder, parts.manifest_name), std::move(parts.manifest));
}

Task<Result<void>> Making::take_segment(history::BackupParts::Segment segment) {
  std::string path = fmt::format("{}/{}", history_folder, segment.name);
  const auto from_former = co_await link_from_former(segment.path, path);
  if (!from_former) co_return from_former.error();
  if (*from_former) co_return Result<void>();
  Result<Digest> digest;
  const auto linked = co_await around_.files.link(segment.path, target(path));
  if (linked) {
    digest = co_await work_.digest(target(path));
  } else {
    digest = co_await work_.copy(segment.path, target(path));  // whatever the reason, if that is bad it tells
  }
  if (!digest) co_return digest.error();
  (linked ? made_.bytes_linked : made_.bytes_copied) += digest->bytes;
  contents_.files.push_back({std::move(path), digest->bytes, digest->crc});
  co_return Result<void>();
}

// A segment's number is not enough to know it by: a node that was restored gives numbers again. Its header says when it
// was made, to the nanosecond.
Task<Result<bool>> Making::link_from_former(std::string source, std::string path) {
  const FileEntry* entry = former_contents_.find(path);
  if (entry == nullptr) co_return false;
  const std::string former = fmt::format("{}/{}", former_, path);
  const auto own = co_await ends_of(source);
  if (!own) co_return own.error();
  const auto others = co_await ends_of(former);
  if (!others || *own != *others) co_return false;
  const auto linked = co_await around_.files.link(former, target(path));
  if (!linked) co_return false;
  made_.bytes_linked += entry->bytes;
  contents_.files.push_back(*entry);
  co_return true;
}

Task<Result<Buffer>> Making::ends_of(std::string path) {
  constexpr std::size_t end_bytes = 64;
  if (auto going = co_await work_.give_way(); !going) co_return going.error();
  auto file = co_await around_.files.open(path, runtime::OpenMode::read);
  if (!file) co_return file.error();
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  Buffer ends(2 * end_bytes);
  const auto first = co_await (*file)->read(0, std::span(ends).first(end_bytes));
  if (!first) co_return first.error();
  const std::uint64_t last_at = *size < end_bytes ? 0 : *size - end_bytes;
  const auto last = co_await (*file)->read(last_at, std::span(ends).last(end_bytes));
  if (!last) co_return last.error();
  ByteWriter(ends).put(*size);
  co_return ends;
}

// Everything is on the device before the list of contents is written, and that before the folder gets its name.
Task<Result<void>> Making::commit() {
  std::ranges::sort(contents_.files, {}, &FileEntry::path);
  made_.files = contents_.files.size();
  for (const std::string_view folder : folders) {
    if (auto synced = co_await around_.files.sync_folder(target(folder)); !synced) co_return synced;
  }
  const std::string text = contents_.encode();
  std::vector<Bytes> parts{as_bytes(text)};
  auto done = co_await runtime::replace_file(around_.files, target(contents_name), std::move(parts));
  if (!done) co_return done;
  final_ = fmt::format("{}/{}", folder_, made_.name);
  done = co_await around_.files.rename(temporary_, final_);
  if (done) done = co_await around_.files.sync_folder(folder_);
  co_return done;
}

}  // namespace artery::backup
