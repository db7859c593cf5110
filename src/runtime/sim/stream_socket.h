// A simulated socket: one end of a link of the network, in one lane. Whatever happens to it (something to send, an
// arrival, room, a break) wakes it, and it does all there is to do in one item of work, its turn().
#pragma once

#include <limits>
#include <string>

#include "runtime/sim/network.h"
#include "runtime/socket.h"

namespace artery::sim {

class StreamSocket final : public runtime::Socket {
 public:
  // As under linux/.
  static constexpr std::chrono::milliseconds linger_ms_max{2'000};

  StreamSocket(Network& network, EndId id, LaneId lane, runtime::Address local, runtime::Address peer);
  ~StreamSocket() override;
  StreamSocket(const StreamSocket&) = delete;
  StreamSocket& operator=(const StreamSocket&) = delete;

  void set_handler(runtime::SocketHandler& handler) override;
  void send(Bytes bytes) override;
  [[nodiscard]] std::size_t unsent() const override { return unsent_.size(); }
  void tell_when_drained(std::size_t bytes) override;
  void pause() override;
  void resume() override;
  void finish() override;
  [[nodiscard]] const runtime::Address& peer() const override { return peer_; }
  [[nodiscard]] const runtime::Address& local() const override { return local_; }

  // Has turn() run in the socket's lane, once however often it is woken before.
  void wake();

 private:
  void assert_home() const;
  void turn();
  // False when the socket is closed or gone afterwards.
  [[nodiscard]] bool flush();
  void read();
  void on_peer_end();
  void start_linger();
  void on_linger_over(std::size_t unsent_before);
  // Leaves the link and tells the handler, now or when there is one. The socket may be gone afterwards.
  void close(std::string reason);

  Network& network_;
  EndId id_;
  LaneId lane_;
  runtime::Address local_;
  runtime::Address peer_;
  runtime::SocketHandler* handler_ = nullptr;
  Buffer unsent_;
  std::size_t drained_above_ = std::numeric_limits<std::size_t>::max();
  EventId linger_;
  bool tell_drained_ = false;  // unsent() has been above drained_above_ since it was last zero
  bool woken_ = false;
  bool paused_ = false;
  bool finishing_ = false;   // finish() was called
  bool ended_ = false;       // our direction is ended
  bool peer_ended_ = false;  // the peer's is, and it may still read
  bool closed_ = false;
  std::string untold_;  // the reason of a close that found no handler
};

}  // namespace artery::sim
