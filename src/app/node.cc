#include "app/node.h"

#include <fmt/format.h>

#include <utility>

#include "app/clients.h"
#include "app/measures.h"
#include "app/version.h"
#include "backup/restore.h"
#include "runtime/durable.h"
#include "serve/console/embedded.h"

namespace artery::app {

using runtime::Task;

namespace {

void add(const admission::AdmissionCounters& counters, admission::AdmissionCounters& sum) {
  sum.submissions += counters.submissions;
  sum.rows += counters.rows;
  sum.samples += counters.samples;
  sum.messages += counters.messages;
  sum.deletions += counters.deletions;
  sum.batches += counters.batches;
  sum.second_passes += counters.second_passes;
  sum.refused_full += counters.refused_full;
  sum.refused_busy += counters.refused_busy;
}

}  // namespace

Node::Node(runtime::Runtime& runtime, NodeSettings settings, std::string data_folder,
           std::function<void(const Error&)> on_failed)
    : runtime_(runtime),
      settings_(std::move(settings)),
      folder_{std::move(data_folder)},
      on_failed_(std::move(on_failed)),
      pool_(runtime.make_pool("pool", settings_.process.pool_threads)),
      log_loop_(runtime.make_loop("log")),
      home_(runtime.make_loop("home")) {
  for (std::uint32_t i = 0; i < settings_.process.shards; ++i) {
    shards_.push_back(runtime.make_loop(fmt::format("shard-{}", i)));
  }
  settings_.log.folder = folder_.log();
  settings_.log.keep_free_bytes = settings_.process.disk.refuse_free;
  settings_.catalogue.folder = folder_.catalogue();
  settings_.history.folder = folder_.history();
}

Node::~Node() = default;

Task<Result<Listening>> Node::start() {
  if (auto done = co_await take_folder(); !done) co_return std::move(done).error();
  if (auto done = co_await open_log(); !done) co_return std::move(done).error();
  if (auto done = co_await open_catalogue(); !done) co_return std::move(done).error();
  open_admission();
  if (auto done = co_await open_live(); !done) co_return std::move(done).error();
  const DiskSettings& disk = settings_.process.disk;
  machine_ = std::make_unique<MachineWatch>(
      MachineWatch::Surroundings{*home_, runtime_.files(), runtime_.journal()}, folder_.root,
      MachineWatch::Levels{.warn_free = disk.warn_free, .refuse_free = disk.refuse_free});
  if (auto done = co_await open_history(); !done) co_return std::move(done).error();
  open_backups();
  co_await runtime::on(*log_loop_);
  log_->allow_trimming();  // every reader follows
  co_await runtime::on(*home_);
  if (auto done = open_http(); !done) co_return std::move(done).error();
  open_mqtt();
  const auto listening = co_await listen();
  if (listening) backups_->start();
  co_return listening;
}

Task<Result<void>> Node::take_folder() {
  runtime::Files& files = runtime_.files();
  if (auto no_backup = co_await backup::check_not_backup(&files, folder_.root); !no_backup) co_return no_backup;
  if (auto made = co_await runtime::make_durable_folder(files, folder_.root); !made) co_return made;
  auto lock = co_await files.lock(folder_.lock());
  if (lock) {
    lock_ = std::move(*lock);
    co_return Result<void>();
  }
  if (lock.error().is(runtime::FileError::denied) || lock.error().is(runtime::FileError::read_only)) {
    co_return Error(runtime::FileError::read_only,
                    fmt::format("data folder {} cannot be written to: {}", folder_.root, lock.error().message()));
  }
  if (!lock.error().is(runtime::FileError::in_use)) co_return lock.error();
  const std::string_view who = std::string_view(lock.error().message()).substr(folder_.lock().size());
  co_return Error(runtime::FileError::in_use, fmt::format("data folder {}{}", folder_.root, who));
}

Task<Result<void>> Node::open_log() {
  co_await runtime::on(*log_loop_);
  const log::Log::Surroundings around{*log_loop_, *pool_, runtime_.files(), runtime_.clock(), runtime_.journal()};
  auto log = co_await log::Log::open(around, settings_.log, on_failed_);
  co_await runtime::on(*home_);
  if (!log) co_return log.error();
  log_ = std::move(*log);
  co_return Result<void>();
}

Task<Result<void>> Node::open_catalogue() {
  catalogue_reader_ = std::make_unique<governance::CatalogueReader>(
      governance::CatalogueReader::Surroundings{*home_, *pool_, runtime_.files(), runtime_.clock(), runtime_.journal(),
                                                *log_, catalogue_},
      settings_.catalogue);
  co_return co_await catalogue_reader_->open();
}

void Node::open_admission() {
  assigner_ = std::make_unique<governance::Assigner>(
      governance::Assigner::Surroundings{*home_, runtime_.clock(), *log_, catalogue_, *catalogue_reader_},
      settings_.assigner);
  for (const auto& shard : shards_) {
    admissions_.push_back(std::make_unique<admission::Admission>(
        admission::Admission::Surroundings{*shard, runtime_.clock(), *log_, catalogue_, *assigner_, rejections_},
        settings_.admission));
  }
}

Task<Result<void>> Node::open_live() {
  live::SignalNames names{.name = [this](SignalId signal) { return catalogue_.full_name(signal); },
                          .find = [this](std::string_view name) -> std::optional<live::SignalKey> {
                            const auto found = catalogue_.find(name);
                            if (!found) return std::nullopt;
                            return live::SignalKey{found->asset, found->id};
                          },
                          .epoch = [this] { return catalogue_.epoch(); }};
  checkpoints_ = std::make_unique<live::CheckpointFolder>(runtime_.files(), *pool_, runtime_.journal(), folder_.live());
  const live::Newest::Surroundings around_newest{*home_,           shards(),           *pool_, *checkpoints_,
                                                 runtime_.clock(), runtime_.journal(), *log_,  std::move(names)};
  auto newest = co_await live::Newest::open(around_newest, settings_.newest, on_failed_);
  if (!newest) co_return newest.error();
  newest_ = std::move(*newest);
  const live::Retained::Surroundings around_retained{
      *home_, *pool_, *checkpoints_, runtime_.clock(), runtime_.journal(), *log_};
  auto retained = co_await live::Retained::open(around_retained, settings_.retained, on_failed_);
  if (!retained) co_return retained.error();
  retained_ = std::move(*retained);
  router_ = std::make_unique<live::Router>(shards(), *retained_, settings_.router);
  co_return Result<void>();
}

Task<Result<void>> Node::open_history() {
  history::SignalNames names = [this](SignalId signal) {
    const auto known = catalogue_.signal(signal);
    return known ? history::SignalFacts{known->full_name, known->unit} : history::SignalFacts{};
  };
  const history::History::Surroundings around{*home_,
                                              shards(),
                                              *pool_,
                                              runtime_.files(),
                                              runtime_.clock(),
                                              runtime_.journal(),
                                              *log_,
                                              std::move(names),
                                              [this](std::uint64_t bytes) { return machine_->has_room(bytes); }};
  auto history = co_await history::History::open(around, settings_.history, on_failed_);
  if (!history) co_return history.error();
  history_ = std::move(*history);
  co_return Result<void>();
}

void Node::open_backups() {
  backups_ = std::make_unique<backup::Backups>(
      backup::Backups::Surroundings{*home_, *pool_, runtime_.files(), runtime_.clock(), runtime_.journal(), *log_,
                                    *history_,
                                    [this](const runtime::Space& space) { return !machine_->is_low(space); }},
      settings_.backup,
      backup::Backups::Source{
          .catalogue = folder_.catalogue(), .live = folder_.live(), .log_segment_bytes = settings_.log.segment_bytes});
}

Result<void> Node::open_http() {
  std::vector<admission::Admission*> admissions;
  admissions.reserve(admissions_.size());
  for (const auto& admission : admissions_) admissions.push_back(admission.get());
  line_protocol_ = std::make_unique<line_protocol::Routes>(admissions, rejections_, runtime_.clock(), settings_.write);
  api_ = std::make_unique<serve::Api>(serve::NodeView{.shards = shards(),
                                                      .pool = *pool_,
                                                      .clock = runtime_.clock(),
                                                      .journal = runtime_.journal(),
                                                      .catalogue = catalogue_,
                                                      .assigner = *assigner_,
                                                      .admissions = admissions,
                                                      .rejections = rejections_,
                                                      .newest = *newest_,
                                                      .history = *history_,
                                                      .backups = *backups_,
                                                      .name = settings_.process.name,
                                                      .version = std::string(version),
                                                      .listening = listening_,
                                                      .measure = [this](serve::Measures& into) { measure(into); },
                                                      .clients = [this] { return clients(); },
                                                      .not_ready = [this] { return why_not_ready(); }},
                                      settings_.api);
  auto console = serve::Bundle::parse(serve::embedded_console());
  if (!console) return std::move(console).error();
  console_ = std::make_unique<serve::Console>(*std::move(console));
  http_ = std::make_unique<net::HttpServer>(shards(), runtime_.clock(), settings_.http);
  line_protocol_->add_to(*http_);
  api_->add_to(*http_);
  console_->add_to(*http_);
  return {};
}

void Node::open_mqtt() {
  std::vector<mqtt::Broker::ShardParts> parts;
  parts.reserve(shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    parts.push_back({*shards_[i], *admissions_[i], router_->shard(i)});
  }
  const mqtt::Broker::Surroundings around{runtime_.clock(), runtime_.random(), *retained_, rejections_};
  mqtt_ = std::make_unique<mqtt::Broker>(parts, around, settings_.mqtt);
}

Task<Result<Listening>> Node::listen() {
  // In one turn: the first connection is accepted in a later one, and sees all of it.
  co_await runtime::on(*shards_.front());
  auto http = http_->listen(settings_.process.http);
  http_listens_ = http.has_value();
  auto mqtt = mqtt_->listen(settings_.process.mqtt);
  mqtt_listens_ = mqtt.has_value();
  if (http) listening_.http = *http;
  if (mqtt) listening_.mqtt = *mqtt;
  co_await runtime::on(*home_);
  if (!http) co_return std::move(http).error().at("http.port");
  if (!mqtt) co_return std::move(mqtt).error().at("mqtt.port");
  co_return listening_;
}

Task<void> Node::stop() {
  stopping_ = true;
  if (backups_) co_await backups_->close();
  co_await stop_mqtt();
  co_await stop_http();
  if (machine_) machine_->stop();
  co_await close_log();
  co_await close_readers();
  lock_.reset();
}

Task<void> Node::stop_http() {
  if (!http_listens_) co_return;
  runtime::Wakeup stopped(*home_);
  co_await runtime::on(*shards_.front());
  http_->stop(settings_.process.stop_grace, [&stopped] { stopped.notify(); });
  co_await runtime::on(*home_);
  co_await stopped.wait();
}

Task<void> Node::stop_mqtt() {
  if (!mqtt_listens_) co_return;
  runtime::Wakeup stopped(*home_);
  co_await runtime::on(*shards_.front());
  mqtt_->stop(settings_.process.stop_grace, [&stopped] { stopped.notify(); });
  co_await runtime::on(*home_);
  co_await stopped.wait();
}

Task<void> Node::close_log() {
  if (!log_) co_return;
  co_await runtime::on(*log_loop_);
  co_await log_->close();
  co_await runtime::on(*home_);
}

Task<void> Node::close_readers() {
  // A result on its own line: GCC 12 destroys temporaries of an expression that awaits twice.
  if (history_) {
    const auto done = co_await history_->close();
    tell("history", done);
  }
  if (newest_) {
    const auto done = co_await newest_->close();
    tell("live", done);
  }
  if (retained_) {
    const auto done = co_await retained_->close();
    tell("live", done);
  }
  if (catalogue_reader_) {
    const auto done = co_await catalogue_reader_->close();
    tell("governance", done);
  }
}

std::vector<runtime::Loop*> Node::shards() const {
  std::vector<runtime::Loop*> loops;
  loops.reserve(shards_.size());
  for (const auto& shard : shards_) loops.push_back(shard.get());
  return loops;
}

void Node::measure(serve::Measures& into) const {
  app::measure(http_->counts(), into);
  app::measure(http_->durations(), into);
  app::measure(mqtt_->counts(), into);
  admission::AdmissionCounters admitted;
  for (const auto& admission : admissions_) add(admission->counters(), admitted);
  app::measure(admitted, into);
  app::measure(rejections_.counts(), into);
  app::measure(assigner_->counters(), into);
  app::measure(log_->counters(), log_->end(), into);
  app::measure(machine_->counts(), into);
  app::measure(newest_->counters(), into);
  app::measure(retained_->counters(), into);
  app::measure(router_->counters(), into);
  app::measure(history_->counters(), into);
  app::measure(backups_->standing(), into);
}

Task<std::vector<serve::Client>> Node::clients() {
  std::vector<serve::Client> clients;
  for (line_protocol::Writer& writer : line_protocol_->writers()) clients.push_back(to_client(std::move(writer)));
  std::vector<mqtt::BrokerClient> connected = co_await mqtt_->list_clients();
  for (mqtt::BrokerClient& client : connected) clients.push_back(to_client(std::move(client)));
  co_return clients;
}

std::string Node::why_not_ready() const {
  if (stopping_) return "the node is stopping";
  if (log_->counters().full) return "the disk is full: free some space";
  return {};
}

void Node::tell(std::string_view what, const Result<void>& done) {
  if (!done) {
    runtime_.journal().warning(what, "the last checkpoint failed, the next start will take longer: {}",
                               done.error().message());
  }
}

}  // namespace artery::app
