#include "runtime/linux/tcp_socket.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "runtime/linux/tcp_testing.h"

namespace artery::runtime {
namespace {

using testing::Client;
using testing::Event;
using testing::Peer;
using testing::run_on;
using testing::Server;
using testing::SilentJournal;

void echo(Peer& peer) {
  peer.data = [](Peer& self, Bytes bytes) { self.socket->send(bytes); };
  peer.closed = [](Peer& self, std::string_view) { self.socket.reset(); };
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 31 % 26 + i / 4096 % 7);
  return text;
}

TEST(TcpSocket, what_comes_back_is_what_was_sent) {
  Server server(echo);
  const Client client(server.address());
  client.send("hello");
  EXPECT_EQ(client.receive(5), "hello");
}

TEST(TcpSocket, it_knows_both_addresses) {
  Server server(echo);
  const Client client(server.address());
  client.send("x");
  EXPECT_EQ(client.receive(1), "x");
  run_on(server.loop(), [&] {
    EXPECT_EQ(server.peer(0).socket->local(), server.address());
    EXPECT_EQ(server.peer(0).socket->peer().host, "127.0.0.1");
    EXPECT_NE(server.peer(0).socket->peer().port, 0);
  });
}

TEST(TcpSocket, ipv6_works_alike) {
  SilentJournal journal;
  LinuxLoop loop("probe", journal);
  if (!run_on(loop, [&] { return loop.listen({"::1", 0}, [](auto) {}).has_value(); })) GTEST_SKIP() << "no IPv6 here";
  Server server(echo, "::1");
  const Client client(server.address());
  client.send("hello");
  EXPECT_EQ(client.receive(5), "hello");
  run_on(server.loop(), [&] { EXPECT_EQ(server.peer(0).socket->peer().host, "::1"); });
}

// Descriptors for both ends of many connections; this process's soft limit may be lower than what it may have.
void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(TcpSocket, a_thousand_connections_between_two_loops_lose_nothing) {
  raise_descriptor_limit();
  constexpr std::size_t connections = 1'000;
  constexpr std::size_t rounds = 20;
  const std::string message = pattern(1'000);
  Server server(echo);
  SilentJournal journal;
  LinuxLoop loop("clients", journal);
  std::vector<Peer> peers(connections);
  std::size_t wrong = 0;
  std::size_t done = 0;
  Event all_done;
  run_on(loop, [&] {
    for (Peer& peer : peers) {
      peer.data = [&, got = std::string()](Peer& self, Bytes bytes) mutable {
        got += as_text(bytes);
        if (got.size() % message.size() == 0 && got.size() < rounds * message.size()) {
          self.socket->send(as_bytes(message));
        }
        if (got.size() < rounds * message.size()) return;
        for (std::size_t i = 0; i < rounds; ++i) wrong += got.compare(i * message.size(), message.size(), message) != 0;
        if (++done == connections) all_done.set();
      };
      loop.connect(server.address(), [&](Result<std::unique_ptr<Socket>> connected) {
        ASSERT_TRUE(connected) << connected.error().message();
        peer.socket = std::move(*connected);
        peer.socket->set_handler(peer);
        peer.socket->send(as_bytes(message));
      });
    }
  });
  all_done.wait();
  run_on(loop, [&] {
    for (Peer& peer : peers) peer.socket.reset();
  });
  EXPECT_EQ(wrong, 0U);
}

TEST(TcpSocket, a_big_send_arrives_whole_and_tells_once_that_it_is_drained) {
  const std::string text = pattern(48'000'000);
  std::size_t drained = 0;
  std::size_t unsent_at_first = 0;
  Server server([&](Peer& peer) {
    peer.drained = [&](Peer& self) {
      ++drained;
      EXPECT_EQ(self.socket->unsent(), 0U);
    };
    peer.data = [&](Peer& self, Bytes) {
      self.socket->tell_when_drained(1'000'000);
      self.socket->send(as_bytes(text).first(text.size() / 2));
      self.socket->send(as_bytes(text).subspan(text.size() / 2));
      unsent_at_first = self.socket->unsent();
    };
  });
  const Client client(server.address());
  client.send("go");
  EXPECT_EQ(client.receive(text.size()), text);
  run_on(server.loop(), [&] {
    EXPECT_EQ(drained, 1U);
    EXPECT_EQ(unsent_at_first, text.size());
    server.peer(0).socket->send(as_bytes("small"));
  });
  EXPECT_EQ(client.receive(5), "small");
  run_on(server.loop(), [&] { EXPECT_EQ(drained, 1U); });
}

TEST(TcpSocket, every_drain_is_told_when_the_handler_sends_again_from_it) {
  constexpr std::size_t rounds = 50;
  const std::string text = pattern(100'000);
  std::size_t drained = 0;
  Server server([&](Peer& peer) {
    peer.drained = [&](Peer& self) {
      if (++drained < rounds) self.socket->send(as_bytes(text));
    };
    peer.socket->tell_when_drained(text.size() - 1);
    peer.socket->send(as_bytes(text));
  });
  const Client client(server.address());
  std::string all;
  for (std::size_t i = 0; i < rounds; ++i) all += text;
  EXPECT_EQ(client.receive(all.size()), all);
  run_on(server.loop(), [&] { EXPECT_EQ(drained, rounds); });
}

TEST(TcpSocket, paused_it_reads_nothing_and_resumed_everything) {
  constexpr std::size_t most = 256'000'000;
  std::size_t got = 0;
  Event first;
  Event all;
  std::size_t expected = most;
  Server server([&](Peer& peer) {
    peer.data = [&](Peer& self, Bytes bytes) {
      if (got == 0) {
        self.socket->pause();
        first.set();
      }
      got += bytes.size();
      if (got == expected) all.set();
    };
  });
  const Client client(server.address());
  client.send("x");
  first.wait();
  const std::size_t filled = client.fill(most);
  EXPECT_LT(filled, most) << "the sender was not slowed down";
  run_on(server.loop(), [] {});
  run_on(server.loop(), [&] {
    EXPECT_EQ(got, 1U);
    expected = filled + 1;
    server.peer(0).socket->resume();
  });
  all.wait();
}

TEST(TcpSocket, the_peers_end_is_told_once_after_all_its_bytes) {
  Event closed;
  std::string got;
  std::string why;
  Server server([&](Peer& peer) {
    peer.data = [&](Peer&, Bytes bytes) { got += as_text(bytes); };
    peer.closed = [&](Peer& self, std::string_view reason) {
      why = reason;
      self.socket->send(as_bytes("ignored"));
      closed.set();  // a second call would end the test
    };
  });
  const std::string text = pattern(1'000'000);
  Client client(server.address());
  client.send(text);
  client.close();
  closed.wait();
  run_on(server.loop(), [] {});
  EXPECT_EQ(got, text);
  EXPECT_EQ(why, "the peer ended the connection");
}

TEST(TcpSocket, a_peer_that_ends_its_direction_gets_the_answers_given_until_then) {
  for (int i = 0; i < 200; ++i) {
    Server server(echo);
    const Client client(server.address());
    client.send("last words");
    client.end();
    ASSERT_EQ(client.receive(100), "last words");
  }
}

TEST(TcpSocket, a_peer_that_ended_its_direction_still_gets_what_is_sent_and_costs_no_turns_until_then) {
  const std::string text = pattern(5'000'000);
  Event ended;
  Event closed;
  std::string got;
  Server server([&](Peer& peer) {
    peer.data = [&](Peer&, Bytes bytes) { got += as_text(bytes); };
    peer.peer_end = [&](Peer&) {
      ended.set();  // a second call would end the test
      return true;
    };
    peer.closed = [&](Peer&, std::string_view) { closed.set(); };
  });
  const Client client(server.address());
  client.send(text);
  client.end();
  ended.wait();
  EXPECT_EQ(got, text);
  timespec before{};
  timespec after{};
  run_on(server.loop(), [&] { ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before); });
  Event later;
  run_on(server.loop(), [&] { server.loop().after(std::chrono::milliseconds(100), [&] { later.set(); }); });
  later.wait();
  run_on(server.loop(), [&] {
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    server.peer(0).socket->pause();
    server.peer(0).socket->resume();
    server.peer(0).socket->send(as_bytes(text));
  });
  const auto used_ns = (after.tv_sec - before.tv_sec) * 1'000'000'000 + after.tv_nsec - before.tv_nsec;
  EXPECT_LT(used_ns, 50'000'000) << "the loop was spinning";
  EXPECT_EQ(client.receive(text.size()), text);
  run_on(server.loop(), [&] {
    server.peer(0).socket->send(as_bytes("bye"));
    server.peer(0).socket->finish();
  });
  EXPECT_EQ(client.receive(100), "bye");
  closed.wait();
}

TEST(TcpSocket, a_peer_that_is_gone_after_its_end_is_noticed_by_sending) {
  Event ended;
  Event closed;
  Server server([&](Peer& peer) {
    peer.peer_end = [&](Peer&) {
      ended.set();
      return true;
    };
    peer.drained = [](Peer& self) { self.socket->send(as_bytes("anybody there?")); };
    peer.closed = [&](Peer&, std::string_view) { closed.set(); };
    peer.socket->tell_when_drained(0);
  });
  Client client(server.address());
  client.close();
  ended.wait();
  run_on(server.loop(), [&] { server.peer(0).socket->send(as_bytes("anybody there?")); });
  closed.wait();
}

TEST(TcpSocket, it_may_be_destroyed_when_its_peer_ends) {
  Event destroyed;
  Server server([&](Peer& peer) {
    peer.peer_end = [&](Peer& self) {
      self.socket.reset();
      destroyed.set();
      return true;
    };
  });
  const Client client(server.address());
  client.end();
  destroyed.wait();
  EXPECT_TRUE(client.at_end());
}

TEST(TcpSocket, a_connection_that_breaks_is_told) {
  Event attached;
  Event closed;
  std::string why;
  Server server([&](Peer& peer) {
    peer.closed = [&](Peer&, std::string_view reason) {
      why = reason;
      closed.set();
    };
    attached.set();
  });
  Client client(server.address());
  attached.wait();
  client.reset();
  closed.wait();
  EXPECT_EQ(why, "Connection reset by peer");
}

TEST(TcpSocket, a_connection_that_breaks_while_paused_is_told_when_resumed_and_costs_no_turns_before) {
  Event attached;
  Event closed;
  std::size_t calls = 0;
  Server server([&](Peer& peer) {
    peer.closed = [&](Peer&, std::string_view) {
      ++calls;
      closed.set();
    };
    peer.socket->pause();
    attached.set();
  });
  Client client(server.address());
  attached.wait();
  client.reset();
  timespec before{};
  timespec after{};
  run_on(server.loop(), [&] { ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before); });
  Event later;
  run_on(server.loop(), [&] { server.loop().after(std::chrono::milliseconds(100), [&] { later.set(); }); });
  later.wait();
  run_on(server.loop(), [&] {
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    EXPECT_EQ(calls, 0U);
    server.peer(0).socket->resume();
  });
  const auto used_ns = (after.tv_sec - before.tv_sec) * 1'000'000'000 + after.tv_nsec - before.tv_nsec;
  EXPECT_LT(used_ns, 50'000'000) << "the loop was spinning";
  closed.wait();
}

TEST(TcpSocket, a_close_that_finds_no_handler_is_told_to_the_next) {
  Event attached;
  Event closed;
  Peer handler;
  handler.closed = [&](Peer&, std::string_view) { closed.set(); };
  SilentJournal journal;
  LinuxLoop loop("loop", journal);
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Socket> socket;
  run_on(loop, [&] {
    listener = std::move(*loop.listen({"127.0.0.1", 0}, [&](std::unique_ptr<Connection> connection) {
      socket = loop.attach(std::move(connection));
      attached.set();
    }));
  });
  Client client(listener->address());
  attached.wait();
  client.reset();
  run_on(loop, [&] { socket->send(as_bytes("into the void")); });
  run_on(loop, [&] { socket->set_handler(handler); });
  closed.wait();
  run_on(loop, [&] {
    socket.reset();
    listener.reset();
  });
}

TEST(TcpSocket, it_may_be_destroyed_when_it_gets_data) {
  Server server([](Peer& peer) { peer.data = [](Peer& self, Bytes) { self.socket.reset(); }; });
  const Client client(server.address());
  client.send("x");
  EXPECT_TRUE(client.at_end());
}

TEST(TcpSocket, it_may_be_destroyed_when_it_is_drained) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{30'000'000}}) {
    const std::string text = pattern(size);
    Server server([&](Peer& peer) {
      peer.drained = [](Peer& self) { self.socket.reset(); };
      peer.socket->tell_when_drained(0);
      peer.socket->send(as_bytes(text));
    });
    const Client client(server.address());
    EXPECT_EQ(client.receive(text.size() + 1), text);
  }
}

