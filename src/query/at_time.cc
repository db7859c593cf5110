#include "query/at_time.h"

#include <algorithm>
#include <cmath>

namespace artery::query {

using history::Usable;

namespace {

bool usable(const Sample& sample, Usable rule) { return is_usable(view_of(sample.value), sample.quality, rule); }

double number(const Value& value) { return history::number_of(type_of(value), word_of(view_of(value))); }

// `part` of the way; exact at both ends.
double on_the_line(double from, double to, double part) { return from * (1 - part) + to * part; }

}  // namespace

bool is_usable(const ValueView& value, Quality quality, Usable rule) {
  const auto* number = std::get_if<double>(&value);
  if (number != nullptr && std::isnan(*number)) return false;
  if (rule == Usable::any) return true;
  return severity_of(quality) < (rule == Usable::not_bad ? 2U : 1U);
}

ValueAt value_at(Time time, const std::optional<Sample>& before, const std::optional<Sample>& after,
                 const AtTimeRequest& request) {
  if (!before) return {};
  if (before->time == time) return {before->value, before->quality};
  if (!usable(*before, request.usable)) return {};
  if (!after && time > request.now) return {};
  const bool good = severity_of(before->quality) == 0 && after;
  if (request.line == Line::stepped || !after) {
    return {before->value, good ? quality_interpolated : quality_interpolated_uncertain};
  }
  const bool no_line = type_of(after->value) == ValueType::text;  // the signal's type was changed
  if (no_line || !usable(*after, request.usable)) return {before->value, quality_interpolated_uncertain};
  const double part = static_cast<double>(history::nanoseconds_between(before->time, time)) /
                      static_cast<double>(history::nanoseconds_between(before->time, after->time));
  const bool both_good = good && severity_of(after->quality) == 0;
  return {on_the_line(number(before->value), number(after->value), part),
          both_good ? quality_interpolated : quality_interpolated_uncertain};
}

}  // namespace artery::query
