#include "backup/contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "backup/error.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "model/rfc3339.h"
#include "runtime/durable.h"

namespace artery::backup {
namespace {

using runtime::FileError;
using runtime::Task;

constexpr std::string_view first_line = "artery backup 1";
constexpr std::int64_t ns_per_ms = 1'000'000;

Error damaged(std::string_view what) { return {BackupError::damaged, std::string(what)}; }

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// One of the folders, a slash, a name that leads nowhere else.
bool is_path(std::string_view path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  constexpr std::array folders{log_folder, catalogue_folder, live_folder, history_folder};
  if (std::ranges::find(folders, path.substr(0, slash)) == folders.end()) return false;
  const std::string_view name = path.substr(std::min(slash + 1, path.size()));
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, is_plain);
}

// The next word of a line, up to a space or its end.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <class T>
bool read_number(std::string_view text, T& into, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_line(std::string_view line, Contents& into) {
  const std::string_view kind = take_word(line);
  if (kind == "offset") {
    std::uint64_t offset = 0;
    if (!read_number(line, offset)) return false;
    into.offset = Offset(offset);
    return true;
  }
  if (kind == "made") {
    const auto made = parse_rfc3339(line);
    if (made) into.made = *made;
    return made.has_value();
  }
  if (kind != "file") return false;
  FileEntry entry;
  const bool numbers = read_number(take_word(line), entry.crc, 16) && read_number(take_word(line), entry.bytes);
  entry.path = line;
  const bool good = numbers && is_path(entry.path);
  into.files.push_back(std::move(entry));
  return good;
}

}  // namespace

std::uint64_t Contents::bytes() const {
  std::uint64_t sum = 0;
  for (const FileEntry& file : files) sum += file.bytes;
  return sum;
}

const FileEntry* Contents::find(std::string_view path) const {
  const auto found = std::ranges::find(files, path, &FileEntry::path);
  return found == files.end() ? nullptr : &*found;
}

std::string Contents::encode() const {
  std::string text = fmt::format("{}\nmade {}\noffset {}\n", first_line, format_rfc3339(made), offset.value());
  for (const FileEntry& file : files) text += fmt::format("file {:08x} {} {}\n", file.crc, file.bytes, file.path);
  text += fmt::format("end {:08x}\n", crc32c(as_bytes(text)));
  return text;
}

Result<Contents> Contents::decode(std::string_view text) {
  if (!text.starts_with(first_line) || text.substr(first_line.size()).find('\n') != 0) {
    return damaged(fmt::format("its first line is not '{}'", first_line));
  }
  const std::size_t end = text.rfind("\nend ");
  constexpr std::size_t crc_digits = 8;
  if (end == std::string_view::npos || text.size() != end + 5 + crc_digits + 1 || text.back() != '\n') {
    return damaged("it is cut off");
  }
  // As text: a digit may not be another that means the same.
  const std::string_view digits = text.substr(end + 5, crc_digits);
  text = text.substr(0, end + 1);
  if (digits != fmt::format("{:08x}", crc32c(as_bytes(text)))) return damaged("its checksum is wrong");
  Contents contents;
  text.remove_prefix(first_line.size() + 1);
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    const std::string_view line = text.substr(0, length);
    if (!read_line(line, contents)) return damaged(fmt::format("there is no such line: {}", line));
    text.remove_prefix(length + 1);
  }
  return contents;
}

std::string backup_name(Time made) {
  using namespace std::chrono;
  const sys_time<milliseconds> time(milliseconds(made.value() / ns_per_ms));
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}.{:03}Z", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()}, clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<Time> parse_backup_name(std::string_view name) {
  if (name.size() != std::string_view("20261122T130509.123Z").size()) return std::nullopt;
  const auto time =
      parse_rfc3339(fmt::format("{}-{}-{}T{}:{}:{}", name.substr(0, 4), name.substr(4, 2), name.substr(6, 2),
                                name.substr(9, 2), name.substr(11, 2), name.substr(13)));
  if (!time || backup_name(*time) != name) return std::nullopt;
  return time;
}

Task<Result<Contents>> read_contents(runtime::Files* files, std::string folder) {
  const std::string path = fmt::format("{}/{}", folder, contents_name);
  const auto bytes = co_await runtime::read_file(*files, path);
  if (!bytes && bytes.error().is(FileError::not_found)) {
    co_return damaged(
        fmt::format("{}: there is no file '{}': this is no backup, or one that was made half", folder, contents_name));
  }
  if (!bytes) co_return bytes.error();
  auto contents = Contents::decode(as_text(*bytes));
  if (!contents) co_return std::move(contents).error().at(path);
  co_return contents;
}

Task<Result<std::vector<FoundBackup>>> find_backups(runtime::Files* files, std::string folder) {
  const auto entries = co_await files->list(folder);
  if (!entries) co_return entries.error();
  std::vector<FoundBackup> found;
  for (const runtime::FolderEntry& entry : *entries) {
    std::string_view name = entry.name;
    const bool half = name.ends_with(unfinished);
    if (half) name.remove_suffix(unfinished.size());
    const auto made = parse_backup_name(name);
    if (entry.is_folder && made) found.push_back({std::string(name), *made, half});
  }
  co_return found;
}

}  // namespace artery::backup
