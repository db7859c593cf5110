#include "history/chunk.h"

#include <algorithm>
#include <numeric>

#include "base/assert.h"
#include "base/crc32c.h"

namespace artery::history {
namespace {

constexpr std::uint32_t chunk_magic = 0x4B484341;  // "ACHK"
constexpr std::size_t crc_at = 4;
constexpr std::size_t crc_from = 8;
constexpr std::size_t bytes_at = 8;
constexpr std::size_t alignment = 8;

// The numbers are on disk.
enum class Form : std::uint8_t { raw = 0, constant = 1, regular = 2 };

struct Forms {
  Form time = Form::raw;
  Form value = Form::raw;
  Form quality = Form::raw;
  Form arrival = Form::raw;
};

template <class Column>
bool all_equal(const Column& column) {
  return std::ranges::all_of(column, [&](const auto& item) { return item == column.front(); });
}

std::uint64_t bits(Time time) { return static_cast<std::uint64_t>(time.value()); }

bool is_regular(const std::vector<Time>& times) {
  if (times.size() < 2) return true;
  const std::uint64_t step = bits(times[1]) - bits(times[0]);
  for (std::size_t row = 1; row < times.size(); ++row) {
    if (bits(times[row]) - bits(times[row - 1]) != step) return false;
  }
  return true;
}

Forms forms_of(const Samples& samples) {
  Forms forms;
  if (is_regular(samples.times)) forms.time = Form::regular;
  if (samples.type != ValueType::text && all_equal(samples.words)) forms.value = Form::constant;
  if (all_equal(samples.qualities)) forms.quality = Form::constant;
  if (all_equal(samples.arrivals)) forms.arrival = Form::constant;
  return forms;
}

void write_values(ByteWriter& writer, const Samples& samples, Form form) {
  if (form == Form::constant) return writer.put(samples.words.front());
  switch (samples.type) {
    case ValueType::f64:
    case ValueType::i64:
      return writer.bytes(std::as_bytes(std::span(samples.words)));
    case ValueType::boolean:
      for (const std::uint64_t word : samples.words) writer.put(static_cast<std::uint8_t>(word));
      return;
    case ValueType::text:
      for (const std::uint64_t end : samples.words) writer.put(static_cast<std::uint32_t>(end));
      writer.bytes(as_bytes(samples.text));
      return;
  }
}

void write_columns(Buffer& out, const Samples& samples, const Forms& forms) {
  ByteWriter writer(out);
  if (forms.time == Form::regular) {
    writer.put(samples.size() < 2 ? std::uint64_t{0} : bits(samples.times[1]) - bits(samples.times[0]));
  } else {
    for (const Time time : samples.times) writer.put(time.value());
  }
  write_values(writer, samples, forms.value);
  writer.align(alignment);
  const std::size_t qualities = forms.quality == Form::constant ? 1 : samples.size();
  for (std::size_t row = 0; row < qualities; ++row) writer.put(samples.qualities[row].value());
  writer.align(alignment);
  const std::size_t arrivals = forms.arrival == Form::constant ? 1 : samples.size();
  for (std::size_t row = 0; row < arrivals; ++row) writer.put(samples.arrivals[row].value());
}

class ColumnReader {
 public:
  ColumnReader(Bytes body, std::uint32_t rows) : start_(body.size()), reader_(body), rows_(rows) {}

  bool times(const Span& span, Form form, std::vector<Time>& into) {
    if (form == Form::regular) {
      const auto step = reader_.get<std::uint64_t>();
      for (std::uint32_t row = 0; row < rows_; ++row) {
        into.emplace_back(static_cast<std::int64_t>(bits(span.first) + row * step));
      }
    } else if (form == Form::raw) {
      fixed<std::int64_t>(into);
    }
    return into.size() == rows_ && into.front() == span.first && into.back() == span.last &&
           std::ranges::is_sorted(into);
  }

  bool values(Form form, std::uint32_t text_bytes, Samples& into) {
    if (form == Form::constant && into.type != ValueType::text) {
      into.words.assign(rows_, reader_.get<std::uint64_t>());
    } else if (form != Form::raw) {
      return false;
    } else if (into.type == ValueType::boolean) {
      fixed<std::uint8_t>(into.words);
    } else if (into.type == ValueType::text) {
      fixed<std::uint32_t>(into.words);
      into.text = as_text(reader_.bytes(text_bytes));
      if (into.words.size() != rows_ || into.words.back() != into.text.size()) return false;
      if (!std::ranges::is_sorted(into.words)) return false;
    } else {
      fixed<std::uint64_t>(into.words);
    }
    skip_padding();
    const bool truth = into.type == ValueType::boolean;
    return into.words.size() == rows_ &&
           (!truth || std::ranges::all_of(into.words, [](std::uint64_t word) { return word <= 1; }));
  }

  template <class Raw, class T>
  bool constant_or_raw(Form form, std::vector<T>& into) {
    if (form == Form::constant) {
      into.assign(rows_, T(reader_.get<Raw>()));
    } else if (form == Form::raw) {
      fixed<Raw>(into);
    }
    skip_padding();
    return into.size() == rows_;
  }

  [[nodiscard]] bool ended() const { return !reader_.failed() && reader_.remaining() == 0; }

