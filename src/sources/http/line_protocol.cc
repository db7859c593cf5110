#include "sources/http/line_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "base/checked.h"
#include "base/utf8.h"
#include "sources/http/number.h"
#include "sources/http/scan.h"

namespace artery::line_protocol {

namespace {

using admission::RefusalKind;

// Why a line or a field is refused.
struct Fault {
  RefusalKind kind = RefusalKind::malformed;
  std::string_view reason;
  std::string_view text;
};

// A backslash before one of `escapable` stands for that character; before anything else it is a backslash.
std::string unescape(std::string_view text, std::string_view escapable) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && escapable.contains(text[i + 1])) ++i;
    plain.push_back(text[i]);
  }
  return plain;
}

class Decoder {
 public:
  Decoder(std::string_view body, Progress from, Precision precision, admission::Intake& intake)
      : begin_(body.data()),
        at_(begin_ + from.at),
        end_(begin_ + body.size()),
        unit_(static_cast<std::int64_t>(precision)),
        intake_(intake),
        line_(from.line) {}

  Progress run(std::size_t bytes) {
    const char* const stop = at_ + std::min(bytes, static_cast<std::size_t>(end_ - at_));
    while (at_ < stop) {
      skip_blanks();
      if (is_line_end() || *at_ == '#') {
        end_line();
      } else {
        read_line();
      }
    }
    return {.at = static_cast<std::size_t>(at_ - begin_), .line = line_};
  }

 private:
  struct Field {
    std::string_view name;
    ValueView value;
  };

  void read_line() {
    start_ = at_;
    fields_.clear();
    faults_.clear();
    texts_.clear();
    breaks_in_texts_ = 0;
    std::optional<Time> time;
    std::optional<Fault> fault = read_series();
    if (!fault) fault = read_fields();
    if (!fault) fault = read_time(time);
    if (!fault && fields_.empty()) fault = faults_.front();  // there was at least one field
    if (fault) {
      refuse_line(*fault);
    } else {
      emit(time);
    }
    end_line();
    line_ += breaks_in_texts_;
  }

  void emit(std::optional<Time> time) {
    for (const Fault& fault : faults_) {
      intake_.refuse(line_, fault.kind, fmt::format("field '{}': {}", quoted(fault.text), fault.reason), fault.text);
    }
    intake_.start_row({admission::RowKey::Kind::line_protocol, series_}, time, line_);
    for (const Field& field : fields_) intake_.field(field.name, field.value);
    intake_.end_row();
  }

  void refuse_line(const Fault& fault) {
    const std::string_view line = text_from(start_, find_byte(at_, end_, '\n'));
    intake_.refuse(line_, fault.kind, fmt::format("unable to parse '{}': {}", quoted(line), fault.reason), line);
  }

  // Up to the first space that no backslash escapes.
  std::optional<Fault> read_series() {
    if (*at_ == ',') return Fault{.reason = "missing measurement", .text = {}};
    const char* p = at_;
    while (true) {
      p = find_either(p, end_, ' ', '\n');
      if (p == end_ || *p == '\n') return Fault{.reason = "missing fields", .text = {}};
      if (p[-1] != '\\') break;  // a line does not begin with a space
      ++p;
    }
    series_ = text_from(at_, p);
    at_ = p;
    skip_blanks();
    if (is_line_end()) return Fault{.reason = "missing fields", .text = {}};
    return std::nullopt;
  }

  std::optional<Fault> read_fields() {
    while (true) {
      if (fields_.size() + faults_.size() == fields_max) {
        return Fault{.kind = RefusalKind::too_many, .reason = "more fields than a line may have", .text = {}};
      }
      if (auto fault = read_field()) return fault;
      if (at_ == end_ || *at_ != ',') return std::nullopt;
      ++at_;
    }
  }

  // A fault of the field alone goes to `faults_`; at_ is behind it then, as behind a good one. The field is read where
  // it stays: a value that was just written piece by piece is slow to copy.
  std::optional<Fault> read_field() {
    const char* const start = at_;
    const auto [name, escaped] = read_name();
    if (at_ == end_ || *at_ != '=') {
      faults_.push_back({.reason = "missing field value", .text = name});
      return std::nullopt;
    }
    ++at_;
    Fault fault;
    Field& field = fields_.emplace_back();
    ValueView& value = field.value;
    if (name.empty()) fault.reason = "missing field key";
    if (at_ != end_ && *at_ == '"') {
      std::string_view text;
      if (!read_text(text)) return Fault{.reason = "unbalanced quotes", .text = {}};
      value = text;
      if (fault.reason.empty() && !is_utf8(text)) {
        fault = {.kind = RefusalKind::bad_value, .reason = "the text is not UTF-8", .text = {}};
      }
    } else if (const char* const behind = read_value(at_, end_, value, fault); behind != nullptr) {
      at_ = behind;
    } else {
      at_ = find_field_end(at_, end_);
    }
    if (!fault.reason.empty()) {
      fault.text = text_from(start, at_);
      faults_.push_back(fault);
      fields_.pop_back();
    } else {
      field.name = escaped ? keep(unescape(name, ",= \\")) : name;
    }
    return std::nullopt;
  }

