#include "admission/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "base/checked.h"

namespace artery::admission {
namespace {

std::string_view influx_name(ValueType type) {
  static constexpr std::array<std::string_view, 4> names{"float", "integer", "boolean", "string"};
  return names.at(static_cast<std::size_t>(type) - 1);
}

// As the line protocol writes it, cut to what a rejection keeps.
std::string shown(const ValueView& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}i", *integer);
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  return fmt::format("\"{}\"", std::get<std::string_view>(value).substr(0, rejection_bytes_max));
}

Layout make_layout(const Series& series, const std::vector<Cell>& cells) {
  Layout layout;
  layout.positions.assign(series.fields.size(), Layout::none);
  for (const Cell& cell : cells) {
    layout.positions[cell.field] = static_cast<std::uint32_t>(layout.fields.size());
    layout.fields.push_back(cell.field);
    layout.types.push_back(static_cast<char>(series.fields[cell.field].type));
  }
  return layout;
}

}  // namespace

Collector::Collector(const AdmissionSettings& settings, const runtime::Clock& clock,
                     const governance::Catalogue& catalogue, std::size_t rejections_max)
    : settings_(settings), clock_(clock), catalogue_(catalogue), rejections_max_(rejections_max), cache_(catalogue) {}

void Collector::start_pass(std::deque<PendingBatch>& batches, bool names_were_created) {
  if (cache_.size() > settings_.series_cached_max) cache_.clear();
  batches_ = &batches;
  if (batches.empty() || batches.back().bytes() >= settings_.batch_bytes) add_batch(batches);
  first_batch_ = batches.size() - 1;
  batches.back().mark();
  names_were_created_ = names_were_created;
  latest_ = Time(checked_add(clock_.now().value(), settings_.future_max.count()).value_or(time_max.value()));
  outcome_ = {};
  wanted_by_series_.clear();
  cache_.start_pass();
}

Outcome Collector::end_pass() {
  if (!outcome_.wanted.empty()) {
    while (batches_->size() > first_batch_ + 1) batches_->pop_back();
    batches_->back().take_back();
  }
  batches_ = nullptr;
  return std::move(outcome_);
}

void Collector::start_row(const RowKey& key, std::optional<Time> time, std::uint32_t line) {
  key_ = key;
  line_ = line;
  ++row_number_;
  expected_ = 0;
  cells_.clear();
  series_ = &cache_.find(key);
  if (series_->refused) {
    refuse(line, *series_->refused, series_->reason, key.bytes);
    series_ = nullptr;
  } else if (!check_time(time)) {
    series_ = nullptr;
  }
}

bool Collector::check_time(std::optional<Time> time) {
  time_ = {.time = time.value_or(Time()), .stamped = time.has_value()};
  if (time == time_max) {
    refuse(line_, RefusalKind::bad_time,
           fmt::format("time {} ns is the last there is: no span of time, whose end is exclusive, could show it",
                       time->value()),
           key_.bytes);
    return false;
  }
  if (!time || *time <= latest_) return true;
  if (!clock_.synchronised()) {
    time_.quality = quality_uncertain;
    return true;
  }
  refuse(line_, RefusalKind::bad_time,
         fmt::format("time {} ns is more than {} s ahead of this node's clock", time->value(),
                     std::chrono::duration_cast<std::chrono::seconds>(settings_.future_max).count()),
         key_.bytes);
  return false;
}

void Collector::quality(Quality quality) {
  // By their severity: a good value is not good at a time that may be wrong.
  if (severity_of(quality) >= severity_of(time_.quality)) time_.quality = quality;
}

void Collector::field(std::string_view name, const ValueView& value) {
  if (series_ == nullptr) return;
  std::uint32_t index = series_->find(name, expected_);
  if (index == Layout::none) index = resolve(name, value);
  if (index == Layout::none) return;
  expected_ = index + 1;
  KnownField& known = series_->fields[index];
  if (known.type != type_of(value)) return refuse_conflict(known, value, name);
  if (known.last_row == row_number_) {
    return refuse_field(RefusalKind::malformed, fmt::format("the field \"{}\" is given twice", name), name, value);
  }
  const auto* text = std::get_if<std::string_view>(&value);
  if (text != nullptr && text->size() > settings_.text_bytes_max) {
    return refuse_field(
        RefusalKind::bad_value,
        fmt::format("a text of {} bytes; at most {} are allowed", text->size(), settings_.text_bytes_max), name, value);
  }
  if (cells_.size() >= settings_.fields_per_row_max) {
    return refuse_field(RefusalKind::too_many,
                        fmt::format("more than {} fields in a row", settings_.fields_per_row_max), name, value);
  }
  known.last_row = row_number_;
  cells_.push_back({.field = index, .value = value});
}

// A field that the cache does not have: in the catalogue, or to be created, or refused.
std::uint32_t Collector::resolve(std::string_view name, const ValueView& value) {
  ARTERY_ASSERT(series_->kind != RowKey::Kind::signal || name.empty());
  if (const auto wanted = wanted_by_series_.find(series_);
      wanted != wanted_by_series_.end() && wanted->second.fields.contains(name)) {
    return Layout::none;
  }
  const std::string full_name = series_->full_name(name);
  if (series_->asset != AssetId()) {
    if (const auto found = catalogue_.find(full_name)) return series_->add(name, *found);
  }
  if (auto checked = governance::check_name(full_name); !checked) {
    refuse_field(RefusalKind::bad_name, checked.error().message(), name, value);
  } else if (settings_.strict && (names_were_created_ || !may_be_adopted(name))) {
    refuse_field(RefusalKind::unknown_name,
                 fmt::format("there is no signal {}, and none is created (strict)", full_name), name, value);
  } else if (names_were_created_) {
    refuse_field(RefusalKind::too_many, fmt::format("{} was not created: there are too many signals", full_name), name,
                 value);
  } else {
    want(name, full_name, type_of(value));
  }
  return Layout::none;
}

