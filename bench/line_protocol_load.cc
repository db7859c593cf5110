// Sends a file of line protocol to whoever takes it by HTTP, and prints what it sent and how long that took, as JSON.
//
//   line_protocol_load FILE PORT PATH [--connections 2] [--lines 10000]
//
// The file is cut into batches of lines beforehand; each connection takes the next batch when the last one was
// answered. Any answer but 204 ends the run with exit status 1. bench/peers.py drives it.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/figures.h"
#include "bench/node_under_test.h"

namespace {

using artery::bench::Latencies;

struct Batches {
  std::string text;
  std::vector<std::string_view> all;
  std::size_t lines = 0;
  std::size_t samples = 0;
};

// Fields of a line whose names and tags have no escaped blanks: the `=` behind the first blank.
std::size_t fields_of(std::string_view line) {
  const std::string_view fields = line.substr(std::min(line.find(' '), line.size()));
  return static_cast<std::size_t>(std::ranges::count(fields, '='));
}

Batches read(const char* path, std::size_t lines_max) {
  std::ifstream file(path, std::ios::binary);
  Batches batches{.text = {std::istreambuf_iterator<char>(file), {}}, .all = {}};
  const std::string_view text = batches.text;
  std::size_t begin = 0;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    batches.samples += fields_of(text.substr(at, end - at));
    at = end;
    ++batches.lines;
    if (++lines < lines_max && at < text.size()) continue;
    batches.all.push_back(text.substr(begin, at - begin));
    begin = at;
    lines = 0;
  }
  return batches;
}

// The head of an answer, and what came with it.
std::string read_answer(int socket) {
  std::string answer;
  char buffer[4096];
  while (answer.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  return answer;
}

struct Load {
  const Batches& batches;
  std::uint16_t port;
  std::string path;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;

  void drive(Latencies& latencies) {
    const int socket = artery::bench::connect_to(port);
    for (std::size_t at = next++; at < batches.all.size() && !failed; at = next++) {
      const std::string_view body = batches.all[at];
      const std::string head =
          fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", path, body.size());
      const std::int64_t start = artery::bench::now_ns();
      artery::bench::send_all(socket, head.data(), head.size());
      artery::bench::send_all(socket, body.data(), body.size());
      const std::string answer = read_answer(socket);
      latencies.add(artery::Duration(artery::bench::now_ns() - start));
      if (answer.starts_with("HTTP/1.1 204") || failed.exchange(true)) continue;
      fmt::print(stderr, "batch {} was answered:\n{}\n", at, answer.empty() ? "nothing" : answer);
    }
    close(socket);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "line_protocol_load FILE PORT PATH [--connections 2] [--lines 10000]\n");
    return 2;
  }
  const Batches batches = read(argv[1], static_cast<std::size_t>(artery::bench::option(argc, argv, "lines", 10'000)));
  std::vector<Latencies> latencies(static_cast<std::size_t>(artery::bench::option(argc, argv, "connections", 2)));
  Load load{.batches = batches, .port = static_cast<std::uint16_t>(std::stoi(argv[2])), .path = argv[3]};
  const std::int64_t start = artery::bench::now_ns();
  {
    std::vector<std::jthread> threads;
    for (Latencies& own : latencies) threads.emplace_back([&load, &own] { load.drive(own); });
  }
  const double seconds = static_cast<double>(artery::bench::now_ns() - start) / 1e9;
  for (std::size_t i = 1; i < latencies.size(); ++i) latencies[0].add_all(latencies[i]);
  fmt::print(R"({{"lines":{},"samples":{},"bytes":{},"seconds":{:.4f},"p50_ms":{:.2f},"p99_ms":{:.2f}}})"
             "\n",
             batches.lines, batches.samples, batches.text.size(), seconds, latencies[0].percentile_ms(0.5),
             latencies[0].percentile_ms(0.99));
  return load.failed ? 1 : 0;
}