 private:
  template <class Raw, class T>
  void fixed(std::vector<T>& into) {
    const Bytes raw = reader_.bytes(rows_ * sizeof(Raw));
    into.reserve(raw.size() / sizeof(Raw));
    for (std::size_t at = 0; at < raw.size(); at += sizeof(Raw)) into.emplace_back(load<Raw>(raw.data() + at));
  }
  void skip_padding() { reader_.bytes((alignment - (start_ - reader_.remaining()) % alignment) % alignment); }

  const std::size_t start_;
  ByteReader reader_;
  const std::uint32_t rows_;
};

}  // namespace

ChunkHeader write_chunk(Buffer& out, SignalId signal, std::uint32_t first_row, const Samples& samples) {
  ARTERY_ASSERT(!samples.empty() && samples.size() <= chunk_rows_max && out.size() % alignment == 0);
  const std::size_t start = out.size();
  const Forms forms = forms_of(samples);
  ChunkHeader header{
      signal, 0, first_row, static_cast<std::uint32_t>(samples.size()), {samples.times.front(), samples.times.back()}};
  ByteWriter writer(out);
  writer.put(chunk_magic);
  writer.put(std::uint32_t{0});
  writer.put(std::uint32_t{0});
  writer.put(signal.value());
  writer.put(first_row);
  writer.put(header.rows);
  writer.put(header.span.first.value());
  writer.put(header.span.last.value());
  writer.put(static_cast<std::uint32_t>(samples.text.size()));
  writer.put(samples.type);
  writer.put(forms.time);
  writer.put(forms.value);
  writer.put(forms.quality);
  writer.put(forms.arrival);
  out.resize(start + chunk_header_bytes);
  write_columns(out, samples, forms);
  out.resize((out.size() + alignment - 1) / alignment * alignment);
  ARTERY_ASSERT(out.size() - start <= chunk_bytes_max);
  header.bytes = static_cast<std::uint32_t>(out.size() - start);
  store(out.data() + start + bytes_at, header.bytes);
  store(out.data() + start + crc_at, crc32c(Bytes(out).subspan(start + crc_from)));
  return header;
}

std::optional<ChunkHeader> read_chunk_header(Bytes bytes) {
  ByteReader reader(bytes);
  const auto magic = reader.get<std::uint32_t>();
  reader.get<std::uint32_t>();
  ChunkHeader header;
  header.bytes = reader.get<std::uint32_t>();
  header.signal = SignalId(reader.get<std::uint32_t>());
  header.first_row = reader.get<std::uint32_t>();
  header.rows = reader.get<std::uint32_t>();
  header.span.first = Time(reader.get<std::int64_t>());
  header.span.last = Time(reader.get<std::int64_t>());
  if (reader.failed() || magic != chunk_magic || header.bytes < chunk_header_bytes || header.bytes > chunk_bytes_max ||
      header.bytes % alignment != 0 || header.rows == 0 || header.rows > chunk_rows_max ||
      header.span.last < header.span.first) {
    return std::nullopt;
  }
  return header;
}

std::optional<Chunk> read_chunk(Bytes bytes) {
  const auto header = read_chunk_header(bytes);
  if (!header || header->bytes != bytes.size()) return std::nullopt;
  if (load<std::uint32_t>(bytes.data() + crc_at) != crc32c(bytes.subspan(crc_from))) return std::nullopt;

  ByteReader reader(bytes.subspan(40, chunk_header_bytes - 40));
  const auto text_bytes = reader.get<std::uint32_t>();
  const auto type = reader.get<ValueType>();
  Forms forms;
  forms.time = reader.get<Form>();
  forms.value = reader.get<Form>();
  forms.quality = reader.get<Form>();
  forms.arrival = reader.get<Form>();
  if (type < ValueType::f64 || type > ValueType::text) return std::nullopt;

  Chunk chunk{*header, {}};
  Samples& columns = chunk.rows.columns;
  columns.type = type;
  ColumnReader body(bytes.subspan(chunk_header_bytes), header->rows);
  const bool whole = body.times(header->span, forms.time, columns.times) &&
                     body.values(forms.value, text_bytes, columns) &&
                     body.constant_or_raw<std::uint32_t>(forms.quality, columns.qualities) &&
                     body.constant_or_raw<std::int64_t>(forms.arrival, columns.arrivals) && body.ended();
  if (!whole) return std::nullopt;
  chunk.rows.orders.resize(header->rows);
  std::iota(chunk.rows.orders.begin(), chunk.rows.orders.end(), header->first_row);
  return chunk;
}

void clip(Rows& rows, const Span& span) {
  Samples& columns = rows.columns;
  const auto first = std::ranges::lower_bound(columns.times, span.first) - columns.times.begin();
  const auto last = std::max(first, std::ranges::upper_bound(columns.times, span.last) - columns.times.begin());
  const auto keep = [&](auto& column) {
    column.erase(column.begin() + last, column.end());
    column.erase(column.begin(), column.begin() + first);
  };
  if (columns.type == ValueType::text && first > 0) {
    const std::uint64_t cut = columns.words[static_cast<std::size_t>(first) - 1];
    columns.text.erase(0, cut);
    for (std::uint64_t& end : columns.words) end -= std::min(end, cut);
  }
  keep(columns.times);
  keep(columns.words);
  keep(columns.qualities);
  keep(columns.arrivals);
  keep(rows.orders);
}

}  // namespace artery::history
