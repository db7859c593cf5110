// Is this machine fit, and the data whole? `artery doctor`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.h"
#include "runtime/file.h"
#include "runtime/linux/machine_facts.h"
#include "runtime/task.h"

namespace artery::app {

enum class Verdict { good, note, bad };  // a note costs speed or trust; what is bad keeps a node from its promises
std::string_view name_of(Verdict verdict);

struct Diagnosis {
  Verdict verdict = Verdict::good;
  std::string about;  // "clock", "open files"
  std::string text;   // what is so, and where it is not good, what to do
};

// Of the machine alone.
std::vector<Diagnosis> examine_machine(const runtime::MachineFacts& machine, bool clock_synchronised);
// Of the place where a data folder lies or will lie, by what the system says of it.
std::vector<Diagnosis> examine_place(const std::string& path, const runtime::FolderFacts& facts);
// Of the data folder: free space, whether a node has it open, and, where none has, what is damaged.
runtime::Task<std::vector<Diagnosis>> examine_data(runtime::Files* files, std::string folder);

}  // namespace artery::app
