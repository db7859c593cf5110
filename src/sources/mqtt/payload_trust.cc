#include "sources/mqtt/payload_trust.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.h"

namespace artery::mqtt {
namespace {

// OPC 10000-4, 7.39: severity 3 and these bits are reserved, and the lowest mean something only beside a type of info.
// That keeps out the qualities of OPC Classic (192 is good, 0 is bad): as status codes they would all be good.
bool is_status_code(std::uint64_t code) {
  constexpr std::uint64_t reserved = 0x3000'3000;
  constexpr std::uint64_t info_type = 0x0C00;
  constexpr std::uint64_t info_bits = 0x03FF;
  if (code >= 0xC000'0000 || (code & reserved) != 0) return false;
  return (code & info_type) != 0 || (code & info_bits) == 0;
}

std::optional<std::uint64_t> code_in(std::string_view text) {
  if (!text.starts_with("0x") || text.size() != 10) return std::nullopt;
  std::uint64_t code = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), code, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return code;
}

// "good", "uncertain" and "bad" in any case, or an OPC UA status code as an integer or as text ("0x80350000").
std::expected<Quality, std::string> quality_of(simdjson::dom::element said) {
  std::string_view text;
  std::uint64_t number = 0;
  std::optional<std::uint64_t> code;
  if (said.get(text) == simdjson::SUCCESS) {
    if (equals_ignoring_case(text, "good")) return quality_good;
    if (equals_ignoring_case(text, "uncertain")) return quality_uncertain;
    if (equals_ignoring_case(text, "bad")) return quality_bad;
    code = code_in(text);
  } else if (said.get(number) == simdjson::SUCCESS) {
    code = number;
  }
  if (code && is_status_code(*code)) return Quality(static_cast<std::uint32_t>(*code));
  return std::unexpected(fmt::format(
      R"({} is no quality: "good", "uncertain", "bad" and OPC UA status codes (2150957056, "0x80350000") are)",
      simdjson::minify(said).substr(0, 64)));
}

}  // namespace

std::expected<Trust, std::string> Trust::read(simdjson::dom::element said) {
  Trust trust;
  simdjson::dom::object object;
  if (said.get(object) != simdjson::SUCCESS) {
    const auto quality = quality_of(said);
    if (!quality) return std::unexpected(quality.error());
    trust.all_ = *quality;
    return trust;
  }
  trust.is_by_name_ = true;
  for (const auto [name, value] : object) {
    if (value.is_null()) continue;
    auto one = read(value);
    if (!one) return std::unexpected(fmt::format("\"{}\": {}", name, one.error()));
    trust.by_name_.emplace_back(name, std::move(*one));
  }
  std::ranges::sort(trust.by_name_, {}, [](const auto& entry) { return entry.first; });
  return trust;
}

const Trust* Trust::below(std::string_view member) const {
  if (!is_by_name_) return this;
  const auto found = std::ranges::lower_bound(by_name_, member, {}, [](const auto& entry) { return entry.first; });
  return found != by_name_.end() && found->first == member ? &found->second : nullptr;
}

Quality Trust::of(std::string_view member) const {
  const Trust* trust = below(member);
  return trust == nullptr ? quality_good : trust->all_;
}

}  // namespace artery::mqtt
