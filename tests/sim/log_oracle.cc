#include "log_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace artery::log_sim {
namespace {

// Eight bytes of number, then bytes that follow from it.
void fill(Buffer& out, std::uint64_t id, std::size_t payload_bytes) {
  ByteWriter writer(out);
  writer.put(id);
  std::uint64_t word = id * 0x9E3779B97F4A7C15U + 1;
  for (std::size_t at = sizeof id; at < payload_bytes; at += sizeof word) {
    word ^= word << 13U;
    word ^= word >> 7U;
    word ^= word << 17U;
    writer.put(word);
  }
}

}  // namespace

std::uint64_t Oracle::send(std::size_t payload_bytes) {
  sent_.push_back({.payload_bytes = std::max<std::size_t>(payload_bytes / 8 * 8, 8), .offset = std::nullopt});
  return sent_.size() - 1;
}

log::BatchBuilder Oracle::content(std::uint64_t id) const {
  log::BatchBuilder batch;
  fill(batch.bytes(), id, sent_.at(id).payload_bytes);
  return batch;
}

void Oracle::fail(std::string why) {
  if (!failure_) failure_ = std::move(why);
}

std::optional<std::uint64_t> Oracle::identify(const log::Batch& batch) {
  ByteReader reader(batch.payload());
  const auto id = reader.get<std::uint64_t>();
  if (id >= sent_.size()) {
    fail(fmt::format("batch {} holds number {}, which was never sent", batch.offset().value(), id));
    return std::nullopt;
  }
  Buffer expected;
  fill(expected, id, sent_[id].payload_bytes);
  if (!std::ranges::equal(expected, batch.payload())) {
    fail(fmt::format("batch {} does not hold the bytes that were sent", batch.offset().value()));
    return std::nullopt;
  }
  return id;
}

void Oracle::learn(std::uint64_t id, std::uint64_t offset) {
  const auto [known, is_new] = known_.try_emplace(offset, id);
  if (known->second != id) {
    fail(fmt::format("offset {} was number {} and is now number {}", offset, known->second, id));
  }
  if (sent_[id].offset && *sent_[id].offset != offset) {
    fail(fmt::format("number {} is at offset {} and again at {}", id, *sent_[id].offset, offset));
  }
  sent_[id].offset = offset;
}

void Oracle::acknowledged(std::uint64_t id, Offset offset) {
  ++acknowledged_;
  learn(id, offset.value());
}

void Oracle::given_to_reader(const log::Batch& batch) {
  const auto id = identify(batch);
  if (!id) return;
  const std::uint64_t offset = batch.offset().value();
  learn(*id, offset);
  const auto [known, is_new] = arrivals_.try_emplace(offset, batch.arrival().value());
  if (!is_new && known->second != batch.arrival().value()) {
    fail(fmt::format("the arrival of batch {} has changed", offset));
  }
  if (known != arrivals_.begin() && std::prev(known)->second >= known->second) {
    fail(fmt::format("batch {} did not arrive after the one before it", offset));
  }
  if (std::next(known) != arrivals_.end() && std::next(known)->second <= known->second) {
    fail(fmt::format("batch {} arrived after the one behind it", offset));
  }
}

void Oracle::recovered(Offset begin, Offset end, std::uint64_t known_before,
                       const std::vector<log::BatchPtr>& batches) {
  const std::uint64_t needed = *std::ranges::min_element(checkpoints_);
  if (begin.value() > needed) {
    fail(fmt::format("the log begins at {}, but a reader needs it from {}", begin.value(), needed));
  }
  std::set<std::uint64_t> present;
  std::uint64_t last = 0;
  for (const log::BatchPtr& batch : batches) {
    const std::uint64_t offset = batch->offset().value();
    if (!present.empty() && offset <= last) fail(fmt::format("batch {} came after batch {}", offset, last));
    last = offset;
    present.insert(offset);
    given_to_reader(*batch);
  }
  if (!known_.empty() && known_before > end.value()) {
    return fail(fmt::format("the log ends at {}, but batches below {} were known", end.value(), known_before));
  }
  for (auto known = known_.lower_bound(begin.value()); known != known_.lower_bound(end.value()); ++known) {
    if (present.contains(known->first) || rotten_.contains(known->first)) continue;
    return fail(fmt::format("batch {} (number {}) is lost; the log is [{}, {})", known->first, known->second,
                            begin.value(), end.value()));
  }
}

}  // namespace artery::log_sim
