#include "runtime/sim/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <coroutine>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"

namespace artery::sim {

using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

namespace {

std::uint64_t hash_of(std::string_view text) { return crc32c(as_bytes(text)); }

class Lock : public runtime::FileLock {
 public:
  Lock(Machine& machine, NodeId file, std::uint64_t process) : machine_(machine), file_(file), process_(process) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() override {
    const auto held = machine_.locks().find(file_);
    if (held != machine_.locks().end() && held->second == process_) machine_.locks().erase(held);
  }

 private:
  Machine& machine_;
  NodeId file_;
  std::uint64_t process_;
};

}  // namespace

class Files::Operation {
 public:
  Operation(Files& files, Speed speed, std::uint64_t trace, Effect effect)
      : files_(files), speed_(speed), trace_(trace), effect_(std::move(effect)) {}
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  ~Operation() { ARTERY_ASSERT(!under_way_); }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    self_ = self;
    lane_ = files_.scheduler_.current() == LaneId{} ? Scheduler::main_lane : files_.scheduler_.current();
    if (files_.scheduler_.halted()) return;  // never resumed
    under_way_ = true;
    files_.under_way_.push_back(this);
    const FaultPlan& plan = files_.machine_.faults();
    const Duration takes = speed_ == Speed::io ? files_.machine_.rng().between(plan.io_min, plan.io_max)
                                               : files_.machine_.rng().between(plan.sync_min, plan.sync_max);
    files_.scheduler_.at(files_.machine_.instant() + takes, [this] { end(); });
  }
  void await_resume() const noexcept {}

  void cut() {
    under_way_ = false;
    effect_(true);
  }

 private:
  void end() {
    if (files_.machine_.count_io()) return files_.halt_();  // cuts this one too
    files_.machine_.trace(trace_);
    under_way_ = false;
    std::erase(files_.under_way_, this);
    effect_(false);
    files_.scheduler_.post(lane_, [self = self_] { self.resume(); });
  }

  Files& files_;
  Speed speed_;
  std::uint64_t trace_;
  Effect effect_;
  std::coroutine_handle<> self_;
  LaneId lane_;
  bool under_way_ = false;
};

void Files::cut_all() {
  for (Operation* operation : std::exchange(under_way_, {})) operation->cut();
}

// The coroutines below keep their operation in a local variable, and its effect refers to their frame: both live until
// the operation has ended or was cut.
class OpenFile : public runtime::File {
 public:
  OpenFile(Files& files, NodeId id, std::string path, OpenMode mode)
      : files_(files), id_(id), path_(std::move(path)), writable_(mode != OpenMode::read) {}

  Task<Result<std::size_t>> read(std::uint64_t at, std::span<std::byte> into) override {
    Result<std::size_t> result;
    Files::Operation operation(files_, Files::Speed::io, at, [&](bool cut) {
      if (cut) return;
      if (files_.machine_.fails(Machine::Kind::read)) {
        result = Error(FileError::io, fmt::format("{}: reading {} bytes at {} failed", path_, into.size(), at));
      } else {
        result = file().read(at, into);
      }
    });
    co_await operation;
    co_return result;
  }

  Task<Result<void>> write(std::uint64_t at, std::vector<Bytes> parts) override {
    ARTERY_ASSERT(!std::exchange(busy_, true));  // operations on one file do not overlap
    Result<void> result;
    Files::Operation operation(files_, Files::Speed::io, at, [&](bool cut) { result = write_now(at, parts, cut); });
    co_await operation;
    busy_ = false;
    co_return result;
  }

  Task<Result<void>> sync() override {
    ARTERY_ASSERT(!std::exchange(busy_, true));
    const std::uint64_t mark = file().mark();
    Result<void> result;
    Files::Operation operation(files_, Files::Speed::sync, mark, [&](bool cut) {
      if (cut) return;
      if (files_.machine_.fails(Machine::Kind::sync)) {
        file().fail_sync(mark, files_.machine_.disk().rng());
        result = Error(FileError::io, fmt::format("{}: the sync failed", path_));
      } else {
        file().sync(mark);
      }
    });
    co_await operation;
    busy_ = false;
    co_return result;
  }

  Task<Result<std::uint64_t>> size() override {
    Result<std::uint64_t> result;
    Files::Operation operation(files_, Files::Speed::io, 0, [&](bool) { result = file().size(); });
    co_await operation;
    co_return result;
  }

  Task<Result<void>> truncate(std::uint64_t size) override {
    ARTERY_ASSERT(!std::exchange(busy_, true));
    Result<void> result;
    Files::Operation operation(files_, Files::Speed::io, size, [&](bool cut) {
      if (cut && files_.machine_.rng().chance(0.5)) return;
      result = writable(size);
      if (result) file().truncate(size);
    });
    co_await operation;
    busy_ = false;
    co_return result;
  }

 private:
  StoredFile& file() { return files_.machine_.disk().file(id_); }

  Result<void> writable(std::uint64_t at) const {
    if (!writable_) return Error(FileError::denied, fmt::format("{}: was opened for reading", path_));
    if (files_.machine_.faults().read_only) {
      return Error(FileError::read_only, fmt::format("{}: the disk is read-only (at {})", path_, at));
    }
    return {};
  }

