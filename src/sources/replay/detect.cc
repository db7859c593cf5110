#include "sources/replay/detect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <set>
#include <unordered_set>

#include "base/ascii.h"
#include "base/checked.h"
#include "base/settings.h"
#include "model/rfc3339.h"
#include "sources/replay/error.h"

namespace artery::replay {
namespace {

constexpr std::array<std::string_view, 18> usual_missing{"#N/A", "—",   "–",   "-",    "--",   "?",
                                                         "N/A",  "NA",  "NAN", "NULL", "NaN",  "\\N",
                                                         "None", "n/a", "nan", "none", "null", "nil"};
// Out of ten present cells so many must be of a kind for the column to be of it: a few bad cells are refused instead.
constexpr std::size_t most_of_ten = 9;

Error bad(std::string message) { return {ReplayError::bad_option, std::move(message)}; }

bool mostly(std::size_t some, std::size_t all) { return all > 0 && some * 10 >= all * most_of_ten; }

bool hints_at_time(std::string_view name) {
  const std::string small = to_lower_ascii(name);
  if (small == "ts" || small == "t" || small == "unix") return true;
  return std::ranges::any_of(
      std::array<std::string_view, 9>{"time", "date", "epoch", "zeit", "datum", "fecha", "时间", "日期", "时刻"},
      [&](std::string_view word) { return small.contains(word); });
}

bool names_a_thing(std::string_view name) {
  const std::string small = to_lower_ascii(name);
  return std::ranges::any_of(
      std::array<std::string_view, 13>{"name", "origin", "station", "sensor", "device", "machine", "host", "site",
                                       "node", "location", "plant", "站", "设备"},
      [&](std::string_view word) { return small.contains(word); });
}

template <class Range, class Value, class Projection = std::identity>
bool has_one(const Range& range, const Value& value, Projection projection = {}) {
  return std::ranges::find(range, value, projection) != std::ranges::end(range);
}

std::string with_slashes(std::string_view escaped) {
  constexpr std::string_view mark = "%2F";
  std::string text;
  while (true) {
    const std::size_t at = escaped.find(mark);
    text.append(escaped.substr(0, at));
    if (at == std::string_view::npos) return text;
    text.push_back('/');
    escaped.remove_prefix(at + mark.size());
  }
}

// A member of a nested object becomes a signal of an asset below the row's, as it does by MQTT.
void place_member(Column& column) {
  std::string_view rest = column.name;
  while (true) {
    const std::size_t slash = rest.find('/');
    std::string level = clean_name(with_slashes(rest.substr(0, slash)));
    if (level.empty()) level.append("none");
    if (slash == std::string_view::npos) {
      column.signal = std::move(level);
      return;
    }
    column.below.push_back(std::move(level));
    rest.remove_prefix(slash + 1);
  }
}

bool is_plain_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

}  // namespace

bool Detector::add(const Row& row) {
  ++rows_seen_;
  if (!row.fault.empty()) return rows_seen_ < voting_rows_max;
  if (is_voting_) {
    for (const std::size_t column : voters_) {
      if (column < row.cells.size()) vote(row.cells[column].text);
    }
    return day_votes_ + month_votes_ == 0 && rows_seen_ < voting_rows_max;
  }
  auto& own = rows_.emplace_back();
  own.reserve(row.cells.size());
  for (const Cell& cell : row.cells) own.push_back({clean_name(cell.text), cell.quoted});
  if (rows_.size() <= sampled_rows_max) return true;

  for (std::size_t column = 0; column < width() && voters_.empty(); ++column) {
    const Counts counts = count_column(column, 1);
    if (mostly(counts.dates, counts.present)) voters_.push_back(column);
  }
  settle_order();
  is_voting_ = true;
  return !voters_.empty() && open_votes_ > 0 && day_votes_ + month_votes_ == 0;
}

std::size_t Detector::width() const {
  std::size_t most = 0;
  for (const auto& row : rows_) most = std::max(most, row.size());
  return most;
}

// What the sample says; what add() has seen beyond it stays.
void Detector::settle_order() {
  for (const std::size_t column : voters_) {
    for (const auto& row : rows_) {
      if (column < row.size()) vote(row[column].text);
    }
  }
}

void Detector::vote(std::string_view text) {
  const auto by_day = read_civil(text, DayOrder::day_first);
  const auto by_month = read_civil(text, DayOrder::month_first);
  const auto& any = by_day ? by_day : by_month;
  if (!any || !any->has_date) return;
  if (any->day_was_first) ++day_votes_;
  if (any->month_was_first) ++month_votes_;
  if (!any->either_order || !by_day || !by_month) return;
  if (open_votes_++ > 0) {
    path_by_day_ += std::abs(by_day->day - last_by_day_);
    path_by_month_ += std::abs(by_month->day - last_by_month_);
  }
  last_by_day_ = by_day->day;
  last_by_month_ = by_month->day;
}

Detector::Counts Detector::count_column(std::size_t column, std::size_t from) const {
  Counts counts;
  for (std::size_t i = from; i < rows_.size(); ++i) {
    if (column < rows_[i].size() && !plan_.is_missing(rows_[i][column].text)) count_cell(rows_[i][column], counts);
  }
  return counts;
}

void Detector::count_cell(const OwnCell& cell, Counts& counts) const {
  ++counts.present;
  const bool may_be_value = !is_json_ || !cell.quoted;  // a JSON text is a text, or a time
  if (may_be_value && is_number(cell.text, '.')) {
    ++counts.numbers;
  } else if (may_be_value && is_number(cell.text, ',')) {
    ++counts.commas;
  } else if (may_be_value && read_boolean(cell.text)) {
    ++counts.booleans;
  }
  const auto by_day = read_civil(cell.text, DayOrder::day_first);
  const auto civil = by_day ? by_day : read_civil(cell.text, DayOrder::month_first);
  if (!civil) return;
  if (!civil->has_date) {
    ++counts.clocks;
    return;
  }
  ++(is_plain_digits(cell.text) ? counts.bare_dates : counts.dates);
  if (civil->has_clock) ++counts.dates_with_clock;
}

Result<Plan> Detector::finish(const std::vector<std::string>* json_names) {
  is_json_ = json_names != nullptr;
  plan_.missing.assign(usual_missing.begin(), usual_missing.end());
  if (!mapping_.missing.empty()) plan_.missing = mapping_.missing;
  std::ranges::sort(plan_.missing);
  if (rows_.empty()) return Error(ReplayError::no_table, "there are no rows");
  find_header();
  name_columns(json_names);
  if (has_header_) rows_.erase(rows_.begin());
  for (std::size_t column = 0; column < plan_.columns.size(); ++column) {
    counts_.push_back(count_column(column, 0));
    for (const auto& row : rows_) {
      if (column >= row.size() || plan_.is_missing(row[column].text)) continue;
      plan_.columns[column].example = row[column].text;
      break;
    }
  }
  choose_decimal();
  choose_types();
  if (auto chosen = choose_time(); !chosen) return chosen.error();
  if (auto chosen = choose_start(); !chosen) return chosen.error();
  if (auto applied = apply_overrides(); !applied) return applied.error();
  if (auto built = build_levels(); !built) return built.error();
  return std::move(plan_);
}

// A header is a first row that does not look like the rest: no number above a column of numbers.
void Detector::find_header() {
  if (is_json_) return;
  if (!mapping_.header.empty()) {
    has_header_ = mapping_.header == "yes";
    return;
  }
  std::size_t unlike = 0;
  std::size_t alike = 0;
  std::size_t values_in_first = 0;
  bool has_time = false;
  for (std::size_t column = 0; column < rows_.front().size(); ++column) {
    const Counts rest = count_column(column, 1);
    const std::string& first = rows_.front()[column].text;
    const bool is_value = is_number(first, '.') || is_number(first, ',') || read_boolean(first) ||
                          read_civil(first, DayOrder::day_first) || read_civil(first, DayOrder::month_first);
    const std::size_t values =
        std::max({rest.numbers + rest.commas, rest.booleans, rest.dates + rest.bare_dates, rest.clocks});
    if (is_value) ++values_in_first;
    has_time = has_time || (read_civil(first, DayOrder::day_first) && !is_plain_digits(first));
    if (!mostly(values, rest.present)) continue;
    ++(is_value || plan_.is_missing(first) ? alike : unlike);
  }
  // Codes may be headings as well ("211", "22", "3361MV"): several texts above numbers, and no time among them, are no
  // row.
  const bool has_codes = unlike >= 3 && unlike * 5 >= alike && !has_time;
  has_header_ = rows_.size() == 1 ? values_in_first == 0 : unlike >= alike || has_codes;
}

void Detector::name_columns(const std::vector<std::string>* json_names) {
  std::set<std::string, std::less<>> taken;
  // A row that is wider than the header is refused later.
  const std::size_t cells = has_header_ ? rows_.front().size() : width();
  const std::size_t count = is_json_ ? json_names->size() : std::max(cells, mapping_.names.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::string name;
    if (is_json_) {
      name = clean_name((*json_names)[i]);
    } else if (i < mapping_.names.size()) {
      name = clean_name(mapping_.names[i]);
    } else if (has_header_ && i < rows_.front().size()) {
      name = rows_.front()[i].text;
    }
    if (name.empty()) name = fmt::format("c{}", i + 1);
    std::string unique = name;
    for (int number = 2; !taken.insert(unique).second; ++number) unique = fmt::format("{} ({})", name, number);
    Column column;
    column.name = unique;
    column.signal = unique;
    if (is_json_) place_member(column);
    std::string plain;
    if (mapping_.units != "keep" && split_unit(is_json_ ? column.signal : name, plain, column.unit)) {
      const auto is_taken = [&](const Column& other) {
        return other.signal == column.signal && other.below == column.below;
      };
      column.signal = plain;
      for (int number = 2; std::ranges::any_of(plan_.columns, is_taken); ++number) {
        column.signal = fmt::format("{} ({})", plain, number);
      }
    }
    plan_.columns.push_back(std::move(column));
  }
}

Result<std::size_t> Detector::column_named(std::string_view name) const {
  const auto found = std::ranges::find(plan_.columns, clean_name(name), &Column::name);
  if (found != plan_.columns.end()) return static_cast<std::size_t>(found - plan_.columns.begin());
  std::string names;
  for (const Column& column : plan_.columns) names.append(names.empty() ? "" : ", ").append(column.name);
  return bad(fmt::format("there is no column '{}'; there are: {}", name, names.substr(0, 400)));
}

void Detector::choose_decimal() {
  plan_.decimal_comma = mapping_.decimal == "comma";
  if (!mapping_.decimal.empty() || delimiter_ == ',') return;
  std::size_t commas = 0;
  std::size_t points = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    commas += counts_[i].commas;
    // A whole number says nothing.
    for (const auto& row : rows_) {
      if (i < row.size() && row[i].text.contains('.') && is_number(row[i].text, '.')) ++points;
    }
  }
  plan_.decimal_comma = commas > points;
}