TEST(TcpSocket, it_may_be_destroyed_when_it_is_closed) {
  Event closed;
  Server server([&](Peer& peer) {
    peer.closed = [&](Peer& self, std::string_view) {
      self.socket.reset();
      closed.set();
    };
  });
  Client client(server.address());
  client.close();
  closed.wait();
}

TEST(TcpSocket, it_may_be_destroyed_by_the_handler_of_another_with_data_in_the_same_turn) {
  for (int round = 0; round < 50; ++round) {
    std::size_t calls = 0;
    Event both;
    Server* known = nullptr;
    Server server([&](Peer& peer) {
      peer.data = [&](Peer& self, Bytes) {
        ++calls;
        known->peer(&self == &known->peer(0) ? 1 : 0).socket.reset();
      };
      if (known->count() == 2) both.set();
    });
    known = &server;
    const Client first(server.address());
    const Client second(server.address());
    both.wait();
    // Both must be ready when the loop looks, so it is held until both have sent.
    Event held;
    Event sent;
    server.loop().post([&] {
      held.set();
      sent.wait();
    });
    held.wait();
    first.send("x");
    second.send("x");
    sent.set();
    run_on(server.loop(), [] {});
    run_on(server.loop(), [] {});
    EXPECT_EQ(run_on(server.loop(), [&] { return calls; }), 1U);
  }
}

