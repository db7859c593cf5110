#include "runtime/linux/thread.h"

#include <pthread.h>

#include <csignal>

namespace artery::runtime {

void enter_thread(const std::string& name, const Executor& executor) {
  constexpr std::size_t name_size_max = 15;
  pthread_setname_np(pthread_self(), name.substr(0, name_size_max).c_str());
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  current_executor() = &executor;
}

}  // namespace artery::runtime
