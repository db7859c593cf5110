#include "history/segment_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "base/crc32c.h"

namespace artery::history {
namespace {

constexpr std::uint64_t header_magic = 0x0A31474553545241;   // "ARTSEG1\n"
constexpr std::uint64_t trailer_magic = 0x0A31444E45545241;  // "ARTEND1\n"
constexpr std::uint32_t footer_magic = 0x52544641;           // "AFTR"
constexpr std::size_t alignment = 8;
constexpr std::string_view name_start = "segment-";
constexpr std::string_view name_end = ".seg";
constexpr std::size_t footer_fixed_bytes = 32;
constexpr std::size_t chunk_entry_bytes = 32;
constexpr std::size_t signal_entry_bytes = 8;

// Header and trailer alike: eight bytes magic, u32 version, u32 checksum of version and all that follows the checksum.
std::uint32_t checksum(Bytes bytes) { return crc32c(bytes.subspan(16), crc32c(bytes.subspan(8, 4))); }

}  // namespace

std::string segment_name(std::uint64_t number) { return fmt::format("{}{:012}{}", name_start, number, name_end); }

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  if (!name.starts_with(name_start) || !name.ends_with(name_end)) return std::nullopt;
  const std::string_view digits = name.substr(name_start.size(), name.size() - name_start.size() - name_end.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || segment_name(number) != name) return std::nullopt;
  return number;
}

void SegmentHeader::write(Buffer& out) const {
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.put(header_magic);
  writer.put(segment_version);
  writer.put(std::uint32_t{0});
  writer.put(number);
  writer.put(from.value());
  writer.put(to.value());
  writer.put(created.value());
  out.resize(start + segment_header_bytes);
  store(out.data() + start + 12, checksum(Bytes(out).subspan(start)));
}

std::optional<SegmentHeader> SegmentHeader::read(Bytes bytes) {
  if (bytes.size() != segment_header_bytes) return std::nullopt;
  ByteReader reader(bytes);
  const auto magic = reader.get<std::uint64_t>();
  const auto version = reader.get<std::uint32_t>();
  const auto crc = reader.get<std::uint32_t>();
  SegmentHeader header;
  header.number = reader.get<std::uint64_t>();
  header.from = Offset(reader.get<std::uint64_t>());
  header.to = Offset(reader.get<std::uint64_t>());
  header.created = Time(reader.get<std::int64_t>());
  if (magic != header_magic || version != segment_version || crc != checksum(bytes)) return std::nullopt;
  return header;
}

void Directory::add(SignalId signal, const ChunkPlace& place) {
  ARTERY_ASSERT(place.at == end());
  if (signals_.empty() || signals_.back().signal != signal) {
    ARTERY_ASSERT(signals_.empty() || signals_.back().signal < signal);
    signals_.push_back({signal, static_cast<std::uint32_t>(chunks_.size())});
  }
  chunks_.push_back(place);
  samples_ += place.rows;
}

Directory::Range Directory::chunks_of(SignalId signal) const {
  const auto found = std::ranges::lower_bound(signals_, signal, {}, &Entry::signal);
  if (found == signals_.end() || found->signal != signal) return {};
  const bool last = found + 1 == signals_.end();
  return {found->first_chunk, last ? static_cast<std::uint32_t>(chunks_.size()) : (found + 1)->first_chunk};
}

SignalId Directory::signal_of(std::uint32_t chunk) const {
  return (std::ranges::upper_bound(signals_, chunk, {}, &Entry::first_chunk) - 1)->signal;
}

std::uint64_t Directory::end() const {
  return chunks_.empty() ? segment_header_bytes : chunks_.back().at + chunks_.back().bytes;
}

