// What there is to know of a machine and of a folder's place on it: for `artery doctor`, and for how many shards there
// are. Asked of the system each time; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace artery::runtime {

// Cores that this process may use.
unsigned usable_cores();

struct MachineFacts {
  std::string name;    // in the network, as the machine says itself
  std::string kernel;  // "Linux 6.1.0-28-amd64"
  unsigned cores = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t open_files_max = 0;  // the soft limit of this process
  bool has_sse42 = false;            // checksums in hardware
  bool has_avx2 = false;
};
MachineFacts facts_of_machine();

struct FolderFacts {
  bool exists = false;
  bool is_folder = false;
  bool may_write = false;   // this user, the mount's options included
  std::string owner;        // a user's name or number
  std::string user;         // who asks
  std::string file_system;  // "ext4"; empty where unknown
  std::string device;       // "sda"; empty where the file system is on no block device
  std::string write_cache;  // of the device, in the kernel's words: "write back", "write through", or empty
  std::uint64_t free_inodes = 0;
};
FolderFacts facts_of_folder(const std::string& path);

}  // namespace artery::runtime
