// Samples as the API writes them: times as strings of nanoseconds, values as JSON has them, quality as the number of
// its OPC UA StatusCode.
#pragma once

#include <string_view>

#include "base/json_writer.h"
#include "model/sample.h"
#include "query/query.h"

namespace artery::serve {

void write_value(JsonWriter& json, const ValueView& value);
// Items of an array: [time, value, quality], and with `arrivals` the time of arrival as a fourth.
void write_samples(JsonWriter& json, const history::Samples& samples, bool arrivals);
// {"column": 3, "count": 2, "first": [time, value], "min": ..., "max": ..., "last": ..., "quality": 0}
void write_column(JsonWriter& json, const query::PlotColumn& column);

// Members: {"archived_before": time, "archived_quality_unheeded": true, "archived_late_left_out": true}, as they hold.
void write_archived(JsonWriter& json, const std::optional<history::ArchivedPart>& archived);

// Item of an array: [time, value, quality], or [time, null, null] where nothing is known.
void write_value_at(JsonWriter& json, Time time, const query::ValueAt& at);

// A position of the raw data as text, "TIME.REVISION", and back.
std::string show_position(const history::Position& position);
std::optional<history::Position> parse_position(std::string_view text);

}  // namespace artery::serve
