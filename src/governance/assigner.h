// The assigner: the one task that gives ids to new names and accepts changes of metadata. Requests come from any
// thread; while one append to the log waits for its sync the next collects. It answers after the sync, when the
// catalogue has applied what was written: whoever is answered finds the names there.
//
// It has no state of its own but the queue; two requests for one name get the same id because it works on one request
// after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "governance/catalogue.h"
#include "governance/catalogue_reader.h"
#include "governance/metadata.h"
#include "log/log.h"
#include "runtime/clock.h"
#include "runtime/executor.h"

namespace artery::governance {

struct AssignerSettings {
  std::uint64_t signals_max = 1'000'000;
};

// Signals of one asset that should exist.
struct WantedSignals {
  struct Field {
    std::string name;  // one level, escaped already
    ValueType type = ValueType::f64;
  };
  std::variant<std::string, SeriesKey> asset;  // a path, or line protocol's identity
  std::vector<Field> fields;
};

struct AssignerCounters {
  std::uint64_t signals_created = 0;
  std::uint64_t assets_created = 0;
  std::uint64_t edits = 0;
  std::uint64_t refused_too_many = 0;  // signals beyond signals_max
};

class Assigner {
 public:
  struct Surroundings {
    runtime::Executor& home;  // serial, the CatalogueReader's too
    runtime::Clock& clock;
    log::Log& log;
    Catalogue& catalogue;
    CatalogueReader& reader;
  };
  Assigner(Surroundings around, AssignerSettings settings);
  // When `home` runs no more of its work. Requests that still wait are not answered.
  ~Assigner();

  // Creates what is missing. Afterwards each wanted signal exists, be it with another type than wanted; those that
  // would go beyond signals_max, or whose name check_name() refuses, are still missing. Fails as a whole only with the
  // log's error (log::LogError::full, busy, closed, failed), and what was asked for may exist or not. `author` is who
  // sent the first sample. `done` runs on `answer_on`.
  using Created = std::move_only_function<void(Result<void>)>;
  void create(std::vector<WantedSignals> wanted, std::string author, runtime::Executor& answer_on, Created done);

  // Makes changes, each by itself: `done` gets one result per patch (GovernanceError::not_found, invalid, conflict,
  // too_many), or the log's error for all.
  using Edited = std::move_only_function<void(Result<std::vector<Result<void>>>)>;
  void edit(std::vector<Patch> patches, std::string author, runtime::Executor& answer_on, Edited done);

  // Any thread.
  [[nodiscard]] AssignerCounters counters() const;

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

}  // namespace artery::governance
