#include "sources/replay/file_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "base/ascii.h"
#include "base/settings.h"
#include "sources/replay/error.h"

namespace artery::replay {
namespace {

bool strip_any(std::string& name, std::span<const std::string_view> endings) {
  for (const std::string_view ending : endings) {
    if (!to_lower_ascii(name).ends_with(ending) || name.size() == ending.size()) continue;
    name.resize(name.size() - ending.size());
    return true;
  }
  return false;
}

constexpr std::array<std::string_view, 3> packed_endings{".gz", ".zst", ".zstd"};
constexpr std::array<std::string_view, 2> json_endings{".jsonl", ".ndjson"};
constexpr std::array<std::string_view, 2> line_endings{".lp", ".line"};
constexpr std::array<std::string_view, 1> text_endings{".txt"};
constexpr std::array<std::string_view, 3> table_endings{".csv", ".tsv", ".tab"};

constexpr std::string_view export_start = R"({"artery_export":)";  // docs/formats/samples.md

char mark_named(std::string_view name, char otherwise) {
  if (name.empty()) return otherwise;
  if (name == "tab") return '\t';
  if (name == "space") return ' ';
  return name == "none" ? '\0' : name.front();
}

std::string mark_name(char mark) {
  if (mark == '\t') return "tab";
  if (mark == ' ') return "space";
  return mark == '\0' ? "none" : std::string(1, mark);
}

std::string_view unit_name(std::int64_t ns) {
  if (ns == 1'000'000'000) return "s";
  if (ns == 1'000'000) return "ms";
  return ns == 1'000 ? "us" : "ns";
}

// A sample of what comes behind so many lines.
std::string_view behind_lines(std::string_view text, std::uint64_t lines) {
  for (; lines > 0 && !text.empty(); --lines) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, sample_bytes_max);
}

std::int64_t precision_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
      {{"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}}};
  const auto found = std::ranges::find(units, name, [](const auto& unit) { return unit.first; });
  return found == units.end() ? 1 : found->second;
}

// A line that is copied is one row of one cell.
std::unique_ptr<RowReader> make_reader(FileFacts& facts) {
  if (facts.format == Format::json) return make_json_reader(facts.json);
  if (facts.format == Format::table) return make_table_reader(facts.dialect);
  return make_table_reader({.delimiter = '\0', .quote = '\0'});
}

}  // namespace

std::string_view name_of(Format format) {
  constexpr std::array<std::string_view, 4> names{"table", "json", "line-protocol", "samples"};
  return names[static_cast<std::size_t>(format)];
}

std::string stem_of(std::string_view name) {
  std::string stem(name.substr(name.rfind('/') + 1));
  strip_any(stem, packed_endings);
  if (!strip_any(stem, table_endings) && !strip_any(stem, json_endings) && !strip_any(stem, line_endings)) {
    strip_any(stem, text_endings);
  }
  return clean_name(stem);
}

bool is_replayable(std::string_view name) {
  std::string plain(name);
  strip_any(plain, packed_endings);
  return strip_any(plain, table_endings) || strip_any(plain, json_endings) || strip_any(plain, line_endings);
}

Probe::Probe(const Mapping& mapping, const FilePlace& place, std::string name)
    : mapping_(mapping), place_(place), name_(std::move(name)) {}

Result<bool> Probe::feed(Bytes piece) {
  if (!unpacker_) {
    unpacker_ = make_unpacker(piece);
    facts_.is_packed = is_packed(piece);
  }
  if (auto unpacked = unpacker_->unpack(piece, plain_); !unpacked) return unpacked.error();
  if (!begun_ && plain_.size() < sample_bytes_max) return true;
  return read_rows();
}

Result<void> Probe::begin() {
  begun_ = true;
  facts_.encoding = mapping_.encoding.empty() ? guess_encoding(std::string_view(plain_).substr(0, sample_bytes_max))
                                              : mapping_.encoding;
  auto decoder = make_text_decoder(facts_.encoding);
  if (!decoder) return decoder.error();
  decoder_ = std::move(*decoder);
  decoder_->decode(plain_, text_);
  plain_.clear();
  tell_format();
  std::from_chars(mapping_.skip_lines.data(), mapping_.skip_lines.data() + mapping_.skip_lines.size(),
                  facts_.skip_lines);
  facts_.dialect.quote = mark_named(mapping_.quote, '"');
  facts_.dialect.delimiter = mark_named(mapping_.delimiter, '\0');
  if (mapping_.delimiter.empty()) {
    facts_.dialect.delimiter = guess_delimiter(behind_lines(text_, facts_.skip_lines), facts_.dialect.quote);
  }
  facts_.unit_ns = precision_named(mapping_.precision);
  for (const std::string& name : mapping_.names) {
    if (facts_.json.index.try_emplace(name, facts_.json.names.size()).second) facts_.json.names.push_back(name);
  }
  reader_ = make_reader(facts_);
  detector_ = std::make_unique<Detector>(mapping_, place_, facts_.dialect.delimiter);
  return {};
}

void Probe::tell_format() {
  std::string name = name_;
  strip_any(name, packed_endings);
  const std::size_t first = text_.find_first_not_of(" \t\r\n");
  if (text_.starts_with(export_start)) {
    facts_.format = Format::samples;
  } else if (!mapping_.format.empty()) {
    for (const Format format : {Format::table, Format::json, Format::line_protocol, Format::samples}) {
      if (name_of(format) == mapping_.format) facts_.format = format;
    }
  } else if (strip_any(name, line_endings)) {
    facts_.format = Format::line_protocol;
  } else if (strip_any(name, json_endings) || (first != std::string::npos && text_[first] == '{')) {
    facts_.format = Format::json;
  }
}

Result<bool> Probe::read_rows() {
  if (!begun_) {
    if (auto begun = begin(); !begun) return begun.error();
  } else {
    decoder_->decode(plain_, text_);
    plain_.clear();
  }
  if (is_copied(facts_.format)) return false;
  reader_->feed(text_);
  text_.clear();
  return add_rows();
}

bool Probe::add_rows() {
  for (Row row; reader_->next(row);) {
    if (row.line > facts_.skip_lines && !detector_->add(row)) return false;
  }
  return true;
}

Result<FileFacts> Probe::finish() {
  if (!unpacker_) return Error(ReplayError::no_table, "the file is empty");
  if (!begun_) {
    const auto more = read_rows();
    if (!more) return more.error();
  }
  if (is_copied(facts_.format)) return std::move(facts_);
  // Where there was no need to come to the file's end the row that is cut here has been seen before.
  decoder_->finish(text_);
  reader_->feed(text_);
  reader_->end();
  add_rows();
  auto plan = detector_->finish(facts_.format == Format::json ? &facts_.json.names : nullptr);
  if (!plan) return plan.error();
  facts_.plan = std::move(*plan);
  facts_.has_header = detector_->has_header();
  facts_.json.closed = true;
  return std::move(facts_);
}

namespace {

void tell_columns(const Plan& plan, Mapping& into) {
  for (const Column& column : plan.columns) {
    if (column.role == Role::time) continue;
    into.type[column.name] = name_of(column.role);
    if (column.role == Role::label || column.role == Role::skip) continue;
    // Of a nested member the signal is the name's end.
    if (!column.name.ends_with(column.signal)) into.rename[column.name] = column.signal;
    if (!column.unit.empty()) into.unit[column.name] = column.unit;
  }
}

void tell_times(const Plan& plan, Mapping& into) {
  const bool is_counted = !plan.time.empty() && plan.time.front().part == TimePart::count;
  if (plan.time.empty() || is_counted) {
    into.step = show_duration(plan.step);
    return;
  }
  into.time.clear();
  for (const TimeColumn& time : plan.time) into.time.push_back(plan.columns[time.column].name);
  if (plan.time.front().part == TimePart::epoch) into.time_unit = unit_name(plan.epoch_ns);
  if (plan.orders_dates) into.date_order = plan.day_order == DayOrder::day_first ? "day-first" : "month-first";
  if (into.zone.empty()) into.zone = "UTC";
  if (into.ambiguous.empty()) into.ambiguous = "earlier";
}

}  // namespace

Mapping mapping_of(const FileFacts& facts, const Mapping& said) {
  Mapping mapping = said;
  mapping.format = name_of(facts.format);
  mapping.encoding = facts.encoding;
  if (facts.format == Format::line_protocol) {
    if (mapping.precision.empty()) mapping.precision = "ns";
    return mapping;
  }
  if (facts.format == Format::table) {
    mapping.delimiter = mark_name(facts.dialect.delimiter);
    mapping.quote = mark_name(facts.dialect.quote);
    mapping.header = facts.has_header ? "yes" : "no";
  } else {
    mapping.names = facts.json.names;
  }
  mapping.decimal = facts.plan.decimal_comma ? "comma" : "point";
  mapping.missing = facts.plan.missing;
  mapping.asset = facts.plan.asset;
  mapping.label.clear();
  for (const std::size_t column : facts.plan.labels) mapping.label.push_back(facts.plan.columns[column].name);
  if (mapping.units.empty()) mapping.units = "split";
  tell_times(facts.plan, mapping);
  tell_columns(facts.plan, mapping);
  return mapping;
}

Result<RowStream> RowStream::open(FileFacts& facts) {
  RowStream stream;
  auto decoder = make_text_decoder(facts.encoding);
  if (!decoder) return decoder.error();
  stream.decoder_ = std::move(*decoder);
  stream.reader_ = make_reader(facts);
  stream.skip_lines_ = facts.skip_lines;
  stream.passed_header_ = facts.format != Format::table || !facts.has_header;
  return stream;
}

bool can_begin_anywhere(const FileFacts& facts) { return !facts.is_packed && facts.encoding == "utf-8"; }

Result<RowStream> RowStream::open_at(FileFacts& facts, std::uint64_t line, std::uint64_t at) {
  auto stream = open(facts);
  if (!stream) return stream;
  stream->unpacker_ = make_unpacker({});
  stream->decoder_->finish(stream->text_);  // a mark stands at a file's beginning alone
  stream->reader_->start_at(line, at);
  stream->passed_header_ = true;
  return stream;
}

Result<void> RowStream::feed(Bytes piece) {
  if (!unpacker_) unpacker_ = make_unpacker(piece);
  if (auto unpacked = unpacker_->unpack(piece, plain_); !unpacked) return unpacked;
  decoder_->decode(plain_, text_);
  plain_.clear();
  reader_->feed(text_);
  text_.clear();
  return {};
}

Result<void> RowStream::end() {
  decoder_->finish(text_);
  reader_->feed(text_);
  text_.clear();
  reader_->end();
  return unpacker_ ? unpacker_->finish() : Result<void>();
}

bool RowStream::next(Row& row) {
  do {
    if (!reader_->next(row)) return false;
  } while (row.line <= skip_lines_);
  if (passed_header_) return true;
  passed_header_ = true;
  return reader_->next(row);
}

}  // namespace artery::replay
