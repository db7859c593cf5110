// One connection being made. The loop owns it until it is done.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "runtime/linux/descriptor.h"
#include "runtime/linux/loop.h"
#include "runtime/linux/poller.h"
#include "runtime/socket.h"

namespace artery::runtime {

class TcpConnector final : private Watched {
 public:
  using Done = std::move_only_function<void(Result<std::unique_ptr<Socket>>)>;
  static constexpr std::chrono::milliseconds connect_ms_max{10'000};

  TcpConnector(LinuxLoop& loop, Address address, Done done);
  ~TcpConnector() override;
  TcpConnector(const TcpConnector&) = delete;
  TcpConnector& operator=(const TcpConnector&) = delete;

  // Calls `done` from a later turn, and is gone then.
  void start();

 private:
  void on_events(std::uint32_t events) override;
  // Tells the outcome after this turn's events.
  void fail_later(Error error);
  void finish(Result<std::unique_ptr<Socket>> outcome);

  LinuxLoop& loop_;
  Address address_;
  Done done_;
  WatchId id_;
  Descriptor descriptor_;
  TimerId timer_;
};

}  // namespace artery::runtime
