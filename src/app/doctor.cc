#include "app/doctor.h"

#include <fmt/format.h>

#include "app/verify.h"
#include "base/settings.h"

namespace artery::app {
namespace {

using runtime::FileError;
using runtime::Task;

constexpr std::uint64_t open_files_wanted = 8192;
constexpr std::uint64_t memory_wanted = 512ULL << 20;
constexpr std::uint64_t space_needed = 256ULL << 20;
constexpr std::uint64_t space_wanted = 4ULL << 30;

std::string rounded(std::uint64_t bytes) {
  return bytes >= 1ULL << 30 ? show_size(bytes >> 30 << 30) : show_size(bytes >> 20 << 20);
}

Diagnosis examine_space(const Result<runtime::Space>& space) {
  if (!space) return {Verdict::bad, "space", space.error().message()};
  const std::string text = fmt::format("{} free of {}", rounded(space->free_bytes), rounded(space->total_bytes));
  if (space->free_bytes < space_needed) {
    return {Verdict::bad, "space", text + "; a full disk refuses every write: free some"};
  }
  if (space->free_bytes < space_wanted) return {Verdict::note, "space", text + "; that is little"};
  return {Verdict::good, "space", text};
}

Diagnosis examine_findings(const Result<Findings>& findings) {
  if (!findings && findings.error().is(FileError::in_use)) {
    return {Verdict::good, "data", "a node has the folder open; stop it to have its files checked"};
  }
  if (!findings) return {Verdict::bad, "data", findings.error().message()};
  if (findings->damage.empty()) {
    return {Verdict::good, "data",
            fmt::format("whole: {} batches in the log, {} samples in history", findings->log_batches,
                        findings->history_samples)};
  }
  return {Verdict::bad, "data",
          fmt::format(
              "{} places damaged, the first is {}; `artery verify` lists all. Check the disk; `artery repair` makes "
              "history whole as far as that can be, all else comes from a backup",
              findings->damage.size(), findings->damage.front())};
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::note:
      return "note";
    case Verdict::bad:
      return "bad";
  }
  return "";
}

std::vector<Diagnosis> examine_machine(const runtime::MachineFacts& machine, bool clock_synchronised) {
  std::vector<Diagnosis> found;
  found.push_back(
      {Verdict::good, "machine",
       fmt::format("{}, {} cores, {} of memory", machine.kernel, machine.cores, rounded(machine.memory_bytes))});
  if (machine.memory_bytes < memory_wanted) {
    found.push_back({Verdict::note, "memory",
                     fmt::format("less than {}: lower history.head_bytes_max and "
                                 "log.memory_bytes_max",
                                 show_size(memory_wanted))});
  }
  if (!machine.has_sse42 || !machine.has_avx2) {
    found.push_back(
        {Verdict::note, "cpu",
         fmt::format("without {}: checksums and decoding are slower", machine.has_sse42 ? "AVX2" : "SSE 4.2")});
  } else {
    found.push_back({Verdict::good, "cpu", "has SSE 4.2 and AVX2"});
  }
  if (clock_synchronised) {
    found.push_back({Verdict::good, "clock", "synchronised"});
  } else {
    found.push_back({Verdict::note, "clock",
                     "not synchronised: no sample can be refused for a time in the future, and times that the node "
                     "stamps are as wrong as the clock; run chrony, ntpd or systemd-timesyncd"});
  }
  const std::string files = fmt::format("at most {}", machine.open_files_max);
  if (machine.open_files_max < open_files_wanted) {
    found.push_back({Verdict::note, "open files",
                     fmt::format("{}: each connection takes one; raise it to {} (ulimit -n, or LimitNOFILE= of the "
                                 "service)",
                                 files, open_files_wanted)});
  } else {
    found.push_back({Verdict::good, "open files", files});
  }
  return found;
}

std::vector<Diagnosis> examine_place(const std::string& path, const runtime::FolderFacts& facts) {
  std::vector<Diagnosis> found;
  if (!facts.exists || !facts.is_folder) {
    found.push_back({Verdict::bad, "folder", fmt::format("{} is {}", path, facts.exists ? "no folder" : "not there")});
    return found;
  }
  if (facts.may_write) {
    found.push_back({Verdict::good, "folder",
                     fmt::format("{} belongs to {} and {} may write there", path, facts.owner, facts.user)});
  } else {
    found.push_back({Verdict::bad, "folder",
                     fmt::format("{} belongs to {}, and {} may not write there: run as {}, change its owner, or make "
                                 "the disk writable",
                                 path, facts.owner, facts.user, facts.owner)});
  }
  if (facts.file_system == "tmpfs" || facts.file_system == "ramfs") {
    found.push_back(
        {Verdict::bad, "disk",
         fmt::format("{} lies in memory ({}): nothing there survives a power loss", path, facts.file_system)});
  } else if (facts.write_cache == "write back") {
    found.push_back({Verdict::note, "disk",
                     fmt::format("{} on {} caches writes in volatile memory. Every sync flushes it, so nothing "
                                 "acknowledged is lost as long as the device obeys; with power-loss protection syncs "
                                 "are faster",
                                 facts.file_system, facts.device)});
  } else if (facts.write_cache.empty()) {
    found.push_back({Verdict::note, "disk",
                     fmt::format("{} does not tell what is below it: make sure that it honours fdatasync",
                                 facts.file_system.empty() ? "the file system" : facts.file_system)});
  } else {
    found.push_back(
        {Verdict::good, "disk", fmt::format("{} on {}, no volatile write cache", facts.file_system, facts.device)});
  }
  return found;
}

Task<std::vector<Diagnosis>> examine_data(runtime::Files* files, std::string folder) {
  std::vector<Diagnosis> found;
  const auto space = co_await files->space(folder);
  found.push_back(examine_space(space));
  DataFolder place{std::move(folder)};
  const auto findings = co_await verify(files, std::move(place));
  found.push_back(examine_findings(findings));
  co_return found;
}

}  // namespace artery::app
