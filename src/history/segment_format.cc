#include "history/segment_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "history/codec/bits.h"
#include "history/codec/texts.h"

namespace artery::history {
namespace {

constexpr std::uint64_t header_magic = 0x0A31474553545241;   // "ARTSEG1\n"
constexpr std::uint64_t trailer_magic = 0x0A31444E45545241;  // "ARTEND1\n"
constexpr std::uint32_t footer_magic = 0x52544641;           // "AFTR"
constexpr std::string_view segment_start = "segment-";
constexpr std::string_view archive_start = "archive-";
constexpr std::string_view name_end = ".seg";
constexpr std::size_t column_run = 1U << 14;  // values of a footer's column that are coded together
constexpr std::uint64_t id_max = 0xFFFFFFFF;
constexpr std::uint64_t bare_signals_max = 1U << 20U;  // of which an archive has no tiles any more

bool is_read(std::uint32_t version) { return version >= segment_version_oldest && version <= segment_version; }

// Header and trailer alike: eight bytes magic, u32 version, u32 checksum of version and all that follows the checksum.
std::uint32_t checksum(Bytes bytes) { return crc32c(bytes.subspan(16), crc32c(bytes.subspan(8, 4))); }

std::string name_of(std::string_view start, std::uint64_t number) {
  return fmt::format("{}{:012}{}", start, number, name_end);
}

std::optional<std::uint64_t> parse_name(std::string_view start, std::string_view name) {
  if (!name.starts_with(start) || !name.ends_with(name_end)) return std::nullopt;
  const std::string_view digits = name.substr(start.size(), name.size() - start.size() - name_end.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || name_of(start, number) != name) return std::nullopt;
  return number;
}

}  // namespace

std::string segment_name(std::uint64_t number) { return name_of(segment_start, number); }
std::optional<std::uint64_t> parse_segment_name(std::string_view name) { return parse_name(segment_start, name); }
std::string archive_name(std::uint64_t number) { return name_of(archive_start, number); }
std::optional<std::uint64_t> parse_archive_name(std::string_view name) { return parse_name(archive_start, name); }

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
  writer.put(clean.value());
  writer.put(std::uint8_t{at_rest});
  out.resize(start + segment_header_bytes);
  store(out.data() + start + 12, checksum(Bytes(out).subspan(start)));
}

std::optional<std::uint32_t> SegmentHeader::other_version(Bytes bytes) {
  ByteReader reader(bytes);
  const auto magic = reader.get<std::uint64_t>();
  const auto version = reader.get<std::uint32_t>();
  if (reader.failed() || magic != header_magic || is_read(version)) return std::nullopt;
  const bool sound = bytes.size() == segment_header_bytes && load<std::uint32_t>(bytes.data() + 12) == checksum(bytes);
  return sound ? std::optional(version) : std::nullopt;
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
  header.clean = Offset(reader.get<std::uint64_t>());
  header.at_rest = reader.get<std::uint8_t>() != 0;
  if (magic != header_magic || !is_read(version) || crc != checksum(bytes)) return std::nullopt;
  return header;
}

namespace {

// A column of any length, in runs.
class ColumnWriter {
 public:
  ColumnWriter(Buffer& out, codec::Effort effort) : out_(out), effort_(effort) {}
  void put(std::uint64_t value) {
    run_.push_back(value);
    if (run_.size() == column_run) finish();
  }
  void finish() {
    if (!run_.empty()) codec::write_integers(out_, run_, effort_);
    run_.clear();
  }

 private:
  Buffer& out_;
  const codec::Effort effort_;
  std::vector<std::uint64_t> run_;
};

bool read_column(ByteReader& reader, std::span<std::uint64_t> column) {
  for (std::size_t at = 0; at < column.size(); at += column_run) {
    if (!codec::read_integers(reader, column.subspan(at, std::min(column_run, column.size() - at)))) return false;
  }
  return true;
}

// Writes a directory's columns, each in a walk of its own: none is ever in memory as a whole.
class DirectoryWriter {
 public:
  DirectoryWriter(Buffer& out, const Directory& directory, codec::Effort effort)
      : out_(out), directory_(directory), effort_(effort) {}

