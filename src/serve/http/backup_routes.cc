#include "serve/http/backup_routes.h"

#include <string>
#include <utility>
#include <vector>

#include "backup/backups.h"
#include "backup/error.h"
#include "base/json_writer.h"
#include "serve/http/parameters.h"

namespace artery::serve {

using backup::BackupError;
using net::ResponseHandle;
using runtime::Task;

namespace {

constexpr unsigned status_created = 201;

net::Response refused(const Error& error) {
  if (error.is(BackupError::not_set) || error.is(BackupError::busy)) return net::problem(409, {}, error.message());
  if (error.is(runtime::FileError::no_space)) return net::problem(507, {}, error.message());
  if (error.is(BackupError::damaged)) return net::problem(500, {}, error.message());
  return answer_of(error);
}

std::string show(const backup::Made& made) {
  std::string body;
  JsonWriter json(body);
  json.start_object().member("name", made.name).member("time", made.made).member("offset", made.offset.value());
  json.member("files", made.files).member("bytes_linked", made.bytes_linked);
  json.member("bytes_copied", made.bytes_copied);
  json.member("seconds", std::chrono::duration<double>(made.took).count()).end_object();
  return body;
}

std::string show(const std::vector<backup::Listed>& found) {
  std::string body;
  JsonWriter json(body);
  json.start_object().key("backups").start_array();
  for (const backup::Listed& one : found) {
    json.start_object().member("name", one.name).member("time", one.made).member("complete", one.fault.empty());
    if (one.fault.empty()) {
      json.member("offset", one.offset.value()).member("files", one.files).member("bytes", one.bytes);
    } else {
      json.member("fault", one.fault);
    }
    json.end_object();
  }
  json.end_array().end_object();
  return body;
}

}  // namespace

void BackupRoutes::add_to(net::HttpServer& server) {
  const auto with = [this](Task<void> (BackupRoutes::*task)(unsigned, ResponseHandle)) {
    return [this, task](const net::Request& request, ResponseHandle response) {
      Parameters parameters(request);
      if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
      if (work_.refuses(request.shard, response)) return;
      work_.spawn(request.shard, (this->*task)(request.shard, std::move(response)));
    };
  };
  server.handle(net::Method::post, "/api/v1/backups", with(&BackupRoutes::make));
  server.handle(net::Method::get, "/api/v1/backups", with(&BackupRoutes::list));
}

Task<void> BackupRoutes::make(unsigned shard, ResponseHandle response) {
  const auto made = co_await node_.backups.make();
  co_await runtime::on(work_.loop(shard));
  if (!made) {
    response.send(refused(made.error()));
    co_return;
  }
  response.send(net::json_response(show(*made), status_created));
}

Task<void> BackupRoutes::list(unsigned shard, ResponseHandle response) {
  const auto found = co_await node_.backups.list();
  co_await runtime::on(work_.loop(shard));
  response.send(found ? net::json_response(show(*found)) : refused(found.error()));
}

}  // namespace artery::serve
