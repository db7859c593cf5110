#include "log/format.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/crc32c.h"

namespace artery::log {
namespace {

constexpr std::uint64_t segment_magic = 0x31474F4C54524141;  // "AARTLOG1"
constexpr std::uint32_t batch_magic = 0x54414241;            // "ABAT"

// Both headers are magic, checksum of all that follows it in the header, then the fields.
struct SegmentLayout {
  std::uint64_t magic;
  std::uint32_t crc;
  std::uint32_t version;
  std::uint64_t life;
  std::uint64_t base;
  std::uint64_t epoch;
  std::uint64_t capacity;
  std::int64_t created;
};
static_assert(sizeof(SegmentLayout) == 56);
constexpr std::size_t segment_crc_from = offsetof(SegmentLayout, version);

struct BatchLayout {
  std::uint32_t magic;
  std::uint32_t crc;
  std::uint64_t life;
  std::uint64_t offset;
  std::uint64_t synced;
  std::int64_t arrival;
  std::uint32_t payload_bytes;
  std::uint32_t payload_crc;
  std::uint64_t position;
  std::uint64_t zero;
};
static_assert(sizeof(BatchLayout) == batch_header_bytes);
constexpr std::size_t batch_crc_from = offsetof(BatchLayout, life);

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

void SegmentHeader::write(std::span<std::byte, segment_header_bytes> to) const {
  const SegmentLayout layout{.magic = segment_magic,
                             .crc = 0,
                             .version = format_version,
                             .life = life,
                             .base = base,
                             .epoch = epoch,
                             .capacity = capacity,
                             .created = created};
  std::memset(to.data(), 0, to.size());
  std::memcpy(to.data(), &layout, sizeof layout);
  const std::uint32_t crc = crc32c(Bytes(to).subspan(segment_crc_from));
  std::memcpy(to.data() + offsetof(SegmentLayout, crc), &crc, sizeof crc);
}

std::optional<SegmentHeader> SegmentHeader::read(Bytes from) {
  if (from.size() < segment_header_bytes) return std::nullopt;
  SegmentLayout layout;
  std::memcpy(&layout, from.data(), sizeof layout);
  const Bytes covered = from.first(segment_header_bytes).subspan(segment_crc_from);
  if (layout.magic != segment_magic || layout.crc != crc32c(covered)) return std::nullopt;
  if (layout.version != format_version) return std::nullopt;
  return SegmentHeader{.life = layout.life,
                       .base = layout.base,
                       .epoch = layout.epoch,
                       .capacity = layout.capacity,
                       .created = layout.created};
}

void BatchHeader::write(std::span<std::byte, batch_header_bytes> to) const {
  BatchLayout layout{.magic = batch_magic,
                     .crc = 0,
                     .life = life,
                     .offset = offset,
                     .synced = synced,
                     .arrival = arrival,
                     .payload_bytes = payload_bytes,
                     .payload_crc = payload_crc,
                     .position = position,
                     .zero = 0};
  layout.crc = crc32c(std::as_bytes(std::span(&layout, 1)).subspan(batch_crc_from));
  std::memcpy(to.data(), &layout, sizeof layout);
}

std::optional<BatchHeader> BatchHeader::read(Bytes from) {
  if (from.size() < batch_header_bytes) return std::nullopt;
  BatchLayout layout;
  std::memcpy(&layout, from.data(), sizeof layout);
  if (layout.magic != batch_magic) return std::nullopt;
  if (layout.crc != crc32c(from.first(batch_header_bytes).subspan(batch_crc_from))) return std::nullopt;
  return BatchHeader{.life = layout.life,
                     .offset = layout.offset,
                     .synced = layout.synced,
                     .arrival = layout.arrival,
                     .payload_bytes = layout.payload_bytes,
                     .payload_crc = layout.payload_crc,
                     .position = layout.position};
}

std::string segment_name(std::uint64_t life, std::uint64_t base) {
  return fmt::format("segment-{:010}-{:020}.log", life, base);
}

std::optional<SegmentName> parse_segment_name(std::string_view name) {
  SegmentName parsed;
  if (!take(name, "segment-") || !take_number(name, parsed.life)) return std::nullopt;
  if (!take(name, "-") || !take_number(name, parsed.base) || name != ".log") return std::nullopt;
  return parsed;
}

std::optional<FoundBatch> batch_at(Bytes segment, std::size_t position, std::uint64_t life) {
  if (position > segment.size()) return std::nullopt;
  const Bytes bytes = segment.subspan(position);
  const auto header = BatchHeader::read(bytes);
  if (!header || header->life != life || header->position != position) return std::nullopt;
  FoundBatch found{.header = *header, .payload_ok = false};
  if (header->payload_bytes % batch_alignment == 0 && found.bytes() <= bytes.size()) {
    const Bytes payload = bytes.subspan(batch_header_bytes, header->payload_bytes);
    found.payload_ok = crc32c(payload) == header->payload_crc;
  }
  return found;
}

std::optional<std::size_t> find_batch(Bytes segment, std::size_t from, std::uint64_t life, std::uint64_t offset) {
  from = (from + batch_alignment - 1) / batch_alignment * batch_alignment;
  for (std::size_t at = from; at + batch_header_bytes <= segment.size(); at += batch_alignment) {
    if (load<std::uint32_t>(segment.data() + at) != batch_magic) continue;
    const auto found = batch_at(segment, at, life);
    if (found && found->payload_ok && found->header.offset >= offset) return at;
  }
  return std::nullopt;
}

}  // namespace artery::log
