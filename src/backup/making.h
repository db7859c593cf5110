// One backup being made. Private to backup/.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backup/backups.h"
#include "backup/contents.h"
#include "backup/file_work.h"

namespace artery::backup {

// On the pool but where it says so.
class Making {
 public:
  Making(const Backups::Surroundings& around, std::string folder, const Backups::Source& source,
         const std::atomic<bool>& stop);

  // As Backups::make().
  runtime::Task<Result<Made>> run();

 private:
  // A file as it was read.
  struct Loaded {
    std::string name;
    Buffer bytes;
  };
  using IsWanted = bool (*)(std::string_view name);

  runtime::Task<Result<void>> prepare();
  runtime::Task<Result<void>> fill();
  runtime::Task<Result<void>> take_catalogue();
  runtime::Task<Result<void>> take_live();
  runtime::Task<Result<void>> take_log(log::Reader* reader);
  runtime::Task<Result<void>> take_history(history::BackupParts parts);
  runtime::Task<Result<void>> take_segment(history::BackupParts::Segment segment);
  runtime::Task<Result<bool>> link_from_former(std::string source, std::string path);
  runtime::Task<Result<void>> commit();

  runtime::Task<Result<std::vector<Loaded>>> read_steady(std::string folder, IsWanted is_wanted);
  runtime::Task<Result<std::vector<std::string>>> names_in(std::string folder, IsWanted is_wanted);
  // The first and the last bytes of a file, by which segments are told from each other.
  runtime::Task<Result<Buffer>> ends_of(std::string path);
  runtime::Task<Result<void>> put(std::string path, Buffer bytes);
  [[nodiscard]] std::string target(std::string_view path) const;
  void needs_log_from(Offset offset) { log_from_ = std::min(log_from_, offset); }

  const Backups::Surroundings& around_;
  const std::string folder_;
  const Backups::Source& source_;
  FileWork work_;
  std::string former_;  // folder of the newest backup before; empty without
  Contents former_contents_;
  std::string temporary_;  // folder that is written
  std::string final_;      // its name at the end
  Offset log_from_;        // what the checkpoints do not hold begins here
  Contents contents_;
  Made made_;
};

}  // namespace artery::backup