  struct Name {
    std::string_view text;
    bool escaped;
  };
  // Nearly always the line before had the same name in this place.
  Name read_name() {
    const std::size_t place = fields_.size();
    if (place == names_.size()) names_.emplace_back();
    std::string_view& last = names_[place];
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (!last.empty() && left > last.size() && at_[last.size()] == '=' && text_from(at_, at_ + last.size()) == last) {
      at_ += last.size();
      return {last, false};
    }
    const Name name = search_name();
    last = name.escaped ? std::string_view() : name.text;
    return name;
  }
  Name search_name() {
    const char* const start = at_;
    bool escaped = false;
    for (; at_ != end_ && *at_ != '\n'; ++at_) {
      if (*at_ == '\\') escaped = true;
      if ((*at_ == '=' || *at_ == ',' || *at_ == ' ') && (at_ == start || at_[-1] != '\\')) break;
    }
    return {text_from(start, at_), escaped};
  }

  // A quoted text and that something that may follow a value comes behind it. On a fault at_ stays at the quote.
  bool read_text(std::string_view& text) {
    const char* p = at_ + 1;
    bool escaped = false;
    for (; true; p += 2) {
      p = find_either(p, end_, '"', '\\');
      if (p == end_) return false;
      if (*p == '"') break;
      escaped = true;
      if (end_ - p < 2) return false;
    }
    if (!ends_value(p + 1, end_)) return false;
    text = text_from(at_ + 1, p);
    breaks_in_texts_ += static_cast<std::uint32_t>(std::ranges::count(text, '\n'));
    if (escaped) text = keep(unescape(text, "\"\\"));
    at_ = p + 1;
    return true;
  }

  // Reads a number or a boolean and returns what is behind it; nullptr and a fault where there is none.
  static const char* read_value(const char* p, const char* end, ValueView& value, Fault& fault) {
    if (ends_value(p, end)) {
      fault.reason = "missing field value";
      return nullptr;
    }
    if (is_letter(*p)) {
      const char* const behind = find_field_end(p, end);
      const auto boolean = boolean_named(text_from(p, behind));
      if (boolean) return value = *boolean, behind;
      fault.reason = "invalid boolean; a text needs quotes, and NaN and infinities are no values";
      return nullptr;
    }
    const char* behind = p;
    const NumberRead read = read_number(behind, end, value);
    if (read == NumberRead::good && ends_value(behind, end)) return behind;
    if (read == NumberRead::out_of_range) fault.kind = RefusalKind::bad_value;
    fault.reason = read == NumberRead::out_of_range ? "number out of range" : "invalid number";
    return nullptr;
  }

  std::optional<Fault> read_time(std::optional<Time>& time) {
    skip_blanks();
    if (is_line_end()) return std::nullopt;
    const char* const start = at_;
    std::int64_t count = 0;
    const NumberRead read = read_integer(at_, end_, count);
    skip_blanks();
    if (read == NumberRead::malformed || !is_line_end()) return Fault{.reason = "bad timestamp", .text = {}};
    const auto ns = checked_mul(count, unit_);
    if (read == NumberRead::out_of_range || !ns) {
      at_ = start;
      return Fault{.kind = RefusalKind::bad_time, .reason = "time outside range", .text = {}};
    }
    time = Time(*ns);
    return std::nullopt;
  }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }
  [[nodiscard]] bool is_line_end() const { return starts_line_end(at_, end_); }
  void end_line() {
    at_ = find_byte(at_, end_, '\n');
    if (at_ != end_) ++at_;
    ++line_;
  }
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  static std::string_view text_from(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
  }
  static std::string_view quoted(std::string_view text) { return text.substr(0, quoted_bytes_max); }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  const std::int64_t unit_;
  admission::Intake& intake_;
  std::uint32_t line_;

  // The line in hand.
  const char* start_ = nullptr;
  std::string_view series_;
  std::vector<Field> fields_;
  std::vector<std::string_view> names_;  // of fields by their place, as the lines before had them
  std::vector<Fault> faults_;
  std::deque<std::string> texts_;  // unescaped ones
  std::uint32_t breaks_in_texts_ = 0;
};

}  // namespace

std::optional<Precision> precision_named(std::string_view name) {
  if (name == "n" || name == "ns") return Precision::ns;
  if (name == "u" || name == "us" || name == "µ") return Precision::us;
  if (name == "ms") return Precision::ms;
  if (name == "s") return Precision::s;
  if (name == "m") return Precision::m;
  if (name == "h") return Precision::h;
  return std::nullopt;
}

Progress decode(std::string_view body, Progress from, std::size_t bytes, Precision precision,
                admission::Intake& intake) {
  return Decoder(body, from, precision, intake).run(bytes);
}

void decode(std::string_view body, Precision precision, admission::Intake& intake) {
  decode(body, {}, body.size(), precision, intake);
}

}  // namespace artery::line_protocol
