// Numbers that JSON allows and simdjson's parser does not take: integers beyond 64 bits, and what lies beyond an f64.
// Internal to the payload decoder. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace artery::mqtt {

// Whether it is a number by the grammar of JSON (RFC 8259 section 6) whose nearest f64 is infinite: 1e400.
bool is_beyond_f64(std::string_view text);

// The text with integers beyond 64 bits as f64 (`18446744073709551616e0`) and each number beyond f64 as a list of its
// text (`["1e400"]`): a list is no value either. Everything else, within quotes above all, stays as it is.
std::string with_wide_numbers_spelled_out(std::string_view json);

}  // namespace artery::mqtt
