#include "runtime/linux/console_journal.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <iterator>

namespace artery::runtime {

namespace {

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warn";
    case Severity::error:
      return "error";
  }
  return "";
}

class ConsoleJournal final : public Journal {
 public:
  explicit ConsoleJournal(Severity least)
      : least_(least), logger_("artery", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
  }

  void write(Severity severity, std::string_view module, std::string_view line) override {
    if (severity < least_) return;
    const std::string text = fmt::format("{:<5} {}: {}", name_of(severity), module, to_one_line(line));
    logger_.log(spdlog::level::critical, spdlog::string_view_t(text.data(), text.size()));
  }

 private:
  const Severity least_;
  spdlog::logger logger_;  // used for the time, the lock and the line; the severity is in the text
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::unique_ptr<Journal> make_console_journal(Severity least) { return std::make_unique<ConsoleJournal>(least); }

std::string to_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (is_control(c)) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace artery::runtime
