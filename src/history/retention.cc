#include "history/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include "base/checked.h"
#include "model/topic_filter.h"

namespace artery::history {
namespace {

constexpr Duration day = std::chrono::hours(24);

}  // namespace

std::optional<RetentionRule> parse_retention_rule(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || !valid_topic_filter(text.substr(0, equals))) return std::nullopt;
  RetentionRule rule{std::string(text.substr(0, equals)), {}};
  if (!parse_duration(text.substr(equals + 1), rule.keep) || rule.keep < day) return std::nullopt;
  return rule;
}

std::string show(const RetentionRule& rule) { return fmt::format("{}={}", rule.filter, show_duration(rule.keep)); }

Setting retention_setting(std::string name, std::vector<RetentionRule>& target, std::string help) {
  const auto texts = std::make_shared<std::vector<std::string>>();
  Setting setting =
      setting::list(std::move(name), *texts,
                    "rules like acme/+/vibration=30d, of a day or more, with commas between them", std::move(help));
  setting.show = [&target] {
    std::vector<std::string> rules;
    std::ranges::transform(target, std::back_inserter(rules), artery::history::show);
    return fmt::format("{}", fmt::join(rules, ","));
  };
  setting.by_default = setting.show();
  setting.assign = [&target, texts, split = setting.assign](std::string_view given) {
    split(given);
    std::vector<RetentionRule> rules;
    for (const std::string& text : *texts) {
      auto rule = parse_retention_rule(text);
      if (!rule) return false;
      rules.push_back(*std::move(rule));
    }
    target = std::move(rules);
    return true;
  };
  return setting;
}

// Nothing where none selects it.
std::optional<Time> Retention::horizon_of(std::span<const RetentionRule> rules, SignalId signal) const {
  if (rules.empty()) return std::nullopt;
  const std::string name = names_(signal).name;
  if (name.empty()) return std::nullopt;
  const auto rule =
      std::ranges::find_if(rules, [&](const RetentionRule& one) { return topic_matches(one.filter, name); });
  if (rule == rules.end()) return std::nullopt;
  const auto oldest = checked_sub(now_.value(), rule->keep.count());
  if (!oldest) return time_min;
  const std::int64_t into_day = (*oldest % day.count() + day.count()) % day.count();
  return Time(checked_sub(*oldest, into_day).value_or(time_min.value()));
}

Time Retention::horizon(SignalId signal) const { return horizon_of(rules_, signal).value_or(time_min); }

Time Retention::tiles_horizon(SignalId signal) const {
  const Time samples = horizon(signal);
  if (samples == time_min) return samples;
  return std::min(samples, horizon_of(tile_rules_, signal).value_or(samples));
}

std::optional<Span> Retention::kept(SignalId signal, const Span& span) const {
  return part_from(span, horizon(signal));
}

}  // namespace artery::history
