// A whole node with its broker on a simulated process, and clients that speak through the codec. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "admission/admission.h"
#include "governance/assigner.h"
#include "governance/catalogue.h"
#include "governance/catalogue_reader.h"
#include "live/retained.h"
#include "live/router.h"
#include "log/log.h"
#include "model/record.h"
#include "model/sample_block.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/network.h"
#include "runtime/sim/process.h"
#include "sources/mqtt/broker.h"
#include "sources/mqtt/session_test.h"

namespace artery::mqtt::testing {

// One connection, on a loop of the same process. Every function between the runs of the process.
class TestClient final : runtime::SocketHandler {
 public:
  TestClient(sim::Process& process, runtime::Loop& loop, const runtime::Address& server,
             ProtocolVersion version = ProtocolVersion::v5)
      : process_(process), loop_(loop), version_(version) {
    bool connected = false;
    loop_.post([&] {
      loop_.connect(server, [&](Result<std::unique_ptr<runtime::Socket>> result) {
        connected = true;
        if (!result) return;
        socket_ = std::move(*result);
        socket_->set_handler(*this);
      });
    });
    process_.run_until([&] { return connected; });
  }
  ~TestClient() { drop(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  template <class P>
  void say(const P& packet) {
    Buffer bytes;
    encode(packet, version_, bytes);
    on_loop([&] {
      if (socket_) socket_->send(bytes);
    });
  }
  // The next packet, which is a P; waits for it.
  template <class P>
  P hear() {
    const std::optional<Packet> packet = next();
    if (!packet || !std::holds_alternative<P>(*packet)) {
      ADD_FAILURE() << (packet ? "another packet" : "no packet");
      return {};
    }
    return std::get<P>(*packet);
  }
  // Waits for a packet or the end of the connection.
  std::optional<Packet> next() {
    process_.run_until([&] { return !received_.empty() || closed_; }, 200'000);
    return take();
  }
  // What has come already.
  std::optional<Packet> take() {
    if (received_.empty()) return std::nullopt;
    Packet packet = std::move(received_.front());
    received_.pop_front();
    return packet;
  }
  ReasonCode connect(std::string_view id, std::optional<Will> will = {}) {
    say(Connect{.version = version_, .client_id = id, .will = std::move(will)});
    return hear<Connack>().reason;
  }
  // Returns after the acknowledgement.
  void publish(std::string_view topic, std::string_view payload, Qos qos = qos1, bool retain = false) {
    const std::uint16_t id = qos == qos0 ? std::uint16_t{0} : ++last_id_;
    say(Publish{.qos = qos, .retain = retain, .packet_id = id, .topic = topic, .payload = as_bytes(payload)});
    if (qos == qos1) {
      EXPECT_EQ(hear<Puback>().packet_id, id);
    }
    if (qos != qos2) return;
    EXPECT_EQ(hear<Pubrec>().packet_id, id);
    say(Pubrel{.packet_id = id});
    EXPECT_EQ(hear<Pubcomp>().packet_id, id);
  }
  void subscribe(std::string_view filter, Qos qos = qos1) {
    say(Subscribe{.packet_id = ++last_id_, .subscriptions = {{.filter = filter, .qos = qos}}});
    hear<Suback>();
  }
  // "topic payload" of the next publish, which is acknowledged.
  std::string message() {
    const Publish packet = hear<Publish>();
    if (packet.packet_id > 0) say(Puback{.packet_id = packet.packet_id});
    return std::string(packet.topic) + (packet.retain ? " retained " : " ") + std::string(as_text(packet.payload));
  }
  // Without a DISCONNECT.
  void drop() {
    on_loop([&] { socket_.reset(); });
    socket_.reset();
    closed_ = true;
  }
  void pause() {
    on_loop([&] { socket_->pause(); });
  }
  bool wait_for_end() {
    return process_.run_until([&] { return closed_; }, 200'000);
  }
  [[nodiscard]] bool is_closed() const { return closed_; }
  [[nodiscard]] const runtime::Address& local() const { return socket_->local(); }
  [[nodiscard]] ProtocolVersion version() const { return version_; }

 private:
  void on_data(Bytes bytes) override {
    stream_.add(bytes);
    while (auto packet = stream_.next(version_)) received_.push_back(*std::move(packet));
  }
  void on_drained() override {}
  void on_closed(std::string_view /*reason*/) override {
    closed_ = true;
    socket_.reset();
  }
  void on_loop(const std::function<void()>& work) {
    if (process_.halted()) return;
    bool done = false;
    loop_.post([&] {
      work();
      done = true;
    });
    process_.run_until([&] { return done; });
  }

  sim::Process& process_;
  runtime::Loop& loop_;
  const ProtocolVersion version_;
  std::unique_ptr<runtime::Socket> socket_;
  PacketStream stream_;
  std::deque<Packet> received_;
  std::uint16_t last_id_ = 0;
  bool closed_ = false;
};

// Declared in the order in which a node makes them; halted before any of them goes.
class NodeWithBroker {
 public:
  explicit NodeWithBroker(sim::Machine& machine, std::size_t shards = 2, const BrokerSettings& settings = {},
                          admission::AdmissionSettings admission_settings = {},
                          live::RetainedSettings retained_settings = {})
      : process(machine),
        home(process.make_loop("home")),
        pool(process.make_pool("pool", 2)),
        outside(process.make_loop("clients")) {
    for (std::size_t i = 0; i < shards; ++i) loops.push_back(process.make_loop("shard"));
    open(retained_settings);
    if (!retained) return;
    std::vector<runtime::Loop*> shard_loops;
    for (const auto& loop : loops) shard_loops.push_back(loop.get());
    router = std::make_unique<live::Router>(shard_loops, *retained, live::RouterSettings{});
    std::vector<Broker::ShardParts> parts;
    for (std::size_t i = 0; i < shards; ++i) {
      admissions.push_back(std::make_unique<admission::Admission>(
          admission::Admission::Surroundings{*loops[i], process.clock(), *log, catalogue, *assigner, rejections},
          admission_settings));
      parts.push_back({*loops[i], *admissions[i], router->shard(i)});
    }
    broker = std::make_unique<Broker>(
        parts, Broker::Surroundings{process.clock(), process.random(), *retained, rejections}, settings);
    on(*loops[0], [&] {
      auto listening = broker->listen({"127.0.0.1", 1883});
      ASSERT_TRUE(listening);
      address = *listening;
    });
  }
  // Whatever was not stopped is a crash.
  ~NodeWithBroker() { process.halt(); }
  NodeWithBroker(const NodeWithBroker&) = delete;
  NodeWithBroker& operator=(const NodeWithBroker&) = delete;

  std::unique_ptr<TestClient> client(ProtocolVersion version = v5) {
    return std::make_unique<TestClient>(process, *outside, address, version);
  }
  // Connected.
  std::unique_ptr<TestClient> client(std::string_view id, ProtocolVersion version = v5, std::optional<Will> will = {}) {
    auto made = client(version);
    EXPECT_EQ(made->connect(id, std::move(will)), ReasonCode::success);
    return made;
  }
  void stop_broker() {
    bool stopped = false;
    on(*loops[0], [&] { broker->stop(2s, [&] { stopped = true; }); });
    EXPECT_TRUE(process.run_until([&] { return stopped; }));
  }

  // Runs `work` on a loop, to its end.
  void on(runtime::Loop& loop, std::function<void()> work) {
    bool done = false;
    loop.post([&] {
      work();
      done = true;
    });
    process.run_until([&] { return done; });
  }

  std::vector<BrokerClient> clients() { return process.run(broker->list_clients()).value(); }

  // Every f64 that the log holds, with how often.
  std::map<double, int> samples() {
    std::map<double, int> found;
    process.run(collect(found));
    return found;
  }

  sim::Process process;
  std::unique_ptr<runtime::Loop> home;
  std::unique_ptr<runtime::Executor> pool;
  std::unique_ptr<runtime::Loop> outside;
  std::vector<std::unique_ptr<runtime::Loop>> loops;
  governance::Catalogue catalogue;
  admission::RejectionStore rejections;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<governance::CatalogueReader> reader;
  std::unique_ptr<governance::Assigner> assigner;
  std::unique_ptr<live::CheckpointFolder> checkpoints;
  std::unique_ptr<live::Retained> retained;
  std::unique_ptr<live::Router> router;
  std::vector<std::unique_ptr<admission::Admission>> admissions;
  std::unique_ptr<Broker> broker;
  runtime::Address address;

 private:
  template <class T>
  std::optional<T> run_on(runtime::Loop& loop, runtime::Task<T> task) {
    return process.run(hop(loop, std::move(task)));
  }
  template <class T>
  static runtime::Task<T> hop(runtime::Loop& loop, runtime::Task<T> task) {
    co_await runtime::on(loop);
    co_return co_await std::move(task);
  }
  // What is not opened stays null: the process was halted.
  void open(live::RetainedSettings retained_settings) {
    const auto failed = [](const Error&) {};
    auto opened = run_on(
        *home, log::Log::open({*home, *pool, process.files(), process.clock(), process.journal()},
                              {.folder = "log", .segment_bytes = 4U << 20, .batch_bytes_max = 2U << 20}, failed));
    if (!opened) return;
    ASSERT_TRUE(*opened) << opened->error().message();
    log = std::move(**opened);
    reader = std::make_unique<governance::CatalogueReader>(
        governance::CatalogueReader::Surroundings{*home, *pool, process.files(), process.clock(), process.journal(),
                                                  *log, catalogue},
        governance::CatalogueReaderSettings{.folder = "catalogue"});
    const auto followed = run_on(*home, reader->open());
    if (!followed) return;
    ASSERT_TRUE(*followed) << followed->error().message();
    assigner = std::make_unique<governance::Assigner>(
        governance::Assigner::Surroundings{*home, process.clock(), *log, catalogue, *reader},
        governance::AssignerSettings{});
    checkpoints = std::make_unique<live::CheckpointFolder>(process.files(), *pool, process.journal(), "live");
    auto messages =
        run_on(*home, live::Retained::open({*home, *pool, *checkpoints, process.clock(), process.journal(), *log},
                                           retained_settings, failed));
    if (!messages) return;
    ASSERT_TRUE(*messages) << messages->error().message();
    retained = std::move(**messages);
  }
  runtime::Task<bool> collect(std::map<double, int>& into) {
    co_await runtime::on(*home);
    const auto follower = log->follow("test", *home, Offset(0), 1ULL << 30);
    while (follower->position() < log->end()) {
      const auto batches = co_await follower->next(1U << 20);
      EXPECT_TRUE(batches);
      if (!batches) break;
      for (const log::BatchPtr& batch : *batches) collect(*batch, into);
    }
    co_return true;
  }
  static void collect(const log::Batch& batch, std::map<double, int>& into) {
    RecordReader records(batch.payload());
    while (const auto record = records.next()) {
      if (record->kind != RecordKind::samples) continue;
      const auto block = SampleBlockView::parse(record->body);
      for (std::uint32_t field = 0; field < block->fields(); ++field) {
        if (block->type(field) != ValueType::f64) continue;
        for (std::uint32_t row = 0; row < block->rows(); ++row) {
          if (block->has_value(field, row)) ++into[block->f64(field)[row]];
        }
      }
    }
  }
};

}  // namespace artery::mqtt::testing
