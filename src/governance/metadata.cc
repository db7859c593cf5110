#include "governance/metadata.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/utf8.h"

namespace artery::governance {
namespace {

constexpr std::array<std::string_view, 4> class_names{"general", "important", "core", "personal"};

Error invalid(std::string message) { return {GovernanceError::invalid, std::move(message)}; }

Result<void> check_text(std::string_view what, std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) return invalid(fmt::format("{} has more than {} bytes", what, bytes_max));
  if (!is_utf8(text)) return invalid(fmt::format("{} is not UTF-8", what));
  return {};
}

Result<void> merge_texts(std::string_view what, const Texts& patch, Texts& into) {
  for (const auto& [key, text] : patch) {
    if (key.empty()) return invalid(fmt::format("a {} with an empty key", what));
    if (auto checked = check_text(what, key, text_bytes_max); !checked) return checked;
    if (auto checked = check_text(what, text, text_bytes_max); !checked) return checked;
    if (text.empty()) {
      into.erase(key);
    } else {
      into.insert_or_assign(key, text);
    }
  }
  if (into.size() > texts_max) return invalid(fmt::format("more than {} of: {}", texts_max, what));
  return {};
}

Result<void> check_range(const Signal& signal) {
  const auto finite = [](const std::optional<double>& bound) { return !bound || std::isfinite(*bound); };
  if (!finite(signal.low) || !finite(signal.high)) return invalid("a bound of the range is not finite");
  if (signal.low && signal.high && *signal.low >= *signal.high) {
    return invalid(fmt::format("the range is empty: low {} is not below high {}", *signal.low, *signal.high));
  }
  return {};
}

std::size_t text_bytes(const Texts& texts) {
  std::size_t bytes = 0;
  for (const auto& [key, text] : texts) bytes += key.size() + text.size();
  return bytes;
}

std::size_t text_bytes(const std::vector<std::string>& names) {
  std::size_t bytes = 0;
  for (const std::string& name : names) bytes += name.size();
  return bytes;
}

template <class T>
void set(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

// UCUM 2.1, section 2.3 (table 4 and its grammar), by recursive descent:
//   main ::= '/' term | term;  term ::= component (('.' | '/') component)*
//   component ::= simple annotation? | annotation | number | '(' term ')'
// A symbol is letters and the marks % * ' " ^ _ or anything in square brackets, with an exponent behind it.
class UnitParser {
 public:
  explicit UnitParser(std::string_view text) : rest_(text) {}

  bool main() {
    take('/');
    return term(0) && rest_.empty();
  }

 private:
  static constexpr int depth_max = 8;
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_symbol(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("%*'\"^_").find(c) != std::string_view::npos;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digits() {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count > 0;
  }
  bool enclosed(char open, char close) {
    if (!take(open)) return false;
    const std::size_t end = rest_.find(close);
    if (end == std::string_view::npos || rest_.substr(0, end).find(open) != std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool exponent() {
    const bool sign = take('-') || take('+');
    return digits() || !sign;
  }

  bool symbol() {
    bool any = false;
    while (!rest_.empty()) {
      if (rest_.starts_with("10*") || rest_.starts_with("10^")) {
        rest_.remove_prefix(3);
      } else if (is_symbol(rest_.front())) {
        rest_.remove_prefix(1);
      } else if (rest_.front() == '[') {
        if (!enclosed('[', ']')) return false;
      } else {
        break;
      }
      any = true;
    }
    return any && exponent();
  }

  bool component(int depth) {
    if (rest_.empty()) return false;
    if (take('(')) return depth < depth_max && term(depth + 1) && take(')');
    if (rest_.front() == '{') return enclosed('{', '}');
    const bool power_of_ten = rest_.starts_with("10*") || rest_.starts_with("10^");
    if (is_digit(rest_.front()) && !power_of_ten) return digits();
    if (!symbol()) return false;
    return rest_.empty() || rest_.front() != '{' || enclosed('{', '}');
  }

  bool term(int depth) {
    if (!component(depth)) return false;
    while (take('.') || take('/')) {
      if (!component(depth)) return false;
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::size_t text_bytes(const Signal& signal) {
  return signal.full_name.size() + signal.unit.size() + signal.description.size() + text_bytes(signal.display_names) +
         signal.change.author.size() + text_bytes(signal.aliases);
}

std::size_t text_bytes(const Asset& asset) {
  return asset.path.size() + asset.identity.size() + asset.type.size() + text_bytes(asset.properties) +
         text_bytes(asset.display_names) + asset.description.size() + asset.change.author.size() +
         text_bytes(asset.aliases);
}

std::string_view name_of(DataClass data_class) { return class_names.at(static_cast<std::size_t>(data_class) - 1); }

std::optional<DataClass> data_class_named(std::string_view name) {
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    if (class_names.at(i) == name) return static_cast<DataClass>(i + 1);
  }
  return std::nullopt;
}

bool plausible_unit(std::string_view text) {
  return text.empty() || (text.size() <= unit_bytes_max && UnitParser(text).main());
}

Result<void> merge(const SignalPatch& patch, Signal& into) {
  Signal merged = into;
  set(patch.type, merged.type);
  set(patch.unit, merged.unit);
  set(patch.low, merged.low);
  set(patch.high, merged.high);
  set(patch.stepped, merged.stepped);
  set(patch.retired, merged.retired);
  set(patch.description, merged.description);
  set(patch.data_class, merged.data_class);
  if (!plausible_unit(merged.unit)) {
    return invalid(fmt::format("`{}` is not a UCUM unit; right are for example Cel, kW.h, m/s2, %", merged.unit));
  }
  if (auto checked = check_range(merged); !checked) return checked;
  if (auto checked = check_text("the description", merged.description, description_bytes_max); !checked) return checked;
  if (auto checked = merge_texts("display name", patch.display_names, merged.display_names); !checked) return checked;
  into = std::move(merged);
  return {};
}

Result<void> merge(const AssetPatch& patch, Asset& into) {
  Asset merged = into;
  set(patch.type, merged.type);
  set(patch.description, merged.description);
  set(patch.data_class, merged.data_class);
  if (auto checked = check_text("the asset type", merged.type, text_bytes_max); !checked) return checked;
  if (auto checked = check_text("the description", merged.description, description_bytes_max); !checked) return checked;
  if (auto checked = merge_texts("property", patch.properties, merged.properties); !checked) return checked;
  if (auto checked = merge_texts("display name", patch.display_names, merged.display_names); !checked) return checked;
  into = std::move(merged);
  return {};
}

namespace {

void keep_known(std::optional<std::string>& text, const std::string& known) {
  if (!known.empty() || (text && text->empty())) text.reset();
}

void keep_known(Texts& texts, const Texts& known) {
  std::erase_if(texts, [&](const auto& text) { return text.second.empty() || known.contains(text.first); });
}

void keep_known(std::optional<DataClass>& data_class, DataClass known) {
  if (known != DataClass::general) data_class.reset();
}

void keep_known(std::optional<std::optional<double>>& bound, const std::optional<double>& known) {
  if (known || (bound && !*bound)) bound.reset();
}

Error differs(const Signal& signal, std::string_view what, std::string_view here, std::string_view there) {
  return {GovernanceError::conflict, fmt::format("{}: its {} is {} here, not {}", signal.full_name, what, here, there)};
}

}  // namespace

Result<void> keep_known(SignalPatch& patch, const Signal& present) {
  if (patch.type && *patch.type != present.type) {
    return differs(present, "type", artery::name_of(present.type), artery::name_of(*patch.type));
  }
  const bool says_unit = patch.unit && !patch.unit->empty();
  if (says_unit && !present.unit.empty() && *patch.unit != present.unit) {
    return differs(present, "unit", present.unit, *patch.unit);
  }
  keep_known(patch.unit, present.unit);
  keep_known(patch.low, present.low);
  keep_known(patch.high, present.high);
  if (present.stepped) patch.stepped.reset();
  keep_known(patch.description, present.description);
  keep_known(patch.display_names, present.display_names);
  keep_known(patch.data_class, present.data_class);
  patch.new_name.reset();
  patch.aliases.reset();
  patch.retired.reset();
  return {};
}

Result<void> keep_known(AssetPatch& patch, const Asset& present) {
  keep_known(patch.type, present.type);
  keep_known(patch.properties, present.properties);
  keep_known(patch.display_names, present.display_names);
  keep_known(patch.description, present.description);
  keep_known(patch.data_class, present.data_class);
  patch.new_name.reset();
  patch.aliases.reset();
  return {};
}

}  // namespace artery::governance
