#include "sources/mqtt/payload.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "model/rfc3339.h"
#include "sources/mqtt/payload_trust.h"
#include "sources/mqtt/wide_numbers.h"

namespace artery::mqtt {
namespace {

using admission::RefusalKind;
using admission::RowKey;
using simdjson::dom::element_type;

struct Fault {
  RefusalKind kind;
  std::string reason;
};

bool is_time_name(std::string_view name) { return name == "ts" || name == "time" || name == "timestamp"; }

// A number of that name is a value: a line's rate of good parts is called so everywhere.
bool is_quality(std::string_view name, simdjson::dom::element value) {
  return name == "quality" && (value.is_string() || value.is_object());
}

// A level of a path stands for a member's whole name, as in field names.
void append_level(std::string& path, std::string_view name) {
  path += '/';
  for (const char c : name) {
    if (c == '/' || c == '+' || c == '#' || c == '%') {
      path += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      path += c;
    }
  }
}

std::optional<ValueView> value_of(simdjson::dom::element element) {
  switch (element.type()) {
    case element_type::DOUBLE:
      return element.get_double().value_unsafe();
    case element_type::INT64:
      return static_cast<double>(element.get_int64().value_unsafe());
    case element_type::UINT64:
      return static_cast<double>(element.get_uint64().value_unsafe());
    case element_type::BOOL:
      return element.get_bool().value_unsafe();
    case element_type::STRING:
      return element.get_string().value_unsafe();
    case element_type::NULL_VALUE:
    case element_type::ARRAY:
    case element_type::OBJECT:
      break;
  }
  return std::nullopt;
}

// The text of a number that no f64 is near to, as with_wide_numbers_spelled_out() left it.
std::optional<std::string_view> beyond_f64(simdjson::dom::element element) {
  simdjson::dom::array list;
  std::string_view text;
  if (element.get(list) != simdjson::SUCCESS || list.size() != 1) return std::nullopt;
  if (list.at(0).get(text) != simdjson::SUCCESS || !is_beyond_f64(text)) return std::nullopt;
  return text;
}

std::string beyond_f64_reason(std::string_view text) {
  constexpr std::size_t shown = 32;
  return fmt::format("{}{} is beyond what an f64 can hold", text.substr(0, shown), text.size() > shown ? "..." : "");
}

// The integer that a number is, however it is written.
std::optional<std::int64_t> integer_of(simdjson::dom::element element) {
  if (element.is_int64()) return element.get_int64().value_unsafe();
  if (!element.is_double()) return std::nullopt;
  const double number = element.get_double().value_unsafe();
  if (number != std::trunc(number) || std::abs(number) >= 0x1p63) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::int64_t nanos_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::ns:
      return 1;
    case TimeUnit::us:
      return 1'000;
    case TimeUnit::ms:
      return 1'000'000;
    case TimeUnit::s:
      break;
  }
  return 1'000'000'000;
}

std::string_view name_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::ns:
      return "nanoseconds";
    case TimeUnit::us:
      return "microseconds";
    case TimeUnit::ms:
      return "milliseconds";
    case TimeUnit::s:
      break;
  }
  return "seconds";
}

}  // namespace

// One payload, parsed. Refused as a whole before the first row where anything but a single member is wrong.
class PayloadDecoder::Document {
 public:
  explicit Document(const PayloadSettings& settings) : settings_(settings) {}

  // False where the payload is opaque.
  bool read(const Buffer& payload);
  void write(const live::Message& message, admission::Intake& intake);

 private:
  std::optional<Fault> check(simdjson::dom::object object, std::size_t depth);
  std::optional<Fault> check_names(simdjson::dom::object object);
  std::optional<Fault> find_time(simdjson::dom::object object);
  std::optional<Fault> find_quality(simdjson::dom::object object);
  // `trust` is nullptr where all in it is good.
  void write_object(simdjson::dom::object object, bool outermost, const Trust* trust, const live::Message& message,
                    admission::Intake& intake);
  // The object's own values into `own_`; what is none is refused.
  void collect(simdjson::dom::object object, bool outermost, const Trust* trust, const live::Message& message,
               admission::Intake& intake);
  void write_rows(admission::Intake& intake);

