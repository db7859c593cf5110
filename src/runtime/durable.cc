#include "runtime/durable.h"

#include <string_view>
#include <utility>

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters): the files of a runtime outlive every task

namespace artery::runtime {
namespace {

std::string parent_of(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

Task<Result<void>> write_new(Files& files, std::string path, std::vector<Bytes> parts) {
  if (auto gone = co_await files.remove(path); !gone && !gone.error().is(FileError::not_found)) co_return gone;
  auto file = co_await files.open(path, OpenMode::create);
  if (!file) co_return std::move(file).error();
  if (auto written = co_await (*file)->write(0, std::move(parts)); !written) co_return written;
  co_return co_await (*file)->sync();
}

}  // namespace

Task<Result<void>> make_durable_folder(Files& files, std::string folder) {
  if (auto made = co_await files.make_folder(folder); !made) co_return made;
  if (auto synced = co_await files.sync_folder(folder); !synced) co_return synced;
  for (std::string at = folder; at != "." && at != "/";) {
    at = parent_of(at);
    auto synced = co_await files.sync_folder(at);
    if (!synced && synced.error().is(FileError::denied)) break;  // not ours to write, so nothing of ours is new there
    if (!synced) co_return synced;
  }
  co_return {};
}

Task<Result<void>> replace_file(Files& files, std::string path, std::vector<Bytes> parts) {
  const std::string temporary = path + ".tmp";
  auto done = co_await write_new(files, temporary, std::move(parts));
  if (done) done = co_await files.rename(temporary, path);
  if (!done) {
    (void)co_await files.remove(temporary);  // the error that matters is the first one
    co_return done;
  }
  co_return co_await files.sync_folder(parent_of(path));
}

Task<Result<Buffer>> read_file(Files& files, std::string path) {
  auto file = co_await files.open(path, OpenMode::read);
  if (!file) co_return std::move(file).error();
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  Buffer contents(*size);
  const auto got = co_await (*file)->read(0, contents);
  if (!got) co_return got.error();
  contents.resize(*got);
  co_return contents;
}

}  // namespace artery::runtime

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
