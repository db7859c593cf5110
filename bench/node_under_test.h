// A node as a child process on a fresh folder below the working folder's var/, for benchmarks. The program is what
// ARTERY_PROGRAM names, build/release/artery otherwise.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace artery::bench {

class NodeUnderTest {
 public:
  // Starts it and waits until it answers; prints what went wrong and ends the program where it does not.
  explicit NodeUnderTest(std::vector<std::string> options = {});
  // Stops it in order, waits, and removes its folder.
  ~NodeUnderTest();
  NodeUnderTest(const NodeUnderTest&) = delete;
  NodeUnderTest& operator=(const NodeUnderTest&) = delete;

  [[nodiscard]] std::uint16_t http_port() const { return http_port_; }
  [[nodiscard]] std::uint16_t mqtt_port() const { return mqtt_port_; }
  [[nodiscard]] double cpu_seconds() const;
  [[nodiscard]] double resident_mib() const;
  // kill -9, or a stop in order; then a start on the same folder. Returns the seconds until it answered.
  double restart(bool in_order);
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  void start();
  void wait_until_ready();
  void end(int signal);

  std::vector<std::string> options_;
  std::string folder_;
  pid_t pid_ = 0;
  std::uint16_t http_port_ = 0;
  std::uint16_t mqtt_port_ = 0;
};

// A blocking connection to a port on loopback; ends the program where there is none.
int connect_to(std::uint16_t port);
void send_all(int socket, const char* bytes, std::size_t count);

}  // namespace artery::bench
