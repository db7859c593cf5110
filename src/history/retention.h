// How long samples are kept, and what they came to, by the names of their signals.
//
// Whole days (UTC) of source time are let go of: what lies before a signal's horizon is not shown, and leaves the disk
// when its segment is rewritten. Rules of their own may keep tiles for longer (archive.h): summaries go on to tell of
// what lies between a signal's two horizons. Where the clock is not known to be synchronised nothing is let go of: it
// might be years wrong.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.h"
#include "base/time.h"
#include "history/rows.h"
#include "history/signal_facts.h"
#include "model/ids.h"

namespace artery::history {

struct RetentionRule {
  std::string filter;  // an MQTT topic filter over full names
  Duration keep;       // at least a day
  friend bool operator==(const RetentionRule&, const RetentionRule&) = default;
};

// "acme/+/vibration=30d"; nothing where it is no rule.
std::optional<RetentionRule> parse_retention_rule(std::string_view text);
std::string show(const RetentionRule& rule);

// A list of rules.
Setting retention_setting(std::string name, std::vector<RetentionRule>& target, std::string help);

// As of one moment. Thread-safe as far as the names are.
class Retention {
 public:
  // The rules must outlive it. The first one that selects a name counts; what none of `rules` selects is kept, and of
  // what none of `tile_rules` selects tiles are kept no longer than samples.
  Retention(std::span<const RetentionRule> rules, std::span<const RetentionRule> tile_rules, SignalNames names,
            Time now)
      : rules_(rules), tile_rules_(tile_rules), names_(std::move(names)), now_(now) {}

  // What of the signal's samples is before it is let go of; time_min where all is kept.
  [[nodiscard]] Time horizon(SignalId signal) const;
  // What of its tiles is before it is let go of; not later than horizon(). Where it is earlier, what lies between the
  // two is to be archived.
  [[nodiscard]] Time tiles_horizon(SignalId signal) const;
  // What is left of the span; nothing where nothing is.
  [[nodiscard]] std::optional<Span> kept(SignalId signal, const Span& span) const;

 private:
  [[nodiscard]] std::optional<Time> horizon_of(std::span<const RetentionRule> rules, SignalId signal) const;

  std::span<const RetentionRule> rules_;
  std::span<const RetentionRule> tile_rules_;
  SignalNames names_;
  Time now_;
};

}  // namespace artery::history
