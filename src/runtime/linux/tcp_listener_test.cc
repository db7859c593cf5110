#include "runtime/linux/tcp_listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

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

class ListenerTest : public ::testing::Test {
 protected:
  // The message of the error, or what was listened on.
  std::string try_listen(const Address& address) {
    return run_on(loop_, [&] {
      const auto listener = loop_.listen(address, [](auto) {});
      return listener ? to_text((*listener)->address()) : listener.error().message();
    });
  }
  std::string try_connect(const Address& address) {
    std::string outcome;
    Event done;
    run_on(loop_, [&] {
      loop_.connect(address, [&](Result<std::unique_ptr<Socket>> connected) {
        outcome = connected ? "connected" : connected.error().message();
        done.set();
      });
      EXPECT_EQ(outcome, "") << "told before a later turn";
    });
    done.wait();
    return outcome;
  }

  SilentJournal journal_;
  LinuxLoop loop_{"loop", journal_};
};

TEST_F(ListenerTest, a_taken_port_is_refused_with_what_would_be_right) {
  Server server([](Peer&) {});
  const Address taken = server.address();
  EXPECT_EQ(try_listen(taken), "cannot listen on " + to_text(taken) +
                                   ": the address is in use by another process; choose another port, or 0 for any "
                                   "free one");
  run_on(loop_, [&] { EXPECT_TRUE(loop_.listen(taken, [](auto) {}).error().is(NetError::in_use)); });
}

TEST_F(ListenerTest, a_port_is_free_again_when_the_listener_is_gone_even_after_connections) {
  Address address;
  {
    Server server([](Peer& peer) { peer.socket.reset(); });
    address = server.address();
    EXPECT_TRUE(Client(address).at_end());
  }
  EXPECT_EQ(try_listen(address), to_text(address));
}

TEST_F(ListenerTest, an_address_that_is_not_one_is_refused) {
  EXPECT_EQ(try_listen({"localhost", 0}), "'localhost' is not a numeric address; write it like 127.0.0.1 or ::1");
  EXPECT_EQ(try_listen({"192.0.2.1", 7}).substr(0, 62),
            "cannot listen on 192.0.2.1:7: this machine has no such address");
}

TEST_F(ListenerTest, connecting_to_nobody_is_refused) {
  Address nobody;
  {
    Server server([](Peer&) {});
    nobody = server.address();
  }
  EXPECT_EQ(try_connect(nobody), "cannot connect to " + to_text(nobody) + ": nothing listens there");
  EXPECT_EQ(try_connect({"nowhere", 1}), "'nowhere' is not a numeric address; write it like 127.0.0.1 or ::1");
}

TEST_F(ListenerTest, it_may_be_destroyed_by_its_own_accept_handler) {
  std::unique_ptr<Listener> listener;
  Event accepted;
  run_on(loop_, [&] {
    auto owned = std::make_shared<int>(7);
    listener = std::move(*loop_.listen({"127.0.0.1", 0}, [&, owned](auto) {
      listener.reset();
      EXPECT_EQ(*owned, 7);
      accepted.set();
    }));
  });
  const Client client(listener->address());
  accepted.wait();
  EXPECT_TRUE(client.at_end());
}

TEST_F(ListenerTest, a_connection_may_be_given_to_another_loop) {
  SilentJournal journal;
  LinuxLoop other("other", journal);
  Peer peer;
  peer.data = [](Peer& self, Bytes bytes) { self.socket->send(bytes); };
  std::unique_ptr<Listener> listener;
  run_on(loop_, [&] {
    listener = std::move(*loop_.listen({"127.0.0.1", 0}, [&](std::unique_ptr<Connection> connection) {
      other.post([&, moved = std::move(connection)]() mutable {
        peer.socket = other.attach(std::move(moved));
        peer.socket->set_handler(peer);
      });
    }));
  });
  const Client client(listener->address());
  client.send("x");
  EXPECT_EQ(client.receive(1), "x");
  run_on(other, [&] { peer.socket.reset(); });
  run_on(loop_, [&] { listener.reset(); });
}

// Tells what the loop says when it has no descriptors.
class WatchedJournal final : public Journal {
 public:
  void write(Severity, std::string_view, std::string_view line) override {
    text_ = line;
    told_.set();  // a second call would end the test
  }
  std::string wait() {
    told_.wait();
    return text_;
  }

 private:
  std::string text_;
  Event told_;
};

// The undefined behaviour sanitizer opens a pipe when it looks at an object with virtual functions.
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define ARTERY_NEEDS_DESCRIPTORS
#endif
#endif

TEST(ListenerWithoutDescriptors, says_so_once_and_serves_all_who_waited_when_there_are_some) {
#ifdef ARTERY_NEEDS_DESCRIPTORS
  GTEST_SKIP() << "this build cannot do without descriptors";
#endif
  constexpr std::size_t waiting = 20;
  WatchedJournal journal;
  LinuxLoop loop("loop", journal);
  std::vector<std::unique_ptr<Connection>> accepted;
  Event all_accepted;
  std::unique_ptr<Listener> listener;
  run_on(loop, [&] {
    listener = std::move(*loop.listen({"127.0.0.1", 0}, [&](std::unique_ptr<Connection> connection) {
      accepted.push_back(std::move(connection));
      if (accepted.size() == waiting) all_accepted.set();
    }));
  });
  const SystemAddress address = *to_system(listener->address());
  std::vector<Descriptor> clients;
  for (std::size_t i = 0; i < waiting; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  // The limit is on the numbers, which are given out lowest first: there is none below the next one.
  const Descriptor next(::fcntl(clients.back().number(), F_DUPFD_CLOEXEC, 0));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(next.number()), .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  for (const Descriptor& client : clients) {
    EXPECT_EQ(::connect(client.number(), address.get(), address.size), 0);
  }
  const std::string told = journal.wait();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  all_accepted.wait();
  EXPECT_EQ(told, "cannot accept on " + to_text(listener->address()) +
                      ": no file descriptor is left; raise the limit (ulimit -n); new connections wait until then");
  run_on(loop, [&] { listener.reset(); });
}

}  // namespace
}  // namespace artery::runtime
