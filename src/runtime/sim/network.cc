#include "runtime/sim/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "runtime/sim/stream_socket.h"

namespace artery::sim {

using runtime::Address;
using runtime::NetError;

namespace {

constexpr std::string_view reset_reason = "the connection was reset by the peer";

class PendingConnection final : public runtime::Connection {
 public:
  PendingConnection(Network& network, EndId id, Address local, Address peer)
      : network_(network), id_(id), local_(std::move(local)), peer_(std::move(peer)) {}
  PendingConnection(const PendingConnection&) = delete;
  PendingConnection& operator=(const PendingConnection&) = delete;
  ~PendingConnection() override {
    if (!attached_) network_.leave(id_);
  }
  std::unique_ptr<runtime::Socket> attach(LaneId lane) {
    attached_ = true;
    return std::make_unique<StreamSocket>(network_, id_, lane, local_, peer_);
  }

 private:
  Network& network_;
  EndId id_;
  Address local_;
  Address peer_;
  bool attached_ = false;
};

class PortListener final : public runtime::Listener {
 public:
  PortListener(Network& network, Address address) : network_(network), address_(std::move(address)) {}
  PortListener(const PortListener&) = delete;
  PortListener& operator=(const PortListener&) = delete;
  ~PortListener() override { network_.stop_listening(address_); }
  const Address& address() const override { return address_; }