  Result<void> write_now(std::uint64_t at, const std::vector<Bytes>& parts, bool cut) {
    if (auto allowed = writable(at); !allowed) return allowed;
    Buffer joined;
    Bytes bytes;
    if (parts.size() == 1) {
      bytes = parts.front();
    } else {
      for (const Bytes part : parts) joined.insert(joined.end(), part.begin(), part.end());
      bytes = joined;
    }
    Machine& machine = files_.machine_;
    const bool fails = !cut && machine.fails(Machine::Kind::write);
    if (cut || fails) bytes = bytes.first(machine.rng().below(bytes.size() + 1));
    auto written = machine.disk().write(id_, at, bytes, machine.faults().capacity_bytes);
    machine.trace(crc32c(bytes));
    if (fails) return Error(FileError::io, fmt::format("{}: writing at {} failed", path_, at));
    if (!written) return std::move(written).error().at(path_);
    return {};
  }

  Files& files_;
  NodeId id_;
  std::string path_;
  bool writable_;
  bool busy_ = false;
};

Result<void> Files::read_only_check(const std::string& path) const {
  if (!machine_.faults().read_only) return {};
  return Error(FileError::read_only, fmt::format("{}: the disk is read-only", path));
}

Task<Result<std::unique_ptr<runtime::File>>> Files::open(std::string path, OpenMode mode) {
  Result<std::unique_ptr<runtime::File>> result;
  Operation operation(*this, Speed::io, hash_of(path), [&](bool cut) {
    if (cut && machine_.rng().chance(0.5)) return;
    if (auto allowed = read_only_check(path); mode != OpenMode::read && !allowed) {
      result = std::move(allowed).error();
      return;
    }
    auto id = machine_.disk().open(path, mode);
    if (id) {
      result = std::make_unique<OpenFile>(*this, *id, path, mode);
    } else {
      result = std::move(id).error();
    }
  });
  co_await operation;
  co_return result;
}

Task<Result<void>> Files::rename(std::string from, std::string to) {
  Result<void> result;
  Operation operation(*this, Speed::io, hash_of(from) ^ hash_of(to), [&](bool cut) {
    if (cut && machine_.rng().chance(0.5)) return;
    result = read_only_check(to);
    if (result) result = machine_.disk().rename(from, to);
  });
  co_await operation;
  co_return result;
}

Task<Result<void>> Files::remove(std::string path) {
  Result<void> result;
  Operation operation(*this, Speed::io, hash_of(path), [&](bool cut) {
    if (cut && machine_.rng().chance(0.5)) return;
    result = read_only_check(path);
    if (result) result = machine_.disk().remove(path);
  });
  co_await operation;
  co_return result;
}

Task<Result<void>> Files::link(std::string from, std::string to) {
  Result<void> result;
  Operation operation(*this, Speed::io, hash_of(from) ^ hash_of(to), [&](bool cut) {
    if (cut && machine_.rng().chance(0.5)) return;
    result = read_only_check(to);
    if (result && !machine_.faults().hard_links) {
      result = Error(FileError::denied, fmt::format("{}: this file system has no hard links", to));
    }
    if (result) result = machine_.disk().link(from, to);
  });
  co_await operation;
  co_return result;
}

Task<Result<std::vector<runtime::FolderEntry>>> Files::list(std::string folder) {
  Result<std::vector<runtime::FolderEntry>> result;
  Operation operation(*this, Speed::io, hash_of(folder), [&](bool) { result = machine_.disk().list(folder); });
  co_await operation;
  co_return result;
}

Task<Result<void>> Files::make_folder(std::string folder) {
  Result<void> result;
  Operation operation(*this, Speed::io, hash_of(folder), [&](bool cut) {
    if (cut && machine_.rng().chance(0.5)) return;
    if (machine_.disk().exists(folder)) return;
    result = read_only_check(folder);
    if (result) result = machine_.disk().make_folder(folder);
  });
  co_await operation;
  co_return result;
}

Task<Result<void>> Files::sync_folder(std::string folder) {
  Result<void> result;
  Operation operation(*this, Speed::sync, hash_of(folder), [&](bool cut) {
    if (cut) return;
    result = machine_.disk().sync_folder(folder, machine_.fails(Machine::Kind::folder_sync));
  });
  co_await operation;
  co_return result;
}

Task<Result<runtime::Space>> Files::space(std::string folder) {
  Result<runtime::Space> result;
  Operation operation(*this, Speed::io, hash_of(folder), [&](bool) {
    if (!machine_.disk().exists(folder)) {
      result = Error(FileError::not_found, fmt::format("{}: no such folder", folder));
      return;
    }
    const std::uint64_t total = machine_.faults().capacity_bytes;
    const std::uint64_t used = machine_.disk().used_bytes();
    result = runtime::Space{total, total > used ? total - used : 0};
  });
  co_await operation;
  co_return result;
}

Task<Result<std::unique_ptr<runtime::FileLock>>> Files::lock(std::string path) {
  Result<std::unique_ptr<runtime::FileLock>> result;
  Operation operation(*this, Speed::io, hash_of(path), [&](bool cut) {
    if (cut) return;
    Disk& disk = machine_.disk();
    auto id = disk.open(path, disk.exists(path) ? OpenMode::read : OpenMode::create);
    if (!id) {
      result = std::move(id).error();
      return;
    }
    const auto [held, taken] = machine_.locks().try_emplace(*id, process_);
    if (taken) {
      result = std::make_unique<Lock>(machine_, *id, process_);
    } else {
      result = Error(FileError::in_use, fmt::format("{}: in use by process {}", path, held->second));
    }
  });
  co_await operation;
  co_return result;
}

}  // namespace artery::sim
