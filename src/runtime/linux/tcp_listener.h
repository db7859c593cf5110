// A listening socket of a LinuxLoop. When descriptors run out it rests for a moment and goes on: the connections wait
// in the system's queue, and the loop does not spin.
#pragma once

#include <memory>

#include "runtime/linux/descriptor.h"
#include "runtime/linux/loop.h"
#include "runtime/linux/poller.h"
#include "runtime/socket.h"

namespace artery::runtime {

class TcpListener final : public Listener, private Watched {
 public:
  static Result<std::unique_ptr<Listener>> open(LinuxLoop& loop, const Address& address, AcceptHandler on_accept);

  TcpListener(LinuxLoop& loop, Descriptor listening, AcceptHandler on_accept);
  ~TcpListener() override;
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  [[nodiscard]] const Address& address() const override { return address_; }

 private:
  void on_events(std::uint32_t events) override;
  void rest(int error_number);

  LinuxLoop& loop_;
  Descriptor descriptor_;
  WatchId id_;
  AcceptHandler on_accept_;
  Address address_;
  TimerId resting_;
  bool exhausted_ = false;  // told, and nothing accepted since
};

}  // namespace artery::runtime
