// Bytes of any encoding to UTF-8, as a stream. A byte order mark is dropped; what the encoding has no character for
// becomes U+FFFD. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace artery::replay {

inline constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

class TextDecoder {
 public:
  virtual ~TextDecoder() = default;
  // Appends the text; a character that is cut at the end of `bytes` waits for the next call.
  virtual void decode(std::string_view bytes, std::string& text) = 0;
  virtual void finish(std::string& text) = 0;
};

// "utf-8", "gb18030", and every name that iconv(3) knows. Errors: ReplayError::bad_option.
Result<std::unique_ptr<TextDecoder>> make_text_decoder(const std::string& encoding);

// What a file's beginning looks like: a byte order mark decides, then what is valid UTF-8 (a character cut at the end
// is none of its faults), then whether what is beyond ASCII reads as everyday Chinese in GB18030; else it is
// Windows-1252.
std::string guess_encoding(std::string_view sample);

}  // namespace artery::replay
