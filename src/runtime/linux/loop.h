// The loop of runtime/executor.h: one thread around epoll, an eventfd that wakes it, timers and a queue of posted work.
//
// One turn: wait (not at all when work is left), socket events, due timers, the work posted until then, as one batch,
// then everything that asked for the turn's end (sockets send there). Work that work posts runs in the next turn, which
// does not sleep, so neither sockets nor work starve.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "runtime/executor.h"
#include "runtime/journal.h"
#include "runtime/linux/poller.h"
#include "runtime/linux/timer_queue.h"

namespace artery::runtime {

class TcpConnector;

class LinuxLoop final : public Loop {
 public:
  // `journal` must outlive the loop.
  LinuxLoop(std::string name, Journal& journal);
  ~LinuxLoop() override;
  LinuxLoop(const LinuxLoop&) = delete;
  LinuxLoop& operator=(const LinuxLoop&) = delete;

  void post(Work work) override;
  [[nodiscard]] bool is_current() const override;
  TimerId after(Duration delay, Work work) override;
  void cancel(TimerId timer) override;
  Result<std::unique_ptr<Listener>> listen(const Address& address, AcceptHandler on_accept) override;
  std::unique_ptr<Socket> attach(std::unique_ptr<Connection> connection) override;
  void connect(const Address& address, std::move_only_function<void(Result<std::unique_ptr<Socket>>)> done) override;

  // For the loop's own sockets, on its thread:
  [[nodiscard]] Poller& poller() { return poller_; }
  [[nodiscard]] Journal& journal() { return journal_; }
  // Calls on_turn_end() once, unless it was unwatched by then.
  void at_turn_end(WatchId id) { turn_end_.push_back(id); }
  // Where every socket reads into, one after the other.
  [[nodiscard]] std::span<std::byte> read_buffer() { return read_buffer_; }
  // Buffers for what is to be sent go round among the sockets, so that an idle one holds none.
  [[nodiscard]] Buffer take_buffer();
  void give_back(Buffer buffer);
  // Forgets a connector that has done its work.
  void forget(const TcpConnector& connector);

 private:
  class Waker final : public Watched {
   public:
    explicit Waker(Poller& poller);
    void wake() const;
    void on_events(std::uint32_t events) override;

   private:
    Descriptor event_;
  };

  void run();
  // How long the next wait may be; decides, together with post(), whether a post must wake the thread.
  [[nodiscard]] int prepare_wait();
  void run_due_timers();
  void run_posted();
  void end_turn();
  void drop_left_work();

  Journal& journal_;
  Poller poller_;
  Waker waker_{poller_};
  TimerQueue timers_;
  std::vector<WatchId> turn_end_;
  std::vector<WatchId> ending_;  // turn_end_ while it is worked off
  std::vector<std::byte> read_buffer_;
  std::vector<Buffer> spare_buffers_;
  std::unordered_map<const TcpConnector*, std::unique_ptr<TcpConnector>> connectors_;
  std::vector<Work> batch_;  // posted_ while it is worked off

  std::mutex mutex_;  // guards what follows
  std::vector<Work> posted_;
  bool sleeping_ = false;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses everything above
};

}  // namespace artery::runtime