void Detector::choose_types() {
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    const Counts& counts = counts_[i];
    const std::size_t numbers = counts.numbers + (plan_.decimal_comma ? counts.commas : 0);
    Role& role = plan_.columns[i].role;
    if (counts.present == 0 || mostly(numbers, counts.present)) {
      role = Role::number;
    } else if (mostly(counts.booleans, counts.present)) {
      role = Role::boolean;
    } else {
      role = Role::text;
    }
  }
}

Result<void> Detector::apply_overrides() {
  // Tables may differ: what a mapping says of a column that this one lacks is for another one.
  const auto find = [&](const std::string& name) {
    return std::ranges::find(plan_.columns, clean_name(name), &Column::name);
  };
  for (const auto& [name, type] : mapping_.type) {
    const auto column = find(name);
    if (column == plan_.columns.end()) continue;
    for (const Role role : {Role::number, Role::integer, Role::boolean, Role::text, Role::label, Role::skip}) {
      if (name_of(role) == type) column->role = role;
    }
  }
  for (const std::string& name : mapping_.skip) {
    if (const auto column = find(name); column != plan_.columns.end()) column->role = Role::skip;
  }
  for (const std::string& name : mapping_.label) {
    if (const auto column = find(name); column != plan_.columns.end()) column->role = Role::label;
  }
  for (const auto& [name, signal] : mapping_.rename) {
    if (const auto column = find(name); column != plan_.columns.end()) column->signal = signal;
  }
  for (const auto& [name, unit] : mapping_.unit) {
    if (const auto column = find(name); column != plan_.columns.end()) column->unit = unit;
  }
  if (mapping_.label.empty() && mapping_.asset.empty() && plan_.has_time) find_labels();
  return {};
}

