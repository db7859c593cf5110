// One open file of the machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/file.h"
#include "runtime/linux/descriptor.h"

namespace artery::runtime {

class SystemFile final : public File {
 public:
  SystemFile(std::string path, Descriptor descriptor);

  Task<Result<std::size_t>> read(std::uint64_t at, std::span<std::byte> into) override;
  Task<Result<void>> write(std::uint64_t at, std::vector<Bytes> parts) override;
  Task<Result<void>> sync() override;
  Task<Result<std::uint64_t>> size() override;
  Task<Result<void>> truncate(std::uint64_t size) override;

 private:
  const std::string path_;  // for messages
  const Descriptor descriptor_;
};

}  // namespace artery::runtime
