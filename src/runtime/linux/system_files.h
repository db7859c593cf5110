// Files of the machine. Every operation is done on the calling thread, before its task is first suspended. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/file.h"

namespace artery::runtime {

class SystemFiles final : public Files {
 public:
  Task<Result<std::unique_ptr<File>>> open(std::string path, OpenMode mode) override;
  Task<Result<void>> rename(std::string from, std::string to) override;
  Task<Result<void>> remove(std::string path) override;
  Task<Result<void>> link(std::string from, std::string to) override;
  Task<Result<std::vector<FolderEntry>>> list(std::string folder) override;
  Task<Result<void>> make_folder(std::string folder) override;
  Task<Result<void>> sync_folder(std::string folder) override;
  Task<Result<Space>> space(std::string folder) override;
  Task<Result<std::unique_ptr<FileLock>>> lock(std::string path) override;
};

}  // namespace artery::runtime
