// For tests: admission over the real log, catalogue and assigner, on a simulated process.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admission/admission.h"
#include "governance/node_test.h"
#include "model/sample_block.h"
#include "runtime/sim/machine.h"

namespace artery::admission::testing {

using governance::NodeOnSim;

// What is in the log, by signal name, in the order of the log.
struct Logged {
  std::map<std::string, std::vector<Sample>> samples;
  std::vector<std::string> messages;
  std::size_t batches = 0;
};

class Shard {
 public:
  explicit Shard(sim::Machine& machine, AdmissionSettings settings = {}, governance::AssignerSettings limits = {})
      : node(machine, {}, limits), loop(node.process.make_loop("shard")) {
    if (!node.open_result) return;
    admission = std::make_unique<Admission>(
        Admission::Surroundings{*loop, node.process.clock(), *node.log, node.catalogue, *node.assigner, rejections},
        settings);
  }
  ~Shard() {
    node.process.halt();
    admission.reset();
  }

  Result<Receipt> submit(std::function<void(Intake&)> rows) {
    std::optional<Result<Receipt>> result;
    loop->post([&] {
      admission->submit({.source = "test", .client = "me", .topic = "the/topic"}, in_one_piece(rows),
                        [&](Result<Receipt> receipt) { result = std::move(receipt); });
    });
    EXPECT_TRUE(node.process.run_until([&] { return result.has_value(); }));
    return std::move(*result);
  }
  Receipt accepted(std::function<void(Intake&)> rows) {
    auto receipt = submit(std::move(rows));
    EXPECT_TRUE(receipt);
    return receipt.value_or(Receipt{});
  }

  Logged logged() {
    Logged all;
    const auto reader = node.log->follow("test", *node.home, Offset(0), std::numeric_limits<std::uint64_t>::max());
    while (reader->position() < node.log->end()) {
      const auto batches = node.process.run(reader->next(1 << 20));
      for (const log::BatchPtr& batch : **batches) {
        RecordReader records(batch->payload());
        bool counted = false;
        while (const auto record = records.next()) {
          if (record->kind == RecordKind::catalogue) continue;
          if (!counted) ++all.batches;
          counted = true;
          if (record->kind == RecordKind::message) all.messages.emplace_back(read_message(record->body)->topic);
          if (record->kind == RecordKind::samples) add(all, *SampleBlockView::parse(record->body));
        }
      }
    }
    return all;
  }

  NodeOnSim node;
  std::unique_ptr<runtime::Loop> loop;
  RejectionStore rejections{10};
  std::unique_ptr<Admission> admission;

 private:
  void add(Logged& all, const SampleBlockView& block) const {
    for (std::uint32_t row = 0; row < block.rows(); ++row) {
      for (std::uint32_t field = 0; field < block.fields(); ++field) {
        if (!block.has_value(field, row)) continue;
        const std::uint32_t series = block.row_series()[row];
        const auto known = node.catalogue.find(block.signal(series, field));
        EXPECT_EQ(known->asset, block.asset(series));
        all.samples[node.catalogue.full_name(block.signal(series, field))].push_back(
            {Time(block.times()[row]), value_of(block.value(field, row)), block.quality(row)});
      }
    }
  }
};

using Fields = std::vector<std::pair<std::string, ValueView>>;

inline void row(Intake& intake, RowKey::Kind kind, std::string_view key, const Fields& fields,
                std::optional<Time> time = std::nullopt, std::uint32_t line = 0) {
  intake.start_row({kind, key}, time, line);
  for (const auto& [name, value] : fields) intake.field(name, value);
  intake.end_row();
}

inline constexpr auto line_protocol = RowKey::Kind::line_protocol;
inline constexpr auto asset = RowKey::Kind::asset;
inline constexpr auto signal = RowKey::Kind::signal;

}  // namespace artery::admission::testing
