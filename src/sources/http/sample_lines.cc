#include "sources/http/sample_lines.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <bit>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

namespace artery::sample_lines {

namespace {

using admission::RefusalKind;
namespace ondemand = simdjson::ondemand;

template <class Number>
std::optional<Number> whole(std::string_view text, int base = 10) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// An integer, be it a number or a text of digits.
std::optional<std::int64_t> integer_of(ondemand::value value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
  std::string_view digits;
  if (value.get_string().get(digits) != simdjson::SUCCESS) return std::nullopt;
  return whole<std::int64_t>(digits);
}

// What JSON has no numbers for.
std::optional<double> double_named(std::string_view name) {
  constexpr std::string_view with_bits = "NaN:";
  constexpr std::size_t digits = 16;
  if (name == "NaN") return std::bit_cast<double>(0x7ff8'0000'0000'0000ULL);
  if (name == "Infinity") return std::numeric_limits<double>::infinity();
  if (name == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (!name.starts_with(with_bits) || name.size() != with_bits.size() + digits) return std::nullopt;
  const auto bits = whole<std::uint64_t>(name.substr(with_bits.size()), 16);
  if (!bits) return std::nullopt;
  const auto number = std::bit_cast<double>(*bits);
  return number != number ? std::optional(number) : std::nullopt;
}

std::optional<double> double_of(ondemand::value value) {
  double number = 0;
  if (value.get_double().get(number) == simdjson::SUCCESS) return number;
  std::string_view name;
  if (value.get_string().get(name) != simdjson::SUCCESS) return std::nullopt;
  return double_named(name);
}

std::optional<ValueView> value_of(ondemand::value value, ValueType type) {
  switch (type) {
    case ValueType::f64:
      return double_of(value);
    case ValueType::i64:
      return integer_of(value);
    case ValueType::boolean:
      if (bool flag = false; value.get_bool().get(flag) == simdjson::SUCCESS) return flag;
      return std::nullopt;
    case ValueType::text:
      if (std::string_view text; value.get_string().get(text) == simdjson::SUCCESS) return text;
      return std::nullopt;
  }
  return std::nullopt;
}

struct Read {
  std::optional<std::int64_t> time;
  std::optional<ValueView> value;
  std::optional<std::int64_t> quality = 0;
};

class Decoder {
 public:
  // `lines` came before.
  Decoder(std::string_view body, std::uint32_t lines, admission::Intake& intake)
      : body_(body), intake_(intake), line_(lines) {}

  // How many lines there were with those before.
  std::uint32_t run() {
    const std::string_view text(body_);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      ++line_;
      line_text_ = text.substr(at, end - at);
      if (line_text_.find_first_not_of(" \t\r") != std::string_view::npos) {
        read_line(simdjson::padded_string_view(line_text_.data(), line_text_.size(),
                                               body_.size() + simdjson::SIMDJSON_PADDING - at));
      }
      at = end + 1;
    }
    return line_;
  }

 private:
  void read_line(simdjson::padded_string_view line) {
    ondemand::document document;
    ondemand::object object;
    if (parser_.iterate(line).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      return refuse(RefusalKind::malformed, "the line is no object of JSON, or is cut off");
    }
    std::string_view signal;
    std::string_view type_name;
    if (object["signal"].get_string().get(signal) != simdjson::SUCCESS) {
      return refuse(RefusalKind::malformed, R"("signal" is missing: the full name of one)");
    }
    const auto type =
        object["type"].get_string().get(type_name) == simdjson::SUCCESS ? value_type_named(type_name) : std::nullopt;
    if (!type) return refuse(RefusalKind::malformed, R"("type" is missing: it is f64, i64, bool or text)");
    ondemand::array samples;
    if (object["samples"].get_array().get(samples) != simdjson::SUCCESS) {
      return refuse(RefusalKind::malformed, R"("samples" is missing: an array of [time, value, quality])");
    }
    read_samples(signal, *type, samples);
  }

  void read_samples(std::string_view signal, ValueType type, ondemand::array samples) {
    std::size_t number = 0;
    for (auto element : samples) {
      ++number;
      ondemand::value value;
      if (element.get(value) != simdjson::SUCCESS) {
        return refuse(RefusalKind::malformed, fmt::format("sample {} and all behind it: the line is no JSON", number));
      }
      const Read read = read_sample(value, type);
      if (!read.time) {
        refuse(RefusalKind::bad_time, fmt::format("sample {}: its time is no nanoseconds since 1970", number));
      } else if (!read.value) {
        refuse(RefusalKind::bad_value, fmt::format("sample {}: its value is none of {}", number, name_of(type)));
      } else if (!read.quality || *read.quality < 0 || *read.quality > std::numeric_limits<std::uint32_t>::max()) {
        refuse(RefusalKind::bad_value, fmt::format("sample {}: its quality is no StatusCode", number));
      } else {
        intake_.start_row({admission::RowKey::Kind::signal, signal}, Time(*read.time), line_);
        intake_.quality(Quality(static_cast<std::uint32_t>(*read.quality)));
        intake_.field({}, *read.value);
        intake_.end_row();
      }
    }
  }

  // What it is not, or what it lacks, is missing.
  static Read read_sample(ondemand::value sample, ValueType type) {
    Read read;
    ondemand::array items;
    if (sample.get_array().get(items) != simdjson::SUCCESS) return read;
    std::size_t place = 0;
    for (auto item : items) {
      ondemand::value value;
      if (item.get(value) != simdjson::SUCCESS) return {};
      if (place == 0) read.time = integer_of(value);
      if (place == 1) read.value = value_of(value, type);
      if (place == 2) read.quality = integer_of(value);
      ++place;
    }
    return read;
  }

  void refuse(RefusalKind kind, std::string_view reason) { intake_.refuse(line_, kind, reason, line_text_); }

  const simdjson::padded_string body_;
  admission::Intake& intake_;
  ondemand::parser parser_;
  std::uint32_t line_;
  std::string_view line_text_;
};

}  // namespace

std::uint32_t decode(std::string_view body, std::uint32_t lines, admission::Intake& intake) {
  return Decoder(body, lines, intake).run();
}

void decode(std::string_view body, admission::Intake& intake) { decode(body, 0, intake); }

}  // namespace artery::sample_lines
