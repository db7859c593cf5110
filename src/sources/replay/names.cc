// What cells and headings are, one by one: the pure functions of detect.h and plan.h.
#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "sources/replay/detect.h"

namespace artery::replay {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }

struct KnownUnit {
  std::string_view written;
  std::string_view ucum;
};
// As tables write them, and as UCUM does.
constexpr std::array known_units{
    KnownUnit{"°C", "Cel"},
    KnownUnit{"℃", "Cel"},
    KnownUnit{"degC", "Cel"},
    KnownUnit{"°F", "[degF]"},
    KnownUnit{"K", "K"},
    KnownUnit{"%", "%"},
    KnownUnit{"%RH", "%"},
    KnownUnit{"m³/m³", "m3/m3"},
    KnownUnit{"µmol/m²/s", "umol/m2/s"},
    KnownUnit{"µmol/m2/s", "umol/m2/s"},
    KnownUnit{"lux", "lx"},
    KnownUnit{"klux", "klx"},
    KnownUnit{"lx", "lx"},
    KnownUnit{"W", "W"},
    KnownUnit{"kW", "kW"},
    KnownUnit{"MW", "MW"},
    KnownUnit{"Wh", "W.h"},
    KnownUnit{"kWh", "kW.h"},
    KnownUnit{"MWh", "MW.h"},
    KnownUnit{"W/m²", "W/m2"},
    KnownUnit{"W/m2", "W/m2"},
    KnownUnit{"V", "V"},
    KnownUnit{"mV", "mV"},
    KnownUnit{"A", "A"},
    KnownUnit{"mA", "mA"},
    KnownUnit{"Hz", "Hz"},
    KnownUnit{"kHz", "kHz"},
    KnownUnit{"Pa", "Pa"},
    KnownUnit{"hPa", "hPa"},
    KnownUnit{"kPa", "kPa"},
    KnownUnit{"MPa", "MPa"},
    KnownUnit{"bar", "bar"},
    KnownUnit{"mbar", "mbar"},
    KnownUnit{"m", "m"},
    KnownUnit{"mm", "mm"},
    KnownUnit{"µm", "um"},
    KnownUnit{"cm", "cm"},
    KnownUnit{"km", "km"},
    KnownUnit{"m/s", "m/s"},
    KnownUnit{"m/s²", "m/s2"},
    KnownUnit{"km/h", "km/h"},
    KnownUnit{"m³", "m3"},
    KnownUnit{"m³/h", "m3/h"},
    KnownUnit{"l/min", "L/min"},
    KnownUnit{"L", "L"},
    KnownUnit{"kg", "kg"},
    KnownUnit{"g", "g"},
    KnownUnit{"t", "t"},
    KnownUnit{"N", "N"},
    KnownUnit{"kN", "kN"},
    KnownUnit{"Nm", "N.m"},
    KnownUnit{"s", "s"},
    KnownUnit{"ms", "ms"},
    KnownUnit{"min", "min"},
    KnownUnit{"h", "h"},
    KnownUnit{"ppm", "[ppm]"},
    KnownUnit{"ppb", "[ppb]"},
    KnownUnit{"rpm", "/min"},
    KnownUnit{"dB", "dB"},
    KnownUnit{"pH", "[pH]"},
};

}  // namespace

std::string_view name_of(Role role) {
  constexpr std::array<std::string_view, 7> names{"number", "integer", "boolean", "text", "time", "label", "skip"};
  return names[static_cast<std::size_t>(role)];
}

bool Plan::is_missing(std::string_view text) const {
  return text.empty() || std::ranges::binary_search(missing, text, std::less<>());
}

std::string clean_name(std::string_view text) {
  std::string name;
  bool gap = false;
  for (const char c : text) {
    if (is_blank(c)) {
      gap = !name.empty();
      continue;
    }
    if (gap) name.push_back(' ');
    gap = false;
    name.push_back(c);
  }
  return name;
}

bool is_number(std::string_view text, char decimal_mark) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  std::size_t count = digits();
  if (at < text.size() && text[at] == decimal_mark) {
    ++at;
    count += digits();
  }
  if (count == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::optional<bool> read_boolean(std::string_view text) {
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

bool split_unit(std::string_view text, std::string& name, std::string& unit) {
  if (!text.ends_with(')') && !text.ends_with(']')) return false;
  const std::size_t open = text.rfind(text.ends_with(')') ? '(' : '[');
  if (open == std::string_view::npos || open == 0) return false;
  std::string_view written = text.substr(open + 1, text.size() - open - 2);
  while (written.starts_with(' ')) written.remove_prefix(1);
  while (written.ends_with(' ')) written.remove_suffix(1);
  const auto known = std::ranges::find(known_units, written, &KnownUnit::written);
  if (known == known_units.end()) return false;
  name = clean_name(text.substr(0, open));
  unit = known->ucum;
  return !name.empty();
}

}  // namespace artery::replay
