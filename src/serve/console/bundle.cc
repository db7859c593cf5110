#include "serve/console/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace artery::serve {
namespace {

constexpr std::string_view first_line = "artery-console 1";

// Cuts off what stands before the separator, and the separator. Where there is none everything is cut off.
std::string_view cut(std::string_view& text, char separator) {
  const std::string_view piece = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(piece.size() + 1, text.size()));
  return piece;
}

std::optional<std::size_t> read_size(std::string_view digits) {
  std::size_t size = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (fault != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return size;
}

// A file of the index; its forms have their lengths, as views of bytes that follow later.
struct Entry {
  Bundle::File file;
  std::vector<std::size_t> sizes;
};

std::optional<Entry> read_entry(std::string_view line) {
  Entry entry;
  entry.file.path = cut(line, '\t');
  entry.file.type = cut(line, '\t');
  entry.file.hash = cut(line, '\t');
  const std::string_view keeping = cut(line, '\t');
  if (keeping != "immutable" && keeping != "no-cache") return std::nullopt;
  entry.file.immutable = keeping == "immutable";
  while (!line.empty()) {
    std::string_view form = cut(line, '\t');
    const std::string_view coding = cut(form, '=');
    const auto size = read_size(form);
    if (!size) return std::nullopt;
    entry.file.forms.push_back({coding, {}});
    entry.sizes.push_back(*size);
  }
  const bool is_whole = entry.file.path.starts_with('/') && !entry.file.type.empty() && !entry.file.hash.empty();
  if (!is_whole || entry.file.forms.empty() || entry.file.forms.front().coding != "identity") return std::nullopt;
  return entry;
}

Error malformed(std::string_view what) {
  return Error(BundleError::malformed, fmt::format("the console's files: {}", what));
}

}  // namespace

Result<Bundle> Bundle::parse(std::string_view bytes) {
  if (cut(bytes, '\n') != first_line) return malformed(fmt::format("the first line is not '{}'", first_line));
  std::vector<Entry> entries;
  while (true) {
    if (bytes.empty()) return malformed("the index has no end");
    const std::string_view line = cut(bytes, '\n');
    if (line.empty()) break;
    auto entry = read_entry(line);
    if (!entry) return malformed(fmt::format("'{}' is no line of the index", line));
    entries.push_back(*std::move(entry));
  }
  Bundle bundle;
  for (Entry& entry : entries) {
    for (std::size_t i = 0; i < entry.sizes.size(); ++i) {
      if (entry.sizes[i] > bytes.size()) return malformed(fmt::format("the bytes of {} are missing", entry.file.path));
      entry.file.forms[i].bytes = bytes.substr(0, entry.sizes[i]);
      bytes.remove_prefix(entry.sizes[i]);
    }
    bundle.files_.push_back(std::move(entry.file));
  }
  if (!bytes.empty()) return malformed("there are bytes behind the last file");
  return bundle;
}

const Bundle::File* Bundle::find(std::string_view path) const {
  const auto found = std::ranges::find(files_, path, &File::path);
  return found == files_.end() ? nullptr : &*found;
}

}  // namespace artery::serve