  const PayloadSettings settings_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  std::optional<Fault> unreadable_;
  std::optional<Time> time_;
  std::optional<Trust> trust_;
  std::size_t members_ = 0;
  std::string path_;
  struct Member {
    std::string_view name;
    ValueView value;
    Quality quality;
    std::size_t place = 0;  // among its fellows, as they came
  };
  std::vector<Member> own_;
  std::vector<std::string_view> names_;
};

bool PayloadDecoder::Document::read(const Buffer& payload) {
  unreadable_.reset();
  const std::string_view text = as_text(payload);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || !std::string_view("{\"-0123456789tf").contains(text[first])) return false;
  const bool has_room = payload.capacity() >= payload.size() + simdjson::SIMDJSON_PADDING;
  simdjson::error_code error = parser_.parse(text.data(), text.size(), !has_room).get(root_);
  if (error == simdjson::NUMBER_ERROR) error = parser_.parse(with_wide_numbers_spelled_out(text)).get(root_);
  if (error == simdjson::SUCCESS) return true;
  if (text[first] != '{') return false;
  unreadable_ = Fault{RefusalKind::malformed, fmt::format("not JSON: {}", simdjson::error_message(error))};
  return true;
}

void PayloadDecoder::Document::write(const live::Message& message, admission::Intake& intake) {
  std::optional<Fault> fault = unreadable_;
  time_.reset();
  trust_.reset();
  members_ = 0;
  simdjson::dom::object object;
  const bool is_object = !fault && root_.get(object) == simdjson::SUCCESS;
  if (is_object) fault = check(object, 1);
  if (is_object && !fault) fault = find_time(object);
  if (is_object && !fault) fault = find_quality(object);
  if (fault) return intake.refuse(0, fault->kind, fault->reason, as_text(message.payload));
  path_ = message.topic;
  if (const auto number = beyond_f64(root_); !fault && number) {
    return intake.refuse(0, RefusalKind::bad_value, beyond_f64_reason(*number), as_text(message.payload));
  }
  if (is_object) return write_object(object, true, trust_ ? &*trust_ : nullptr, message, intake);
  const std::optional<ValueView> value = value_of(root_);
  if (!value) return;
  intake.start_row({RowKey::Kind::signal, path_}, std::nullopt, 0);
  intake.field({}, *value);
  intake.end_row();
}

std::optional<Fault> PayloadDecoder::Document::check(simdjson::dom::object object, std::size_t depth) {
  if (depth > settings_.depth_max) {
    return Fault{RefusalKind::too_many, fmt::format("objects may be nested {} deep", settings_.depth_max)};
  }
  if (std::optional<Fault> fault = check_names(object)) return fault;
  for (const auto [name, value] : object) {
    simdjson::dom::object nested;
    if (value.get(nested) != simdjson::SUCCESS) continue;
    if (std::optional<Fault> fault = check(nested, depth + 1)) return fault;
  }
  return std::nullopt;
}

std::optional<Fault> PayloadDecoder::Document::check_names(simdjson::dom::object object) {
  constexpr std::size_t few = 8;  // compared faster than sorted
  names_.clear();
  for (const auto member : object) {
    if (++members_ > settings_.members_max) {
      return Fault{RefusalKind::too_many, fmt::format("a message may have {} members", settings_.members_max)};
    }
    names_.push_back(member.key);
  }
  const auto twice = [&](std::string_view name) {
    return Fault{RefusalKind::malformed, fmt::format("the member \"{}\" is there twice", name)};
  };
  if (names_.size() <= few) {
    for (std::size_t i = 1; i < names_.size(); ++i) {
      if (std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(i), names_[i]) !=
          names_.begin() + static_cast<std::ptrdiff_t>(i)) {
        return twice(names_[i]);
      }
    }
    return std::nullopt;
  }
  std::ranges::sort(names_);
  const auto same = std::ranges::adjacent_find(names_);
  if (same != names_.end()) return twice(*same);
  return std::nullopt;
}

