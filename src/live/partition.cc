#include "live/partition.h"

#include "model/deletion.h"
#include "model/record.h"
#include "model/sample_block.h"

namespace artery::live {

void Partition::apply(const log::Batch& batch) {
  RecordReader records(batch.payload());
  while (const auto record = records.next()) {
    if (record->kind == RecordKind::deletion) {
      const auto deletion = read_deletion(record->body);
      if (deletion) table_.apply(*deletion, batch.arrival());
      if (!deletion) ++malformed_;
    }
    if (record->kind != RecordKind::samples) continue;
    const auto block = SampleBlockView::parse(record->body);
    if (!block) {
      ++malformed_;
      continue;
    }
    samples_ += table_.apply(*block, batch.arrival());
    watches_.tell_samples(*block);
  }
  if (records.failed()) ++malformed_;
}

void Partition::turn_ended() {
  watches_.tell_changes();
  count_signals();
}

}  // namespace artery::live