  template <class Get>
  void of_signals(Get get) {
    column([&](ColumnWriter& to, const SignalPlaces& places) { to.put(get(places)); });
  }
  template <class Place, class Get>
  void of_each(std::vector<Place> SignalPlaces::* all, const Get& get) {
    column([&](ColumnWriter& to, const SignalPlaces& places) {
      for (const Place& place : places.*all) to.put(get(place));
    });
  }
  template <class Place>
  void spans_of_each(std::vector<Place> SignalPlaces::* all) {
    of_each(all, [](const Place& place) { return bits(place.span.first); });
    of_each(all, [](const Place& place) { return bits(place.span.last) - bits(place.span.first); });
  }

 private:
  template <class Add>
  void column(const Add& add) {
    ColumnWriter to(out_, effort_);
    Directory::Walk walk(directory_);
    while (const SignalPlaces* places = walk.next()) add(to, *places);
    to.finish();
  }

  Buffer& out_;
  const Directory& directory_;
  const codec::Effort effort_;
};

template <class Get>
void write_texts_of(Buffer& out, const std::vector<SignalNote>& notes, codec::Effort effort, const Get& get) {
  for (std::size_t at = 0; at < notes.size(); at += column_run) {
    std::string text;
    std::vector<std::uint64_t> ends;
    for (std::size_t i = at; i < std::min(notes.size(), at + column_run); ++i)
      ends.push_back((text += get(notes[i])).size());
    codec::write_texts(out, ends, text, effort);
  }
}

void write_types(Buffer& out, const std::vector<SignalNote>& notes, codec::Effort effort) {
  ColumnWriter to(out, effort);
  for (const SignalNote& note : notes) to.put(static_cast<std::uint64_t>(note.type));
  to.finish();
}

// Of so many signals; `take` is given the number and the text of each.
template <class Take>
bool read_texts_of(ByteReader& reader, std::size_t signals, const Take& take) {
  for (std::size_t at = 0; at < signals; at += column_run) {
    std::string text;
    std::vector<std::uint64_t> ends(std::min(signals - at, column_run));
    if (!codec::read_texts(reader, ends, text)) return false;
    for (std::size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++])
      take(at + i, std::string_view(text).substr(begin, ends[i] - begin));
  }
  return true;
}

// The columns of a directory as they stand in a footer.
struct Places {
  std::vector<std::uint64_t> lengths;
  std::vector<std::uint64_t> rows;
  std::vector<std::uint64_t> firsts;
  std::vector<std::uint64_t> durations;

  explicit Places(std::size_t chunks) : lengths(chunks), rows(chunks), firsts(chunks), durations(chunks) {}
  bool read(ByteReader& reader) {
    return read_column(reader, lengths) && read_column(reader, rows) && read_column(reader, firsts) &&
           read_column(reader, durations);
  }
  // Nothing where no chunk can be like that.
  [[nodiscard]] std::optional<ChunkPlace> at(std::size_t chunk, std::uint64_t end_of_last) const {
    if (lengths[chunk] <= chunk_start_bytes || lengths[chunk] > chunk_bytes_max || rows[chunk] > chunk_rows_max)
      return {};
    const ChunkPlace place{end_of_last,
                           static_cast<std::uint32_t>(lengths[chunk]),
                           static_cast<std::uint32_t>(rows[chunk]),
                           {time_of(firsts[chunk]), time_of(firsts[chunk] + durations[chunk])}};
    return place.span.first <= place.span.last ? std::optional(place) : std::nullopt;
  }
};

bool is_type(std::uint64_t type) {
  return static_cast<std::uint64_t>(ValueType::f64) <= type && type <= static_cast<std::uint64_t>(ValueType::text);
}

// The blocks of tiles as they stand in a footer; none in version 2.
struct TilePlaces {
  std::vector<std::uint64_t> lengths;
  std::vector<std::uint64_t> tiles;
  std::vector<std::uint64_t> levels;
  std::vector<std::uint64_t> firsts;
  std::vector<std::uint64_t> durations;
  std::vector<std::uint64_t> of_signal;  // how many

