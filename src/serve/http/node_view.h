// What the API sees of a node. All of it must outlive the API; app/ puts it together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admission/rejection.h"
#include "governance/assigner.h"
#include "governance/catalogue.h"
#include "live/newest.h"
#include "query/query.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "serve/http/measures.h"

namespace artery::serve {

struct NodeView {
  std::vector<runtime::Loop*> shards;  // the HTTP server's, in its order
  runtime::Executor& pool;             // for what takes long: listing, export
  const runtime::Clock& clock;
  const governance::Catalogue& catalogue;
  governance::Assigner& assigner;
  const admission::RejectionStore& rejections;
  live::Newest& newest;
  history::History& history;
  std::string version;
  std::function<void(Measures&)> measure;  // adds what the node counts; any thread, at once from several
  std::function<std::string()> not_ready;  // why the node takes no samples now, "" when it does; any thread
};

struct ApiSettings {
  std::size_t queries_max = 64;                                 // under way at once on one shard; beyond 503
  std::size_t signals_per_request_max = 1'000;                  // of `last`
  std::size_t import_bytes_max = std::size_t{64} << 20;         // of a catalogue, as it was sent; beyond 413
  std::size_t subscriptions_max = 64;                           // of one WebSocket
  std::uint64_t page_bytes_max = query::raw_bytes_max_default;  // of raw samples, or of names and metadata listed
};

}  // namespace artery::serve
