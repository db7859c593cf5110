// What the node tells its operator: one line per event, on standard error under linux/, kept in memory under sim/.
// Thread-safe; never blocks on anything but the terminal. Never for what a reading or a request causes each time:
// that is counted, not told.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace artery::runtime {

enum class Severity { info, warning, error };

class Journal {
 public:
  virtual ~Journal() = default;
  // `module` is the folder's name: "log", "net".
  virtual void write(Severity severity, std::string_view module, std::string_view line) = 0;

  template <class... Args>
  void info(std::string_view module, fmt::format_string<Args...> form, Args&&... args) {
    write(Severity::info, module, fmt::format(form, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warning(std::string_view module, fmt::format_string<Args...> form, Args&&... args) {
    write(Severity::warning, module, fmt::format(form, std::forward<Args>(args)...));
  }
  template <class... Args>
  void error(std::string_view module, fmt::format_string<Args...> form, Args&&... args) {
    write(Severity::error, module, fmt::format(form, std::forward<Args>(args)...));
  }
};

}  // namespace artery::runtime
