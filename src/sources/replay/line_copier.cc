#include "sources/replay/line_copier.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "base/checked.h"

namespace artery::replay {

CopiedLine copy_line(std::string_view line, std::int64_t unit_ns, Duration shift, std::string& lines) {
  while (line.ends_with(' ') || line.ends_with('\t') || line.ends_with('\r')) line.remove_suffix(1);
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  CopiedLine copied{.series = line, .time = Time(0)};
  std::size_t end = line.find(' ');
  while (end != std::string_view::npos && end > 0 && line[end - 1] == '\\') end = line.find(' ', end + 1);
  if (end == std::string_view::npos) return copied.fault = "a line without fields", copied;
  copied.series = line.substr(0, end);
  const std::size_t last = line.rfind(' ');
  const std::string_view digits = line.substr(last + 1);
  std::int64_t count = 0;
  const auto [behind, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (last == end || error != std::errc() || behind != digits.data() + digits.size()) {
    return copied.fault = "a line without a time: repeated, it would be another reading", copied;
  }
  const auto ns = checked_mul(count, unit_ns);
  const auto shifted = ns ? checked_add(*ns, shift.count()) : std::nullopt;
  if (!shifted) return copied.fault = "the time is outside what 64 bits of nanoseconds can hold", copied;
  copied.time = Time(*ns);
  lines.append(line.substr(0, last));
  fmt::format_to(std::back_inserter(lines), " {}\n", *shifted);
  return copied;
}

}  // namespace artery::replay
