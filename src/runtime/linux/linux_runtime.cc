#include "runtime/linux/linux_runtime.h"

#include <utility>

#include "runtime/linux/console_journal.h"
#include "runtime/linux/loop.h"
#include "runtime/linux/machine.h"
#include "runtime/linux/pool.h"
#include "runtime/linux/system_files.h"

namespace artery::runtime {

namespace {

class LinuxRuntime final : public Runtime {
 public:
  explicit LinuxRuntime(const LinuxOptions& options) : journal_(make_console_journal(options.journal_from)) {}

  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }
  Files& files() override { return files_; }
  Journal& journal() override { return *journal_; }
  std::unique_ptr<Loop> make_loop(std::string name) override {
    return std::make_unique<LinuxLoop>(std::move(name), *journal_);
  }
  std::unique_ptr<Executor> make_pool(std::string name, unsigned threads) override {
    return std::make_unique<ThreadPool>(name, threads);
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  SystemFiles files_;
  std::unique_ptr<Journal> journal_;
};

}  // namespace

std::unique_ptr<Runtime> make_linux_runtime(LinuxOptions options) { return std::make_unique<LinuxRuntime>(options); }

}  // namespace artery::runtime
