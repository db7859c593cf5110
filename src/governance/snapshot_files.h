// The catalogue's snapshot files in their folder. Under linux/ the tasks block: run them on a pool.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::governance {

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
