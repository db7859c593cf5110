// A line of an export (docs/formats/samples.md), as far as who pours it in has to know it. The samples themselves are
// the node's to read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace artery::app {

struct ExportLine {
  enum class Kind : std::uint8_t { header, metadata, samples, end, error, other, unreadable };
  Kind kind = Kind::unreadable;
  // Texts are valid until the next line is read.
  std::uint64_t version = 0;  // of a header
  std::string_view node;      // of a header
  std::string_view made;      // of a header
  std::string_view signal;    // of samples
  std::uint64_t samples = 0;  // of samples: how many; of an end: of all
  std::uint64_t signals = 0;  // of an end
  std::uint64_t lines = 0;    // of an end
  bool incomplete = false;    // of an end
  std::string_view message;   // of an error
};

// Used on one thread.
class ExportLineReader {
 public:
  ExportLineReader();
  ExportLineReader(ExportLineReader&&) noexcept;
  ExportLineReader& operator=(ExportLineReader&&) noexcept;
  ExportLineReader(const ExportLineReader&) = delete;
  ExportLineReader& operator=(const ExportLineReader&) = delete;
  ~ExportLineReader();

  ExportLine read(std::string_view line);

 private:
  class Json;  // keeps simdjson out of this header
  std::unique_ptr<Json> json_;
};

}  // namespace artery::app
