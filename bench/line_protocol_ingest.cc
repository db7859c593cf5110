// Line protocol over HTTP, every answer after its sync: samples per second and the node's CPU seconds per million.
//
//   line_protocol_ingest [--connections 2] [--lines 1000] [--fields 10] [--hosts 100] [--seconds 10] [--runs 3]
//
// The bodies are made beforehand; only their times, of fixed width, are written anew for each request, so every sample
// is new. One request at a time per connection.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/figures.h"
#include "bench/node_under_test.h"

namespace {

using artery::bench::Latencies;
using artery::bench::NodeUnderTest;
using artery::bench::option;

constexpr std::int64_t first_time = 1'700'000'000'000'000'000;
constexpr std::int64_t step_ns = 10'000'000'000;
constexpr std::size_t time_digits = 19;

struct Shape {
  std::size_t lines;
  std::size_t fields;
  std::size_t hosts;
};

// A body of the cpu-only shape: hosts in turn, ten tags, integer-valued floats as clamped random walks.
struct Body {
  std::string text;
  std::vector<std::size_t> times;  // where each line's time stands
};

Body make_body(const Shape& shape, std::size_t connection, std::mt19937& random) {
  static constexpr const char* names[] = {"usage_user",   "usage_system",    "usage_idle",    "usage_nice",
                                          "usage_iowait", "usage_irq",       "usage_softirq", "usage_steal",
                                          "usage_guest",  "usage_guest_nice"};
  std::normal_distribution<double> step(0, 1);
  std::vector<double> walk(shape.hosts * shape.fields, 50);
  Body body;
  for (std::size_t line = 0; line < shape.lines; ++line) {
    const std::size_t host = line % shape.hosts;
    body.text += fmt::format(
        "cpu,hostname=host_{}_{},region=eu-central-1,datacenter=eu-central-1a,rack=6,os=Ubuntu15.10,"
        "arch=x64,team=SF,service=19,service_version=1,service_environment=test ",
        connection, host);
    for (std::size_t field = 0; field < shape.fields; ++field) {
      double& value = walk[host * shape.fields + field];
      value = std::clamp(value + step(random), 0.0, 100.0);
      const std::string name = field < 10 ? names[field] : fmt::format("field_{}", field);
      body.text += fmt::format("{}{}={:.0f}", field == 0 ? "" : ",", name, std::floor(value));
    }
    body.text += ' ';
    body.times.push_back(body.text.size());
    body.text += std::string(time_digits, '0') + '\n';
  }
  return body;
}

// Reads one answer without a body; returns its status.
int read_status(int socket) {
  char buffer[4096];
  std::size_t have = 0;
  while (have < sizeof buffer) {
    const ssize_t got = recv(socket, buffer + have, sizeof buffer - have, 0);
    if (got <= 0) return 0;
    have += static_cast<std::size_t>(got);
    if (std::string_view(buffer, have).find("\r\n\r\n") != std::string_view::npos) return std::atoi(buffer + 9);
  }
  return 0;
}

struct Load {
  std::atomic<std::uint64_t> samples = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> bad_status = 0;
};

void drive(std::uint16_t port, const Shape& shape, std::size_t connection, Load& load, Latencies& latencies) {
  std::mt19937 random(static_cast<unsigned>(connection) + 1);
  std::vector<Body> bodies;
  for (int i = 0; i < 8; ++i) bodies.push_back(make_body(shape, connection, random));
  const int socket = artery::bench::connect_to(port);
  std::int64_t time = first_time;
  for (std::size_t turn = 0; !load.stop; ++turn) {
    Body& body = bodies[turn % bodies.size()];
    for (std::size_t line = 0; line < shape.lines; ++line) {
      if (line % shape.hosts == 0) time += step_ns;
      fmt::format_to(body.text.data() + body.times[line], "{}", time);
    }
    const std::string head = fmt::format(
        "POST /write?precision=ns HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.text.size());
    const std::int64_t start = artery::bench::now_ns();
    artery::bench::send_all(socket, head.data(), head.size());
    artery::bench::send_all(socket, body.text.data(), body.text.size());
    if (const int status = read_status(socket); status != 204) {
      load.bad_status = status;
      break;
    }
    latencies.add(artery::Duration(artery::bench::now_ns() - start));
    load.samples += shape.lines * shape.fields;
  }
  close(socket);
}

void run(const Shape& shape, std::size_t connections, double seconds) {
  NodeUnderTest node;
  Load load;
  std::vector<Latencies> latencies(connections);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] { drive(node.http_port(), shape, i, load, latencies[i]); });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // names are created, caches are warm
  const double cpu = node.cpu_seconds();
  const std::uint64_t samples = load.samples;
  const std::int64_t start = artery::bench::now_ns();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const double took = static_cast<double>(artery::bench::now_ns() - start) / 1e9;
  const auto done = static_cast<double>(load.samples - samples);
  const double cpu_used = node.cpu_seconds() - cpu;
  load.stop = true;
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 1; i < connections; ++i) latencies[0].add_all(latencies[i]);
  fmt::print(
      "{:.2f} M samples/s, {:.3f} CPU s per million samples, request p50 {:.2f} ms p99 {:.2f} ms, {:.0f} MiB "
      "resident\n",
      done / took / 1e6, cpu_used / (done / 1e6), latencies[0].percentile_ms(0.5), latencies[0].percentile_ms(0.99),
      node.resident_mib());
  if (load.bad_status != 0) fmt::print("stopped early: the node answered {}\n", load.bad_status.load());
}

}  // namespace

int main(int argc, char** argv) {
  const Shape shape{.lines = static_cast<std::size_t>(option(argc, argv, "lines", 1000)),
                    .fields = static_cast<std::size_t>(option(argc, argv, "fields", 10)),
                    .hosts = static_cast<std::size_t>(option(argc, argv, "hosts", 100))};
  const auto connections = static_cast<std::size_t>(option(argc, argv, "connections", 2));
  fmt::print("line protocol: {} connections, {} lines of {} fields, {} hosts each, synced before the answer\n",
             connections, shape.lines, shape.fields, shape.hosts);
  const int runs = static_cast<int>(option(argc, argv, "runs", 3));
  for (int i = 0; i < runs; ++i) run(shape, connections, option(argc, argv, "seconds", 10));
}
