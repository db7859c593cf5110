#include "admission/intake.h"

#include <array>

namespace artery::admission {

std::string_view name_of(RefusalKind kind) {
  static constexpr std::array<std::string_view, refusal_kinds> names{
      "malformed", "type_conflict", "bad_name", "bad_value", "bad_time", "too_many", "unknown_name", "retired"};
  return names.at(static_cast<std::size_t>(kind));
}

}  // namespace artery::admission
