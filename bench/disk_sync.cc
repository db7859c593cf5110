// What the disk below the working folder can do: 64 KiB written and synced, into a growing file and into one prepared.
// The floor under every acknowledgement; run it beside the others.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "bench/figures.h"

namespace {

constexpr std::size_t write_bytes = 64 << 10;
constexpr int rounds = 2000;

void measure(const char* what, bool prepared) {
  std::filesystem::create_directories("var");
  const int file = open("var/disk_sync.tmp", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::vector<char> block(write_bytes, 'x');
  auto at = [](int round) { return static_cast<off_t>(round) * static_cast<off_t>(write_bytes); };
  bool good = file >= 0;
  for (int i = 0; prepared && good && i < rounds; ++i) good = pwrite(file, block.data(), block.size(), at(i)) > 0;
  good = good && fdatasync(file) == 0;
  artery::bench::Latencies latencies;
  for (int i = 0; good && i < rounds; ++i) {
    const std::int64_t start = artery::bench::now_ns();
    good = pwrite(file, block.data(), block.size(), at(i)) > 0 && fdatasync(file) == 0;
    latencies.add(artery::Duration(artery::bench::now_ns() - start));
  }
  close(file);
  std::filesystem::remove("var/disk_sync.tmp");
  if (!good) fmt::print("the disk refused: {}\n", what);
  fmt::print("64 KiB and fdatasync, {}: p50 {:.2f} ms, p99 {:.2f} ms\n", what, latencies.percentile_ms(0.5),
             latencies.percentile_ms(0.99));
}

}  // namespace

int main() {
  measure("growing file", false);
  measure("prepared file", true);
}
