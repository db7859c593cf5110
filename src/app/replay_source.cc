#include "app/replay_source.h"

#include "app/now.h"
#include "sources/replay/error.h"
#include "sources/replay/line_copier.h"

namespace artery::app {

Result<std::unique_ptr<ReplaySource>> ReplaySource::probe(runtime::Files& files, const replay::Mapping& mapping,
                                                          const replay::Zone& zone, ReplayFile file) {
  std::unique_ptr<ReplaySource> source(new ReplaySource(files, zone, std::move(file)));
  const auto at_file = [&](Error error) { return std::move(error).at(source->file_.path); };
  auto handle = now(files.open(source->file_.path, runtime::OpenMode::read));
  if (!handle) return handle.error();
  replay::Probe probe(mapping, source->file_.place, source->file_.path);
  Buffer piece(replay::packed_piece_bytes);
  for (std::uint64_t at = 0;;) {
    const auto read = now((*handle)->read(at, piece));
    if (!read) return read.error();
    if (*read == 0) break;
    at += *read;
    const auto more = probe.feed(Bytes(piece).first(*read));
    if (!more) return at_file(more.error());
    if (!*more) break;
  }
  auto facts = probe.finish();
  if (!facts) return at_file(facts.error());
  source->facts_ = std::move(*facts);
  return source;
}

Result<void> ReplaySource::open() {
  auto handle = now(files_.open(file_.path, runtime::OpenMode::read));
  if (!handle) return handle.error();
  auto rows = replay::RowStream::open(facts_);
  if (!rows) return rows.error();
  handle_ = std::move(*handle);
  piece_.resize(facts_.is_packed ? replay::packed_piece_bytes : replay::plain_piece_bytes);
  rows_of_.emplace(std::move(*rows));
  if (!replay::is_copied(facts_.format)) writer_.emplace(facts_.plan, zone_);
  at_ = 0;
  rows_ = 0;
  mark_bytes_ = 0;
  ended_ = false;
  return {};
}

Result<void> ReplaySource::open_at(const RowPlace& place) {
  if (auto opened = open(); !opened) return opened;
  const auto sought = seek(place);
  if (!sought) return sought.error();
  replay::Row row;
  while (rows_ < place.row) {
    const auto more = next_row(row);
    if (!more) return more.error();
    if (!*more) break;
  }
  if (writer_) writer_->start_at(rows_);
  return {};
}

// False where the row cannot be found by its place: the file is compressed or not UTF-8, or is not what it was.
Result<bool> ReplaySource::seek(const RowPlace& place) {
  if (place.at == 0 || !replay::can_begin_anywhere(facts_)) return false;
  Buffer before(1);
  const auto read = now(handle_->read(place.at - 1, before));
  if (!read) return read.error();
  if (*read == 0 || as_text(before) != "\n") return false;
  auto rows = replay::RowStream::open_at(facts_, place.line, place.at);
  if (!rows) return rows.error();
  rows_of_.emplace(std::move(*rows));
  at_ = place.at;
  rows_ = place.row;
  return true;
}

void ReplaySource::close() {
  rows_of_.reset();
  handle_.reset();
  piece_ = {};
}

Result<bool> ReplaySource::next(Duration shift, const TellRefused& tell, ReplayLine& into) {
  if (facts_.format == replay::Format::samples) return next_piece(tell, into);
  replay::Row row;
  auto more = next_row(row);
  if (!more || !*more) return more;
  into.place = {rows_ - 1, row.line, replay::can_begin_anywhere(facts_) ? row.at + mark_bytes_ : 0};
  write_row(row, shift, tell, into);
  return true;
}

// Of an export: the next line with samples.
Result<bool> ReplaySource::next_piece(const TellRefused& tell, ReplayLine& into) {
  replay::Row row;
  while (true) {
    auto more = next_row(row);
    if (!more || !*more) return more;
    const ExportLine line = export_lines_.read(row.raw);
    if (line.kind != ExportLine::Kind::samples && line.kind != ExportLine::Kind::unreadable) continue;
    into.place = {rows_ - 1, row.line, replay::can_begin_anywhere(facts_) ? row.at + mark_bytes_ : 0};
    into.is_refused = line.kind == ExportLine::Kind::unreadable;
    into.series = line.signal;
    into.samples = line.samples;
    into.text.clear();
    if (into.is_refused) tell(row.line, "the line is no JSON, or is cut off", row.raw);
    if (!into.is_refused) into.text.append(row.raw).push_back('\n');
    return true;
  }
}

Result<bool> ReplaySource::next_row(replay::Row& row) {
  while (!rows_of_->next(row)) {
    if (ended_) return false;
    auto more = read_piece();
    if (!more) {
      ended_ = true;
      return std::move(more).error().at(file_.path);
    }
  }
  ++rows_;
  return true;
}

Result<bool> ReplaySource::read_piece() {
  const auto read = now(handle_->read(at_, piece_));
  if (!read) return read.error();
  if (at_ == 0 && as_text(Bytes(piece_).first(*read)).starts_with(replay::utf8_mark)) {
    mark_bytes_ = replay::utf8_mark.size();
  }
  at_ += *read;
  if (*read > 0) {
    if (auto fed = rows_of_->feed(Bytes(piece_).first(*read)); !fed) return fed.error();
    return true;
  }
  ended_ = true;
  if (auto ended = rows_of_->end(); !ended) return ended.error();
  return false;
}

void ReplaySource::write_row(const replay::Row& row, Duration shift, const TellRefused& tell, ReplayLine& into) {
  into.text.clear();
  into.samples = 0;
  into.is_refused = false;
  if (facts_.format == replay::Format::line_protocol) {
    if (row.raw.starts_with('#')) return;
    const auto copied = replay::copy_line(row.raw, facts_.unit_ns, shift, into.text);
    into.series = copied.series;
    into.time = copied.time;
    into.samples = copied.fault.empty() ? 1 : 0;
    into.is_refused = !copied.fault.empty();
    if (into.is_refused) tell(row.line, copied.fault, row.raw);
    return;
  }
  writer_->write(row, shift, into.text);
  into.series = writer_->series();
  into.samples = writer_->values();
  if (writer_->time()) into.time = *writer_->time();
  into.is_refused = !writer_->faults().empty();
  for (const std::string& fault : writer_->faults()) tell(row.line, fault, row.raw);
}

}  // namespace artery::app
