#include "app/replay_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <utility>

#include "app/error.h"
#include "app/http_call.h"
#include "app/now.h"
#include "governance/csv.h"
#include "governance/names.h"
#include "runtime/durable.h"

namespace artery::app {
namespace {

constexpr std::size_t batch_bytes = std::size_t{1} << 20;
constexpr std::size_t batch_bytes_reserved = batch_bytes + batch_bytes / 8;
constexpr std::uint64_t rows_between_looks = 256;
constexpr Duration save_every = std::chrono::seconds(2);
constexpr std::size_t series_max = 200'000;  // of one file whose units are set
constexpr std::size_t reasons_max = 1'000;   // told apart; further ones are counted together
constexpr std::size_t unit_lines_per_call = 5'000;
constexpr unsigned status_ok = 200;  // of HTTP
constexpr int status_refused = 1;
constexpr int status_no_node = 3;

// "Temp: 'abc' is no number" of any cell: "Temp: is no number".
std::string reason_class(std::string_view reason) {
  std::string plain;
  for (std::size_t at = 0; at < reason.size(); ++at) {
    const char mark = reason[at];
    const std::size_t end = mark == '\'' || mark == '`' ? reason.find(mark, at + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      plain.push_back(mark);
    } else {
      at = reason.substr(end + 1).starts_with(' ') ? end + 1 : end;
    }
  }
  return plain;
}

bool read_whole(const std::string& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

ReplayRun::ReplayRun(runtime::Runtime& runtime, ReplayOptions options,
                     std::vector<std::unique_ptr<ReplaySource>> sources)
    : runtime_(runtime),
      options_(std::move(options)),
      sources_(std::move(sources)),
      uploader_(runtime, options_.server, options_.door, options_.connections, options_.wait_max,
                [this] { look_around(); }),
      building_(options_.connections),
      sent_(options_.connections),
      series_(sources_.size()),
      display_(runtime.clock()) {
  std::vector<ReplayFile> files;
  for (const auto& source : sources_) {
    files.push_back(source->file());
    bytes_total_ += source->file().bytes;
  }
  // Files that are mixed by their times have no one place to go on from.
  if (!options_.state_file.empty() && options_.speed == 0) {
    state_.emplace(runtime.files(), options_.state_file, options_.key, files);
  }
}

ReplayRun::~ReplayRun() = default;

int ReplayRun::run() {
  began_ = saved_ = runtime_.clock().instant();
  const auto left_off = state_ ? state_->load() : std::nullopt;
  if (const auto opened = open_refused(left_off ? &left_off->position : nullptr); !opened) {
    fmt::print(stderr, "artery: {}\n", opened.error().message());
    return status_refused;
  }
  bool is_whole = options_.speed == 0 ? send_one_after_the_other(left_off) : send_by_time();
  is_whole = flush_all() && is_whole;
  is_whole = uploader_.drain() && is_whole;
  take_outcomes();
  if (is_whole && options_.sets_units) set_units();
  if (state_) {
    if (is_whole) state_->remove();
    if (!is_whole) save_state();
  }
  display_.finish(progress());
  show_summary(is_whole);
  const auto failure = uploader_.failure();
  if (failure) fmt::print(stderr, "artery: {}\n", failure->message());
  if (failure && failure->is(AppError::no_answer)) return status_no_node;
  return is_whole && counts_.refused == 0 && !failed_ ? 0 : status_refused;
}

// --- reading ---

bool ReplayRun::send_one_after_the_other(const std::optional<ReplayState>& left_off) {
  ReplayPosition from;
  if (left_off) {
    from = left_off->position;
    shift_ = Duration(left_off->shift_ns);
    fmt::print(stderr, "going on behind row {} of {} ({} remembers it)\n", from.place.row,
               from.file < sources_.size() ? sources_[from.file]->file().path : "the last file", state_->path());
  } else if (options_.shift_to_now) {
    if (auto found = find_shift(); !found) {
      fail_file(found.error());
      return false;
    }
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (i < from.file) {
      bytes_skipped_ = bytes_before_ += sources_[i]->file().bytes;
    } else if (!send_file(i, i == from.file && from.place.row > 0 ? &from.place : nullptr)) {
      return false;
    }
  }
  return true;
}

bool ReplayRun::send_file(std::size_t index, const RowPlace* from) {
  ReplaySource& source = *sources_[index];
  const TellRefused tell = teller(index);
  ReplayLine line;
  const Result<void> opened = from == nullptr ? source.open() : source.open_at(*from);
  if (from != nullptr) bytes_skipped_ += source.bytes_read();
  reading_ = &source;
  Result<bool> more = opened ? Result<bool>(true) : Result<bool>(opened.error());
  while (more && *more) {
    more = source.next(shift_, tell, line);
    if (more && *more && !add(index, line)) return false;
  }
  source.close();
  reading_ = nullptr;
  bytes_before_ += source.file().bytes;
  if (!more) fail_file(more.error());
  return !uploader_.stopped();
}

// A first pass over everything, for the last of all times.
Result<void> ReplayRun::find_shift() {
  const TellRefused silent = [](std::uint64_t, std::string_view, std::string_view) {};
  std::optional<Time> last;
  ReplayLine line;
  for (const auto& source : sources_) {
    if (auto opened = source->open(); !opened) return opened;
    while (!uploader_.stopped()) {
      const auto more = source->next(Duration::zero(), silent, line);
      if (!more || !*more) break;  // the second pass tells
      if (!line.text.empty() && (!last || line.time > *last)) last = line.time;
    }
    source->close();
  }
  if (last) shift_ = Duration(runtime_.clock().now().value() - last->value());
  return {};
}

// All files at once, the row with the earliest time first; rows of one file stay in its order.
bool ReplayRun::send_by_time() {
  const std::uint64_t place = refused_at_;
  open_all();
  if (next_.empty()) return true;
  const Time first = next_.begin()->first;
  if (options_.shift_to_now) {
    // What was read had no shift yet, and what was refused will be again.
    shift_ = Duration(runtime_.clock().now().value() - first.value());
    counts_ = {};
    refusals_.clear();
    if (refused_) (void)now(refused_->truncate(refused_at_ = place));
    open_all();
  }
  const Instant began = runtime_.clock().instant();
  while (!next_.empty()) {
    const auto [time, i] = *next_.begin();
    next_.erase(next_.begin());
    if (!wait_until_due(time, first, began) || !add(i, lines_[i])) return false;
    advance(i);
  }
  return true;
}

void ReplayRun::open_all() {
  next_.clear();
  lines_.resize(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (auto opened = sources_[i]->open(); !opened) {
      fail_file(opened.error());
    } else {
      advance(i);
    }
  }
}

// The file's next row that says anything takes its place among those of the others.
void ReplayRun::advance(std::size_t i) {
  const TellRefused tell = teller(i);
  while (true) {
    const auto more = sources_[i]->next(shift_, tell, lines_[i]);
    if (!more) fail_file(more.error());
    if (!more || !*more) return sources_[i]->close();
    if (!lines_[i].text.empty()) break;
    ++counts_.rows;
    if (!lines_[i].is_refused) ++counts_.empty_rows;
  }
  next_.emplace(lines_[i].time, i);
}

void ReplayRun::fail_file(const Error& error) {
  failed_ = true;
  fmt::print(stderr, "artery: {}\n", error.message());
}

bool ReplayRun::wait_until_due(Time time, Time first, Instant began) {
  const auto ahead = static_cast<std::int64_t>(static_cast<double>(time.value() - first.value()) / options_.speed);
  while (!uploader_.stopped() && !uploader_.failure()) {
    const Duration left = Duration(ahead) - (runtime_.clock().instant() - began);
    if (left <= Duration::zero()) return true;
    if (!flush_all()) return false;
    look_around();
    uploader_.rest(std::min<Duration>(left, std::chrono::seconds(1)));
  }
  return false;
}

// --- sending ---

bool ReplayRun::add(std::size_t file, const ReplayLine& line) {
  ++counts_.rows;
  at_ = {static_cast<std::uint32_t>(file), line.place};
  if (counts_.rows - looked_at_ >= rows_between_looks) {
    looked_at_ = counts_.rows;
    look_around();
  }
  if (line.text.empty()) {
    if (!line.is_refused) ++counts_.empty_rows;
    return !uploader_.stopped();
  }
  note_series(file, line.series);
  const std::size_t lane = std::hash<std::string_view>()(line.series) % building_.size();
  Building& building = building_[lane];
  if (building.batch.lines.empty()) {
    building.batch.body.reserve(batch_bytes_reserved);
    building.first = at_;
  }
  building.batch.lines.push_back(
      {building.body_lines + 1, static_cast<std::uint32_t>(file), line.place.line, building.batch.body.size()});
  building.body_lines += static_cast<std::uint32_t>(std::ranges::count(line.text, '\n'));
  building.batch.body.append(line.text);
  building.batch.samples += line.samples;
  counts_.sent += line.samples;
  return building.batch.body.size() < batch_bytes || flush(lane);
}

// What is to be done now and then, also while the node is waited for.
void ReplayRun::look_around() {
  take_outcomes();
  save_state();
  if (display_.is_due(uploader_.trouble())) display_.show(progress());
}

bool ReplayRun::flush(std::size_t lane) {
  Building& building = building_[lane];
  if (building.batch.lines.empty()) return true;
  building.batch.lane = lane;
  building.batch.order = ++order_;
  sent_[lane].push_back({order_, building.first});
  const bool pushed = uploader_.push(std::exchange(building, {}).batch);
  take_outcomes();
  return pushed;
}

bool ReplayRun::flush_all() {
  for (std::size_t lane = 0; lane < building_.size(); ++lane) {
    if (!flush(lane)) return false;
  }
  return true;
}

void ReplayRun::take_outcomes() {
  for (const Outcome& outcome : uploader_.take_outcomes()) {
    sent_[outcome.lane].pop_front();
    counts_.answered += outcome.samples;
    counts_.refused += outcome.refused;
    for (const RefusedLine& line : outcome.lines) {
      const std::string reason = fmt::format("{}: {}", line.kind, line.reason);
      group_of(reason, line.origin.file, line.origin.line, line.reason);
      write_refused(line.origin.file, line.origin.line, reason, line.text);
    }
  }
}

// --- what was refused here ---

TellRefused ReplayRun::teller(std::size_t file) {
  return [this, file](std::uint64_t line, std::string_view reason, std::string_view row) {
    refuse(file, line, reason, row);
  };
}

void ReplayRun::refuse(std::size_t file, std::uint64_t line, std::string_view reason, std::string_view row) {
  ++counts_.refused;
  group_of(reason, file, line, reason);
  write_refused(file, line, reason, row);
}

// Counts it with those alike, and keeps the first of them.
void ReplayRun::group_of(std::string_view reason, std::size_t file, std::uint64_t line, std::string_view as_first) {
  std::string kind = reason_class(reason);
  if (refusals_.size() >= reasons_max && !refusals_.contains(kind)) kind = "other reasons";
  RefusalGroup& group = refusals_[kind];
  if (group.count++ == 0) group.first = fmt::format("{}:{}: {}", sources_[file]->file().path, line, as_first);
}

Result<void> ReplayRun::open_refused(const ReplayPosition* from) {
  if (options_.refused_file.empty()) return {};
  const std::string before = "file,line,reason,row\n" + (from == nullptr ? "" : refused_before(*from));
  (void)now(runtime_.files().remove(options_.refused_file));
  auto file = now(runtime_.files().open(options_.refused_file, runtime::OpenMode::create));
  if (!file) return file.error();
  refused_ = std::move(*file);
  if (auto written = now(refused_->write(refused_at_, {as_bytes(before)})); !written) return written;
  refused_at_ += before.size();
  return {};
}

// What an earlier run of the same command refused before `from`; what it refused behind will be refused again.
std::string ReplayRun::refused_before(const ReplayPosition& from) const {
  const auto contents = now(runtime::read_file(runtime_.files(), options_.refused_file));
  if (!contents) return {};
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < sources_.size(); ++i) index.emplace(sources_[i]->file().path, i);
  std::string before;
  governance::CsvReader reader(as_text(*contents));
  while (true) {
    const auto record = reader.next();
    if (!record) continue;  // it was cut short
    if (!*record) return before;
    const auto& fields = (*record)->fields;
    const auto file = fields.empty() ? index.end() : index.find(fields[0]);
    std::uint64_t line = 0;
    if (file == index.end() || fields.size() < 2 || !read_whole(fields[1], line)) continue;
    if (std::pair(file->second, line) < std::pair(std::size_t{from.file}, from.place.line)) {
      governance::append_csv(before, fields);
    }
  }
}

void ReplayRun::write_refused(std::size_t file, std::uint64_t line, std::string_view reason, std::string_view row) {
  if (!refused_) return;
  std::string text;
  governance::append_csv(text,
                         {sources_[file]->file().path, fmt::to_string(line), std::string(reason), std::string(row)});
  if (const auto written = now(refused_->write(refused_at_, {as_bytes(text)})); !written) {
    fail_file(written.error());
    refused_.reset();
    return;
  }
  refused_at_ += text.size();
}

// --- going on later ---

ReplayPosition ReplayRun::answered_up_to() const {
  ReplayPosition first = at_;
  for (std::size_t lane = 0; lane < building_.size(); ++lane) {
    if (!building_[lane].batch.lines.empty()) first = std::min(first, building_[lane].first);
    if (!sent_[lane].empty()) first = std::min(first, sent_[lane].front().first);
  }
  return first;
}

void ReplayRun::save_state() {
  const Instant now_is = runtime_.clock().instant();
  if (!state_ || (now_is - saved_ < save_every && !uploader_.stopped() && !uploader_.failure())) return;
  saved_ = now_is;
  const auto saved = state_->save({answered_up_to(), shift_.count()});
  if (saved) return;
  fmt::print(stderr, "artery: {}; going on without a state\n", saved.error().message());
  state_.reset();
}

// --- units ---

void ReplayRun::note_series(std::size_t file, std::string_view series) {
  const auto& columns = sources_[file]->facts().plan.columns;
  if (!options_.sets_units || series_[file].size() >= series_max) return;
  if (std::ranges::none_of(columns, [](const replay::Column& column) { return !column.unit.empty(); })) return;
  if (const std::string key(series); !series_[file].contains(key)) series_[file].insert(key);
}

// --- telling ---

std::uint64_t ReplayRun::bytes_done() const {
  std::uint64_t done = 0;
  if (options_.speed == 0) {
    done = bytes_before_ + (reading_ == nullptr ? 0 : reading_->bytes_read());
  } else {
    for (const auto& source : sources_) done += source->bytes_read();
  }
  // What has been read and has no answer yet is not done.
  const std::uint64_t own = std::min(done, bytes_total_) - std::min(bytes_skipped_, done);
  const double answered =
      counts_.sent == 0 ? 1 : static_cast<double>(counts_.answered) / static_cast<double>(counts_.sent);
  return bytes_skipped_ + static_cast<std::uint64_t>(static_cast<double>(own) * answered);
}

ReplayProgress ReplayRun::progress() {
  const auto share = [&](std::uint64_t bytes) {
    return bytes_total_ == 0 ? 1 : static_cast<double>(bytes) / static_cast<double>(bytes_total_);
  };
  ReplayProgress progress{.part = share(bytes_done()),
                          .rows = counts_.rows,
                          .samples = counts_.answered,
                          .passed = runtime_.clock().instant() - began_,
                          .trouble = uploader_.trouble()};
  // What an earlier run has done says nothing of this one's pace.
  const double own_part = progress.part - share(bytes_skipped_);
  if (own_part > 0) {
    const double left = static_cast<double>(progress.passed.count()) * (1 - progress.part) / own_part;
    if (left < 1e18) progress.left = Duration(static_cast<std::int64_t>(left));
  }
  return progress;
}

void ReplayRun::show_summary(bool is_whole) {
  fmt::print("{} rows read, {} samples sent, {} answered for, {} refused, {} rows without a value\n", counts_.rows,
             counts_.sent, counts_.answered, counts_.refused, counts_.empty_rows);
  for (const auto& [reason, group] : refusals_) {
    fmt::print("  refused {} times: {}\n    first {}\n", group.count, reason, group.first);
  }
  if (counts_.refused > 0 && !options_.refused_file.empty())
    fmt::print("  all of them are in {}\n", options_.refused_file);
  if (is_whole) return;
  if (state_) {
    fmt::print("stopped; the same command goes on from here\n");
  } else {
    fmt::print("stopped; the same command begins again, which is harmless\n");
  }
}

// When everything is in: only then do all signals exist.
void ReplayRun::set_units() {
  UnitTable table;
  for (std::size_t file = 0; file < sources_.size(); ++file) {
    for (const std::string& series : series_[file]) {
      if (const auto key = governance::parse_series_key(series)) table.add(key->path(), sources_[file]->facts().plan);
      if (table.lines >= unit_lines_per_call) send_units(table);
    }
  }
  send_units(table);
}

void ReplayRun::send_units(UnitTable& table) {
  if (table.lines == 0) return;
  const auto reply = call(runtime_, {.method = "POST",
                                     .node = options_.node,
                                     .target = "/api/v1/catalogue",
                                     .content_type = "text/csv",
                                     .author = "artery replay",
                                     .body = std::move(table.csv)});
  if (!reply || reply->status != status_ok) {
    fmt::print(stderr, "artery: the units could not be set: {}\n", reply ? reply->body : reply.error().message());
    failed_ = true;
  }
  table = {};
}

void UnitTable::add(std::string_view path, const replay::Plan& plan) {
  for (const replay::Column& column : plan.columns) {
    const bool is_value = column.role == replay::Role::number || column.role == replay::Role::integer;
    if (column.unit.empty() || !is_value) continue;
    std::string asset(path);
    for (const std::string& level : column.below) asset.append("/").append(governance::escape_level(level, true));
    const std::string name = governance::join_name(asset, governance::escape_level(column.signal));
    governance::append_csv(csv, {"signal", name, column.unit});
    ++lines;
  }
}

int run_until_done_or_stopped(runtime::Signals& signals, runtime::Runtime& runtime, ReplayRun& run) {
  auto thread = runtime.make_pool("replay", 1);
  std::atomic<int> status = -1;
  thread->post([&] {
    status = run.run();
    signals.wake();
  });
  bool asked = false;
  while (status < 0) {
    const auto signal = signals.wait();
    if (!signal) continue;
    if (std::exchange(asked, true)) std::_Exit(128 + *signal);  // whoever asks twice does not want to wait
    fmt::print(stderr, "\nstopping in order; once more stops at once\n");
    run.stop();
  }
  return status;
}

}  // namespace artery::app
