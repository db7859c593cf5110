#include "sources/replay/unpack.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <array>

#include "sources/replay/error.h"

namespace artery::replay {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr int gzip_window = 15 + 16;  // zlib's way to say: gzip, any window

Error broken(std::string_view format, std::string_view why) {
  return {ReplayError::unreadable, fmt::format("the {} stream is broken: {}", format, why)};
}

class Plain final : public Unpacker {
 public:
  Result<void> unpack(Bytes packed, std::string& plain) override {
    plain.append(as_text(packed));
    return {};
  }
  Result<void> finish() override { return {}; }
};

class Gzip final : public Unpacker {
 public:
  Gzip() { ok_ = inflateInit2(&stream_, gzip_window) == Z_OK; }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { inflateEnd(&stream_); }

  Result<void> unpack(Bytes packed, std::string& plain) override {
    if (!ok_) return broken("gzip", "no memory");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(packed.size());
    while (stream_.avail_in > 0 || stream_.avail_out == 0) {
      if (at_end_) {
        if (stream_.avail_in == 0) break;
        inflateReset(&stream_);  // another member
        at_end_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(piece_.size());
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      plain.append(piece_.data(), piece_.size() - stream_.avail_out);
      at_end_ = outcome == Z_STREAM_END;
      if (outcome == Z_BUF_ERROR) break;  // no more input, nothing held back
      if (outcome != Z_OK && !at_end_) return broken("gzip", stream_.msg == nullptr ? "bad data" : stream_.msg);
    }
    return {};
  }
  Result<void> finish() override {
    if (at_end_) return {};
    return broken("gzip", "it ends before its end");
  }

 private:
  z_stream stream_{};
  bool ok_ = false;
  bool at_end_ = false;
  std::array<char, piece_bytes> piece_{};
};

class Zstd final : public Unpacker {
 public:
  Zstd() : stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {}

  Result<void> unpack(Bytes packed, std::string& plain) override {
    if (!stream_) return broken("zstd", "no memory");
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    while (true) {
      ZSTD_outBuffer out{piece_.data(), piece_.size(), 0};
      left_ = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(left_) != 0) return broken("zstd", ZSTD_getErrorName(left_));
      plain.append(piece_.data(), out.pos);
      if (in.pos == in.size && out.pos < out.size) return {};
    }
  }
  Result<void> finish() override {
    if (left_ == 0) return {};
    return broken("zstd", "it ends before its end");
  }

 private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  std::size_t left_ = 0;
  std::array<char, piece_bytes> piece_{};
};

bool starts_with(Bytes start, std::string_view magic) { return as_text(start).starts_with(magic); }
constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";

}  // namespace

bool is_packed(Bytes start) { return starts_with(start, gzip_magic) || starts_with(start, zstd_magic); }

std::unique_ptr<Unpacker> make_unpacker(Bytes start) {
  if (starts_with(start, gzip_magic)) return std::make_unique<Gzip>();
  if (starts_with(start, zstd_magic)) return std::make_unique<Zstd>();
  return std::make_unique<Plain>();
}

}  // namespace artery::replay
