// One node: every module, wired. The only class that knows everyone; it decides nothing but the order of things.
//
// Threads: `home` keeps the catalogue and does whatever is no shard's; the log has a loop of its own, because it waits
// for the disk there; shards serve connections; a pool reads and writes files.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "app/config.h"
#include "app/data_folder.h"
#include "app/machine_watch.h"
#include "backup/backups.h"
#include "base/result.h"
#include "governance/assigner.h"
#include "governance/catalogue.h"
#include "governance/catalogue_reader.h"
#include "history/history.h"
#include "live/checkpoint.h"
#include "live/newest.h"
#include "live/retained.h"
#include "live/router.h"
#include "log/log.h"
#include "net/http_server.h"
#include "runtime/runtime.h"
#include "serve/console/console.h"
#include "serve/http/api.h"
#include "sources/http/line_protocol_routes.h"
#include "sources/mqtt/broker.h"

namespace artery::app {

using serve::Listening;

class Node {
 public:
  // `runtime` must outlive it. `on_failed` is called, from any thread, when the node cannot keep its promises any more
  // (a write or sync failed): the process must exit, without stop().
  Node(runtime::Runtime& runtime, NodeSettings settings, std::string data_folder,
       std::function<void(const Error&)> on_failed);
  // After stop() was awaited, or when start() was never called; not on a loop of its own.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Where start() and stop() are called and go on.
  [[nodiscard]] runtime::Loop& home() { return *home_; }

  // Opens the data folder, recovers what is in it, and listens. When it is done the node answers. After an error call
  // stop(). Errors: FileError::in_use where another process has the folder, FileError::*, LogError::*, NetError::*, ...
  // each message for a person.
  runtime::Task<Result<Listening>> start();

  // Listens no more, ends what is under way, writes what was accepted, lets the readers checkpoint, closes the log.
  // Also of a node whose start() failed half-way. A checkpoint that fails is told in the journal: the log still has
  // what it would have held.
  runtime::Task<void> stop();

 private:
  runtime::Task<Result<void>> take_folder();
  runtime::Task<Result<void>> open_log();
  runtime::Task<Result<void>> open_catalogue();
  void open_admission();
  runtime::Task<Result<void>> open_live();
  runtime::Task<Result<void>> open_history();
  void open_backups();
  Result<void> open_http();
  void open_mqtt();
  runtime::Task<Result<Listening>> listen();

  runtime::Task<void> stop_http();
  runtime::Task<void> stop_mqtt();
  runtime::Task<void> close_log();
  runtime::Task<void> close_readers();

  [[nodiscard]] std::vector<runtime::Loop*> shards() const;
  void measure(serve::Measures& into) const;
  [[nodiscard]] runtime::Task<std::vector<serve::Client>> clients();
  [[nodiscard]] std::string why_not_ready() const;
  void tell(std::string_view what, const Result<void>& done);

  runtime::Runtime& runtime_;
  NodeSettings settings_;
  const DataFolder folder_;
  const std::function<void(const Error&)> on_failed_;

  std::unique_ptr<runtime::FileLock> lock_;
  std::unique_ptr<MachineWatch> machine_;
  std::unique_ptr<log::Log> log_;
  governance::Catalogue catalogue_;
  std::unique_ptr<governance::CatalogueReader> catalogue_reader_;
  std::unique_ptr<governance::Assigner> assigner_;
  admission::RejectionStore rejections_;
  std::vector<std::unique_ptr<admission::Admission>> admissions_;  // one per shard
  std::unique_ptr<live::CheckpointFolder> checkpoints_;
  std::unique_ptr<live::Newest> newest_;
  std::unique_ptr<live::Retained> retained_;
  std::unique_ptr<live::Router> router_;
  std::unique_ptr<history::History> history_;
  std::unique_ptr<backup::Backups> backups_;
  std::unique_ptr<line_protocol::Routes> line_protocol_;
  std::unique_ptr<serve::Api> api_;
  std::unique_ptr<serve::Console> console_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<mqtt::Broker> mqtt_;
  Listening listening_;
  bool http_listens_ = false;
  bool mqtt_listens_ = false;
  std::atomic<bool> stopping_ = false;

  // Last, so that their threads end first and nothing above is used any more when it goes.
  std::unique_ptr<runtime::Executor> pool_;
  std::unique_ptr<runtime::Loop> log_loop_;
  std::unique_ptr<runtime::Loop> home_;
  std::vector<std::unique_ptr<runtime::Loop>> shards_;
};

}  // namespace artery::app
