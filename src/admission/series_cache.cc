#include "admission/series_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"

namespace artery::admission {
namespace {

constexpr std::size_t series_bytes_max = 4096;   // of line protocol's measurement and tags
constexpr std::size_t fields_searched_max = 16;  // one after the other, before a map is worth it

void refuse(Series& series, RefusalKind kind, const Error& error) {
  series.refused = kind;
  series.reason = error.message();
}

}  // namespace

std::uint32_t Series::find(std::string_view name, std::uint32_t expected) const {
  if (expected < fields.size() && fields[expected].name == name) return expected;
  if (fields.size() > fields_searched_max) {
    const auto found = by_name.find(name);
    return found == by_name.end() ? Layout::none : found->second;
  }
  const auto found = std::ranges::find(fields, name, &KnownField::name);
  return found == fields.end() ? Layout::none : static_cast<std::uint32_t>(found - fields.begin());
}

std::uint32_t Series::add(std::string_view name, const governance::SignalRef& signal) {
  ARTERY_ASSERT(signal.asset == asset);
  const auto index = static_cast<std::uint32_t>(fields.size());
  fields.push_back({.name = std::string(name), .id = signal.id, .type = signal.retired ? no_type : signal.type});
  if (fields.size() == fields_searched_max + 1) {
    for (std::uint32_t i = 0; i < index; ++i) by_name.emplace(fields[i].name, i);
  }
  if (fields.size() > fields_searched_max) by_name.emplace(fields.back().name, index);
  return index;
}

std::string Series::full_name(std::string_view field) const {
  if (kind == RowKey::Kind::signal) return governance::join_name(path, std::get<std::string>(wanted));
  return governance::join_name(path, governance::needs_escape(field) ? governance::escape_level(field) : field);
}

Series& SeriesCache::find(const RowKey& key) {
  Map& map = series_.at(static_cast<std::size_t>(key.kind));
  const auto found = map.find(key.bytes);
  if (found != map.end()) {
    Series& series = *found->second;
    if (series.asset == AssetId() && series.looked_up != pass_) resolve(series, key);
    return series;
  }
  auto fresh = std::make_unique<Series>();
  resolve(*fresh, key);
  if (fresh->refused) return refused_ = std::move(*fresh);
  return *map.emplace(std::string(key.bytes), std::move(fresh)).first->second;
}

// A signal's key is split: `path` is its asset's and `wanted` holds the last level.
void SeriesCache::resolve(Series& series, const RowKey& key) const {
  series.kind = key.kind;
  series.looked_up = pass_;
  if (key.kind == RowKey::Kind::line_protocol) return resolve_line_protocol(series, key.bytes);
  if (auto checked = governance::check_name(key.bytes); !checked) {
    return refuse(series, RefusalKind::bad_name, checked.error());
  }
  if (key.kind == RowKey::Kind::signal) {
    const auto parts = governance::split_name(key.bytes);
    series.path = parts.path;
    series.wanted = std::string(parts.name);
  } else {
    series.path = key.bytes;
    series.wanted = series.path;
  }
  series.asset = catalogue_.find_asset(series.path).value_or(AssetId());
}

void SeriesCache::resolve_line_protocol(Series& series, std::string_view prefix) const {
  if (prefix.size() > series_bytes_max) {
    return refuse(
        series, RefusalKind::bad_name,
        {governance::GovernanceError::invalid,
         fmt::format("measurement and tags of {} bytes; at most {} are allowed", prefix.size(), series_bytes_max)});
  }
  auto key = governance::parse_series_key(prefix);
  if (!key) return refuse(series, RefusalKind::malformed, key.error());
  const auto known = catalogue_.find_series(key->identity());
  series.asset = known.value_or(AssetId());
  series.path = known ? catalogue_.asset(*known)->path : key->path();
  if (auto checked = governance::check_name(series.path); !checked) {
    return refuse(series, RefusalKind::bad_name, checked.error());
  }
  series.wanted = std::move(*key);
}

void SeriesCache::start_pass() {
  ++pass_;
  const std::uint64_t epoch = catalogue_.epoch();
  if (epoch == epoch_) return;
  clear();
  epoch_ = epoch;
}

std::size_t SeriesCache::size() const { return series_[0].size() + series_[1].size() + series_[2].size(); }

void SeriesCache::clear() {
  for (Map& map : series_) map.clear();
}

}  // namespace artery::admission
