// Bytes and their little-endian integers. A reader never reads beyond its span: what is missing makes it `failed`,
// sticky, and everything it returns from then on is zero or empty, so that a decoder checks once, at its end.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace artery {

static_assert(std::endian::native == std::endian::little, "on-disk formats are little endian and mapped as they are");

using Bytes = std::span<const std::byte>;
using Buffer = std::vector<std::byte>;

inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // bytes and chars may alias
}

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <Scalar T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <Scalar T>
void store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  template <Scalar T>
  T get() {
    if (rest_.size() < sizeof(T)) return fail(), T{};
    const T value = load<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  Bytes bytes(std::size_t count) {
    if (rest_.size() < count) return fail(), Bytes{};
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  // A text with a 32-bit length before it, as ByteWriter::text wrote it. Valid as long as the bytes read from.
  std::string_view text() { return as_text(bytes(get<std::uint32_t>())); }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] Bytes rest() const { return rest_; }

 private:
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  Bytes rest_;
  bool failed_ = false;
};

// Appends to a buffer that the caller owns and that must outlive the writer.
class ByteWriter {
 public:
  explicit ByteWriter(Buffer& to) : to_(to) {}

  template <Scalar T>
  void put(T value) {
    const std::size_t at = to_.size();
    to_.resize(at + sizeof value);
    store(to_.data() + at, value);
  }
  void bytes(Bytes from) { to_.insert(to_.end(), from.begin(), from.end()); }
  void text(std::string_view from) {
    put(static_cast<std::uint32_t>(from.size()));
    bytes(as_bytes(from));
  }
  void align(std::size_t to) { to_.resize((to_.size() + to - 1) / to * to); }

 private:
  Buffer& to_;
};

}  // namespace artery
