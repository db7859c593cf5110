// A value as one 64-bit word, which is how live keeps it and how history's columns and both formats hold it. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/sample.h"

namespace artery {

// f64: its bits; i64; bool: 0 or 1; text: 0, for its bytes lie elsewhere.
std::uint64_t word_of(const ValueView& value);
// `text` is what a text's value is, and what the view shows; other types ignore it.
ValueView value_of_word(ValueType type, std::uint64_t word, std::string_view text);

}  // namespace artery
