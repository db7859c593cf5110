#include "history/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "history/error.h"
#include "history/found_segments.h"
#include "history/log_pieces.h"
#include "history/manifest.h"
#include "history/mend.h"
#include "history/verify.h"
#include "runtime/durable.h"

namespace artery::history {
namespace {

using runtime::FileError;
using runtime::Task;

class Repair {
 public:
  explicit Repair(RepairJob job) : job_(std::move(job)) {}

  Task<Result<Repaired>> run() {
    auto log = co_await ClosedLog::open(job_.files, job_.log_folder);
    if (!log) co_return log.error();
    log_ = std::move(*log);
    if (auto found = co_await find_manifest(); !found) co_return found.error();
    if (auto mended = co_await mend_segments(); !mended) co_return mended.error();
    compare_with_log();
    co_return std::move(repaired_);
  }

 private:
  Task<Result<void>> find_manifest() {
    auto found = co_await read_manifest(job_.files, job_.folder);
    if (!found && !found.error().is(HistoryError::damaged)) co_return found.error();
    if (found && *found) {
      manifest_ = std::move(**found);
      co_return Result<void>();
    }
    const std::string why = found ? "it is missing" : found.error().message();
    if (auto known = co_await is_known_version(); !known) co_return known;
    auto segments = co_await find_segments(job_.files, job_.folder);
    if (!segments) co_return segments.error();
    auto archives = co_await find_archives(job_.files, job_.folder);
    if (!archives) co_return archives.error();
    if (found && segments->empty() && archives->empty()) co_return Result<void>();  // a node that never came so far
    co_return co_await make_manifest(std::move(*segments), std::move(*archives), why);
  }

  // One that a later version wrote is not damaged, whatever it looks like.
  Task<Result<void>> is_known_version() {
    const std::string path = fmt::format("{}/{}", job_.folder, manifest_name);
    const auto bytes = co_await runtime::read_file(*job_.files, path);
    if (!bytes || bytes->size() < 12 || !as_text(*bytes).starts_with("ARTHIS1\n")) co_return Result<void>();
    const auto version = load<std::uint32_t>(bytes->data() + 8);
    if (version <= manifest_version) co_return Result<void>();
    co_return Error(HistoryError::damaged,
                    fmt::format("{}: it has format version {}, and this program writes {}: repair it with the version "
                                "of the program that wrote it; where it is damaged just there, move it elsewhere",
                                path, version, manifest_version));
  }

  // All that are of one kind; in its order.
  Result<std::vector<SegmentEntry>> choose(std::vector<FoundSegment> found) {
    for (const FoundSegment& segment : found) {
      manifest_.next_number = std::max(manifest_.next_number, segment.entry.number + 1);
    }
    auto choice = choose_segments(std::move(found));
    if (!choice) return choice.error();
    std::ranges::move(choice->reasons, std::back_inserter(reasons_));
    std::ranges::move(choice->damaged, std::back_inserter(left_out_));
    return std::move(choice->chosen);
  }

  Task<Result<void>> make_manifest(std::vector<FoundSegment> found, std::vector<FoundSegment> archives,
                                   std::string why) {
    const std::string path = fmt::format("{}/{}", job_.folder, manifest_name);
    manifest_.next_number = 1;
    auto chosen = choose(std::move(found));
    if (!chosen) co_return std::move(chosen.error()).at(path);
    manifest_.segments = std::move(*chosen);
    auto chosen_archives = choose(std::move(archives));
    if (!chosen_archives) co_return std::move(chosen_archives.error()).at(path);
    manifest_.archives = std::move(*chosen_archives);
    if (auto filled = co_await fill_gaps(); !filled) co_return filled;
    std::uint64_t samples = 0;
    for (const SegmentEntry& entry : manifest_.segments) samples += entry.samples;
    const Offset end = manifest_.segments.empty() ? Offset() : manifest_.segments.back().to;
    manifest_.cursor = std::max(end, log_.begin());  // the log forgets nothing above the cursor
    for (SegmentEntry& entry : manifest_.archives) entry.clean = std::min(entry.clean, manifest_.cursor);
    const std::string and_archives =
        manifest_.archives.empty() ? "" : fmt::format(" and {} archives", manifest_.archives.size());
    step(fmt::format("{}: {}: {} of the headers of {} segments with {} samples{}; history goes on with batch {}", path,
                     why, did("made anew"), manifest_.segments.size(), samples, and_archives,
                     manifest_.cursor.value()));
    std::ranges::move(reasons_, std::back_inserter(repaired_.steps));
    if (end < manifest_.cursor) lose_batches(end, manifest_.cursor);
    if (log_.begin() > Offset(0) && !manifest_.segments.empty()) {
      step(
          fmt::format("{}: it is not known what was deleted before batch {} and was still in a segment "
                      "(history.purge_after): if there is such, it shows again; delete it again",
                      path, log_.begin().value()));
    }
    if (!job_.write) co_return Result<void>();
    aside_.push_back(path);
    std::ranges::move(left_out_, std::back_inserter(aside_));
    co_return co_await commit();
  }

  // What is made anew may have samples again that were deleted since: all that the log says of that is said again. What
  // is carried out already changes nothing.
  Task<Result<void>> take_deletions() {
    LogPieces pieces(&log_, log_.begin(), manifest_.cursor, job_.head_bytes_max);
    while (true) {
      const auto piece = co_await pieces.next();
      if (!piece) co_return piece.error();
      if (!*piece) break;
      std::ranges::move((*piece)->head->deletions(), std::back_inserter(manifest_.deletions));
    }
    sort(manifest_.deletions);
    const auto repeated = std::ranges::unique(manifest_.deletions);
    manifest_.deletions.erase(repeated.begin(), repeated.end());
    co_return Result<void>();
  }

