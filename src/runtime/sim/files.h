// runtime::Files over the machine's disk. Each operation takes time, then has its effect, is counted and may fail, and
// its task goes on in the lane that awaited it. Those under way when the process is halted are cut: a write leaves a
// prefix, a change of a folder is there or not, a sync is lost.
//
// A file may not be destroyed, nor a task be, while its operation is under way, unless the process was halted before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/file.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/scheduler.h"

namespace artery::sim {

class Files : public runtime::Files {
 public:
  // Halts the process whose file operation was the one to crash at.
  Files(Machine& machine, Scheduler& scheduler, std::uint64_t process, std::function<void()> halt)
      : machine_(machine), scheduler_(scheduler), process_(process), halt_(std::move(halt)) {}

  runtime::Task<Result<std::unique_ptr<runtime::File>>> open(std::string path, runtime::OpenMode mode) override;
  runtime::Task<Result<void>> rename(std::string from, std::string to) override;
  runtime::Task<Result<void>> remove(std::string path) override;
  runtime::Task<Result<void>> link(std::string from, std::string to) override;
  runtime::Task<Result<std::vector<runtime::FolderEntry>>> list(std::string folder) override;
  runtime::Task<Result<void>> make_folder(std::string folder) override;
  runtime::Task<Result<void>> sync_folder(std::string folder) override;
  runtime::Task<Result<runtime::Space>> space(std::string folder) override;
  runtime::Task<Result<std::unique_ptr<runtime::FileLock>>> lock(std::string path) override;

  // Cuts what is under way. Called once, by the process.
  void cut_all();

 private:
  friend class OpenFile;
  enum class Speed { io, sync };
  // What an operation does at its end; `cut` when the process ends in the middle of it.
  using Effect = std::move_only_function<void(bool cut)>;
  class Operation;

  Result<void> read_only_check(const std::string& path) const;

  Machine& machine_;
  Scheduler& scheduler_;
  std::uint64_t process_;
  std::function<void()> halt_;
  std::vector<Operation*> under_way_;
};

}  // namespace artery::sim
