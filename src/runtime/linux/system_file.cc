#include "runtime/linux/system_file.h"

#include <limits.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/linux/file_error.h"

namespace artery::runtime {

namespace {

// What is left to write of some parts, as the system takes it.
class Remainder {
 public:
  explicit Remainder(const std::vector<Bytes>& parts) {
    vectors_.reserve(parts.size());
    for (const Bytes part : parts) {
      // The system takes the place to write from without const, and does not write there.
      if (!part.empty()) vectors_.push_back({const_cast<std::byte*>(part.data()), part.size()});
    }
  }
  [[nodiscard]] bool empty() const { return next_ == vectors_.size(); }
  [[nodiscard]] std::span<const iovec> next() const {
    return std::span(vectors_).subspan(next_, std::min<std::size_t>(vectors_.size() - next_, IOV_MAX));
  }
  void written(std::size_t bytes) {
    while (bytes > 0) {
      iovec& part = vectors_[next_];
      const std::size_t taken = std::min(bytes, part.iov_len);
      part.iov_base = static_cast<std::byte*>(part.iov_base) + taken;
      part.iov_len -= taken;
      bytes -= taken;
      if (part.iov_len == 0) ++next_;
    }
  }

 private:
  std::vector<iovec> vectors_;
  std::size_t next_ = 0;
};

}  // namespace

SystemFile::SystemFile(std::string path, Descriptor descriptor)
    : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

Task<Result<std::size_t>> SystemFile::read(std::uint64_t at, std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto from = static_cast<off_t>(at + done);
    const ssize_t got = ::pread(descriptor_.number(), into.data() + done, into.size() - done, from);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) co_return file_error(path_, "cannot read", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  co_return done;
}

Task<Result<void>> SystemFile::write(std::uint64_t at, std::vector<Bytes> parts) {
  Remainder remainder(parts);
  while (!remainder.empty()) {
    const std::span<const iovec> next = remainder.next();
    const ssize_t taken =
        ::pwritev(descriptor_.number(), next.data(), static_cast<int>(next.size()), static_cast<off_t>(at));
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) co_return file_error(path_, "cannot write", errno);
    if (taken == 0) co_return file_error(path_, "cannot write", EIO);
    remainder.written(static_cast<std::size_t>(taken));
    at += static_cast<std::uint64_t>(taken);
  }
  co_return Result<void>();
}

// fdatasync leaves out the times, but not the length that is needed to read the data back.
Task<Result<void>> SystemFile::sync() {
  if (::fdatasync(descriptor_.number()) != 0) co_return file_error(path_, "cannot sync", errno);
  co_return Result<void>();
}

Task<Result<std::uint64_t>> SystemFile::size() {
  struct stat about{};
  if (::fstat(descriptor_.number(), &about) != 0) co_return file_error(path_, "cannot tell the size", errno);
  co_return static_cast<std::uint64_t>(about.st_size);
}

Task<Result<void>> SystemFile::truncate(std::uint64_t size) {
  while (::ftruncate(descriptor_.number(), static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) co_return file_error(path_, "cannot change the size", errno);
  }
  co_return Result<void>();
}

}  // namespace artery::runtime