  // Where a segment is gone with the manifest that named it, the log may still have its batches. Segments that this
  // makes are found like all others by a repair that follows a crash.
  Task<Result<void>> fill_gaps() {
    std::vector<SegmentEntry> all;
    Offset end;
    for (const SegmentEntry& entry : manifest_.segments) {
      if (end < entry.from) {
        auto mended = co_await mend_gap(&surroundings_, end, entry.from);
        if (!mended) co_return mended.error();
        if (mended->from_log > 0) {
          step(fmt::format("batches {} to {}, which no segment has: {} samples {} from the log", end.value(),
                           entry.from.value() - 1, mended->from_log, did("taken")));
        }
        if (!mended->complete) lose_batches(end, entry.from);
        std::ranges::move(mended->made, std::back_inserter(all));
      }
      all.push_back(entry);
      end = entry.to;
    }
    manifest_.segments = std::move(all);
    co_return Result<void>();
  }

  Task<Result<void>> mend_segments() {
    std::vector<SegmentEntry> all;
    bool changed = false;
    std::vector<SegmentEntry> archives;
    for (const SegmentEntry& entry : both(manifest_)) {
      std::vector<SegmentEntry>& into = entry.archived ? archives : all;
      const auto verified = co_await verify_segment(job_.files, job_.folder, entry);
      if (!verified) co_return verified.error();
      if (verified->damage.empty()) {
        into.push_back(entry);
        continue;
      }
      changed = true;
      Result<Mended> mended;
      if (entry.archived) {
        mended = co_await mend_archive(&surroundings_, entry);
      } else {
        mended = co_await mend_segment(&surroundings_, entry);
      }
      if (!mended) co_return mended.error();
      std::ranges::move(mended->steps, std::back_inserter(repaired_.steps));
      std::ranges::move(mended->losses, std::back_inserter(repaired_.losses));
      std::ranges::move(mended->made, std::back_inserter(into));
      if (mended->in_its_place) aside_.push_back(mended->path);
    }
    if (!changed || !job_.write) co_return Result<void>();
    manifest_.segments = std::move(all);
    manifest_.archives = std::move(archives);
    co_return co_await commit();
  }

  static std::vector<SegmentEntry> both(const Manifest& manifest) {
    std::vector<SegmentEntry> all = manifest.segments;
    std::ranges::copy(manifest.archives, std::back_inserter(all));
    return all;
  }

  // New segments have their names; what they replace goes aside, then the manifest says so.
  Task<Result<void>> commit() {
    if (auto taken = co_await take_deletions(); !taken) co_return taken;
    const std::string aside = fmt::format("{}/{}", job_.folder, damaged_folder);
    if (!aside_.empty()) {
      if (auto made = co_await runtime::make_durable_folder(*job_.files, aside); !made) co_return made;
    }
    for (const std::string& path : std::exchange(aside_, {})) {
      if (auto moved = co_await move_aside(path, aside); !moved) co_return moved;
    }
    co_return co_await write_manifest(job_.files, job_.folder, manifest_);
  }

  Task<Result<void>> move_aside(std::string path, std::string aside) {
    const auto entries = co_await job_.files->list(aside);
    if (!entries) co_return entries.error();
    const std::string name = path.substr(path.rfind('/') + 1);
    std::string free_name = name;
    for (int i = 1; std::ranges::find(*entries, free_name, &runtime::FolderEntry::name) != entries->end(); ++i) {
      free_name = fmt::format("{}.{}", name, i);
    }
    const auto moved = co_await job_.files->rename(path, fmt::format("{}/{}", aside, free_name));
    if (!moved && moved.error().is(FileError::not_found)) co_return Result<void>();  // a missing one
    if (!moved) co_return moved;
    for (const std::string& folder : {aside, job_.folder}) {
      if (auto synced = co_await job_.files->sync_folder(folder); !synced) {
        co_return sync_failed(folder, synced.error());
      }
    }
    repaired_.steps.push_back(fmt::format("{}: kept as {}/{}", path, aside, free_name));
    co_return Result<void>();
  }

  // A node starts from the cursor, so what lies between it and the log's ends matters.
  void compare_with_log() {
    if (manifest_.cursor > log_.end()) {
      repaired_.losses.push_back(
          fmt::format("{}: history has batches up to {}, but the log in {} ends at {}: a node does not start with "
                      "these; the log must be brought back",
                      job_.folder, manifest_.cursor.value(), job_.log_folder, log_.end().value()));
    }
    if (manifest_.cursor < log_.begin()) lose_batches(manifest_.cursor, log_.begin());
  }

  void lose_batches(Offset from, Offset to) {
    lose(fmt::format(
        "{}: batches {} to {} are in no segment and not in the log: they had no samples that are kept, or a "
        "segment is missing",
        job_.folder, from.value(), to.value() - 1));
  }
  void lose(std::string line) { repaired_.losses.push_back(std::move(line)); }

  void step(std::string line) { repaired_.steps.push_back(std::move(line)); }
  [[nodiscard]] std::string did(std::string_view what) const {
    return job_.write ? std::string(what) : fmt::format("to be {}", what);
  }

  const RepairJob job_;
  ClosedLog log_;
  Manifest manifest_;
  MendSurroundings surroundings_{job_, log_, manifest_.next_number};
  std::vector<std::string> aside_;     // to be moved with the next commit
  std::vector<std::string> reasons_;   // of a manifest that is made anew, why files are left out of it
  std::vector<std::string> left_out_;  // such files that are damaged
  Repaired repaired_;
};

}  // namespace

Task<Result<Repaired>> repair(RepairJob job) {
  Repair repair(std::move(job));
  co_return co_await repair.run();
}

}  // namespace artery::history