// How many rows of the sample say what one before them has said, of their times and of `columns`.
std::size_t Detector::repeats(const std::vector<std::size_t>& columns) const {
  std::unordered_set<std::string> seen;
  std::size_t repeated = 0;
  for (const auto& row : rows_) {
    std::string key;
    const auto add = [&](std::size_t column) {
      key.append(column < row.size() ? row[column].text : "").push_back('\n');
    };
    for (const TimeColumn& time : plan_.time) add(time.column);
    for (const std::size_t column : columns) add(column);
    if (!seen.insert(key).second) ++repeated;
  }
  return repeated;
}

// The text column beside `labels` that leaves the fewest repeats, and how many; it must help.
std::optional<std::size_t> Detector::next_label(const std::vector<std::size_t>& labels, std::size_t& left) const {
  std::optional<std::size_t> best;
  std::size_t best_left = left - left / 10;
  for (std::size_t column = 0; column < plan_.columns.size(); ++column) {
    if (plan_.columns[column].role != Role::text || has_one(labels, column)) continue;
    auto with = labels;
    with.push_back(column);
    const std::size_t with_left = repeats(with);
    if (with_left < best_left) best = column, best_left = with_left;
  }
  if (best) left = best_left;
  return best;
}

// Where rows of one time follow each other, texts tell whose they are: the column that leaves the fewest of them with
// the same time becomes a level of the path, and another one if need be.
void Detector::find_labels() {
  constexpr std::size_t labels_max = 3;
  if (plan_.time.empty()) return;
  std::vector<std::size_t> labels;
  std::size_t left = repeats(labels);
  while (labels.size() < labels_max && left * 20 > rows_.size()) {
    const auto label = next_label(labels, left);
    if (!label) break;
    labels.push_back(*label);
  }
  for (const std::size_t column : labels) plan_.columns[column].role = Role::label;
  if (rows_.size() >= sampled_rows_max) find_stations();
}

