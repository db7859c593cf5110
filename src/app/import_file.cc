#include "app/import_file.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "app/error.h"
#include "app/export_line.h"
#include "app/http_call.h"

namespace artery::app {
namespace {

using Kind = ExportLine::Kind;

constexpr unsigned status_ok = 200;
constexpr std::uint64_t version_known = 1;
constexpr std::string_view remedy = "export it again, or import what is there with --partial";

Error damaged(const ReplaySource& source, std::uint64_t line, std::string_view what) {
  return {AppError::damaged, fmt::format("{}:{}: {}", source.file().path, line, what)};
}

Result<void> check_header(const ReplaySource& source, const ExportLine& line, ExportFacts& facts) {
  if (line.kind != Kind::header) {
    return damaged(
        source, 1,
        R"(this is no export of a node: its first line has no "artery_export"; artery replay takes other files)");
  }
  if (line.version != version_known) {
    return damaged(source, 1,
                   fmt::format("format version {}; this program reads version {}", line.version, version_known));
  }
  facts.node = line.node;
  facts.made = line.made;
  return {};
}

// Adds up what is there. False where it goes no further.
Result<bool> take_line(const ReplaySource& source, const replay::Row& row, const ExportLine& line, bool partial,
                       ExportFacts& facts) {
  if (facts.lines == 0) {
    if (auto right = check_header(source, line, facts); !right) return right.error();
  }
  if (line.kind == Kind::unreadable || line.kind == Kind::error) {
    if (partial) return false;
    const std::string why = line.kind == Kind::error ? fmt::format("the export broke off: {}", line.message)
                                                     : "the line is no JSON: the file is cut off, or was changed";
    return damaged(source, row.line, fmt::format("{}; {}", why, remedy));
  }
  if (facts.is_whole) return damaged(source, row.line, "there are lines behind the end of the export");
  if (line.kind == Kind::end) {
    facts.is_whole = line.samples == facts.samples && line.lines == facts.lines;
    facts.incomplete = line.incomplete;
    if (facts.is_whole) return true;  // what packs the file has an end too
    if (partial) return false;
    return damaged(source, row.line,
                   fmt::format("the end says {} samples in {} lines, but there are {} in {}: lines are missing; {}",
                               line.samples, line.lines, facts.samples, facts.lines, remedy));
  }
  ++facts.lines;
  if (line.kind == Kind::samples) facts.samples += line.samples;
  return true;
}

// What a node would not have of a line of metadata.
Result<void> check_answer(const ReplaySource& source, std::uint64_t line, const HttpReply& reply,
                          const std::string& node) {
  if (reply.status != status_ok) {
    return Error(AppError::no_answer, fmt::format("{} answers {}: {}", node, reply.status, reason_in(reply.body)));
  }
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  simdjson::dom::array refused;
  if (parser.parse(reply.body).get(answer) != simdjson::SUCCESS ||
      answer["refused"].get(refused) != simdjson::SUCCESS) {
    return Error(AppError::no_answer, fmt::format("{}: the answer is not a node's", node));
  }
  if (refused.size() == 0) return {};
  std::string_view message;
  if (refused.at(0)["message"].get(message) != simdjson::SUCCESS) message = "refused";
  const std::string more = refused.size() == 1 ? std::string() : fmt::format(" (and {} more)", refused.size() - 1);
  return Error(AppError::refused,
               fmt::format("{}:{}: {}{}; nothing was imported", source.file().path, line, message, more));
}

}  // namespace

Result<ExportFacts> check_export(ReplaySource& source, bool partial) {
  if (auto opened = source.open(); !opened) return opened.error();
  ExportFacts facts;
  ExportLineReader reader;
  replay::Row row;
  Result<bool> more = source.next_row(row);
  for (; more && *more; more = source.next_row(row)) {
    const ExportLine line = row.fault.empty() ? reader.read(row.raw) : ExportLine();
    const auto goes_on = take_line(source, row, line, partial, facts);
    if (!goes_on) return goes_on.error();
    if (!*goes_on) break;
  }
  source.close();
  if (!more && !partial) return more.error();
  if (facts.is_whole || partial) return facts;
  return damaged(source, facts.lines, fmt::format("the file is cut off behind this line: it has no end; {}", remedy));
}

Result<void> send_metadata(runtime::Runtime& runtime, ReplaySource& source, const std::string& node,
                           Duration wait_max) {
  if (auto opened = source.open(); !opened) return opened;
  ExportLineReader reader;
  replay::Row row;
  Result<bool> more = source.next_row(row);
  for (; more && *more; more = source.next_row(row)) {
    const ExportLine line = reader.read(row.raw);
    if (line.kind == Kind::samples || line.kind == Kind::end) break;
    if (line.kind != Kind::metadata) continue;
    const auto reply = call_patiently(runtime,
                                      {.method = "POST",
                                       .node = node,
                                       .target = "/api/v1/catalogue?known=keep",
                                       .content_type = "application/json",
                                       .author = "artery import",
                                       .body = std::string(row.raw)},
                                      wait_max);
    if (!reply) return reply.error();
    if (auto right = check_answer(source, row.line, *reply, node); !right) return right;
  }
  source.close();
  return {};
}

}  // namespace artery::app
