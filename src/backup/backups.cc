#include "backup/backups.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backup/error.h"
#include "backup/file_work.h"
#include "backup/making.h"

namespace artery::backup {

using runtime::FileError;
using runtime::Task;

Backups::Backups(Surroundings around, BackupSettings settings, Source source)
    : around_(std::move(around)),
      settings_(std::move(settings)),
      source_(std::move(source)),
      due_(settings_.every),
      ended_(around_.home),
      tick_(around_.home) {}

void Backups::start() {
  if (settings_.every > Duration::zero() && settings_.folder.empty()) {
    around_.journal.warning("backup", "backup.every is set, but backup.folder is not: no backups are made");
  }
  if (settings_.folder.empty()) return;
  scheduling_ = true;
  scope_.spawn(run_schedule());
}

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
    if (!closing_) note_failure(made.error());
    co_return made;
  }
  made->took = around_.clock.instant() - began;
  around_.journal.info("backup", "{}/{}: made up to batch {}, {} bytes linked, {} copied, in {:.3f} s",
                       settings_.folder, made->name, made->offset.value(), made->bytes_linked, made->bytes_copied,
                       std::chrono::duration<double>(made->took).count());
  note_made({made->name, made->made, made->bytes_linked + made->bytes_copied, made->took}, 1);
  if (const auto pruned = co_await prune(made->name); !pruned) {
    around_.journal.warning("backup", "old backups stay: {}", pruned.error().message());
  }
  co_return made;
}

Task<Result<std::vector<Listed>>> Backups::list() {
  if (auto set = check_set(); !set) co_return set.error();
  co_await runtime::on(around_.pool);
  std::vector<Listed> found;
  const auto in_folder = co_await find_backups(&around_.files, settings_.folder);
  if (!in_folder && in_folder.error().is(FileError::not_found)) co_return found;
  if (!in_folder) co_return in_folder.error();
  for (const FoundBackup& entry : *in_folder) {
    Listed one;
    one.name = entry.name;
    one.made = entry.made;
    if (entry.half) {
      one.fault = "it is being made, or its making was interrupted";
      found.push_back(std::move(one));
      continue;
    }
    const auto contents = co_await read_contents(&around_.files, fmt::format("{}/{}", settings_.folder, entry.name));
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

// The oldest of those that are whole, once the newest is known to be so: its list of contents can be read, and every
// file of it is there in its length. (What was written was read when it was made.) A backup that goes loses its name
// first: cut there, it is none any more.
Task<Result<void>> Backups::prune(std::string newest) {
  if (settings_.keep == 0) co_return Result<void>();
  const auto found = co_await find_backups(&around_.files, settings_.folder);
  if (!found) co_return found.error();
  std::vector<std::string> whole;
  for (const FoundBackup& one : *found) {
    if (one.half) continue;
    const auto contents = co_await read_contents(&around_.files, fmt::format("{}/{}", settings_.folder, one.name));
    if (contents) whole.push_back(one.name);
  }
  if (whole.size() <= settings_.keep) co_return Result<void>();
  if (auto good = co_await check_files(fmt::format("{}/{}", settings_.folder, newest)); !good) co_return good;
  FileWork work(around_.files, &around_.pool, &closing_);
  whole.resize(whole.size() - settings_.keep);
  for (const std::string& name : whole) {
    const std::string path = fmt::format("{}/{}", settings_.folder, name);
    const std::string leaving = path + std::string(unfinished);
    auto done = co_await around_.files.rename(path, leaving);
    if (done) done = co_await around_.files.sync_folder(settings_.folder);
    if (done) done = co_await work.remove_tree(leaving);
    if (!done) co_return done;
    around_.journal.info("backup", "{}: removed; {} newer ones are kept", path, settings_.keep);
  }
  co_return Result<void>();
}

Task<Result<void>> Backups::check_files(std::string folder) {
  const auto contents = co_await read_contents(&around_.files, folder);
  if (!contents) co_return contents.error();
  for (const FileEntry& entry : contents->files) {
    auto file = co_await around_.files.open(fmt::format("{}/{}", folder, entry.path), runtime::OpenMode::read);
    if (!file) co_return file.error();
    const auto size = co_await (*file)->size();
    if (!size) co_return size.error();
    if (*size != entry.bytes)
      co_return Error(BackupError::damaged, fmt::format("{}: {} is not whole", folder, entry.path));
  }
  co_return Result<void>();
}

Standing Backups::standing() const {
  const std::scoped_lock lock(mutex_);
  Standing standing = standing_;
  standing.is_set = !settings_.folder.empty();
  standing.making = busy_;
  return standing;
}

void Backups::note_made(Standing::Good made, std::uint64_t count) {
  const std::scoped_lock lock(mutex_);
  standing_.last = std::move(made);
  standing_.made += count;
  standing_.failure.reset();
}

void Backups::note_failure(const Error& error) {
  around_.journal.error("backup", "no backup was made: {}", error.message());
  const std::scoped_lock lock(mutex_);
  standing_.failure = {around_.clock.now(), error.message()};
  ++standing_.failed;
}

void Backups::set_next() {
  const Duration left = std::max(due_.next() - around_.clock.instant(), Duration::zero());
  const std::scoped_lock lock(mutex_);
  standing_.next = Time(around_.clock.now().value() + left.count());
}

Task<void> Backups::run_schedule() {
  const auto found = co_await list();
  co_await runtime::on(around_.home);
  if (found) {
    const auto last = std::ranges::find(found->rbegin(), found->rend(), "", &Listed::fault);
    if (last != found->rend()) note_made({last->name, last->made, last->bytes, std::nullopt}, 0);
  }
  if (settings_.every > Duration::zero()) {
    const std::optional<Standing::Good> last = standing().last;
    due_.start(around_.clock.instant(), around_.clock.now(), last ? std::optional(last->made) : std::nullopt);
  }
  while (settings_.every > Duration::zero() && !closing_) {
    set_next();
    const Duration left = due_.next() - around_.clock.instant();
    if (left > Duration::zero()) {
      const runtime::TimerId timer = around_.home.after(left, [this] { tick_.notify(); });
      co_await tick_.wait();
      around_.home.cancel(timer);
      continue;
    }
    due_.begun(around_.clock.instant());
    set_next();
    const auto made = co_await make_by_schedule();
    co_await runtime::on(around_.home);
    if (made) {
      due_.made();
    } else if (made.error().is(BackupError::busy)) {
      due_.later(around_.clock.instant());
    } else {
      due_.failed(around_.clock.instant());
    }
  }
  scheduling_ = false;
  ended_.notify();
}

// One that nobody asked for must not take the disk to where writes are refused.
Task<Result<void>> Backups::make_by_schedule() {
  co_await runtime::on(around_.pool);
  const auto space = co_await around_.files.space(settings_.folder);
  if (space && !around_.has_room(*space)) {
    const Error low(FileError::no_space, fmt::format("{}: {} MiB are free, less than disk.warn_free", settings_.folder,
                                                     space->free_bytes >> 20));
    note_failure(low);
    co_return low;
  }
  const auto made = co_await make();
  co_return made ? Result<void>() : made.error();
}

Task<void> Backups::close() {
  closing_ = true;
  tick_.notify();
  while (busy_ || scheduling_) co_await ended_.wait();
}

}  // namespace artery::backup
