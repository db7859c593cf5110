// Writes JSON (RFC 8259) by appending to a text, with commas where they belong. Not thread-safe; holds a reference to
// the text. The caller's nesting is not checked.
//
// Numbers that a reader with nothing but doubles would change are written as strings: integers beyond 2^53, and NaN,
// Infinity and -Infinity, which JSON has no numbers for. Bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace artery {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& to) : to_(to) {}

  JsonWriter& start_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& start_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& text(std::string_view value);
  JsonWriter& boolean(bool value) { return plain(value ? "true" : "false"); }
  JsonWriter& null() { return plain("null"); }
  JsonWriter& number(double value);
  JsonWriter& number(std::signed_integral auto value) { return integer(value); }
  JsonWriter& number(std::unsigned_integral auto value) { return natural(value); }
  // Nanoseconds as a string.
  JsonWriter& time(Time value);
  // Text that is JSON already.
  JsonWriter& plain(std::string_view json);

  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& member(std::string_view name, const char* value) { return key(name).text(value); }
  JsonWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& member(std::string_view name, Time value) { return key(name).time(value); }
  template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
  JsonWriter& member(std::string_view name, Number value) {
    return key(name).number(value);
  }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& natural(std::uint64_t value);
  template <class Number>
  JsonWriter& digits(Number value, bool quoted);
  void separate() {
    if (needs_comma_) to_.push_back(',');
    needs_comma_ = true;
  }

  std::string& to_;
  bool needs_comma_ = false;
};

// Appends JSON's string, quotes included.
void append_json_text(std::string& to, std::string_view text);

}  // namespace artery