// Whether the signal was declared under the path that this tag set would have: then the asset only lacks its identity.
bool Collector::may_be_adopted(std::string_view name) const {
  const auto* key = std::get_if<governance::SeriesKey>(&series_->wanted);
  if (key == nullptr || series_->asset != AssetId()) return false;
  const std::string level = governance::escape_level(name);
  return catalogue_.find(governance::join_name(key->path(), level)) ||
         catalogue_.find(governance::join_name(key->spelled_path(), level));
}

void Collector::want(std::string_view field, const std::string& full_name, ValueType type) {
  const auto [place, added] =
      wanted_by_series_.try_emplace(series_, Wanted{.index = outcome_.wanted.size(), .fields = {}});
  if (added) {
    governance::WantedSignals wanted;
    if (series_->kind == RowKey::Kind::line_protocol) {
      wanted.asset = std::get<governance::SeriesKey>(series_->wanted);
    } else {
      wanted.asset = series_->path;
    }
    outcome_.wanted.push_back(std::move(wanted));
  }
  place->second.fields.emplace(field);
  std::string level(governance::split_name(full_name).name);
  outcome_.wanted[place->second.index].fields.push_back({.name = std::move(level), .type = type});
}

void Collector::end_row() {
  if (series_ == nullptr || cells_.empty() || !outcome_.wanted.empty()) return;
  if (batches_->back().bytes() >= settings_.batch_bytes) add_batch(*batches_).mark();
  batches_->back().add_row(*series_, layout_for_row(), cells_, time_);
  ++outcome_.rows;
  outcome_.accepted += cells_.size();
}

// Rows with the same fields share a block, and so do rows that lack a few: absent values cost as much as present ones,
// so at least half must be there.
bool Collector::fits(const Layout& layout) const {
  if (cells_.size() > layout.fields.size() || cells_.size() * 2 < layout.fields.size()) return false;
  return std::ranges::all_of(cells_, [&](const Cell& cell) {
    return cell.field < layout.positions.size() && layout.positions[cell.field] != Layout::none;
  });
}

Layout& Collector::layout_for_row() {
  auto& layouts = series_->layouts;
  if (!layouts.empty() && fits(layouts.back())) return layouts.back();
  const auto found = std::ranges::find_if(layouts, [&](const Layout& layout) { return fits(layout); });
  if (found != layouts.end()) {
    std::rotate(found, found + 1, layouts.end());
    return layouts.back();
  }
  if (layouts.size() == Series::layouts_max) layouts.erase(layouts.begin());
  return layouts.emplace_back(make_layout(*series_, cells_));
}

void Collector::refuse(std::uint32_t line, RefusalKind kind, std::string_view reason, std::string_view bytes) {
  ++outcome_.refused;
  ++outcome_.counts.at(static_cast<std::size_t>(kind));
  if (outcome_.rejections.size() >= rejections_max_) return;
  outcome_.rejections.push_back({.time = {},
                                 .source = {},
                                 .client = {},
                                 .remote = {},
                                 .kind = kind,
                                 .reason = std::string(reason),
                                 .line = line,
                                 .bytes = std::string(bytes.substr(0, rejection_bytes_max))});
}

void Collector::refuse_field(RefusalKind kind, const std::string& reason, std::string_view name,
                             const ValueView& value) {
  constexpr std::size_t key_shown = rejection_bytes_max / 2;
  constexpr std::size_t name_shown = rejection_bytes_max / 4;  // so that some of the value is always there
  std::string bytes(key_.bytes.substr(0, key_shown));
  bytes.append(" ").append(name.substr(0, name_shown));
  if (!name.empty()) bytes.append("=");
  refuse(line_, kind, reason, bytes + shown(value));
}

void Collector::refuse_conflict(const KnownField& known, const ValueView& value, std::string_view name) {
  if (known.type == no_type) {
    return refuse_field(RefusalKind::retired,
                        fmt::format("{} is retired in the catalogue and takes no values", series_->full_name(name)),
                        name, value);
  }
  if (const auto* key = std::get_if<governance::SeriesKey>(&series_->wanted)) {
    return refuse_field(
        RefusalKind::type_conflict,
        fmt::format(
            "field type conflict: input field \"{}\" on measurement \"{}\" is type {}, already exists as type {}"
            "; the catalogue's type of {} can be changed to {}",
            name, key->measurement, influx_name(type_of(value)), influx_name(known.type), series_->full_name(name),
            artery::name_of(type_of(value))),
        name, value);
  }
  refuse_field(RefusalKind::type_conflict,
               fmt::format("{} has type {}, this value is {}; the catalogue's type of it can be changed",
                           series_->full_name(name), artery::name_of(known.type), artery::name_of(type_of(value))),
               name, value);
}

}  // namespace artery::admission