TEST(TcpSocketFinish, delivers_everything_to_a_slow_reader_then_ends) {
  const std::string text = pattern(20'000'000);
  Event closed;
  std::string why;
  Server server([&](Peer& peer) {
    peer.socket->send(as_bytes(text));
    peer.socket->finish();
    peer.socket->send(as_bytes("too late"));
    peer.closed = [&](Peer&, std::string_view reason) {
      why = reason;
      closed.set();
    };
  });
  Client client(server.address());
  client.send("discarded");
  EXPECT_EQ(client.receive(text.size()), text);
  EXPECT_TRUE(client.at_end());
  client.close();
  closed.wait();
  EXPECT_EQ(why, "the peer ended the connection");
}

TEST(TcpSocketFinish, delivers_everything_to_a_peer_that_ended_its_direction) {
  const std::string text = pattern(20'000'000);
  Event closed;
  Server server([&](Peer& peer) {
    peer.data = [&](Peer& self, Bytes) {
      self.socket->send(as_bytes(text));
      self.socket->finish();
    };
    peer.closed = [&](Peer& self, std::string_view) {
      self.socket.reset();
      closed.set();
    };
  });
  const Client client(server.address());
  client.send("GET");
  client.end();
  EXPECT_EQ(client.receive(text.size() + 1), text);
  closed.wait();
}

TEST(TcpSocketFinish, does_not_wait_for_ever_for_the_peers_end) {
  Event closed;
  std::string why;
  Server server([&](Peer& peer) {
    peer.socket->pause();
    peer.socket->finish();
    peer.closed = [&](Peer& self, std::string_view reason) {
      why = reason;
      self.socket.reset();
      closed.set();
    };
  });
  const Client client(server.address());
  EXPECT_TRUE(client.at_end());
  closed.wait();
  EXPECT_EQ(why, "the peer did not end the connection in time");
}

TEST(TcpSocketFinish, does_not_wait_for_ever_for_a_peer_that_does_not_read) {
  const std::string text = pattern(20'000'000);
  Event closed;
  std::string why;
  Server server([&](Peer& peer) {
    peer.socket->send(as_bytes(text));
    peer.socket->finish();
    peer.closed = [&](Peer&, std::string_view reason) {
      why = reason;
      closed.set();
    };
  });
  const Client client(server.address());
  closed.wait();
  EXPECT_EQ(why, "the peer does not take what is sent");
}

}  // namespace
}  // namespace artery::runtime
