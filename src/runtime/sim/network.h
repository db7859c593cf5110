// The network of one simulated process, which both ends of every connection belong to: listeners, links and their
// faults (clauses 14 to 16 of faults.h). A link is two pipes; what a sender gives is taken while there is room, arrives
// in pieces after random delays, and is read by a socket (stream_socket.h) in its lane.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/scheduler.h"
#include "runtime/socket.h"

namespace artery::sim {

class StreamSocket;

struct LinkIdTag;
using LinkId = Strong<LinkIdTag, std::uint64_t>;

struct EndId {
  LinkId link;
  std::size_t side = 0;  // 0 connected, 1 accepted
  [[nodiscard]] EndId other() const { return {link, 1 - side}; }
  friend auto operator<=>(const EndId&, const EndId&) = default;
};

class Network {
 public:
  using Address = runtime::Address;
  using Connected = std::move_only_function<void(Result<std::unique_ptr<runtime::Socket>>)>;
  static constexpr std::chrono::seconds connect_max{10};

  // Both must outlive the network, and the network its sockets, connections and listeners.
  Network(Machine& machine, Scheduler& scheduler) : machine_(machine), scheduler_(scheduler) {}
  ~Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Faults. `server` is the address as listened on.
  //
  // Cuts or restores all connections to a server, those there are and those to come.
  void set_link(const Address& server, bool up);
  // Breaks all connections there are.
  void reset(const Address& server);
  [[nodiscard]] std::size_t connection_count() const { return links_.size(); }

  // For loops.
  Result<std::unique_ptr<runtime::Listener>> listen(LaneId lane, const Address& address, runtime::AcceptHandler accept);
  std::unique_ptr<runtime::Socket> attach(LaneId lane, std::unique_ptr<runtime::Connection> connection);
  void connect(LaneId lane, const Address& address, Connected done);

  // For sockets, connections and listeners.
  struct Arrived {
    Buffer bytes;
    bool ended = false;  // after the bytes
  };
  // Takes what there is room for from the front of `bytes`; returns how much.
  std::size_t put(EndId from, Bytes bytes);
  // Nothing more comes from this end.
  void end(EndId from);
  // Everything that has arrived.
  Arrived take(EndId at);
  // Why the link broke; empty while it is whole.
  [[nodiscard]] std::string_view broken(EndId at) const;
  // Nobody reads at this end any more.
  void leave(EndId end);
  void enter(EndId end, StreamSocket& socket) { sockets_.insert_or_assign(end, &socket); }
  // The socket exists no more.
  void forget(EndId end) { sockets_.erase(end); }
  [[nodiscard]] StreamSocket* find(EndId end) const;
  void stop_listening(const Address& address) { servers_.erase(address_key(address)); }

  Scheduler& scheduler() { return scheduler_; }

 private:
  using Key = std::pair<std::string, std::uint16_t>;
  struct Pipe {
    Buffer bytes;             // taken from the sender, not read yet
    std::size_t arrived = 0;  // of them
    bool ended = false;       // the sender's end follows the bytes
    bool end_arrived = false;
    bool arriving = false;  // an arrival is on its way
  };
  struct Link {
    Key server;
    std::array<Address, 2> addresses;  // of the sides
    std::array<Pipe, 2> into;          // the sides
    std::array<bool, 2> left{};
    std::string broken;
  };
  struct Server {
    LaneId lane;
    std::uint64_t number;  // a later listener on the same address is another one
    runtime::AcceptHandler accept;
  };

  static Key address_key(const Address& address) { return {address.host, address.port}; }
  [[nodiscard]] Duration delay();
  const Key* server_for(const Address& address) const;
  void open_link(LaneId lane, const Key& server, Connected done);
  void accept_link(const Key& server, std::uint64_t number, std::unique_ptr<runtime::Connection> connection);
  void schedule_arrival(EndId at);
  void arrive(EndId at);
  void break_link(LinkId id, std::string_view reason);
  void wake(EndId end);

  Machine& machine_;
  Scheduler& scheduler_;
  std::map<Key, Server> servers_;
  std::set<Key> down_;
  std::map<LinkId, Link> links_;
  std::map<EndId, StreamSocket*> sockets_;
  std::uint64_t last_number_ = 0;
  std::uint16_t last_port_ = 49151;
};

}  // namespace artery::sim
