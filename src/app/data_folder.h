// What lies where in a node's data folder.
#pragma once

#include <string>
#include <utility>

namespace artery::app {

struct DataFolder {
  std::string root;

  [[nodiscard]] std::string lock() const { return root + "/lock"; }  // held by the process that has it open
  [[nodiscard]] std::string log() const { return root + "/log"; }
  [[nodiscard]] std::string catalogue() const { return root + "/catalogue"; }
  [[nodiscard]] std::string live() const { return root + "/live"; }
  [[nodiscard]] std::string history() const { return root + "/history"; }
};

}  // namespace artery::app
