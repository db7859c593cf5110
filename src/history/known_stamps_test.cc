// Stamps that stand in a segment once: what is remembered of them, and what chunks that name them are read as.
#include "history/known_stamps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "history/chunk_file.h"
#include "history/codec/bits.h"
#include "history/remains.h"
#include "history/segment.h"
#include "history/segment_writer.h"
#include "runtime/sim/process.h"

namespace artery::history {
namespace {

// Times and arrivals that no line describes; others for another seed.
Samples irregular(std::uint64_t seed, std::size_t rows = 50) {
  sim::Rng rng(seed);
  Samples samples;
  std::int64_t time = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    time += static_cast<std::int64_t>(rng.below(1'000'000'000));
    samples.push(Time(time), rng.below(1000), {}, quality_good, Time(time + 1'000'000), 1);
  }
  return samples;
}

Buffer coded(const Samples& samples) {
  Buffer out;
  write_stamps(out, samples, codec::Effort::small);
  return out;
}

TEST(KnownStamps, say_how_far_back_they_stand_and_what_their_checksum_is) {
  KnownStamps known;
  const Samples samples = irregular(1);
  const std::uint32_t hash = KnownStamps::hash(samples);
  EXPECT_FALSE(known.find(hash, samples, 1000));
  const Buffer stamps = coded(samples);
  known.keep(hash, 300, stamps);
  const auto found = known.find(hash, samples, 1000);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->distance, 700U);
  EXPECT_EQ(found->bytes, stamps.size());
  EXPECT_EQ(found->checksum, crc32c(stamps));
}

TEST(KnownStamps, are_not_taken_for_others_whatever_the_hash_says) {
  KnownStamps known;
  const Samples samples = irregular(1);
  known.keep(7, 0, coded(samples));
  EXPECT_TRUE(known.find(7, samples, 1000));
  const auto expect_others = [&](const char* what, auto change) {
    Samples other = samples;
    change(other);
    EXPECT_FALSE(known.find(7, other, 1000)) << what;
  };
  for (std::size_t row = 0; row < samples.size(); ++row) {
    expect_others("a time", [row](Samples& other) { other.times[row] = Time(other.times[row].value() + 1); });
    expect_others("an arrival", [row](Samples& other) { other.arrivals[row] = Time(other.arrivals[row].value() - 1); });
  }
  expect_others("fewer rows", [](Samples& other) { other.truncate(other.size() - 1); });
  expect_others("more rows", [](Samples& other) { other.append(other, 49, 50, 1); });
  EXPECT_TRUE(known.find(7, samples, 1000));
}

TEST(KnownStamps, that_are_short_are_not_worth_the_way) {
  KnownStamps known;
  Samples regular;
  for (int row = 0; row < 1000; ++row) regular.push(Time(row * 1'000'000'000LL), 1, {}, quality_good, Time(5), 1);
  const Buffer stamps = coded(regular);
  ASSERT_LT(stamps.size(), KnownStamps::stamps_bytes_min);
  known.keep(1, 0, stamps);
  EXPECT_FALSE(known.find(1, regular, 1000));
}

TEST(KnownStamps, are_named_by_so_many_and_no_more) {
  KnownStamps known;
  const Samples samples = irregular(1);
  known.keep(1, 0, coded(samples));
  for (unsigned i = 0; i < KnownStamps::names_max; ++i) ASSERT_TRUE(known.find(1, samples, 1000));
  EXPECT_FALSE(known.find(1, samples, 1000));
  known.keep(1, 500, coded(samples));
  const auto again = known.find(1, samples, 1000);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->distance, 500U);
}

TEST(KnownStamps, are_forgotten_oldest_first_when_they_take_their_memory) {
  KnownStamps known;
  const Samples samples = irregular(1);
  const Buffer stamps = coded(samples);
  const auto most = static_cast<std::uint32_t>(KnownStamps::bytes_max / stamps.size());
  for (std::uint32_t hash = 0; hash < most; ++hash) known.keep(hash, 0, stamps);
  EXPECT_FALSE(known.find(0, samples, 1000)) << "all of them would be more";
  EXPECT_TRUE(known.find(most - 1, samples, 1000));
  EXPECT_TRUE(known.find(most / 2, samples, 1000));
}

constexpr std::uint32_t signals = 5;
constexpr std::size_t rows_of_vector = 400;

// A segment of signals that came together, and what is in it.
class SharedStamps : public ::testing::Test {
 protected:
  void SetUp() override {
    SegmentPlan plan;
    plan.files = &process_.files();
    plan.folder = "h";
    plan.number = 1;
    plan.to = Offset(1);
    plan.names = [](SignalId) { return SignalFacts{"press7/force", "kN"}; };
    process_.run(process_.files().make_folder("h"));
    const auto writer = std::move(**process_.run(SegmentWriter::create(std::move(plan))));
    for (std::uint32_t signal = 1; signal <= signals; ++signal) {
      Samples samples = irregular(7, rows_of_vector);
      for (std::uint64_t& word : samples.words) word += signal;
      writer->add(SignalId(signal), samples);
      sent_.push_back(samples);
      ASSERT_TRUE(*process_.run(writer->flush())) << "what is written already is named as well";
    }
    ASSERT_TRUE(*process_.run(writer->finish()));
    entry_ = **process_.run(writer->give_name());
    open();
  }

  void open() { segment_ = (*process_.run(Segment::open(&process_.files(), "h", entry_)))->segment; }
  [[nodiscard]] std::string path() const { return "h/" + segment_name(1); }
  std::unique_ptr<runtime::File> file() {
    return std::move(**process_.run(process_.files().open(path(), runtime::OpenMode::read)));
  }
  [[nodiscard]] ChunkPlace place_of(std::uint32_t signal) const {
    return segment_->directory().chunks_of(SignalId(signal), Span{}).front();
  }
  // The signals that can be read, with all that was sent of them.
  std::vector<std::uint32_t> read() {
    std::vector<std::uint32_t> found;
    const auto opened = file();
    for (std::uint32_t signal = 1; signal <= signals; ++signal) {
      const auto rows = *process_.run(segment_->load(opened.get(), SignalId(signal), place_of(signal)));
      if (!*rows) continue;
      const Samples& columns = (*rows)->columns;
      const Samples& sent = sent_.at(signal - 1);
      EXPECT_TRUE(columns.times == sent.times && columns.words == sent.words && columns.arrivals == sent.arrivals);
      found.push_back(signal);
    }
    return found;
  }

  sim::Machine machine_{1};
  sim::Process process_{machine_};
  SegmentEntry entry_;
  std::shared_ptr<const Segment> segment_;
  std::vector<Samples> sent_;
};

const std::vector<std::uint32_t> all{1, 2, 3, 4, 5};

TEST_F(SharedStamps, stand_in_the_file_once_and_all_rows_are_read) {
  const std::size_t stamps = coded(sent_.front()).size();
  EXPECT_EQ(read(), all);
  for (std::uint32_t signal = 2; signal <= signals; ++signal) {
    EXPECT_LT(place_of(signal).bytes, place_of(1).bytes - stamps / 2) << signal;
  }
}

TEST_F(SharedStamps, that_are_damaged_take_along_all_that_name_them) {
  machine_.rot(path(), place_of(1).at + place_of(1).bytes - 1);
  EXPECT_EQ(read(), std::vector<std::uint32_t>());
}

TEST_F(SharedStamps, are_read_where_the_rest_of_their_chunk_is_damaged) {
  machine_.rot(path(), place_of(1).at + 30);
  EXPECT_EQ(read(), (std::vector<std::uint32_t>{2, 3, 4, 5}));
}

TEST_F(SharedStamps, are_found_without_a_directory) {
  machine_.rot(path(), entry_.bytes - 1);
  open();
  EXPECT_FALSE(segment_->has_holes());
  EXPECT_EQ(read(), all);
}

TEST_F(SharedStamps, are_found_by_a_search_from_byte_to_byte) {
  machine_.rot(path(), place_of(1).at + 30);
  machine_.rot(path(), place_of(3).at + 4);  // its length
  machine_.rot(path(), entry_.bytes - 1);
  const auto remains = *process_.run(find_remains(&process_.files(), path()));
  std::vector<std::uint32_t> found;
  const auto opened = file();
  for (const auto& [signal, place] : remains->whole) {
    found.push_back(signal.value());
    const auto rows = *process_.run(read_remaining(opened.get(), place));
    EXPECT_EQ(rows->columns.arrivals, sent_.at(signal.value() - 1).arrivals);
  }
  EXPECT_EQ(found, (std::vector<std::uint32_t>{2, 4, 5}));
}

// The chunk of layout 32 that says this of its stamps, with a checksum that is right.
Buffer chunk_that_says(const Samples& samples, std::uint64_t distance, std::uint64_t bytes, std::uint32_t checksum) {
  constexpr StampsPlace told{1, 1, 0x12345678};
  Buffer chunk;
  write_chunk(chunk, SignalId(2), 0, samples, codec::Effort::light, told);
  Buffer said{std::byte{1}, std::byte{1}};
  ByteWriter(said).put(told.checksum);
  const auto at = std::ranges::search(chunk, said).begin();
  EXPECT_NE(at, chunk.end());
  const Buffer rest(at + static_cast<std::ptrdiff_t>(said.size()), chunk.end());
  chunk.erase(at, chunk.end());
  codec::put_varint(chunk, distance);
  codec::put_varint(chunk, bytes);
  ByteWriter(chunk).put(checksum);
  chunk.insert(chunk.end(), rest.begin(), rest.end());
  store(chunk.data() + 4, static_cast<std::uint32_t>(chunk.size()));
  store(chunk.data(), crc32c(Bytes(chunk).subspan(4)));
  return chunk;
}

TEST_F(SharedStamps, are_damaged_where_a_chunk_names_what_is_not_before_it_or_another_thing) {
  const Samples& samples = sent_.at(1);
  const Buffer stamps = coded(samples);
  const std::uint64_t at = place_of(2).at;
  const auto opened = file();
  Buffer light;
  write_stamps(light, samples, codec::Effort::light);  // as the writer had it
  const std::uint64_t own_at = place_of(1).at + place_of(1).bytes - light.size();
  const auto is_read = [&](std::uint64_t distance, std::uint64_t bytes, std::uint32_t checksum) {
    const Buffer chunk = chunk_that_says(samples, distance, bytes, checksum);
    return (*process_.run(complete_chunk(opened.get(), at, chunk)))->has_value();
  };
  const std::uint64_t distance = at - own_at;
  const std::uint64_t size = light.size();
  const std::uint32_t checksum = crc32c(light);
  ASSERT_TRUE(is_read(distance, size, checksum));
  EXPECT_FALSE(is_read(distance, size, checksum + 1));
  EXPECT_FALSE(is_read(distance + 1, size, checksum));
  EXPECT_FALSE(is_read(distance, size + 1, checksum));
  EXPECT_FALSE(is_read(distance, 0, 0));
  EXPECT_FALSE(is_read(0, 0, 0));
  EXPECT_FALSE(is_read(0, size, checksum));
  EXPECT_FALSE(is_read(size - 1, size, checksum)) << "they would end in the chunk itself";
  EXPECT_FALSE(is_read(at - segment_header_bytes + 1, size, checksum)) << "in the header";
  EXPECT_FALSE(is_read(at + 1, size, checksum)) << "before the file";
  EXPECT_FALSE(is_read(std::numeric_limits<std::uint64_t>::max(), size, checksum));
  EXPECT_FALSE(is_read(std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint64_t>::max(), checksum));
  EXPECT_FALSE(is_read(std::numeric_limits<std::uint64_t>::max(), stamps_bytes_max + 1, checksum));
  const Buffer header = *machine_.contents(path());
  EXPECT_FALSE(is_read(distance, 3, crc32c(Bytes(header).subspan(own_at, 3)))) << "a part of them";
}

}  // namespace
}  // namespace artery::history
