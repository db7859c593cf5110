// Connections as programs meet them: runtime/socket.h and clauses 14 to 16 of faults.h.
#include "runtime/sim/network.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/sim/process.h"

namespace artery::sim {
namespace {

using runtime::Address;
using runtime::NetError;
using runtime::Socket;
using namespace std::chrono_literals;

// One side of a connection: keeps what arrives.
struct Side final : runtime::SocketHandler {
  std::unique_ptr<Socket> socket;
  std::string got;
  std::string closed;
  std::set<std::size_t> pieces;
  int drained = 0;
  bool echo = false;
  int peer_ends = 0;
  bool stays = false;  // when the peer has ended its direction

  void take(std::unique_ptr<Socket> from) {
    socket = std::move(from);
    socket->set_handler(*this);
  }
  void on_data(Bytes bytes) override {
    got += as_text(bytes);
    pieces.insert(bytes.size());
    if (echo) socket->send(bytes);
  }
  void on_drained() override { ++drained; }
  bool on_peer_end() override {
    ++peer_ends;
    return stays;
  }
  void on_closed(std::string_view reason) override {
    closed = reason;
    socket.reset();
  }
};

// A server loop and a client loop in one process, connected.
struct World {
  explicit World(std::uint64_t seed, FaultPlan plan = {}) : machine(seed, plan) {
    server_loop->post([this] {
      auto listening = server_loop->listen({"127.0.0.1", 0}, [this](std::unique_ptr<runtime::Connection> connection) {
        server.take(server_loop->attach(std::move(connection)));
      });
      listener = std::move(*listening);
      address = listener->address();
    });
    process.run_for(1ms);
    client_loop->post([this] {
      client_loop->connect(address,
                           [this](Result<std::unique_ptr<Socket>> socket) { client.take(std::move(*socket)); });
    });
    EXPECT_TRUE(process.run_until([this] { return client.socket && server.socket; }));
  }
  ~World() { process.halt(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void on_client(std::function<void(Socket&)> what) {
    client_loop->post([this, what = std::move(what)] { what(*client.socket); });
  }
  void on_server(std::function<void(Socket&)> what) {
    server_loop->post([this, what = std::move(what)] { what(*server.socket); });
  }

  Machine machine;
  Process process{machine};
  std::unique_ptr<runtime::Loop> server_loop = process.make_loop("server");
  std::unique_ptr<runtime::Loop> client_loop = process.make_loop("client");
  std::unique_ptr<runtime::Listener> listener;
  Address address;
  Side server;
  Side client;
};

std::string letters(std::size_t count) {
  std::string text(count, ' ');
  for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

TEST(Network, bytes_arrive_in_order_and_in_pieces_both_ways) {
  std::set<std::size_t> pieces;
  const std::string text = letters(100'000);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world(seed);
    world.server.echo = true;
    world.on_client([&](Socket& socket) {
      socket.send(as_bytes(text).first(30));
      socket.send(as_bytes(text).subspan(30));
    });
    EXPECT_TRUE(world.process.run_until([&] { return world.client.got.size() == text.size(); }));
    EXPECT_EQ(world.server.got, text);
    EXPECT_EQ(world.client.got, text);
    EXPECT_EQ(world.server.socket->peer(), world.client.socket->local());
    EXPECT_EQ(world.client.socket->peer(), world.address);
    pieces.insert(world.server.pieces.begin(), world.server.pieces.end());
  }
  EXPECT_GT(pieces.size(), 10U);
}

TEST(Network, the_same_seed_gives_the_same_run) {
  const auto run = [](std::uint64_t seed) {
    World world(seed);
    world.server.echo = true;
    const std::string text = letters(10'000);
    world.on_client([&](Socket& socket) { socket.send(as_bytes(text)); });
    world.process.run_for(1s);
    return world.machine.trace_hash();
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(run(seed), run(seed));
  EXPECT_NE(run(1), run(2));
}

TEST(Network, what_the_receiver_does_not_read_stays_unsent_with_the_sender) {
  World world(1, {.network_buffer_bytes = 1000});
  world.on_server([](Socket& socket) { socket.pause(); });
  world.process.run_for(1ms);
  const std::string text = letters(5000);
  world.on_client([&](Socket& socket) {
    socket.tell_when_drained(2000);
    socket.send(as_bytes(text));
  });
  world.process.run_for(1s);
  EXPECT_EQ(world.client.socket->unsent(), 4000U);
  EXPECT_EQ(world.server.got, "");
  world.on_server([](Socket& socket) { socket.resume(); });
  world.process.run_for(1s);
  EXPECT_EQ(world.client.socket->unsent(), 0U);
  EXPECT_EQ(world.server.got, text);
  EXPECT_EQ(world.client.drained, 1);
}

TEST(Network, finish_sends_all_and_both_sides_are_told) {
  World world(1);
  const std::string text = letters(200'000);
  world.on_client([&](Socket& socket) {
    socket.send(as_bytes(text));
    socket.finish();
    socket.send(as_bytes("too late"));
  });
  world.process.run_for(3s);
  EXPECT_EQ(world.server.got, text);
  EXPECT_EQ(world.server.closed, "the peer ended the connection");
  EXPECT_EQ(world.client.closed, "the peer ended the connection");
  EXPECT_EQ(world.process.network().connection_count(), 0U);
}

TEST(Network, a_peer_that_ended_its_direction_still_gets_what_is_sent) {
  const std::string text = letters(100'000);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world(seed);
    world.server.stays = true;
    world.on_server([](Socket& socket) { socket.pause(); });
    world.process.run_for(1ms);
    world.on_client([&](Socket& socket) {
      socket.send(as_bytes("request"));
      socket.finish();
    });
    world.process.run_for(100ms);
    EXPECT_EQ(world.server.peer_ends, 0) << "paused";
    world.on_server([](Socket& socket) { socket.resume(); });
    EXPECT_TRUE(world.process.run_until([&] { return world.server.peer_ends > 0; }));
    EXPECT_EQ(world.server.got, "request");
    world.on_server([&](Socket& socket) { socket.send(as_bytes(text)); });
    EXPECT_TRUE(world.process.run_until([&] { return world.server.socket->unsent() == 0; }));
    EXPECT_EQ(world.server.closed, "");
    EXPECT_EQ(world.server.peer_ends, 1);
    world.on_server([](Socket& socket) { socket.finish(); });
    EXPECT_TRUE(world.process.run_until([&] { return !world.server.closed.empty() && !world.client.closed.empty(); }));
    EXPECT_EQ(world.server.closed, "finished");
    EXPECT_EQ(world.process.network().connection_count(), 0U);
  }
}

TEST(Network, finish_waits_for_the_peers_end_no_longer_than_it_lingers) {
  World world(1);
  world.on_server([](Socket& socket) { socket.pause(); });
  world.process.run_for(1ms);
  world.on_client([](Socket& socket) { socket.finish(); });
  world.process.run_for(1900ms);
  EXPECT_EQ(world.client.closed, "");
  world.process.run_for(200ms);
  EXPECT_EQ(world.client.closed, "the peer did not end the connection in time");
}

TEST(Network, a_destroyed_socket_loses_what_is_unsent_and_its_peer_is_told) {
  World world(1, {.network_buffer_bytes = 1000});
  const std::string text = letters(5000);
  world.on_client([&](Socket& socket) { socket.send(as_bytes(text)); });
  world.client_loop->post([&] { world.client_loop->post([&] { world.client.socket.reset(); }); });
  world.process.run_for(1s);
  EXPECT_EQ(world.server.got, text.substr(0, 1000)) << "what the system had taken still arrives";
  EXPECT_EQ(world.server.closed, "the peer ended the connection");
}

TEST(Network, a_link_that_is_down_keeps_the_bytes_until_it_is_up) {
  World world(1);
  world.process.network().set_link(world.address, false);
  world.on_client([](Socket& socket) { socket.send(as_bytes("hello")); });
  world.process.run_for(1h);
  EXPECT_EQ(world.server.got, "");
  EXPECT_EQ(world.server.closed, "");
  world.process.network().set_link(world.address, true);
  world.process.run_for(1s);
  EXPECT_EQ(world.server.got, "hello");
}

TEST(Network, a_reset_tells_both_sides_and_loses_what_was_under_way) {
  World world(1);
  world.on_client([&](Socket& socket) {
    socket.send(as_bytes("hello"));
    world.client_loop->post([&] { world.client_loop->post([&] { world.process.network().reset(world.address); }); });
  });
  world.process.run_for(1s);
  EXPECT_EQ(world.server.got, "");
  EXPECT_EQ(world.server.closed, "the connection was reset by the peer");
  EXPECT_EQ(world.client.closed, "the connection was reset by the peer");
}

TEST(Network, resets_come_by_chance) {
  int resets = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    world.machine.faults().reset_chance = 0.3;
    world.on_client([](Socket& socket) { socket.send(as_bytes("hello")); });
    world.process.run_for(1s);
    resets += world.server.closed.empty() ? 0 : 1;
    EXPECT_TRUE(std::string_view("hello").starts_with(world.server.got));
    EXPECT_EQ(world.server.got == "hello", world.server.closed.empty());
  }
  EXPECT_GT(resets, 5);
  EXPECT_LT(resets, 30);
}

TEST(Network, connecting_fails_with_the_reason) {
  World world(1);
  std::vector<std::string> outcomes;
  const auto try_to = [&](const Address& address) {
    world.client_loop->post([&, address] {
      world.client_loop->connect(address, [&](Result<std::unique_ptr<Socket>> socket) {
        const Error error = socket ? Error(NetError::other, "connected") : socket.error();
        outcomes.push_back(error.message());
        EXPECT_EQ(error.is(NetError::refused), outcomes.size() == 1);
        EXPECT_EQ(error.is(NetError::bad_address), outcomes.size() == 2);
        EXPECT_EQ(error.is(NetError::timed_out), outcomes.size() == 3);
      });
    });
    world.process.run_for(11s);
  };
  try_to({"127.0.0.1", 9});
  try_to({"example.org", 9});
  world.process.network().set_link(world.address, false);
  try_to(world.address);
  EXPECT_EQ(outcomes.size(), 3U);
}

TEST(Network, an_address_is_listened_on_once_at_a_time) {
  World world(1);
  bool done = false;
  world.server_loop->post([&] {
    const auto nothing = [](std::unique_ptr<runtime::Connection>) {};
    const auto taken = world.server_loop->listen(world.address, nothing);
    EXPECT_TRUE(taken.error().is(NetError::in_use));
    EXPECT_TRUE(world.server_loop->listen({"localhost", 1}, nothing).error().is(NetError::bad_address));
    world.listener.reset();
    EXPECT_TRUE(world.server_loop->listen(world.address, nothing));
    done = true;
  });
  EXPECT_TRUE(world.process.run_until([&] { return done; }));
}

TEST(Network, a_connection_that_nobody_attaches_is_ended) {
  World world(1);
  world.server_loop->post([&] {
    world.listener.reset();
    world.listener = std::move(*world.server_loop->listen(world.address, [](std::unique_ptr<runtime::Connection>) {}));
  });
  Side other;
  world.client_loop->post([&] {
    world.client_loop->connect(world.address,
                               [&](Result<std::unique_ptr<Socket>> socket) { other.take(std::move(*socket)); });
  });
  world.process.run_for(1s);
  EXPECT_EQ(other.closed, "the peer ended the connection");
}

TEST(Network, a_halt_at_any_moment_leaks_nothing) {
  const std::string text = letters(10'000);
  for (std::uint64_t steps = 0; steps < 60; ++steps) {
    World world(steps);
    world.server.echo = true;
    world.on_client([&](Socket& socket) { socket.send(as_bytes(text)); });
    world.client_loop->post([&] { world.client_loop->connect(world.address, [](Result<std::unique_ptr<Socket>>) {}); });
    world.process.run_until([] { return false; }, steps);
    world.process.halt();
  }
}

}  // namespace
}  // namespace artery::sim
