// Submissions that are read in pieces.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "admission/admission_test.h"

namespace artery::admission {
namespace {

using testing::asset;
using testing::row;
using testing::Shard;

// Pieces of 100 rows, the first of asset a0, the next of a1 and so on; `read` counts how often one was read.
Decode in_pieces(int count, int& read) {
  return [count, &read, next = 0](Intake& intake, bool again) mutable {
    if (!again) ++next;
    ++read;
    for (int i = 0; i < 100; ++i) row(intake, asset, fmt::format("a{}", next - 1), {{"x", 1.0 * i}}, Time(7));
    return next < count;
  };
}

TEST(AdmissionInPieces, a_submission_in_pieces_gives_others_their_turn_and_is_answered_once_and_whole) {
  sim::Machine machine(14);
  Shard shard(machine, {.batch_bytes = 6'000});
  shard.accepted([](Intake& intake) { row(intake, asset, "small", {{"x", 1.0}}, Time(1)); });
  int read = 0;
  int answers = 0;
  std::optional<int> read_before_small;
  shard.loop->post([&] {
    const Origin origin{.source = "test", .client = "", .topic = {}};
    EXPECT_FALSE(shard.admission->submit(origin, in_pieces(50, read), [&](const Result<Receipt>& receipt) {
      EXPECT_TRUE(receipt && receipt->accepted == 5000 && receipt->refused == 0);
      ++answers;
    }));
    shard.loop->post([&, origin] {
      read_before_small = read;
      EXPECT_TRUE(shard.admission->submit(
          origin, in_one_piece([](Intake& intake) { row(intake, asset, "small", {{"x", 2.0}}, Time(2)); }),
          [&](const Result<Receipt>& receipt) { EXPECT_TRUE(receipt && receipt->accepted == 1); }));
    });
  });
  ASSERT_TRUE(shard.node.process.run_until([&] { return answers > 0; }));
  EXPECT_LT(*read_before_small, 100);
  EXPECT_EQ(read, 100) << "each piece once for its new name, and once more";
  EXPECT_EQ(shard.admission->counters().second_passes, 51U);
  auto logged = shard.logged();
  EXPECT_EQ(logged.samples["small/x"].size(), 2U);
  for (int i = 0; i < 50; ++i) {
    const auto& samples = logged.samples[fmt::format("a{}/x", i)];
    ASSERT_EQ(samples.size(), 100U);
    for (int k = 0; k < 100; ++k) EXPECT_EQ(samples[static_cast<std::size_t>(k)].value, Value(1.0 * k)) << "in order";
  }
  EXPECT_EQ(answers, 1);
}

TEST(AdmissionInPieces, the_pieces_of_a_submission_keep_their_order_behind_whatever_waits) {
  sim::Machine machine(15);
  Shard shard(machine, {.batch_bytes = 1'000, .batches_in_flight_max = 1});
  shard.accepted([](Intake& intake) { row(intake, asset, "a", {{"x", -1.0}}, Time(1)); });
  int answers = 0;
  const auto done = [&](const Result<Receipt>& receipt) {
    EXPECT_TRUE(receipt);
    ++answers;
  };
  shard.loop->post([&] {
    for (int i = 0; i < 20; ++i) {
      shard.admission->submit(
          {.source = "test", .client = "", .topic = {}},
          [next = 0](Intake& intake, bool again) mutable {
            if (!again) ++next;
            row(intake, asset, "a", {{"x", 1.0 * next}}, Time(7));
            return next < 60;
          },
          done);
    }
  });
  ASSERT_TRUE(shard.node.process.run_until([&] { return answers == 20; }));
  std::map<double, std::size_t> counts;  // of each piece; none of a later one may be ahead of an earlier one
  for (const Sample& sample : shard.logged().samples["a/x"]) {
    const double piece = std::get<double>(sample.value);
    const std::size_t before = counts[piece - 1];
    EXPECT_TRUE(piece <= 1 || counts[piece] < before) << "piece " << piece;
    ++counts[piece];
  }
  EXPECT_EQ(counts[60], 20U);
}

TEST(AdmissionInPieces, a_submission_that_fails_half_way_is_answered_once_with_the_reason) {
  sim::Machine machine(16);
  Shard shard(machine, {}, {.signals_max = 100'000});
  shard.accepted([](Intake& intake) { row(intake, asset, "a0", {{"x", 1.0}}, Time(1)); });
  int read = 0;
  int answers = 0;
  machine.faults().capacity_bytes = 0;
  std::optional<Error> error;
  for (int i = 0; i < 100 && !error; ++i) {
    shard.loop->post([&] {
      shard.admission->submit({.source = "test", .client = "", .topic = {}}, in_pieces(500, read),
                              [&](const Result<Receipt>& receipt) {
                                ++answers;
                                if (!receipt) error = receipt.error();
                              });
    });
    ASSERT_TRUE(shard.node.process.run_until([&] { return answers == i + 1; }));
  }
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(AdmissionError::full)) << error->message();
}

}  // namespace
}  // namespace artery::admission
