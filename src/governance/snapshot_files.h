// The catalogue's snapshot files in their folder. Under linux/ the tasks block: run them on a pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::governance {

// What the name of a whole snapshot says; nothing where it is none. A file of such a name never changes.
std::optional<Offset> snapshot_offset(std::string_view name);

class SnapshotFiles {
 public:
  SnapshotFiles(runtime::Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  // Makes the folder and returns the offsets of the snapshots that are there for good, newest first.
  runtime::Task<Result<std::vector<Offset>>> open();
  runtime::Task<Result<Buffer>> read(Offset offset);
  // Done when the file and its name are on the device; on an error there is none of that offset.
  runtime::Task<Result<void>> write(Offset offset, Buffer snapshot);
  runtime::Task<Result<void>> remove(Offset offset);
  [[nodiscard]] std::string path(Offset offset) const;

 private:
  runtime::Files& files_;
  std::string folder_;
};

}  // namespace artery::governance
