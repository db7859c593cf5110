#include "runtime/linux/file_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "runtime/file.h"

namespace artery::runtime {

namespace {

FileError code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return FileError::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return FileError::exists;
    case ENOSPC:
    case EDQUOT:
      return FileError::no_space;
    case EROFS:
      return FileError::read_only;
    case EACCES:
    case EPERM:
      return FileError::denied;
    case EMFILE:
    case ENFILE:
      return FileError::too_many_open;
    default:
      return FileError::io;
  }
}

}  // namespace

Error file_error(std::string_view path, std::string_view what, int error_number) {
  return {code_of(error_number), fmt::format("{}: {} ({})", path, what, std::system_category().message(error_number))};
}

}  // namespace artery::runtime