 private:
  Network& network_;
  Address address_;
};

bool numeric(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

Error bad_address(const Address& address) {
  return {NetError::bad_address, fmt::format("{}: the host must be numeric, such as 127.0.0.1", to_text(address))};
}

}  // namespace

Duration Network::delay() {
  return machine_.rng().between(machine_.faults().network_min, machine_.faults().network_max);
}

Result<std::unique_ptr<runtime::Listener>> Network::listen(LaneId lane, const Address& address,
                                                           runtime::AcceptHandler accept) {
  if (!numeric(address.host)) return bad_address(address);
  Address taken = address;
  while (taken.port == 0 || (address.port == 0 && servers_.contains(address_key(taken)))) taken.port = ++last_port_;
  Server server{lane, ++last_number_, std::move(accept)};
  if (!servers_.try_emplace(address_key(taken), std::move(server)).second) {
    return Error(NetError::in_use, fmt::format("cannot listen on {}: in use; take another port", to_text(taken)));
  }
  return std::make_unique<PortListener>(*this, std::move(taken));
}

std::unique_ptr<runtime::Socket> Network::attach(LaneId lane, std::unique_ptr<runtime::Connection> connection) {
  auto* const pending = dynamic_cast<PendingConnection*>(connection.get());
  ARTERY_ASSERT(pending != nullptr);
  return pending->attach(lane);
}

const Network::Key* Network::server_for(const Address& address) const {
  for (const char* host : {address.host.c_str(), "0.0.0.0", "::"}) {
    const auto server = servers_.find(Key(host, address.port));
    if (server != servers_.end()) return &server->first;
  }
  return nullptr;
}

void Network::connect(LaneId lane, const Address& address, Connected done) {
  if (!numeric(address.host)) {
    return scheduler_.post(lane, [done = std::move(done), address]() mutable { done(bad_address(address)); });
  }
  scheduler_.at(machine_.instant() + delay(), [this, lane, address, done = std::move(done)]() mutable {
    const Key* server = server_for(address);
    if (down_.contains(server != nullptr ? *server : address_key(address))) {
      scheduler_.after(lane, connect_max, [done = std::move(done), address]() mutable {
        done(Error(NetError::timed_out, fmt::format("cannot connect to {}: timed out", to_text(address))));
      });
    } else if (server == nullptr) {
      scheduler_.post(lane, [done = std::move(done), address]() mutable {
        done(Error(NetError::refused, fmt::format("cannot connect to {}: nothing listens there", to_text(address))));
      });
    } else {
      open_link(lane, *server, std::move(done));
    }
  });
}

void Network::open_link(LaneId lane, const Key& key, Connected done) {
  const LinkId id(++last_number_);
  const Address local{"127.0.0.1", ++last_port_};
  const Address remote{key.first, key.second};
  links_.try_emplace(id, Link{key, {local, remote}, {}, {}, {}});
  const Server& server = servers_.at(key);
  // Work that is dropped destroys its connection, which leaves the link.
  scheduler_.post(server.lane,
                  [this, key, number = server.number,
                   connection = std::make_unique<PendingConnection>(*this, EndId{id, 1}, remote, local)]() mutable {
                    accept_link(key, number, std::move(connection));
                  });
  auto connection = std::make_unique<PendingConnection>(*this, EndId{id, 0}, local, remote);
  scheduler_.after(lane, delay(), [this, lane, connection = std::move(connection), done = std::move(done)]() mutable {
    done(attach(lane, std::move(connection)));
  });
}

void Network::accept_link(const Key& key, std::uint64_t number, std::unique_ptr<runtime::Connection> connection) {
  const auto server = servers_.find(key);
  if (server == servers_.end() || server->second.number != number) return;
  // The handler may end the listening, so it is not called in its place, which would go with the listener.
  runtime::AcceptHandler accept = std::move(server->second.accept);
  accept(std::move(connection));
  const auto still = servers_.find(key);
  if (still != servers_.end() && still->second.number == number) still->second.accept = std::move(accept);
}

StreamSocket* Network::find(EndId end) const {
  const auto socket = sockets_.find(end);
  return socket == sockets_.end() ? nullptr : socket->second;
}

void Network::wake(EndId end) {
  if (StreamSocket* socket = find(end)) socket->wake();
}

std::string_view Network::broken(EndId at) const { return links_.at(at.link).broken; }

std::size_t Network::put(EndId from, Bytes bytes) {
  Pipe& pipe = links_.at(from.link).into.at(from.other().side);
  const std::size_t limit = machine_.faults().network_buffer_bytes;
  const std::size_t room = limit > pipe.bytes.size() ? limit - pipe.bytes.size() : 0;
  const Bytes taken = bytes.first(std::min(room, bytes.size()));
  if (taken.empty()) return 0;
  pipe.bytes.insert(pipe.bytes.end(), taken.begin(), taken.end());
  schedule_arrival(from.other());
  return taken.size();
}

void Network::end(EndId from) {
  Pipe& pipe = links_.at(from.link).into.at(from.other().side);
  if (std::exchange(pipe.ended, true)) return;
  schedule_arrival(from.other());
}

void Network::schedule_arrival(EndId at) {
  Pipe& pipe = links_.at(at.link).into.at(at.side);
  if (std::exchange(pipe.arriving, true)) return;
  scheduler_.at(machine_.instant() + delay(), [this, at] { arrive(at); });
}

void Network::arrive(EndId at) {
  const auto found = links_.find(at.link);
  if (found == links_.end() || !found->second.broken.empty()) return;
  Link& link = found->second;
  Pipe& pipe = link.into.at(at.side);
  pipe.arriving = false;
  if (down_.contains(link.server)) return;  // comes again when the link is up
  if (machine_.rng().chance(machine_.faults().reset_chance)) return break_link(at.link, reset_reason);
  if (link.left.at(at.side) && !pipe.bytes.empty()) return break_link(at.link, reset_reason);
  const std::size_t waiting = pipe.bytes.size() - pipe.arrived;
  const bool all = waiting == 0 || machine_.rng().chance(0.7);
  pipe.arrived += all ? waiting : 1 + machine_.rng().below(waiting);
  pipe.end_arrived = pipe.ended && pipe.arrived == pipe.bytes.size();
  if (pipe.arrived < pipe.bytes.size()) schedule_arrival(at);
  machine_.trace(pipe.arrived);
  wake(at);
}

Network::Arrived Network::take(EndId at) {
  Pipe& pipe = links_.at(at.link).into.at(at.side);
  const auto end = pipe.bytes.begin() + static_cast<std::ptrdiff_t>(pipe.arrived);
  Arrived arrived{Buffer(pipe.bytes.begin(), end), pipe.end_arrived};
  pipe.bytes.erase(pipe.bytes.begin(), end);
  pipe.arrived = 0;
  if (!arrived.bytes.empty()) {
    // The sender hears of the room later.
    scheduler_.at(machine_.instant() + delay(), [this, sender = at.other()] { wake(sender); });
  }
  return arrived;
}

void Network::leave(EndId id) {
  const auto found = links_.find(id.link);
  if (found == links_.end()) return;
  Link& link = found->second;
  link.left.at(id.side) = true;
  if (link.left.at(id.other().side)) {
    links_.erase(found);
  } else if (!link.into.at(id.side).bytes.empty()) {
    break_link(id.link, reset_reason);  // as TCP does where something was not read
  } else {
    end(id);
  }
}

void Network::break_link(LinkId id, std::string_view reason) {
  links_.at(id).broken = reason;
  machine_.trace(id.value());
  wake({id, 0});
  wake({id, 1});
}

void Network::set_link(const Address& server, bool up) {
  if (!up) {
    down_.insert(address_key(server));
    return;
  }
  down_.erase(address_key(server));
  for (auto& [id, link] : links_) {
    if (link.server != address_key(server)) continue;
    for (const EndId at : {EndId{id, 0}, EndId{id, 1}}) {
      const Pipe& pipe = link.into.at(at.side);
      if (pipe.arrived < pipe.bytes.size() || (pipe.ended && !pipe.end_arrived)) schedule_arrival(at);
    }
  }
}

void Network::reset(const Address& server) {
  for (const auto& [id, link] : links_) {
    if (link.server == address_key(server) && link.broken.empty()) break_link(id, reset_reason);
  }
}

}  // namespace artery::sim
