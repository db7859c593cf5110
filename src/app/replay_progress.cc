#include "app/replay_progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace artery::app {
namespace {

constexpr Duration terminal_every = std::chrono::milliseconds(200);
constexpr Duration plain_every = std::chrono::seconds(5);
constexpr std::size_t width_unknown = 80;
constexpr std::size_t bar_cells_max = 24;
constexpr std::size_t bar_cells_min = 5;
constexpr std::size_t trouble_bytes_max = 200;

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

// 950, 12.3 k, 5.83 M: at most six characters.
std::string short_number(double number) {
  if (number < 1e4) return fmt::format("{:.0f}", number);
  if (number < 1e6) return fmt::format("{:.1f} k", number / 1e3);
  return number < 1e9 ? fmt::format("{:.2f} M", number / 1e6) : fmt::format("{:.2f} G", number / 1e9);
}

// 0:05, 12:34, 1:02:03
std::string clock_text(Duration time) {
  const auto all = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  const auto hours = all / 3600;
  const auto minutes = all / 60 % 60;
  if (hours == 0) return fmt::format("{}:{:02}", minutes, all % 60);
  return fmt::format("{}:{:02}:{:02}", hours, minutes, all % 60);
}

// The first `width` characters; UTF-8 is cut between characters.
std::string cut(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) != 0x80 && ++characters > width) return text.substr(0, i);
  }
  return text;
}

// What there is to say, the most important first.
std::vector<std::string> pieces_of(const ReplayProgress& progress) {
  const double rate = static_cast<double>(progress.samples) / std::max(seconds_of(progress.passed), 1e-3);
  std::vector<std::string> pieces{fmt::format("{:3.0f} %", progress.part * 100)};
  if (progress.left) {
    pieces.push_back(clock_text(*progress.left) + " left");
  } else {
    pieces.push_back("after " + clock_text(progress.passed));
  }
  pieces.push_back(short_number(rate) + "/s");
  pieces.push_back(fmt::format("{} samples", progress.samples));
  pieces.push_back(fmt::format("{} rows", progress.rows));
  return pieces;
}

std::size_t window_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return width_unknown;
  return size.ws_col;
}

}  // namespace

std::string progress_line(const ReplayProgress& progress, std::size_t width) {
  const auto pieces = pieces_of(progress);
  if (!progress.trouble.empty()) return cut(fmt::format("{}  {}", pieces.front(), progress.trouble), width);
  std::string line;
  for (const std::string& piece : pieces) {
    const std::size_t needed = line.size() + (line.empty() ? 0 : 2) + piece.size();
    if (needed > width) break;
    line.append(line.empty() ? "" : "  ").append(piece);
  }
  if (line.size() + bar_cells_min + 3 > width) return line;
  const std::size_t cells = std::min(bar_cells_max, width - line.size() - 3);
  const auto filled = static_cast<std::size_t>(progress.part * static_cast<double>(cells));
  return fmt::format("[{:#<{}}{:.<{}}] {}", "", filled, "", cells - filled, line);
}

std::string plain_progress_line(const ReplayProgress& progress) {
  std::string line = fmt::format("{}", fmt::join(pieces_of(progress), "  "));
  line.erase(0, line.find_first_not_of(' '));
  if (!progress.trouble.empty()) line.append("  ").append(cut(progress.trouble, trouble_bytes_max));
  return line;
}

ProgressDisplay::ProgressDisplay(runtime::Clock& clock)
    : clock_(clock), is_terminal_(::isatty(STDERR_FILENO) == 1), shown_(clock.instant()) {}

bool ProgressDisplay::is_due(const std::string& trouble) const {
  return trouble != trouble_ || clock_.instant() - shown_ >= (is_terminal_ ? terminal_every : plain_every);
}

void ProgressDisplay::show(const ReplayProgress& progress) {
  shown_ = clock_.instant();
  trouble_ = progress.trouble;
  if (is_terminal_) {
    // The last column stays free: some terminals begin a new line with it.
    fmt::print(stderr, "\r{}\x1b[K", progress_line(progress, window_width() - 1));
  } else {
    fmt::print(stderr, "{}\n", plain_progress_line(progress));
  }
  std::fflush(stderr);
}

void ProgressDisplay::finish(const ReplayProgress& progress) {
  if (!is_terminal_) return;  // the summary says it
  show(progress);
  fmt::print(stderr, "\n");
}

}  // namespace artery::app