  bool read(ByteReader& reader, std::uint64_t blocks, std::uint64_t signals) {
    if (blocks == 0) return true;
    for (auto* column : {&lengths, &tiles, &levels, &firsts, &durations, &of_signal}) {
      column->resize(column == &of_signal ? signals : blocks);
      if (!read_column(reader, *column)) return false;
    }
    return true;
  }
  // Nothing where no block can be like that.
  [[nodiscard]] std::optional<TilePlace> at(std::size_t block, std::uint64_t end_of_last) const {
    if (lengths[block] <= chunk_start_bytes || lengths[block] > chunk_bytes_max || tiles[block] == 0 ||
        tiles[block] > block_tiles_max || !tile_level_of(levels[block]))
      return {};
    const TilePlace place{end_of_last,
                          static_cast<std::uint32_t>(lengths[block]),
                          static_cast<std::uint32_t>(tiles[block]),
                          *tile_level_of(levels[block]),
                          {time_of(firsts[block]), time_of(firsts[block] + durations[block])}};
    return place.span.first <= place.span.last ? std::optional(place) : std::nullopt;
  }
};

// Fills a directory, signal by signal.
class Filler {
 public:
  Filler(Directory& directory, const Places& places, const TilePlaces& tile_places)
      : directory_(directory), places_(places), tile_places_(tile_places) {}

  // False where a directory cannot be like that.
  bool add(SignalId signal, std::uint64_t chunks_end, std::uint64_t blocks, bool may_be_bare) {
    if (chunks_end < chunk_ || chunks_end > places_.lengths.size() || blocks > tile_places_.lengths.size() - block_)
      return false;
    if (chunks_end == chunk_ && blocks == 0 && !may_be_bare) return false;
    for (; chunk_ < chunks_end; ++chunk_) {
      const auto place = places_.at(chunk_, directory_.end());
      if (!place) return false;
      directory_.add(signal, *place);
    }
    for (const std::uint64_t end = block_ + blocks; block_ < end; ++block_) {
      const auto place = tile_places_.at(block_, directory_.end());
      if (!place) return false;
      directory_.add_tiles(signal, *place);
    }
    return true;
  }
  [[nodiscard]] bool done() const { return chunk_ == places_.lengths.size() && block_ == tile_places_.lengths.size(); }
  [[nodiscard]] std::uint64_t chunk() const { return chunk_; }

 private:
  Directory& directory_;
  const Places& places_;
  const TilePlaces& tile_places_;
  std::uint64_t chunk_ = 0;
  std::uint64_t block_ = 0;
};

bool fill(Directory& directory, const Places& places, const TilePlaces& tile_places, std::span<const std::uint64_t> ids,
          std::span<const std::uint64_t> first_chunks, std::span<const std::uint64_t> untils) {
  Filler filler(directory, places, tile_places);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool ascending = i == 0 || ids[i - 1] < ids[i];
    if (!ascending || ids[i] > id_max || first_chunks[i] != filler.chunk()) return false;
    const std::uint64_t end = i + 1 < ids.size() ? first_chunks[i + 1] : places.lengths.size();
    const std::uint64_t blocks = tile_places.of_signal.empty() ? 0 : tile_places.of_signal[i];
    const SignalId signal(static_cast<std::uint32_t>(ids[i]));
    if (!filler.add(signal, end, blocks, !untils.empty())) return false;
    if (!untils.empty()) directory.end_signal(signal, time_of(untils[i]));
  }
  return filler.done();
}

// The tiles' part of a footer.
void write_tile_places(Buffer& out, const Directory& directory, codec::Effort effort) {
  codec::put_varint(out, directory.blocks());
  if (directory.blocks() == 0) return;
  DirectoryWriter columns(out, directory, effort);
  const auto all = &SignalPlaces::tiles;
  columns.of_each(all, [](const TilePlace& place) { return std::uint64_t{place.bytes}; });
  columns.of_each(all, [](const TilePlace& place) { return std::uint64_t{place.tiles}; });
  columns.of_each(all, [](const TilePlace& place) { return std::uint64_t{tile_level_numbers[place.level]}; });
  columns.spans_of_each(all);
  columns.of_signals([](const SignalPlaces& places) { return std::uint64_t{places.tiles.size()}; });
}

}  // namespace

