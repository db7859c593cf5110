// What the API sees of a node. All of it must outlive the API; app/ puts it together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/rejection.h"
#include "backup/backups.h"
#include "governance/assigner.h"
#include "governance/catalogue.h"
#include "live/newest.h"
#include "query/query.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/journal.h"
#include "runtime/socket.h"
#include "runtime/task.h"
#include "serve/http/measures.h"

namespace artery::serve {

// Where a node answers, with the ports that were really taken.
struct Listening {
  runtime::Address http;
  runtime::Address mqtt;
};

// Who sends data, or takes it by MQTT. What is counted only grows, from `since` on: who wants a rate asks twice.
struct Client {
  std::string source;      // "mqtt": a connection; "http": all writes from one address under one User-Agent
  std::string name;        // MQTT's client identifier, HTTP's User-Agent
  std::string remote;      // "192.0.2.7:51044"; of HTTP the host alone
  std::string protocol{};  // "MQTT 5.0", "HTTP"
  Time since{};
  Time heard{};                        // when something last came from it
  std::uint64_t messages_in = 0;       // publishes, writes
  std::uint64_t messages_out = 0;      // publishes
  std::uint64_t bytes_in = 0;          // of HTTP, of the bodies, inflated
  std::uint64_t bytes_out = 0;         // not of HTTP
  std::uint64_t samples_accepted = 0;  // they are on the disk
  std::uint64_t samples_refused = 0;   // samples, or lines that could not be read
  std::uint64_t dropped = 0;           // QoS 0 messages that it read too slowly for
  std::uint64_t subscriptions = 0;
};

struct NodeView {
  std::vector<runtime::Loop*> shards;  // the HTTP server's, in its order
  runtime::Executor& pool;             // for what takes long: listing, export
  const runtime::Clock& clock;
  runtime::Journal& journal;
  const governance::Catalogue& catalogue;
  governance::Assigner& assigner;
  std::vector<admission::Admission*> admissions;  // one per shard, in their order
  const admission::RejectionStore& rejections;
  live::Newest& newest;
  history::History& history;
  backup::Backups& backups;
  std::string name;
  std::string version;
  const Listening& listening;              // as it is when the first request comes
  std::function<void(Measures&)> measure;  // adds what the node counts; any thread, at once from several
  std::function<runtime::Task<std::vector<Client>>()> clients;  // in no order; any thread, goes on on any
  std::function<std::string()> not_ready;  // why the node takes no samples now, "" when it does; any thread
};

struct ApiSettings {
  std::size_t queries_max = 64;                                 // under way at once on one shard; beyond 503
  std::size_t signals_per_request_max = 1'000;                  // of `last`, `aggregate`, `at`
  std::size_t import_bytes_max = std::size_t{64} << 20;         // of a catalogue, as it was sent; beyond 413
  std::size_t subscriptions_max = 64;                           // of one WebSocket
  std::uint64_t page_bytes_max = query::raw_bytes_max_default;  // of raw samples, or of names and metadata listed
};

}  // namespace artery::serve
