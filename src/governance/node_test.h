// For tests and benchmarks: a node's log, catalogue and assigner on a simulated process.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "governance/assigner.h"
#include "governance/catalogue.h"
#include "governance/catalogue_reader.h"
#include "log/log.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::governance {

class NodeOnSim {
 public:
  explicit NodeOnSim(sim::Machine& machine_below, CatalogueReaderSettings reader_settings = {},
                     AssignerSettings limits = {}, std::uint64_t log_segment_bytes = 4ULL << 20)
      : machine(machine_below), process(machine), home(process.make_loop("home")), pool(process.make_pool("pool", 2)) {
    log::LogSettings log_settings;
    log_settings.folder = "data/log";
    log_settings.segment_bytes = log_segment_bytes;
    log_settings.batch_bytes_max = log_segment_bytes / 2;
    auto opened = process.run(log::Log::open({*home, *pool, process.files(), process.clock(), process.journal()},
                                             log_settings, [](const Error&) {}));
    if (!opened) return;
    if (!*opened) {
      open_result = opened->error();
      return;
    }
    log = std::move(**opened);
    reader_settings.folder = "data/catalogue";
    reader =
        std::make_unique<CatalogueReader>(CatalogueReader::Surroundings{*home, *pool, process.files(), process.clock(),
                                                                        process.journal(), *log, catalogue},
                                          std::move(reader_settings));
    auto followed = process.run(on_home(reader->open()));
    if (!followed) return;
    open_result = std::move(*followed);
    home->post([this] { log->allow_trimming(); });
    assigner =
        std::make_unique<Assigner>(Assigner::Surroundings{*home, process.clock(), *log, catalogue, *reader}, limits);
  }
  NodeOnSim(const NodeOnSim&) = delete;
  NodeOnSim& operator=(const NodeOnSim&) = delete;
  // Whatever was not closed is a crash.
  ~NodeOnSim() {
    process.halt();
    assigner.reset();
    reader.reset();
    log.reset();
  }

  void close() {
    process.run(close_log());
    auto closed = process.run(on_home(reader->close()));
    ARTERY_ASSERT(closed && *closed);
  }

  // Closes, but is cut at this operation of the last snapshot; false where it was.
  bool close(std::uint64_t cut_at) {
    process.run(close_log());
    machine.crash_at_io(machine.io_count() + cut_at);
    return process.run(on_home(reader->close())).has_value();
  }

  Result<void> create(std::vector<WantedSignals> wanted) {
    std::optional<Result<void>> result;
    assigner->create(std::move(wanted), "test", *home, [&](Result<void> created) { result = std::move(created); });
    ARTERY_ASSERT(process.run_until([&] { return result.has_value(); }));
    return *result;
  }
  Result<void> create(const std::string& path, const std::string& name, ValueType type = ValueType::f64) {
    return create({{.asset = path, .fields = {{name, type}}}});
  }
  Result<void> create_series(const std::string& prefix, const std::string& field, ValueType type = ValueType::f64) {
    return create({{.asset = *parse_series_key(prefix), .fields = {{field, type}}}});
  }
  std::vector<Result<void>> edit(std::vector<Patch> patches, const std::string& author = "test") {
    std::optional<Result<std::vector<Result<void>>>> results;
    assigner->edit(std::move(patches), author, *home, [&](auto edited) { results = std::move(edited); });
    ARTERY_ASSERT(process.run_until([&] { return results.has_value(); }));
    ARTERY_ASSERT(results->has_value());
    return **results;
  }

  sim::Machine& machine;
  sim::Process process;
  std::unique_ptr<runtime::Loop> home;
  std::unique_ptr<runtime::Executor> pool;
  Catalogue catalogue;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<CatalogueReader> reader;
  std::unique_ptr<Assigner> assigner;
  Result<void> open_result = Error(GovernanceError::not_found, "the process was halted");

 private:
  template <class T>
  runtime::Task<T> on_home(runtime::Task<T> task) {
    co_await runtime::on(*home);
    co_return co_await std::move(task);
  }
  runtime::Task<bool> close_log() {
    co_await runtime::on(*home);
    co_await log->close();
    co_return true;
  }
};

}  // namespace artery::governance
