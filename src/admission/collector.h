// Admission's Intake: turns the rows of one submission into samples of the pending batches, or refuses them. For
// admission itself.
//
// A pass is one run of a submission's decoder. If it meets names that do not exist, nothing of it is kept; the names
// are created and a second pass follows, in which a name that is still missing is refused.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "admission/admission.h"
#include "admission/pending_batch.h"
#include "admission/rejection.h"
#include "admission/series_cache.h"
#include "governance/assigner.h"

namespace artery::admission {

// What a pass comes to.
struct Outcome {
  std::uint64_t rows = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::vector<Rejection> rejections;  // the first of them, without source, client and time
  RefusalCounts counts{};
  std::vector<governance::WantedSignals> wanted;  // not empty: nothing was kept
};

class Collector final : public Intake {
 public:
  Collector(const AdmissionSettings& settings, const runtime::Clock& clock, const governance::Catalogue& catalogue,
            std::size_t rejections_max);

  // Adds to the last of `batches`, or to new ones behind it. `names_were_created`: the second pass.
  void start_pass(std::deque<PendingBatch>& batches, bool names_were_created);
  Outcome end_pass();

  void start_row(const RowKey& key, std::optional<Time> time, std::uint32_t line) override;
  void quality(Quality quality) override;
  void field(std::string_view name, const ValueView& value) override;
  void end_row() override;
  void refuse(std::uint32_t line, RefusalKind kind, std::string_view reason, std::string_view bytes) override;

  // A batch to collect in, behind the others.
  PendingBatch& add_batch(std::deque<PendingBatch>& batches) { return batches.emplace_back(++last_batch_); }

 private:
  std::uint32_t resolve(std::string_view name, const ValueView& value);
  void want(std::string_view field, const std::string& full_name, ValueType type);
  [[nodiscard]] bool may_be_adopted(std::string_view name) const;
  void refuse_field(RefusalKind kind, const std::string& reason, std::string_view name, const ValueView& value);
  void refuse_conflict(const KnownField& known, const ValueView& value, std::string_view name);
  bool check_time(std::optional<Time> time);
  Layout& layout_for_row();
  [[nodiscard]] bool fits(const Layout& layout) const;

  const AdmissionSettings& settings_;
  const runtime::Clock& clock_;
  const governance::Catalogue& catalogue_;
  const std::size_t rejections_max_;
  SeriesCache cache_;
  std::uint64_t last_batch_ = 0;

  // Of the pass.
  std::deque<PendingBatch>* batches_ = nullptr;
  std::size_t first_batch_ = 0;  // the one that was marked
  bool names_were_created_ = false;
  Time latest_;  // beyond it times are implausible
  Outcome outcome_;
  struct Wanted {
    std::size_t index;                                                  // in outcome_.wanted
    std::unordered_set<std::string, TextHash, std::equal_to<>> fields;  // as their source names them
  };
  std::unordered_map<const Series*, Wanted> wanted_by_series_;

  // Of the row.
  Series* series_ = nullptr;  // nullptr: the row is refused
  RowKey key_{};
  std::uint32_t line_ = 0;
  std::uint64_t row_number_ = 0;
  std::uint32_t expected_ = 0;
  PendingBatch::RowTime time_;
  std::vector<Cell> cells_;
};

}  // namespace artery::admission
