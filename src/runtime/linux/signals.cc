#include "runtime/linux/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/assert.h"

namespace artery::runtime {

Signals::Signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  signals_ = Descriptor(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  woken_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  ARTERY_ASSERT(signals_.open() && woken_.open());
}

std::optional<int> Signals::wait() {
  while (true) {
    signalfd_siginfo info{};
    if (::read(signals_.number(), &info, sizeof info) == sizeof info) return static_cast<int>(info.ssi_signo);
    eventfd_t count = 0;
    if (::eventfd_read(woken_.number(), &count) == 0) return std::nullopt;
    std::array<pollfd, 2> awaited{{{signals_.number(), POLLIN, 0}, {woken_.number(), POLLIN, 0}}};
    const int ready = ::poll(awaited.data(), awaited.size(), -1);
    ARTERY_ASSERT(ready > 0 || errno == EINTR);
  }
}

void Signals::wake() {
  const int written = ::eventfd_write(woken_.number(), 1);
  ARTERY_ASSERT(written == 0);
}

}  // namespace artery::runtime
