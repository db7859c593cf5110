#include "app/replay_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/error.h"
#include "app/now.h"

namespace artery::app {
namespace {

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
  if (name.empty() || (pattern.front() != '?' && pattern.front() != name.front())) return false;
  return fits(pattern.substr(1), name.substr(1));
}

class Search {
 public:
  Search(runtime::Files& files, const std::vector<std::string>& patterns) : files_(files), patterns_(patterns) {}

  Result<void> folder(const std::string& path, const std::string& shown) {
    const auto entries = now(files_.list(path));
    if (!entries) return entries.error();
    for (const runtime::FolderEntry& entry : *entries) {
      const std::string inner = fmt::format("{}/{}", path, entry.name);
      if (entry.is_folder) {
        if (auto searched = folder(inner, fmt::format("{}/{}", shown, entry.name)); !searched) return searched;
      } else if (is_wanted(entry.name)) {
        if (auto added = file(inner, shown); !added) return added;
      }
    }
    return {};
  }
  Result<void> file(const std::string& path, const std::string& shown_folder) {
    const auto opened = now(files_.open(path, runtime::OpenMode::read));
    if (!opened) return opened.error();
    const auto bytes = now((*opened)->size());
    if (!bytes) return bytes.error();
    found_.push_back({path, {shown_folder, replay::stem_of(path)}, *bytes});
    return {};
  }
  std::vector<ReplayFile> take() { return std::move(found_); }

 private:
  [[nodiscard]] bool is_wanted(std::string_view name) const {
    if (patterns_.empty()) return replay::is_replayable(name);
    return std::ranges::any_of(patterns_, [&](const std::string& pattern) { return fits(pattern, name); });
  }

  runtime::Files& files_;
  const std::vector<std::string>& patterns_;
  std::vector<ReplayFile> found_;
};

}  // namespace

Result<std::vector<ReplayFile>> find_replay_files(runtime::Files& files, const std::vector<std::string>& names,
                                                  const std::vector<std::string>& patterns) {
  Search search(files, patterns);
  for (std::string name : names) {
    while (name.size() > 1 && name.ends_with('/')) name.pop_back();
    const auto entries = now(files.list(name));
    std::string shown = name.substr(name.rfind('/') + 1);
    if (shown == "." || shown == "..") shown.clear();
    const auto added = entries ? search.folder(name, shown) : search.file(name, "");
    if (!added) return added.error();
  }
  auto found = search.take();
  if (found.empty()) {
    return Error(AppError::bad_config,
                 fmt::format("no file to replay in {}; folders are searched for *.csv, *.tsv, *.jsonl, *.ndjson, *.lp, "
                             "also with .gz or .zst, or for what --include says",
                             fmt::join(names, ", ")));
  }
  return found;
}

}  // namespace artery::app
