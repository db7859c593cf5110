// What a backup is made of: the file that is written last, and makes it one (docs/formats/backup.md). Pure functions
// but for read_contents().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::backup {

inline constexpr std::string_view contents_name = "backup";
// A folder of this name's end is no backup yet, or never became one.
inline constexpr std::string_view unfinished = ".tmp";
// The folders in a backup, as in a data folder.
inline constexpr std::string_view log_folder = "log";
inline constexpr std::string_view catalogue_folder = "catalogue";
inline constexpr std::string_view live_folder = "live";
inline constexpr std::string_view history_folder = "history";

struct FileEntry {
  std::string path;  // "history/segment-000000000001.seg"
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;  // CRC-32C
  friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

struct Contents {
  Time made;      // in whole milliseconds
  Offset offset;  // every batch of the log below it is in the backup
  std::vector<FileEntry> files;

  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] const FileEntry* find(std::string_view path) const;
  [[nodiscard]] std::string encode() const;
  // Errors: BackupError::damaged; the message says what is wrong.
  static Result<Contents> decode(std::string_view text);
};

// "20261122T130509.123Z"; sorted by name is sorted by time.
std::string backup_name(Time made);
std::optional<Time> parse_backup_name(std::string_view name);

// What is in a folder of backups and has the name of one.
struct FoundBackup {
  std::string name;  // without `unfinished`
  Time made;
  bool half = false;  // it is being made, or its making or removal was interrupted
  [[nodiscard]] std::string folder_name() const { return half ? name + std::string(unfinished) : name; }
};
// Oldest first. Errors: FileError::*.
runtime::Task<Result<std::vector<FoundBackup>>> find_backups(runtime::Files* files, std::string folder);

// Errors: BackupError::damaged where it is missing or not whole, FileError::*.
runtime::Task<Result<Contents>> read_contents(runtime::Files* files, std::string folder);

}  // namespace artery::backup
