// The coding of history's columns, both ways. Bytes from a stranger are refused or read within their bounds; whatever
// the words are, they come back bit by bit.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "history/codec/floats.h"
#include "history/codec/integers.h"
#include "history/codec/texts.h"

using namespace artery;
using namespace artery::codec;

namespace {

using Words = std::vector<std::uint64_t>;

// Which decoder, and how many values; then its bytes.
void decode(Bytes input) {
  ByteReader head(input);
  const auto which = head.get<std::uint8_t>();
  Words words(std::max<std::size_t>(1, head.get<std::uint16_t>() % 9000));
  ByteReader reader(head.rest());
  std::string text;
  if (which % 3 == 0) static_cast<void>(read_integers(reader, words));
  if (which % 3 == 1) static_cast<void>(read_floats(reader, words));
  if (which % 3 == 2 && read_texts(reader, words, text)) {
    ARTERY_ASSERT(words.back() == text.size() && std::ranges::is_sorted(words));
  }
}

void round_trip(Bytes input) {
  Words words(input.size() / sizeof(std::uint64_t));
  if (words.empty()) return;
  std::memcpy(words.data(), input.data(), words.size() * sizeof(std::uint64_t));
  for (const Effort effort : {Effort::light, Effort::small}) {
    Buffer integers;
    write_integers(integers, words, effort);
    ByteReader of_integers(integers);
    Words back(words.size());
    ARTERY_ASSERT(read_integers(of_integers, back) && back == words && of_integers.remaining() == 0);

    Buffer floats;
    write_floats(floats, words, effort);
    ByteReader of_floats(floats);
    ARTERY_ASSERT(read_floats(of_floats, back) && back == words && of_floats.remaining() == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  decode(input);
  round_trip(input);
  return 0;
}
