// The HTTP endpoints that samples are written to; all but the last are those of InfluxDB's clients:
//
//   POST /write?db=&precision=                  version 1; db is taken and ignored: a node has one namespace
//   POST /api/v2/write?bucket=&org=&precision=  version 2; bucket and org are ignored
//   GET  /ping                                  204 with a version, by which agents find out who is there
//   GET, POST /query?q=                         SHOW, CREATE and DROP DATABASE, which loaders ask first
//   POST /api/v1/raw                            samples as lines of JSON (docs/formats/samples.md)
//
// 204 comes after the sync of everything that was accepted. Where lines were refused the others are kept, and the
// answer is 400 in the version's own shape. 507: no room on the disk; 503: busy, or the node stops; then nothing is
// kept for sure and the same may be sent again (replays are harmless).
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "admission/admission.h"
#include "admission/rejection.h"
#include "net/http.h"
#include "net/http_server.h"
#include "runtime/clock.h"
#include "sources/http/line_protocol.h"
#include "sources/http/writers.h"

namespace artery::line_protocol {

// Whose form an answer has: that of a version of InfluxDB, or that of the API, RFC 9457.
enum class Version : std::uint8_t { v1, v2, api };

struct WriteSettings {
  std::size_t body_bytes_max = std::size_t{32} << 20;  // of a request, as it was sent; beyond 413
};

class Routes {
 public:
  // One Admission per shard of the server. All must outlive the server's listening. `rejections` are for writes that
  // do not come as far as admission: what is no gzip though it says so, what is too large.
  Routes(std::vector<admission::Admission*> admissions, admission::RejectionStore& rejections,
         const runtime::Clock& clock, WriteSettings settings);
  // This must outlive `server`.
  void add_to(net::HttpServer& server);

  // Any thread.
  [[nodiscard]] std::vector<Writer> writers() const { return writers_.list(); }

 private:
  using Decode = Progress (*)(std::string_view body, Progress from, std::size_t bytes, Precision precision,
                              admission::Intake& intake);
  void write(const net::Request& request, net::ResponseHandle response, Version version);
  void submit(const net::Request& request, net::ResponseHandle response, Version version, Decode decode,
              Precision precision);
  // A whole write.
  void reject(const net::Request& request, std::string_view reason);

  const std::vector<admission::Admission*> admissions_;
  admission::RejectionStore& rejections_;
  const runtime::Clock& clock_;
  const WriteSettings settings_;
  std::atomic<std::size_t> copied_bytes_ = 0;  // of bodies that are being read in pieces
  Writers writers_;
};

// The answer to a write, in the version's shape.
net::Response answer_of(const Result<admission::Receipt>& result, Version version);
// The answer to an InfluxQL statement.
net::Response answer_of_query(std::string_view statement);

}  // namespace artery::line_protocol
