#include "bench/node_under_test.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace artery::bench {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The number behind `"name": "127.0.0.1:`.
std::uint16_t port_named(const std::string& ready, const std::string& name) {
  const std::size_t at = ready.find('"' + name + '"');
  const std::size_t colon = at == std::string::npos ? at : ready.find("127.0.0.1:", at);
  if (colon == std::string::npos) give_up("the ready file names no port for " + name + ": " + ready);
  return static_cast<std::uint16_t>(std::atoi(ready.c_str() + colon + 10));
}

}  // namespace

NodeUnderTest::NodeUnderTest(std::vector<std::string> options) : options_(std::move(options)) {
  std::filesystem::create_directories("var");
  std::string pattern = "var/bench-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) give_up("cannot make a folder in var/");
  folder_ = pattern;
  start();
}

NodeUnderTest::~NodeUnderTest() {
  end(SIGINT);
  std::filesystem::remove_all(folder_);
}

void NodeUnderTest::start() {
  const char* named = std::getenv("ARTERY_PROGRAM");
  const std::string program = named != nullptr ? named : "build/release/artery";
  const std::string ready = folder_ + "/ready.json";
  std::filesystem::remove(ready);
  std::vector<std::string> words{program, "run",         "--data", folder_ + "/data", "--http-port",
                                 "0",     "--mqtt-port", "0",      "--ready-file",    ready};
  words.insert(words.end(), options_.begin(), options_.end());
  pid_ = fork();
  if (pid_ == 0) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (std::freopen((folder_ + "/journal").c_str(), "a", stderr) == nullptr) _exit(126);
    execv(program.c_str(), arguments.data());
    _exit(127);
  }
  wait_until_ready();
}

void NodeUnderTest::wait_until_ready() {
  for (int i = 0; i < 12000; ++i) {
    if (std::filesystem::exists(folder_ + "/ready.json")) {
      const std::string ready = read_text(folder_ + "/ready.json");
      http_port_ = port_named(ready, "http");
      mqtt_port_ = port_named(ready, "mqtt");
      return;
    }
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) give_up("the node ended: " + read_text(folder_ + "/journal"));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  give_up("the node did not become ready within a minute");
}

void NodeUnderTest::end(int signal) {
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
}

double NodeUnderTest::restart(bool in_order) {
  end(in_order ? SIGINT : SIGKILL);
  const auto before = std::chrono::steady_clock::now();
  start();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
}

double NodeUnderTest::cpu_seconds() const {
  std::istringstream stat(read_text(fmt::format("/proc/{}/stat", pid_)));
  const std::vector<std::string> words{std::istream_iterator<std::string>(stat), {}};
  const double ticks = std::stod(words.at(13)) + std::stod(words.at(14));  // utime, stime (proc(5))
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double NodeUnderTest::resident_mib() const {
  std::istringstream statm(read_text(fmt::format("/proc/{}/statm", pid_)));
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    give_up(fmt::format("cannot connect to port {}", port));
  }
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

void send_all(int socket, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) give_up("the node closed the connection");
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
}

}  // namespace artery::bench
