#include "sources/replay/text.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>

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

}  // namespace

Result<std::unique_ptr<TextDecoder>> make_text_decoder(const std::string& encoding) {
  std::string name = encoding;
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
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
  return is_utf8_but_for_its_end(sample) ? "utf-8" : "gb18030";
}

}  // namespace artery::replay
