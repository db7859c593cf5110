// For the socket tests: a handler made of functions, and blocking sockets for the other end.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "runtime/linux/address.h"
#include "runtime/linux/descriptor.h"
#include "runtime/linux/loop.h"
#include "runtime/linux/testing.h"

namespace artery::runtime::testing {

// A socket with what it does. Used on its loop only.
struct Peer final : SocketHandler {
  std::unique_ptr<Socket> socket;
  std::function<void(Peer&, Bytes)> data = [](Peer&, Bytes) {};
  std::function<void(Peer&)> drained = [](Peer&) {};
  std::function<bool(Peer&)> peer_end = [](Peer&) { return false; };
  std::function<void(Peer&, std::string_view)> closed = [](Peer&, std::string_view) {};

  void on_data(Bytes bytes) override { data(*this, bytes); }
  void on_drained() override { drained(*this); }
  bool on_peer_end() override { return peer_end(*this); }
  void on_closed(std::string_view reason) override { closed(*this, reason); }
};

// A loop that listens, and keeps what it accepts until the end.
class Server {
 public:
  // `prepare` is called on the loop with each new peer, before its handler is set.
  explicit Server(std::function<void(Peer&)> prepare, const std::string& host = "127.0.0.1")
      : prepare_(std::move(prepare)) {
    run_on(loop_, [this, &host] {
      auto listening = loop_.listen({host, 0}, [this](auto connection) { accept(std::move(connection)); });
      ARTERY_ASSERT(listening.has_value());
      listener_ = std::move(*listening);
    });
  }
  ~Server() {
    run_on(loop_, [this] {
      listener_.reset();
      peers_.clear();
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] LinuxLoop& loop() { return loop_; }
  [[nodiscard]] const Address& address() const { return listener_->address(); }
  // On the loop.
  [[nodiscard]] Peer& peer(std::size_t number) { return *peers_.at(number); }
  [[nodiscard]] std::size_t count() const { return peers_.size(); }

 private:
  void accept(std::unique_ptr<Connection> connection) {
    Peer& peer = *peers_.emplace_back(std::make_unique<Peer>());
    peer.socket = loop_.attach(std::move(connection));
    prepare_(peer);
    if (peer.socket) peer.socket->set_handler(peer);
  }

  SilentJournal journal_;
  LinuxLoop loop_{"server", journal_};
  std::function<void(Peer&)> prepare_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

// A blocking socket of the test's own thread.
class Client {
 public:
  explicit Client(const Address& to) {
    const auto system = to_system(to);
    descriptor_ = Descriptor(::socket(system->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ARTERY_ASSERT(::connect(descriptor_.number(), system->get(), system->size) == 0);
  }
  void send(std::string_view text) const {
    while (!text.empty()) {
      const auto taken = ::send(descriptor_.number(), text.data(), text.size(), MSG_NOSIGNAL);
      ARTERY_ASSERT(taken > 0);
      text.remove_prefix(static_cast<std::size_t>(taken));
    }
  }
  // Up to `count` bytes; fewer only where the connection ends before.
  [[nodiscard]] std::string receive(std::size_t count) const {
    std::string text(count, '\0');
    std::size_t got = 0;
    while (got < count) {
      const auto more = ::recv(descriptor_.number(), text.data() + got, count - got, 0);
      if (more <= 0) break;
      got += static_cast<std::size_t>(more);
    }
    text.resize(got);
    return text;
  }
  [[nodiscard]] bool at_end() const { return receive(1).empty(); }
  void end() const { ::shutdown(descriptor_.number(), SHUT_WR); }
  void close() { descriptor_.close(); }
  // Breaks the connection off.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_.number(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    descriptor_.close();
  }
  // How many bytes the connection takes until it is full; stops at `most`.
  [[nodiscard]] std::size_t fill(std::size_t most) const {
    const std::string chunk(64 * 1024, 'x');
    std::size_t total = 0;
    while (total < most) {
      const auto taken = ::send(descriptor_.number(), chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (taken < 0) break;
      total += static_cast<std::size_t>(taken);
    }
    return total;
  }

 private:
  Descriptor descriptor_;
};

}  // namespace artery::runtime::testing
