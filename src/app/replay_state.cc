#include "app/replay_state.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "app/now.h"
#include "app/toml_file.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "runtime/durable.h"

namespace artery::app {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

std::uint32_t digest(const std::string& text) { return crc32c(as_bytes(text)); }

}  // namespace

ReplayStateFile::ReplayStateFile(runtime::Files& files, std::string path, const std::string& key,
                                 const std::vector<ReplayFile>& read)
    : files_(files), path_(std::move(path)) {
  std::string names;
  for (const ReplayFile& file : read) names.append(fmt::format("{}\n{}\n", file.path, file.bytes));
  identity_ = fmt::format("{:08x}{:08x}", digest(key), digest(names));
}

std::optional<ReplayState> ReplayStateFile::load() {
  const auto contents = now(runtime::read_file(files_, path_));
  if (!contents) return std::nullopt;
  const auto lines = parse_toml(as_text(*contents), path_);
  if (!lines) return std::nullopt;
  ReplayState state;
  std::string identity;
  for (const Assignment& line : *lines) {
    bool is_good = true;
    if (line.name == "replay") identity = line.value;
    if (line.name == "file") is_good = read_number(line.value, state.position.file);
    if (line.name == "row") is_good = read_number(line.value, state.position.place.row);
    if (line.name == "line") is_good = read_number(line.value, state.position.place.line);
    if (line.name == "byte") is_good = read_number(line.value, state.position.place.at);
    if (line.name == "shift_ns") is_good = read_number(line.value, state.shift_ns);
    if (!is_good) return std::nullopt;
  }
  return identity == identity_ ? std::optional(state) : std::nullopt;
}

Result<void> ReplayStateFile::save(const ReplayState& state) {
  const std::size_t slash = path_.rfind('/');
  if (slash != std::string::npos) {
    if (auto made = now(files_.make_folder(path_.substr(0, slash))); !made) return made;
  }
  const std::string text = fmt::format(
      "# How far `artery replay` has come: the same command goes on from here. Remove it to begin again.\n"
      "replay = \"{}\"\nfile = {}\nrow = {}\nline = {}\nbyte = {}\nshift_ns = {}\n",
      identity_, state.position.file, state.position.place.row, state.position.place.line, state.position.place.at,
      state.shift_ns);
  return now(runtime::replace_file(files_, path_, std::vector<Bytes>{as_bytes(text)}));
}

void ReplayStateFile::remove() { (void)now(files_.remove(path_)); }

std::string ReplayStateFile::usual_path(const std::string& key) {
  const char* const state = std::getenv("XDG_STATE_HOME");
  const char* const home = std::getenv("HOME");
  std::string folder = ".artery-replay";
  if (state != nullptr && *state == '/') {
    folder = fmt::format("{}/artery-replay", state);
  } else if (home != nullptr && *home == '/') {
    folder = fmt::format("{}/.local/state/artery-replay", home);
  }
  return fmt::format("{}/{:08x}.toml", folder, digest(key));
}

}  // namespace artery::app
