#include "sources/replay/text.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>

#include "base/ascii.h"
#include "base/utf8.h"
#include "sources/replay/error.h"

namespace artery::replay {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::size_t cut_bytes_max = 3;  // of a UTF-8 character whose last byte is missing

class Utf8 final : public TextDecoder {
 public:
  void decode(std::string_view bytes, std::string& text) override {
    if (begun_) {
      text.append(bytes);
      return;
    }
    start_.append(bytes);
    if (start_.size() < utf8_mark.size() && utf8_mark.starts_with(start_)) return;
    finish(text);
  }
  void finish(std::string& text) override {
    if (begun_) return;
    begun_ = true;
    text.append(start_.starts_with(utf8_mark) ? std::string_view(start_).substr(utf8_mark.size()) : start_);
    start_.clear();
  }

 private:
  bool begun_ = false;
  std::string start_;
};

class Iconv final : public TextDecoder {
 public:
  explicit Iconv(iconv_t converter) : converter_(converter) {}
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;
  ~Iconv() override { iconv_close(converter_); }

  void decode(std::string_view bytes, std::string& text) override {
    pending_.append(bytes);
    char* in = pending_.data();
    std::size_t left = pending_.size();
    while (left > 0) {
      char* out = piece_.data();
      std::size_t room = piece_.size();
      const std::size_t outcome = iconv(converter_, &in, &left, &out, &room);
      append({piece_.data(), piece_.size() - room}, text);
      if (outcome != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
      if (errno == EINVAL) break;  // cut: the rest comes
      append(replacement, text);
      ++in;
      --left;
    }
    pending_.erase(0, pending_.size() - left);
  }
  void finish(std::string& text) override {
    if (!pending_.empty()) append(replacement, text);
    pending_.clear();
  }

 private:
  // UTF-16 and GB18030 may begin with the mark too.
  void append(std::string_view converted, std::string& text) {
    if (!begun_ && converted.starts_with(utf8_mark)) converted.remove_prefix(utf8_mark.size());
    begun_ = begun_ || !converted.empty();
    text.append(converted);
  }

  iconv_t converter_;
  bool begun_ = false;
  std::string pending_;
  std::array<char, 64 * 1024> piece_{};
};

bool is_utf8_but_for_its_end(std::string_view sample) {
  for (std::size_t cut = 0; cut <= std::min(cut_bytes_max, sample.size()); ++cut) {
    if (is_utf8(sample.substr(0, sample.size() - cut))) return true;
  }
  return false;
}

// In Western texts a byte beyond ASCII mostly has letters or blanks behind it, which makes it no character of GB18030
// or one that nobody writes. In Chinese ones nearly all are the punctuation and the 3,755 common characters of GB 2312.
bool is_everyday_gb18030(std::string_view sample) {
  const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(sample[i]); };
  std::size_t characters = 0;
  std::size_t common = 0;
  for (std::size_t i = 0; i + 1 < sample.size(); ++i) {
    const unsigned lead = byte_at(i);
    if (lead < 0x80) continue;
    const unsigned trail = byte_at(i + 1);
    const bool is_four = trail >= '0' && trail <= '9';
    if (lead == 0x80 || lead == 0xFF || (!is_four && (trail < 0x40 || trail == 0x7F || trail == 0xFF))) return false;
    ++characters;
    const bool is_row = (lead >= 0xA1 && lead <= 0xA9) || (lead >= 0xB0 && lead <= 0xD7);
    if (is_row && trail >= 0xA1) ++common;
    i += is_four ? 3 : 1;
  }
  return common * 2 > characters;
}

}  // namespace

Result<std::unique_ptr<TextDecoder>> make_text_decoder(const std::string& encoding) {
  const std::string name = to_lower_ascii(encoding);
  if (name == "utf-8" || name == "utf8") return std::make_unique<Utf8>();
  const iconv_t converter = iconv_open("UTF-8", name.c_str());
  if (std::bit_cast<std::intptr_t>(converter) == -1) {
    return Error(ReplayError::bad_option,
                 fmt::format("unknown encoding '{}'; `iconv --list` names what this machine knows", encoding));
  }
  return std::make_unique<Iconv>(converter);
}

std::string guess_encoding(std::string_view sample) {
  if (sample.starts_with("\xFF\xFE")) return "utf-16le";
  if (sample.starts_with("\xFE\xFF")) return "utf-16be";
  if (sample.starts_with("\x84\x31\x95\x33")) return "gb18030";
  if (is_utf8_but_for_its_end(sample)) return "utf-8";
  return is_everyday_gb18030(sample) ? "gb18030" : "windows-1252";
}

}  // namespace artery::replay
