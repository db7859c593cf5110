// What the coding of history's columns costs and saves: a line of JSON for each effort with values, bytes, and CPU
// nanoseconds a value to code and to decode. With an argument it reads columns from that file, each a u64 count, a u64
// kind (0 doubles, 1 integers) and so many 64-bit words (bench/column_coding.py feeds it with real data beside a peer);
// without one it makes the shape of TSBS's cpu-only: integers that walk between 0 and 100 by normal steps.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/assert.h"
#include "history/chunk.h"
#include "history/codec/floats.h"

namespace {

using namespace artery;
using namespace artery::codec;

using Words = std::vector<std::uint64_t>;

struct Column {
  bool integers = false;
  Words words;
};

std::vector<Column> read_columns(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<Column> columns;
  for (ByteReader reader(as_bytes(text)); reader.remaining() > 0;) {
    Column& column = columns.emplace_back();
    const auto count = reader.get<std::uint64_t>();
    column.integers = reader.get<std::uint64_t>() == 1;
    const Bytes words = reader.bytes(count * sizeof(std::uint64_t));
    ARTERY_ASSERT(!reader.failed());
    column.words.resize(count);
    std::memcpy(column.words.data(), words.data(), words.size());
  }
  return columns;
}

std::vector<Column> make_walks() {
  constexpr std::size_t walks = 40;
  constexpr std::size_t steps = 25'920;  // three days, every 10 s
  std::mt19937_64 random(1);
  std::normal_distribution<double> step(0, 1);
  std::vector<Column> columns(walks);
  for (Column& column : columns) {
    column.integers = true;
    double at = std::uniform_real_distribution<double>(0, 100)(random);
    for (std::size_t i = 0; i < steps; ++i) {
      at = std::clamp(at + step(random), 0.0, 100.0);
      column.words.push_back(static_cast<std::uint64_t>(at));
    }
  }
  return columns;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Sums {
  std::size_t values = 0;
  std::size_t bytes = 0;
  double coding = 0;
  double decoding = 0;
};

// As history does it: in chunks.
void measure(const Column& column, Effort effort, Sums& sums) {
  constexpr int repeats = 20;
  for (std::size_t at = 0; at < column.words.size(); at += history::chunk_rows_max) {
    const auto words = std::span(column.words).subspan(at, std::min(history::chunk_rows_max, column.words.size() - at));
    Buffer out;
    const double before = cpu_seconds();
    if (column.integers) {
      write_integers(out, words, effort);
    } else {
      write_floats(out, words, effort);
    }
    const double coded = cpu_seconds();
    Words back(words.size());
    bool whole = true;
    for (int i = 0; i < repeats; ++i) {
      ByteReader reader(out);
      whole = (column.integers ? read_integers(reader, back) : read_floats(reader, back)) && whole;
    }
    const double decoded = cpu_seconds();
    ARTERY_ASSERT(whole && std::ranges::equal(back, words));
    sums.values += words.size();
    sums.bytes += out.size();
    sums.coding += coded - before;
    sums.decoding += (decoded - coded) / repeats;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<Column> columns = count > 1 ? read_columns(arguments[1]) : make_walks();
  for (const Effort effort : {Effort::light, Effort::small}) {
    Sums sums;
    for (const Column& column : columns) measure(column, effort, sums);
    if (sums.values == 0) continue;
    const auto values = static_cast<double>(sums.values);
    fmt::print(R"({{"effort":"{}","values":{},"bytes":{},"coding_ns":{:.2f},"decoding_ns":{:.3f}}})"
               "\n",
               effort == Effort::light ? "light" : "small", sums.values, sums.bytes, sums.coding / values * 1e9,
               sums.decoding / values * 1e9);
  }
}
