// The text of an export: lines of JSON (docs/formats/samples.md), or CSV for spreadsheets. Each function appends whole
// lines. Private to serve/http.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "governance/metadata.h"
#include "query/query.h"

namespace artery::serve {

struct ExportAsked {
  std::vector<std::string> filters;
  Time from = time_min;
  Time to = time_max;
  bool is_csv = false;
};

// What has been written so far.
struct ExportCounts {
  std::uint64_t signals = 0;
  std::uint64_t samples = 0;
  std::uint64_t lines = 0;
  bool incomplete = false;
};

void write_export_header(const ExportAsked& asked, std::string_view node, Time made, std::string& to);
// {"assets": [...]} or {"signals": [...]}, in lines that are not much longer than `export_line_bytes`.
void write_metadata_lines(const std::vector<governance::Asset>& assets, ExportCounts& counts, std::string& to);
void write_metadata_lines(const std::vector<governance::Signal>& signals, ExportCounts& counts, std::string& to);
void write_sample_lines(std::string_view signal, const history::Samples& samples, ExportCounts& counts,
                        std::string& to);
void write_export_end(const ExportCounts& counts, std::string& to);
void write_export_error(std::string_view message, std::string& to);

// With a mark in front, by which spreadsheets know UTF-8.
void write_csv_header(std::string& to);
void write_csv_rows(const governance::Signal& signal, const history::Samples& samples, std::string& to);

inline constexpr std::size_t export_line_bytes = std::size_t{256} << 10;

}  // namespace artery::serve