// A long file may hold one station behind the other: then the sample knows only the first.
void Detector::find_stations() {
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    Column& column = plan_.columns[i];
    const auto differs = [&](const auto& row) { return i >= row.size() || row[i].text != column.example; };
    if (column.role == Role::text && names_a_thing(column.name) && std::ranges::none_of(rows_, differs)) {
      column.role = Role::label;
    }
  }
}

Result<void> Detector::build_levels() {
  const std::string& asset = plan_.asset = mapping_.asset.empty() ? "{folder}/{file}" : mapping_.asset;
  plan_.levels.emplace_back();
  const auto add_literal = [&](std::string_view text) {
    for (const char c : text) {
      if (c == '/') {
        plan_.levels.emplace_back();
      } else if (!plan_.levels.back().empty() && !plan_.levels.back().back().column) {
        plan_.levels.back().back().literal.push_back(c);
      } else {
        plan_.levels.back().push_back({std::string(1, c), std::nullopt});
      }
    }
  };
  std::string_view rest = asset;
  while (!rest.empty()) {
    const std::size_t open = rest.find('{');
    add_literal(rest.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) return bad(fmt::format("asset '{}': a {{ without its }}", asset));
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    if (name == "folder") {
      add_literal(place_.folder);
    } else if (name == "file") {
      std::string file = place_.file;
      std::ranges::replace(file, '/', '_');
      add_literal(file);
    } else {
      const auto column = column_named(name);
      if (!column) return column.error();
      if (plan_.columns[*column].role != Role::time) plan_.columns[*column].role = Role::label;
      plan_.levels.back().push_back({"", *column});
    }
  }
  std::erase_if(plan_.levels, [](const Level& level) { return level.empty(); });
  add_labels();
  if (plan_.levels.empty()) return bad("the asset's path is empty; name it, for example --asset plant/line1");
  return {};
}

