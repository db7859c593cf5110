// Integers that do not mix: `struct OffsetTag; using Offset = Strong<OffsetTag, std::uint64_t>;`
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>

namespace artery {

template <class Tag, std::integral Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Strong, Strong) = default;
  constexpr Strong& operator++() {
    ++value_;
    return *this;
  }

 private:
  Rep value_ = 0;
};

}  // namespace artery

template <class Tag, std::integral Rep>
struct std::hash<artery::Strong<Tag, Rep>> {
  std::size_t operator()(artery::Strong<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
