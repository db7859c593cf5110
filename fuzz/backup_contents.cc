// A backup's list of contents from a damaged or hostile disk: any text is read within bounds, names no file outside the
// backup, and what is read is what it would be written as. The checksum is made good first, or nothing would be
// reached.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backup/contents.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace artery;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  (void)backup::Contents::decode(text);
  (void)backup::parse_backup_name(text);
  std::string sealed(text);
  if (!sealed.ends_with('\n')) sealed += '\n';
  sealed += fmt::format("end {:08x}\n", crc32c(as_bytes(sealed)));
  const auto contents = backup::Contents::decode(sealed);
  if (!contents) return 0;
  for (const backup::FileEntry& file : contents->files) {
    const std::size_t slash = file.path.find('/');
    ARTERY_ASSERT(slash != std::string::npos && slash > 0 && slash == file.path.rfind('/'));
    ARTERY_ASSERT(file.path[0] != '.' && slash + 1 < file.path.size() && file.path[slash + 1] != '.');
  }
  const auto again = backup::Contents::decode(contents->encode());
  ARTERY_ASSERT(again && again->files == contents->files && again->made == contents->made &&
                again->offset == contents->offset);
  return 0;
}
