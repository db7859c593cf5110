#include "governance/catalogue_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <coroutine>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "governance/snapshot_files.h"
#include "model/record.h"

namespace artery::governance {

class CatalogueReader::Following {
 public:
  Following(Surroundings around, CatalogueReaderSettings settings)
      : around_(around), settings_(std::move(settings)), files_(around.files, settings_.folder) {}

  runtime::Task<Result<void>> open() {
    if (auto loaded = co_await load(); !loaded) co_return loaded.error();
    const Offset until = around_.log.end();
    reader_ = around_.log.follow("catalogue", around_.home, kept_from(), log::Log::no_lag_limit);
    checkpointed_at_ = around_.clock.instant();
    scope_.spawn(follow());
    co_return co_await applied(until);
  }

  runtime::Task<Result<void>> applied(Offset offset) {
    co_await Reached{*this, offset};
    if (position_ < offset) co_return *ended_;
    co_return Result<void>();
  }

  runtime::Task<Result<void>> close() {
    co_await Reached{*this, Offset(std::numeric_limits<std::uint64_t>::max())};
    if (new_bytes_ == 0) co_return Result<void>();
    co_return co_await write_snapshot();
  }

 private:
  // Where the log is followed from, and so is kept from: the older snapshot is of use only together with the log from
  // its offset on. What is applied already is skipped.
  [[nodiscard]] Offset kept_from() const {
    return kept_.size() < 2 ? position_ : std::max(kept_[kept_.size() - 2], around_.log.begin());
  }

  // Waits for the position or the end of following.
  struct Reached {
    Following& following;
    Offset offset;
    bool await_ready() const { return following.position_ >= offset || following.ended_; }
    void await_suspend(std::coroutine_handle<> self) const { following.waiting_.push_back({offset, self}); }
    void await_resume() const {}
  };
  struct Waiting {
    Offset offset;
    std::coroutine_handle<> who;
  };

  runtime::Task<Result<void>> load() {
    co_await runtime::on(around_.pool);
    auto loaded = co_await load_newest();
    co_await runtime::on(around_.home);
    if (!loaded) co_return loaded;
    if (position_ < around_.log.begin()) {
      co_return Error(GovernanceError::malformed,
                      fmt::format("{}: no intact catalogue snapshot reaches the log, which begins at batch {}; names "
                                  "would be lost. Put a snapshot back from a copy.",
                                  settings_.folder, around_.log.begin().value()));
    }
    if (position_ > around_.log.end()) {
      co_return Error(
          GovernanceError::malformed,
          fmt::format("{}: the catalogue has names up to batch {}, but the log ends at {}: they do not belong "
                      "together. Put the log back, or all of the data folder from a backup.",
                      settings_.folder, position_.value(), around_.log.end().value()));
    }
    co_return Result<void>();
  }

  runtime::Task<Result<void>> load_newest() {
    auto offsets = co_await files_.open();
    if (!offsets) co_return offsets.error();
    for (const Offset offset : *offsets) {
      auto bytes = co_await files_.read(offset);
      if (!bytes) co_return bytes.error();
      const auto loaded = around_.catalogue.load(*bytes);
      if (loaded) {
        position_ = *loaded;
        kept_.assign(offsets->rbegin(), offsets->rend());
        std::erase_if(kept_, [&](Offset one) { return one > offset; });
        co_return Result<void>();
      }
      around_.journal.error("governance", "{}: {}; an older one is tried", files_.path(offset),
                            loaded.error().message());
    }
    co_return Result<void>();
  }

  runtime::Task<void> follow() {
    while (true) {
      auto batches = co_await reader_->next(settings_.read_bytes);
      if (!batches) {
        end(batches.error());
        co_return;
      }
      for (const log::BatchPtr& batch : *batches) apply(*batch);
      position_ = std::max(position_, reader_->position());
      wake();
      if (!checkpoint_is_due()) continue;
      const Offset before = kept_.empty() ? Offset() : kept_.back();
      if (auto written = co_await write_snapshot(); !written) {
        around_.journal.error("governance", "the catalogue's snapshot failed and is tried again later: {}",
                              written.error().message());
      } else {
        reader_->checkpointed(before);
      }
    }
  }

  void apply(const log::Batch& batch) {
    if (batch.offset() < position_) return;
    RecordReader records(batch.payload());
    while (const auto record = records.next()) {
      if (record->kind != RecordKind::catalogue) continue;
      if (auto applied = around_.catalogue.apply(record->body); !applied) {
        around_.journal.error("governance", "batch {}: {}; this change is left out", batch.offset().value(),
                              applied.error().message());
      }
    }
    position_ = Offset(batch.offset().value() + 1);
    new_bytes_ += batch.bytes().size();
  }

  void end(const Error& error) {
    if (!error.is(log::LogError::closed)) {
      around_.journal.error("governance", "the catalogue follows the log no more: {}", error.message());
    }
    ended_ = error;
    wake();
  }

  // Whoever waited goes on as work of its own, since it may wait again at once.
  void wake() {
    for (const Waiting& one : std::exchange(waiting_, {})) {
      if (ended_ || one.offset <= position_) {
        around_.home.post([who = one.who] { who.resume(); });
      } else {
        waiting_.push_back(one);
      }
    }
  }

  [[nodiscard]] bool checkpoint_is_due() const {
    if (new_bytes_ == 0) return false;
    return new_bytes_ >= settings_.checkpoint_bytes ||
           around_.clock.instant() - checkpointed_at_ >= settings_.checkpoint_every;
  }

  // While it is written nothing is applied, so that the bytes are those of the position.
  runtime::Task<Result<void>> write_snapshot() {
    new_bytes_ = 0;
    checkpointed_at_ = around_.clock.instant();
    const Offset offset = position_;
    co_await runtime::on(around_.pool);
    auto written = co_await files_.write(offset, around_.catalogue.snapshot(offset));
    if (written) {
      kept_.push_back(offset);
      while (kept_.size() > 2) {
        if (auto removed = co_await files_.remove(kept_.front()); !removed) {
          around_.journal.warning("governance", "an old snapshot stays: {}", removed.error().message());
        }
        kept_.erase(kept_.begin());
      }
    }
    co_await runtime::on(around_.home);
    co_return written;
  }

  Surroundings around_;
  CatalogueReaderSettings settings_;
  SnapshotFiles files_;
  std::unique_ptr<log::Reader> reader_;
  std::vector<Offset> kept_;  // snapshots, oldest first
  Offset position_;           // everything below it is applied
  std::uint64_t new_bytes_ = 0;
  Instant checkpointed_at_;
  std::optional<Error> ended_;
  std::vector<Waiting> waiting_;
  runtime::Scope scope_;
};

CatalogueReader::CatalogueReader(Surroundings around, CatalogueReaderSettings settings)
    : following_(std::make_unique<Following>(around, std::move(settings))) {}
CatalogueReader::~CatalogueReader() = default;

runtime::Task<Result<void>> CatalogueReader::open() { return following_->open(); }
runtime::Task<Result<void>> CatalogueReader::applied(Offset offset) { return following_->applied(offset); }
runtime::Task<Result<void>> CatalogueReader::close() { return following_->close(); }

}  // namespace artery::governance
