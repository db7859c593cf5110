// A TCP connection on a LinuxLoop. It holds no memory for data while nothing waits to be sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "runtime/linux/descriptor.h"
#include "runtime/linux/loop.h"
#include "runtime/linux/poller.h"
#include "runtime/socket.h"

namespace artery::runtime {

// What listeners and connectors make: a connected, nonblocking socket of the system.
class TcpConnection final : public Connection {
 public:
  TcpConnection(Descriptor connected, Address peer);

  Descriptor descriptor;
  Address peer;
};

class TcpSocket final : public Socket, private Watched {
 public:
  // How long finish() waits for progress, first of what is unsent, then of the peer's end.
  static constexpr std::chrono::milliseconds linger_ms_max{2'000};

  TcpSocket(LinuxLoop& loop, TcpConnection&& connection);
  ~TcpSocket() override;
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;

  void set_handler(SocketHandler& handler) override;
  void send(Bytes bytes) override;
  [[nodiscard]] std::size_t unsent() const override { return unsent_.size() - sent_; }
  void tell_when_drained(std::size_t bytes) override;
  void pause() override;
  void resume() override;
  void finish() override;
  [[nodiscard]] const Address& peer() const override { return peer_; }
  [[nodiscard]] const Address& local() const override { return local_; }

 private:
  void on_events(std::uint32_t events) override;
  void on_turn_end() override;

  void read();
  [[nodiscard]] bool wants_to_read() const;
  void on_peer_end();
  // Gives the system what it takes; the error's number, or 0.
  int write();
  // Writes, and tells what follows from it. The socket may be gone afterwards.
  void flush();
  void on_all_sent();
  void start_linger();
  void on_linger_over(std::size_t unsent_before);
  // Ends the connection and tells the handler, now or when there is one. The socket may be gone afterwards.
  void close(std::string reason);
  void want_turn_end();
  void update_wanted();

  LinuxLoop& loop_;
  Descriptor descriptor_;
  WatchId id_;
  SocketHandler* handler_ = nullptr;
  Buffer unsent_;
  std::size_t sent_ = 0;  // of unsent_, from its start
  std::size_t drained_above_ = std::numeric_limits<std::size_t>::max();
  TimerId linger_;
  bool tell_drained_ = false;  // unsent() has been above drained_above_ since it was last zero
  bool paused_ = false;
  bool blocked_ = false;  // the system took less than it was given: wait for EPOLLOUT
  bool turn_end_wanted_ = false;
  bool finishing_ = false;   // finish() was called
  bool ended_ = false;       // our direction is ended
  bool peer_ended_ = false;  // the peer's is, and it may still read
  Address peer_;
  Address local_;
  std::string untold_;  // the reason of a close that found no handler
};

}  // namespace artery::runtime
