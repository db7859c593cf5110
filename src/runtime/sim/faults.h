// The fault model: what the simulated machine may do to a program, and how often. Written before the code; each clause
// has a test (disk_test.cc, files_test.cc, network_test.cc).
//
// File contents
//  1. A device writes sectors of 512 bytes, each whole or not at all. A write is a set of sector writes.
//  2. What was written is seen by every later read, and outlives a kill. It outlives a power loss only after a good
//     sync() that began after it.
//  3. At a power loss each unsynced sector write survives or is lost by itself, so writes are torn and reordered: the
//     sector then holds any of the versions it had since the last sync. What lay there before is really there again:
//     the old bytes of a recycled file, zeros where the file had grown.
//  4. The length is any of those it had since the last sync, independent of the sectors: growth may be lost, or be
//  there
//     as zeros. A truncation's effect comes with its length.
//  5. A kill cuts the write in progress after any prefix of bytes.
//  6. After a failed sync() the unsynced writes count as clean but are not durable (some may be): reads show them, the
//     next sync() is good and does not bring them to the device. A kill may show what the device really holds (the
//     cache was evicted), a power loss does.
// Folders
//  7. Creations, links, renames and removals are seen at once and outlive a kill. At a power loss each that no
//  sync_folder() of
//     its folder followed survives or is lost by itself, but only after all earlier ones that touch the same names. A
//     rename is atomic. A rename from folder to folder is durable with the sync of either. A file with several names
//     is one file, until the last of them is removed; some file systems have no such names.
//  8. A synced file whose entry is not durable is gone after a power loss; so is all below a lost folder.
//  9. A failed sync_folder() does to entries what a failed sync() does to contents.
// Room and errors
// 10. Files take their length once, folders nothing; a removed file gives its room back at once. A write beyond the
// capacity
//     leaves a prefix and fails with FileError::no_space; overwriting always fits.
// 11. Reads, writes and syncs fail with FileError::io by chance or at a given count. A failed write leaves a prefix.
// 12. Rot flips one bit of what the device and the cache hold; reads return it without an error.
// 13. An operation takes a random time and has its effect at the end of it; others run meanwhile.
// Network
// 14. Bytes arrive in order, in random pieces, after a random delay, or never: a link that is down keeps them until it
//     is up again or the connection is reset; connecting over it times out.
// 15. Each direction holds a bounded number of bytes; what does not fit stays unsent with the sender.
// 16. A reset tells both sides and loses what was under way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/time.h"

namespace artery::sim {

enum class CrashKind { kill, power_loss };

struct Fault {
  double chance = 0;     // of each operation of its kind
  std::uint64_t at = 0;  // and the one with this number, counted from 1 by the machine; 0 is none
};

struct FaultPlan {
  Fault read_fails{};
  Fault write_fails{};
  Fault sync_fails{};
  Fault folder_sync_fails{};
  bool hard_links = true;  // false: a second name for a file fails with FileError::denied
  bool read_only = false;  // what would change the disk fails with FileError::read_only
  std::uint64_t capacity_bytes = std::uint64_t{1} << 40U;

  Duration io_min = std::chrono::microseconds(5);
  Duration io_max = std::chrono::microseconds(100);
  Duration sync_min = std::chrono::microseconds(50);
  Duration sync_max = std::chrono::milliseconds(4);

  Duration network_min = std::chrono::microseconds(20);
  Duration network_max = std::chrono::milliseconds(2);
  std::size_t network_buffer_bytes = std::size_t{64} * 1024;
  double reset_chance = 0;  // of each arrival
};

}  // namespace artery::sim