std::optional<Fault> PayloadDecoder::Document::find_time(simdjson::dom::object object) {
  std::string_view found;
  for (const auto [name, value] : object) {
    if (!is_time_name(name) || value.is_null()) continue;
    if (!found.empty()) {
      return Fault{RefusalKind::bad_time, fmt::format("\"{}\" and \"{}\" both claim to be the time", found, name)};
    }
    found = name;
    if (const std::optional<std::int64_t> number = integer_of(value)) {
      if (const auto nanos = checked_mul(*number, nanos_of(settings_.time_unit))) time_ = Time(*nanos);
    } else if (value.is_string()) {
      time_ = parse_rfc3339(value.get_string().value_unsafe());
    }
    if (!time_) {
      return Fault{RefusalKind::bad_time,
                   fmt::format("\"{}\" must be RFC 3339 text or an integer of {}, from 1677 to 2262", name,
                               name_of(settings_.time_unit))};
    }
  }
  return std::nullopt;
}

std::optional<Fault> PayloadDecoder::Document::find_quality(simdjson::dom::object object) {
  for (const auto [name, value] : object) {
    if (!is_quality(name, value)) continue;
    auto trust = Trust::read(value);
    if (!trust) return Fault{RefusalKind::bad_value, fmt::format("\"quality\": {}", trust.error())};
    trust_ = std::move(*trust);
  }
  return std::nullopt;
}

// The object's own members are one row of each quality; then come the objects within.
void PayloadDecoder::Document::write_object(simdjson::dom::object object, bool outermost, const Trust* trust,
                                            const live::Message& message, admission::Intake& intake) {
  collect(object, outermost, trust, message, intake);
  write_rows(intake);
  for (const auto [name, value] : object) {
    simdjson::dom::object nested;
    if (value.get(nested) != simdjson::SUCCESS || (outermost && (is_time_name(name) || is_quality(name, value)))) {
      continue;
    }
    const std::size_t length = path_.size();
    append_level(path_, name);
    write_object(nested, false, trust == nullptr ? nullptr : trust->below(name), message, intake);
    path_.resize(length);
  }
}

void PayloadDecoder::Document::collect(simdjson::dom::object object, bool outermost, const Trust* trust,
                                       const live::Message& message, admission::Intake& intake) {
  own_.clear();
  for (const auto [name, value] : object) {
    if (outermost && (is_time_name(name) || is_quality(name, value))) continue;
    if (const auto number = beyond_f64(value)) {
      intake.refuse(0, RefusalKind::bad_value, fmt::format("\"{}\": {}", name, beyond_f64_reason(*number)),
                    as_text(message.payload));
    } else if (value.is_array()) {
      intake.refuse(0, RefusalKind::malformed, fmt::format("\"{}\" is an array, not a value", name),
                    as_text(message.payload));
    } else if (const std::optional<ValueView> sample = value_of(value)) {
      const Quality quality = trust == nullptr ? quality_good : trust->of(name);
      own_.push_back({.name = name, .value = *sample, .quality = quality, .place = own_.size()});
    }
  }
  if (trust == nullptr) return;
  std::ranges::sort(own_, {}, [](const Member& one) { return std::pair(one.quality.value(), one.place); });
}

void PayloadDecoder::Document::write_rows(admission::Intake& intake) {
  const Member* last = nullptr;
  for (const Member& one : own_) {
    if (last == nullptr || last->quality != one.quality) {
      if (last != nullptr) intake.end_row();
      intake.start_row({RowKey::Kind::asset, path_}, time_, 0);
      if (one.quality != quality_good) intake.quality(one.quality);
    }
    intake.field(one.name, one.value);
    last = &one;
  }
  if (last != nullptr) intake.end_row();
}

Buffer padded_payload(Bytes payload) {
  Buffer copy;
  copy.reserve(payload.size() + simdjson::SIMDJSON_PADDING);
  copy.assign(payload.begin(), payload.end());
  return copy;
}

PayloadDecoder::PayloadDecoder(const PayloadSettings& settings) : document_(std::make_unique<Document>(settings)) {}

PayloadDecoder::~PayloadDecoder() = default;

bool PayloadDecoder::concerns_admission(const live::Message& message) {
  read_ = nullptr;
  if (message.topic.starts_with('$') || !document_->read(message.payload)) return false;
  read_ = &message;
  return true;
}

void PayloadDecoder::decode(const live::Message& message, admission::Intake& intake) {
  const bool is_read = read_ == &message || concerns_admission(message);
  read_ = nullptr;  // a later message may lie at the same address
  if (is_read) document_->write(message, intake);
}

}  // namespace artery::mqtt
