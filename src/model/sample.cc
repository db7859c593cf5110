#include "model/sample.h"

#include <array>
#include <bit>
#include <type_traits>

namespace artery {
namespace {
constexpr std::array<std::string_view, 4> type_names{"f64", "i64", "bool", "text"};
}

std::string_view name_of(ValueType type) { return type_names.at(static_cast<std::size_t>(type) - 1); }

std::optional<ValueType> value_type_named(std::string_view name) {
  for (std::size_t i = 0; i < type_names.size(); ++i) {
    if (type_names.at(i) == name) return static_cast<ValueType>(i + 1);
  }
  return std::nullopt;
}

ValueView view_of(const Value& value) {
  return std::visit([](const auto& held) { return ValueView(held); }, value);
}

Value value_of(const ValueView& view) {
  return std::visit(
      [](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string_view>) {
          return Value(std::string(held));
        } else {
          return Value(held);
        }
      },
      view);
}

bool bit_equal(const ValueView& a, const ValueView& b) {
  if (a.index() != b.index()) return false;
  if (const auto* number = std::get_if<double>(&a)) {
    return std::bit_cast<std::uint64_t>(*number) == std::bit_cast<std::uint64_t>(std::get<double>(b));
  }
  return a == b;
}

}  // namespace artery
