// A sample: (signal, time, value, quality).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/strong.h"
#include "base/time.h"
#include "model/ids.h"

namespace artery {

// The numbers are on disk.
enum class ValueType : std::uint8_t { f64 = 1, i64 = 2, boolean = 3, text = 4 };

// "f64", "i64", "bool", "text": as the API and the documents write them.
std::string_view name_of(ValueType type);
std::optional<ValueType> value_type_named(std::string_view name);

// The alternatives stand in the order of ValueType. A view's text is valid as long as what it was taken from.
using Value = std::variant<double, std::int64_t, bool, std::string>;
using ValueView = std::variant<double, std::int64_t, bool, std::string_view>;

inline ValueType type_of(const ValueView& value) { return static_cast<ValueType>(value.index() + 1); }
inline ValueType type_of(const Value& value) { return static_cast<ValueType>(value.index() + 1); }
ValueView view_of(const Value& value);
Value value_of(const ValueView& view);

// The same bits: NaN equals itself, 0.0 and -0.0 differ. What makes a repeated sample a replay (promise 3).
bool bit_equal(const ValueView& a, const ValueView& b);

// An OPC UA StatusCode (Part 4, 7.39): the two highest bits are the severity.
struct QualityTag;
using Quality = Strong<QualityTag, std::uint32_t>;
inline constexpr Quality quality_good{0};
inline constexpr Quality quality_uncertain{0x40000000};
inline constexpr Quality quality_bad{0x80000000};
// 0 good, 1 uncertain, 2 and 3 bad.
constexpr unsigned severity_of(Quality quality) { return quality.value() >> 30U; }

struct Sample {
  Time time;
  Value value;
  Quality quality;
};

}  // namespace artery
