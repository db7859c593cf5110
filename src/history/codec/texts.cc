#include "history/codec/texts.h"

#include <zstd.h>

#include <string_view>
#include <unordered_map>

#include "base/assert.h"
#include "history/codec/bits.h"

namespace artery::codec {
namespace {

// The numbers are on disk.
enum class TextForm : std::uint8_t { plain = 0, dictionary = 1 };
enum class BytesForm : std::uint8_t { raw = 0, zstd = 1 };

constexpr int light_level = 1;
constexpr int small_level = 9;

void write_bytes(Buffer& out, Bytes bytes, Effort effort) {
  put_varint(out, bytes.size());
  if (bytes.empty()) return;
  Buffer packed(ZSTD_compressBound(bytes.size()));
  const int level = effort == Effort::light ? light_level : small_level;
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), level);
  const bool smaller = ZSTD_isError(size) == 0 && size < bytes.size();
  out.push_back(static_cast<std::byte>(smaller ? BytesForm::zstd : BytesForm::raw));
  if (!smaller) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    return;
  }
  put_varint(out, size);
  out.insert(out.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
}

bool read_bytes(ByteReader& reader, std::string& into) {
  const std::uint64_t size = get_varint(reader);
  if (reader.failed() || size > run_text_bytes_max) return false;
  if (size == 0) return true;
  switch (reader.get<BytesForm>()) {
    case BytesForm::raw:
      into.append(as_text(reader.bytes(size)));
      return !reader.failed();
    case BytesForm::zstd: {
      const Bytes packed = reader.bytes(get_varint(reader));
      if (reader.failed() || ZSTD_getFrameContentSize(packed.data(), packed.size()) != size) return false;
      const std::size_t at = into.size();
      into.resize(at + size);
      return ZSTD_decompress(into.data() + at, size, packed.data(), packed.size()) == size;
    }
  }
  return false;
}

// Texts of one run: their lengths, then their bytes.
void write_plain(Buffer& out, std::span<const std::uint64_t> ends, std::string_view text, Effort effort) {
  std::vector<std::uint64_t> lengths(ends.begin(), ends.end());
  for (std::size_t i = lengths.size(); i-- > 1;) lengths[i] -= lengths[i - 1];
  write_integers(out, lengths, effort);
  write_bytes(out, as_bytes(text), effort);
}

bool read_plain(ByteReader& reader, std::span<std::uint64_t> ends, std::string& text) {
  if (!read_integers(reader, ends)) return false;
  std::uint64_t end = 0;
  for (std::uint64_t& length : ends) {
    if (length > run_text_bytes_max - end) return false;
    length = end += length;
  }
  return read_bytes(reader, text) && text.size() == end;
}

struct Dictionary {
  std::vector<std::uint64_t> numbers;  // of each text, in the order in which the distinct ones first came
  std::vector<std::uint64_t> ends;
  std::string text;

  Dictionary(std::span<const std::uint64_t> ends_of_all, std::string_view all) {
    std::unordered_map<std::string_view, std::uint64_t> known;
    std::uint64_t begin = 0;
    for (const std::uint64_t end : ends_of_all) {
      const std::string_view one = all.substr(begin, end - begin);
      const auto [found, is_new] = known.try_emplace(one, known.size());
      if (is_new) ends.push_back((text += one).size());
      numbers.push_back(found->second);
      begin = end;
    }
  }
};

bool read_dictionary(ByteReader& reader, std::span<std::uint64_t> ends, std::string& text) {
  const std::uint64_t count = get_varint(reader);
  if (reader.failed() || count == 0 || count > ends.size()) return false;
  std::vector<std::uint64_t> ends_of_distinct(count);
  std::string distinct;
  if (!read_plain(reader, ends_of_distinct, distinct) || !read_integers(reader, ends)) return false;
  for (std::uint64_t& end : ends) {
    if (end >= count) return false;
    const std::uint64_t begin = end == 0 ? 0 : ends_of_distinct[end - 1];
    const std::string_view one = std::string_view(distinct).substr(begin, ends_of_distinct[end] - begin);
    if (one.size() > run_text_bytes_max - text.size()) return false;
    end = (text += one).size();
  }
  return true;
}

}  // namespace

void write_texts(Buffer& out, std::span<const std::uint64_t> ends, std::string_view text, Effort effort) {
  ARTERY_ASSERT(!ends.empty() && ends.size() <= run_values_max && ends.back() == text.size() &&
                text.size() <= run_text_bytes_max);
  const Dictionary dictionary(ends, text);
  const bool repeats = dictionary.ends.size() * 2 <= ends.size();
  out.push_back(static_cast<std::byte>(repeats ? TextForm::dictionary : TextForm::plain));
  if (!repeats) return write_plain(out, ends, text, effort);
  put_varint(out, dictionary.ends.size());
  write_plain(out, dictionary.ends, dictionary.text, effort);
  write_integers(out, dictionary.numbers, effort);
}

bool read_texts(ByteReader& reader, std::span<std::uint64_t> ends, std::string& text) {
  ARTERY_ASSERT(!ends.empty() && ends.size() <= run_values_max && text.empty());
  switch (reader.get<TextForm>()) {
    case TextForm::plain:
      return !reader.failed() && read_plain(reader, ends, text);
    case TextForm::dictionary:
      return read_dictionary(reader, ends, text);
  }
  return false;
}

}  // namespace artery::codec