void Footer::write(Buffer& out) const {
  ARTERY_ASSERT(notes.size() == directory.signals_.size() && out.size() % alignment == 0);
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.put(footer_magic);
  writer.put(std::uint32_t{0});
  writer.put(std::uint64_t{0});
  writer.put(static_cast<std::uint32_t>(directory.signals_.size()));
  writer.put(static_cast<std::uint32_t>(directory.chunks_.size()));
  writer.put(directory.samples_);
  for (const ChunkPlace& chunk : directory.chunks_) {
    writer.put(chunk.at);
    writer.put(chunk.bytes);
    writer.put(chunk.rows);
    writer.put(chunk.span.first.value());
    writer.put(chunk.span.last.value());
  }
  for (const auto& entry : directory.signals_) {
    const auto range = directory.chunks_of(entry.signal);
    writer.put(entry.signal.value());
    writer.put(range.end - range.begin);
  }
  for (const SignalNote& note : notes) {
    writer.put(note.type);
    writer.text(note.facts.name);
    writer.text(note.facts.unit);
  }
  out.resize((out.size() + alignment - 1) / alignment * alignment);
  const std::uint64_t bytes = out.size() - start;
  store(out.data() + start + 8, bytes);
  store(out.data() + start + 4, crc32c(Bytes(out).subspan(start + 8)));

  const std::size_t trailer = out.size();
  writer.put(trailer_magic);
  writer.put(segment_version);
  writer.put(std::uint32_t{0});
  writer.put(directory.end());
  writer.put(bytes);
  ARTERY_ASSERT(out.size() - trailer == segment_trailer_bytes);
  store(out.data() + trailer + 12, checksum(Bytes(out).subspan(trailer)));
}

std::optional<Footer> Footer::read(Bytes bytes, std::uint64_t at) {
  ByteReader reader(bytes);
  const auto magic = reader.get<std::uint32_t>();
  const auto crc = reader.get<std::uint32_t>();
  const auto length = reader.get<std::uint64_t>();
  const auto signals = reader.get<std::uint32_t>();
  const auto chunks = reader.get<std::uint32_t>();
  const auto samples = reader.get<std::uint64_t>();
  if (reader.failed() || magic != footer_magic || length != bytes.size()) return std::nullopt;
  if (crc != crc32c(bytes.subspan(8))) return std::nullopt;
  const std::uint64_t entries = std::uint64_t{chunks} * chunk_entry_bytes + std::uint64_t{signals} * signal_entry_bytes;
  if (entries > bytes.size() - footer_fixed_bytes) return std::nullopt;

  Footer footer;
  ByteReader places(reader.bytes(std::size_t{chunks} * chunk_entry_bytes));
  std::uint64_t left = chunks;
  for (std::uint32_t i = 0; i < signals; ++i) {
    const auto signal = SignalId(reader.get<std::uint32_t>());
    const auto count = reader.get<std::uint32_t>();
    const bool ascending = footer.directory.signals_.empty() || footer.directory.signals_.back().signal < signal;
    if (!ascending || count == 0 || count > left) return std::nullopt;
    left -= count;
    for (std::uint32_t j = 0; j < count; ++j) {
      ChunkPlace place;
      place.at = places.get<std::uint64_t>();
      place.bytes = places.get<std::uint32_t>();
      place.rows = places.get<std::uint32_t>();
      place.span.first = Time(places.get<std::int64_t>());
      place.span.last = Time(places.get<std::int64_t>());
      const bool follows = place.at == footer.directory.end() && place.bytes >= chunk_header_bytes &&
                           place.bytes <= chunk_bytes_max && place.span.first <= place.span.last;
      if (!follows) return std::nullopt;
      footer.directory.add(signal, place);
    }
  }
  if (left != 0 || footer.directory.end() != at || footer.directory.samples() != samples) return std::nullopt;
  footer.notes.resize(signals);
  for (SignalNote& note : footer.notes) {
    note.type = reader.get<ValueType>();
    note.facts.name = reader.text();
    note.facts.unit = reader.text();
  }
  if (reader.failed()) return std::nullopt;
  return footer;
}

std::optional<SegmentTrailer> SegmentTrailer::read(Bytes bytes, std::uint64_t file_bytes) {
  if (bytes.size() != segment_trailer_bytes) return std::nullopt;
  ByteReader reader(bytes);
  const auto magic = reader.get<std::uint64_t>();
  const auto version = reader.get<std::uint32_t>();
  const auto crc = reader.get<std::uint32_t>();
  SegmentTrailer trailer;
  trailer.footer_at = reader.get<std::uint64_t>();
  trailer.footer_bytes = reader.get<std::uint64_t>();
  if (magic != trailer_magic || version != segment_version || crc != checksum(bytes)) return std::nullopt;
  const std::uint64_t body = file_bytes - segment_trailer_bytes;
  if (trailer.footer_at > body || trailer.footer_bytes != body - trailer.footer_at) return std::nullopt;
  return trailer;
}

}  // namespace artery::history
