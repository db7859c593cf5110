// artery-plant: the demonstration plant, see demo/README.md.
#include <fmt/format.h>
#include <mosquitto.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <ctime>

#include "base/settings.h"
#include "demo/performance.h"

namespace artery::demo {
namespace {

constexpr std::string_view about =
    R"(A demonstration plant: a press shop, a greenhouse and an energy yard with a loading dock, published over MQTT. At the first
start it writes a week of history, then live values; later only what the node has missed.)";

constexpr std::string_view examples = R"(SIGINT (Ctrl-C) or SIGTERM ends it in order, exit status 0.

Examples:
  artery-plant                                  to a node on this machine
  artery-plant --catalogue | artery catalogue import -
  artery-plant --stories                        what is wrong just now, and where to look
  artery-plant --start 2026-06-01T00:00:00Z --speed 3600 --history 0)";

struct Options {
  PerformanceOptions performance;
  std::string history = "7d";
  std::string start;
  bool stories = false;
  bool catalogue = false;
};

int report(std::string_view message) {
  fmt::print(stderr, "artery-plant: {}\n", message);
  return 1;
}

// The signals that end the plant are taken from the queue where it looks for them, so nothing is ever interrupted.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    (void)std::signal(SIGPIPE, SIG_IGN);
  }
  bool asked() {
    const timespec at_once{};
    asked_ = asked_ || sigtimedwait(&set_, nullptr, &at_once) > 0;
    return asked_;
  }

 private:
  sigset_t set_{};
  bool asked_ = false;
};

bool parse_history(const std::string& text, Seconds& to) {
  Duration duration{};
  if (text == "0") {
    to = Seconds(0);
    return true;
  }
  if (!parse_duration(text, duration)) return false;
  to = std::chrono::floor<Seconds>(duration);
  return to <= std::chrono::days(3650);
}

bool parse_start(const std::string& text, std::optional<Moment>& to) {
  if (text.empty()) return true;
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return false;
  to = Moment(Seconds(::timegm(&parts)));
  return true;
}

int run(Options& options) {
  PerformanceOptions& performance = options.performance;
  if (!parse_history(options.history, performance.history)) {
    return report(fmt::format("--history '{}' is no time; right would be 7d, 12h or 0", options.history));
  }
  if (!parse_start(options.start, performance.start)) {
    return report(fmt::format("--start '{}' is no time; right would be 2026-06-01T00:00:00Z", options.start));
  }
  if (options.catalogue) {
    fmt::print("{}", catalogue_json());
    return 0;
  }
  if (options.stories) {
    const Moment now = performance.start.value_or(std::chrono::floor<Seconds>(std::chrono::system_clock::now()));
    fmt::print("{}", tell_stories(Faults(Noise(performance.seed).of("faults")), now));
    return 0;
  }
  EndSignals signals;
  mosquitto_lib_init();
  const auto ended = Performance(performance, [&signals] { return signals.asked(); }).run();
  mosquitto_lib_cleanup();
  return ended ? 0 : report(ended.error().message());
}

int run_program(int argc, char** argv) {
  CLI::App program{std::string(about), "artery-plant"};
  program.footer(std::string(examples));
  Options options;
  PerformanceOptions& to = options.performance;
  program.add_option("--host", to.host, "Where the node listens for MQTT")->capture_default_str();
  program.add_option("--port", to.port, "Its port")->capture_default_str();
  program.add_option("--seed", to.seed, "Another seed, another plant")->capture_default_str();
  program.add_option("--speed", to.speed, "How many seconds of the plant pass in one")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  program.add_option("--history", options.history, "How much is written before the first start: 7d, 12h, 0")
      ->capture_default_str();
  program.add_option("--start", options.start, "The plant's time at the start, in UTC; by default now")
      ->type_name("TIME");
  program.add_flag("--once", to.once, "Publish one message of every asset, and end");
  program.add_flag("--stories", options.stories,
                   "Print what is wrong now and next, and where to look; publish nothing");
  program.add_flag("--catalogue", options.catalogue,
                   "Print names, units and ranges as JSON for `artery catalogue import`");
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    program.exit(asked_for_help);
    return 0;
  } catch (const CLI::ParseError& wrong) {
    fmt::print(stderr, "artery-plant: {}; see 'artery-plant --help'\n", wrong.what());
    return 2;
  }
  return run(options);
}

}  // namespace
}  // namespace artery::demo

int main(int argc, char** argv) { return artery::demo::run_program(argc, argv); }
