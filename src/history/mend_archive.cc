#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "history/archive.h"
#include "history/error.h"
#include "history/mend.h"
#include "history/verify.h"

namespace artery::history {

using runtime::Task;

namespace {

// One with all that can be read of `damaged`; nothing where nothing can.
Task<Result<std::optional<SegmentEntry>>> salvage(const MendSurroundings* around,
                                                  std::shared_ptr<const Segment> damaged) {
  const RepairJob& job = around->job;
  const SegmentEntry entry = damaged->entry();
  ArchiveJob anew{.plan = {.files = job.files,
                           .folder = job.folder,
                           .number = around->next_number++,
                           .from = entry.from,
                           .to = entry.to,
                           .clean = entry.clean,
                           .created = *entry.archived,
                           .names = job.names,
                           .effort = codec::Effort::small,
                           .tiles = job.tiles,
                           .archive = true},
                  .segments = {},
                  .archives = {std::move(damaged)},
                  .deletions = {},
                  .retention = {{}, {}, job.names, job.now},
                  .pace = {},
                  .salvage = true};
  auto made = co_await make_archive(std::move(anew));
  if (!made) co_return made.error();
  if (!made->writer) co_return std::optional<SegmentEntry>();
  auto named = co_await made->writer->give_name();
  if (!named) co_return named.error();
  co_return std::optional(*named);
}

}  // namespace

Task<Result<Mended>> mend_archive(const MendSurroundings* around, SegmentEntry damaged) {
  const RepairJob& job = around->job;
  Mended mended;
  mended.path = fmt::format("{}/{}", job.folder, file_name(damaged));
  auto verified = co_await verify_segment(job.files, job.folder, damaged);
  if (!verified) co_return verified.error();
  mended.losses = std::move(verified->damage);
  mended.in_its_place = true;
  auto opened = co_await Segment::open(job.files, job.folder, damaged);
  if (!opened) {
    if (!opened.error().is(HistoryError::damaged)) co_return opened.error();
    mended.losses.push_back(
        fmt::format("{}: its {} tiles are lost, and nothing else has them", mended.path, damaged.samples));
    co_return mended;
  }
  mended.steps.push_back(
      fmt::format("{}: {} of what can be read of it", mended.path, job.write ? "made anew" : "to be made anew"));
  if (!job.write) co_return mended;
  const auto made = co_await salvage(around, std::move(opened->segment));
  if (!made) co_return made.error();
  if (*made) mended.made.push_back(**made);
  co_return mended;
}

}  // namespace artery::history