void Footer::write(Buffer& out, codec::Effort effort) const {
  ARTERY_ASSERT(notes.size() == directory.signals());
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.put(footer_magic);
  writer.put(std::uint32_t{0});
  writer.put(std::uint64_t{0});
  codec::put_varint(out, directory.signals());
  codec::put_varint(out, directory.chunks());
  codec::put_varint(out, directory.samples());
  DirectoryWriter columns(out, directory, effort);
  const auto chunks = &SignalPlaces::chunks;
  columns.of_each(chunks, [](const ChunkPlace& place) { return std::uint64_t{place.bytes}; });
  columns.of_each(chunks, [](const ChunkPlace& place) { return std::uint64_t{place.rows}; });
  columns.spans_of_each(chunks);
  columns.of_signals([](const SignalPlaces& places) { return std::uint64_t{places.signal.value()}; });
  columns.of_signals([first = std::uint64_t{0}](const SignalPlaces& places) mutable {
    return std::exchange(first, first + places.chunks.size());
  });
  write_types(out, notes, effort);
  write_texts_of(out, notes, effort, [](const SignalNote& note) -> const std::string& { return note.facts.name; });
  write_texts_of(out, notes, effort, [](const SignalNote& note) -> const std::string& { return note.facts.unit; });
  write_tile_places(out, directory, effort);
  if (directory.tells_until())
    columns.of_signals([](const SignalPlaces& places) { return bits(places.until.value()); });
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

std::optional<Footer> Footer::read(Bytes bytes, std::uint64_t at) { return read(bytes, at, true); }

std::optional<Directory> Footer::read_directory(Bytes bytes, std::uint64_t at) {
  auto footer = read(bytes, at, false);
  return footer ? std::optional(std::move(footer->directory)) : std::nullopt;
}

std::optional<Footer> Footer::read(Bytes bytes, std::uint64_t at, bool with_notes) {
  ByteReader reader(bytes);
  const auto magic = reader.get<std::uint32_t>();
  const auto crc = reader.get<std::uint32_t>();
  const auto length = reader.get<std::uint64_t>();
  if (reader.failed() || magic != footer_magic || length != bytes.size()) return std::nullopt;
  if (crc != crc32c(bytes.subspan(8))) return std::nullopt;
  const std::uint64_t signals = codec::get_varint(reader);
  const std::uint64_t chunks = codec::get_varint(reader);
  const std::uint64_t samples = codec::get_varint(reader);
  // No more chunks, nor many more signals, than the bytes before the footer can hold: a claim takes no memory.
  if (reader.failed() || chunks > at / chunk_start_bytes || signals > at / chunk_start_bytes + bare_signals_max)
    return std::nullopt;

  Places places(chunks);
  std::vector<std::uint64_t> ids(signals);
  std::vector<std::uint64_t> first_chunks(signals);
  std::vector<std::uint64_t> types(signals);
  if (!places.read(reader) || !read_column(reader, ids) || !read_column(reader, first_chunks) ||
      !read_column(reader, types))
    return std::nullopt;

  Footer footer;
  if (with_notes) footer.notes.resize(signals);
  const auto keep_as = [&](std::string SignalFacts::* text) {
    return [&footer, text](std::size_t signal, std::string_view said) {
      if (!footer.notes.empty()) footer.notes[signal].facts.*text = said;
    };
  };
  const bool named = read_texts_of(reader, signals, keep_as(&SignalFacts::name)) &&
                     read_texts_of(reader, signals, keep_as(&SignalFacts::unit));
  if (!named || !std::ranges::all_of(types, is_type)) return std::nullopt;
  for (std::size_t i = 0; i < footer.notes.size(); ++i) footer.notes[i].type = static_cast<ValueType>(types[i]);

  const std::uint64_t blocks = reader.remaining() > 0 ? codec::get_varint(reader) : 0;  // version 2 ends here
  if (reader.failed() || blocks > at / chunk_start_bytes) return std::nullopt;
  TilePlaces tile_places;
  if (!tile_places.read(reader, blocks, signals)) return std::nullopt;
  std::vector<std::uint64_t> untils(reader.remaining() > 0 ? signals : 0);  // of an archive
  if (!read_column(reader, untils)) return std::nullopt;
  const bool whole = reader.remaining() == 0 && !reader.failed() &&
                     fill(footer.directory, places, tile_places, ids, first_chunks, untils) &&
                     footer.directory.end() == at && footer.directory.samples() == samples;
  if (!whole) return std::nullopt;
  footer.directory.finish();
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
  if (magic != trailer_magic || !is_read(version) || crc != checksum(bytes)) return std::nullopt;
  const std::uint64_t body = file_bytes - segment_trailer_bytes;
  if (trailer.footer_at > body || trailer.footer_bytes != body - trailer.footer_at) return std::nullopt;
  return trailer;
}

}  // namespace artery::history
