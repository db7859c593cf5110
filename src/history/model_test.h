// For the tests of history/ and query/ and for the simulation: samples to send, and the naive model that history is
// held against.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "history/scan.h"
#include "history/summary_scan.h"
#include "log/batch.h"
#include "model/deletion.h"
#include "model/ids.h"
#include "model/sample.h"
#include "model/sample_block.h"

namespace artery::history::testing {

// One sample as it was sent.
struct Sent {
  AssetId asset;
  SignalId signal;
  Time time;
  Value value;
  Quality quality;
};

// One batch: rows of one shape each.
using SentBatch = std::vector<Sent>;

// Every asset has signals_per_asset signals; the type of a signal follows from its number.
inline constexpr std::uint32_t signals_per_asset = 5;
inline SignalId signal_of(AssetId asset, std::uint32_t field) {
  return SignalId((asset.value() - 1) * signals_per_asset + field + 1);
}
inline AssetId asset_of(SignalId signal) { return AssetId((signal.value() - 1) / signals_per_asset + 1); }
inline ValueType type_of_signal(SignalId signal) {
  static constexpr std::array types{ValueType::f64, ValueType::i64, ValueType::boolean, ValueType::text,
                                    ValueType::f64};
  return types.at((signal.value() - 1) % signals_per_asset);
}

inline Value value_for(SignalId signal, std::uint64_t seed) {
  switch (type_of_signal(signal)) {
    case ValueType::f64:
      return static_cast<double>(seed) / 8;
    case ValueType::i64:
      return static_cast<std::int64_t>(seed) - 2;
    case ValueType::boolean:
      return seed % 2 == 1;
    case ValueType::text:
      break;
  }
  return std::string(seed % 7, static_cast<char>('a' + seed % 26));
}

struct Revision {
  Value value;
  Quality quality;
};
using Model = std::map<SignalId, std::map<Time, std::vector<Revision>>>;

inline void apply(Model& model, const SentBatch& batch) {
  for (const Sent& sent : batch) {
    auto& revisions = model[sent.signal][sent.time];
    const bool replay = std::ranges::any_of(revisions, [&](const Revision& known) {
      return bit_equal(view_of(known.value), view_of(sent.value)) && known.quality == sent.quality;
    });
    if (!replay) revisions.push_back({sent.value, sent.quality});
  }
}

// Of a batch its deletions come first: they take what came before it.
inline void apply(Model& model, const std::vector<Deletion>& deletions) {
  for (const Deletion& deletion : deletions) {
    auto& times = model[deletion.signal];
    times.erase(times.lower_bound(deletion.from), times.lower_bound(deletion.to));
  }
}

// One line per sample that a scan must show, in its order.
inline std::string line_of(Time time, const ValueView& value, Quality quality, std::uint32_t revision) {
  const std::string text = std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
  return fmt::format("{} {} {} r{}", time.value(), text, quality.value(), revision);
}

inline std::vector<std::string> expected(const Model& model, const Scan& scan) {
  std::vector<std::string> lines;
  const auto found = model.find(scan.signal);
  if (found == model.end()) return lines;
  for (const auto& [time, revisions] : found->second) {
    if (time < scan.from || time >= scan.to) continue;
    for (std::size_t i = 0; i < revisions.size(); ++i) {
      if (scan.revisions == Revisions::newest && i + 1 != revisions.size()) continue;
      lines.push_back(
          line_of(time, view_of(revisions[i].value), revisions[i].quality, static_cast<std::uint32_t>(i + 1)));
    }
  }
  if (scan.direction == Direction::backward) std::ranges::reverse(lines);
  if (lines.size() > scan.limit) lines.resize(scan.limit);
  return lines;
}

// What of these a question for summaries must come to: from the newest revisions, sample by sample.
inline std::vector<Summary> expected_of(const Model& model, const SummaryScan& scan) {
  std::vector<Summary> intervals;
  const auto found = model.find(scan.signal);
  if (found == model.end()) return intervals;
  Time end;
  for (const auto& [time, revisions] : found->second) {
    if (time < scan.from || time >= scan.to) continue;
    if (intervals.empty() || time >= end) {
      end = scan.end_of ? scan.end_of(time) : scan.to;
      intervals.emplace_back();
    }
    Samples one;
    one.type = type_of_signal(scan.signal);
    const ValueView value = view_of(revisions.back().value);
    const auto* text = std::get_if<std::string_view>(&value);
    one.push(time, word_of(value), text == nullptr ? "" : *text, revisions.back().quality, Time(0), 1);
    intervals.back().type = one.type;
    intervals.back().add(one, 0, 1, scan.usable);
  }
  return intervals;
}

// One line per summary; of doubles as many digits as do not depend on how a sum was cut (shifted a little,
// none is halfway between two such numbers).
inline std::string line_of(const Summary& summary) {
  constexpr double shift = 1.2345e-6;
  const auto text = [&](const Point& point) {
    return fmt::format("{}={} q{}", point.time.value(), point.word, point.quality.value());
  };
  return fmt::format(
      "{} {} {} worst {} first {} last {} usable {} {} min {} max {} sum {:.9g} {} squares {:.5f} "
      "transitions {} for {} {} integrals {:.5f} {:.5f}",
      summary.count, summary.unusable, summary.uncertain, summary.worst.value(), text(summary.first),
      text(summary.last), text(summary.first_usable), text(summary.last_usable), text(summary.min), text(summary.max),
      summary.sum.value(), static_cast<std::int64_t>(summary.whole_sum), summary.squares + shift, summary.transitions,
      summary.weighted.usable_ns, summary.weighted.nonzero_ns, summary.weighted.stepped.value() + shift,
      summary.weighted.linear.value() + shift);
}

// Blocks of the rows of one asset each, in the order they are given.
inline log::BatchBuilder encode(const SentBatch& batch, const std::vector<Deletion>& deletions = {}) {
  log::BatchBuilder builder;
  for (const Sent& sent : batch) {
    SampleBlockBuilder block({type_of_signal(sent.signal)});
    const std::array signals{sent.signal};
    block.start_row(block.add_series(sent.asset, signals), sent.time, sent.quality);
    block.set(0, view_of(sent.value));
    block.write(builder.bytes());
  }
  for (const Deletion& deletion : deletions) write_deletion(builder.bytes(), deletion);
  return builder;
}

}  // namespace artery::history::testing