// Labels that the template does not name stand behind it: those that a person named first, in that order.
void Detector::add_labels() {
  const auto add = [&](std::size_t column) {
    const auto is_it = [&](const LevelPart& part) { return part.column == column; };
    const auto has_it = [&](const Level& level) { return std::ranges::any_of(level, is_it); };
    if (plan_.columns[column].role != Role::label || std::ranges::any_of(plan_.levels, has_it)) return;
    plan_.labels.push_back(column);
    plan_.levels.push_back({{"", column}});
  };
  for (const std::string& name : mapping_.label) {
    if (const auto column = column_named(name)) add(*column);
  }
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) add(i);
}

Result<void> Detector::choose_start() {
  if (!mapping_.start.empty()) {
    const auto start = parse_rfc3339(mapping_.start);
    const auto civil = read_civil(mapping_.start, DayOrder::day_first);
    if (!start && (!civil || !civil->has_date || civil->offset_s)) {
      return bad(fmt::format("start is '{}'; right is for example 2024-01-31T08:00:00Z", mapping_.start));
    }
    plan_.start = start;
    if (!start) {
      const auto whole = checked_mul(civil->day * 86'400 + civil->second, std::int64_t{1'000'000'000});
      const auto nanos = whole ? checked_add(*whole, std::int64_t{civil->nanos}) : std::nullopt;
      if (!nanos) return bad(fmt::format("start is '{}'; it must be from 1677 to 2262", mapping_.start));
      plan_.start = Time(*nanos);
    }
  }
  plan_.step = std::chrono::seconds(1);
  if (!mapping_.step.empty()) parse_duration(mapping_.step, plan_.step);  // assign() has looked at it
  plan_.later_of_two = mapping_.ambiguous == "later";
  if (!plan_.time.empty() && plan_.time.front().part == TimePart::count && !plan_.start) {
    return bad("a column that counts needs --start, and a --step");
  }
  plan_.has_time = !plan_.time.empty() || plan_.start;
  return {};
}

// --- time ---

Result<void> Detector::choose_time() {
  if (!mapping_.count.empty()) {
    const auto column = column_named(mapping_.count);
    if (!column) return column.error();
    plan_.time = {{*column, TimePart::count}};
  } else if (!mapping_.time.empty()) {
    if (auto taken = take_named_time(); !taken) return taken;
  } else {
    find_time();
  }
  for (const TimeColumn& time : plan_.time) plan_.columns[time.column].role = Role::time;

  if (!is_voting_) {  // a short file: its rows have not voted yet
    voters_.clear();
    for (const TimeColumn& time : plan_.time) {
      if (time.part == TimePart::whole || time.part == TimePart::date) voters_.push_back(time.column);
    }
    settle_order();
  }
  const bool by_path = day_votes_ == month_votes_;
  const bool is_month = by_path ? path_by_month_ < path_by_day_ : month_votes_ > day_votes_;
  plan_.day_order = is_month ? DayOrder::month_first : DayOrder::day_first;
  plan_.orders_dates = day_votes_ + month_votes_ + open_votes_ > 0;
  plan_.is_order_guessed = by_path && open_votes_ > 0 && mapping_.date_order.empty();
  if (mapping_.date_order == "month-first") plan_.day_order = DayOrder::month_first;
  if (mapping_.date_order == "day-first") plan_.day_order = DayOrder::day_first;
  return {};
}

namespace {

constexpr std::array<std::pair<std::string_view, TimePart>, 16> part_names{{{"year", TimePart::year},
                                                                            {"yr", TimePart::year},
                                                                            {"年", TimePart::year},
                                                                            {"month", TimePart::month},
                                                                            {"mon", TimePart::month},
                                                                            {"月", TimePart::month},
                                                                            {"day", TimePart::day},
                                                                            {"日", TimePart::day},
                                                                            {"hour", TimePart::hour},
                                                                            {"hr", TimePart::hour},
                                                                            {"时", TimePart::hour},
                                                                            {"minute", TimePart::minute},
                                                                            {"min", TimePart::minute},
                                                                            {"分", TimePart::minute},
                                                                            {"second", TimePart::second},
                                                                            {"sec", TimePart::second}}};

std::optional<TimePart> part_named(std::string_view name) {
  const auto found = std::ranges::find(part_names, to_lower_ascii(name), [](const auto& part) { return part.first; });
  return found == part_names.end() ? std::nullopt : std::optional(found->second);
}

// Nanoseconds per count of an epoch near `value`, for years from 1990 to 2100; 0 where none fits.
std::int64_t epoch_unit(double value) {
  constexpr double from_s = 631'152'000;
  constexpr double to_s = 4'102'444'800;
  for (const std::int64_t unit : {1'000'000'000LL, 1'000'000LL, 1'000LL, 1LL}) {
    const double seconds = value * static_cast<double>(unit) / 1e9;
    if (seconds >= from_s && seconds <= to_s) return unit;
  }
  return 0;
}

std::int64_t unit_named(std::string_view name) {
  if (name == "s") return 1'000'000'000;
  if (name == "ms") return 1'000'000;
  return name == "us" ? 1'000 : 1;
}

double first_number(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Result<void> Detector::take_named_time() {
  for (const std::string& name : mapping_.time) {
    const auto column = column_named(name);
    if (!column) return column.error();
    const Counts& counts = counts_[*column];
    TimePart part = TimePart::whole;
    if (mapping_.time.size() > 1) {
      const auto named = part_named(name);
      part = named ? *named : (counts.clocks * 2 > counts.present ? TimePart::clock : TimePart::date);
    } else if (!mapping_.time_unit.empty() ||
               (mostly(counts.numbers, counts.present) && counts.bare_dates * 2 < counts.present)) {
      part = TimePart::epoch;
    }
    plan_.time.push_back({*column, part});
    if (part != TimePart::epoch) continue;
    plan_.epoch_ns = mapping_.time_unit.empty() ? epoch_unit(first_number(plan_.columns[*column].example))
                                                : unit_named(mapping_.time_unit);
    if (plan_.epoch_ns == 0) {
      return bad(fmt::format("the numbers of '{}' are no times since 1970 that are likely; say --time-unit, or --count",
                             name));
    }
  }
  return {};
}

// A date in letters first, one that is named like a time before others; then dates in parts, then numbers.
void Detector::find_time() {
  std::optional<std::size_t> whole;
  std::optional<std::size_t> clock;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const bool hinted = hints_at_time(plan_.columns[i].signal);
    const std::size_t dates = counts_[i].dates + (hinted ? counts_[i].bare_dates : 0);
    if (mostly(dates, counts_[i].present) && (!whole || (hinted && !hints_at_time(plan_.columns[*whole].signal)))) {
      whole = i;
    }
    if (!clock && mostly(counts_[i].clocks, counts_[i].present)) clock = i;
  }
  if (whole && counts_[*whole].dates_with_clock == 0 && clock) {
    plan_.time = {{*whole, TimePart::date}, {*clock, TimePart::clock}};
  } else if (whole) {
    plan_.time = {{*whole, TimePart::whole}};
  } else if (!find_split_time()) {
    find_epoch();
  }
}

bool Detector::find_split_time() {
  std::vector<TimeColumn> found;
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    const auto part = part_named(plan_.columns[i].signal);
    if (!part || !mostly(counts_[i].numbers, counts_[i].present)) continue;
    if (!has_one(found, *part, &TimeColumn::part)) found.push_back({i, *part});
  }
  const auto has = [&](TimePart part) { return has_one(found, part, &TimeColumn::part); };
  if (!has(TimePart::year) || !has(TimePart::month) || !has(TimePart::day)) return false;
  plan_.time = std::move(found);
  return true;
}

void Detector::find_epoch() {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (!hints_at_time(plan_.columns[i].signal) || !mostly(counts_[i].numbers, counts_[i].present)) continue;
    const std::int64_t unit = mapping_.time_unit.empty() ? epoch_unit(first_number(plan_.columns[i].example))
                                                         : unit_named(mapping_.time_unit);
    if (unit == 0) continue;
    plan_.time = {{i, TimePart::epoch}};
    plan_.epoch_ns = unit;
    return;
  }
}

}  // namespace artery::replay
