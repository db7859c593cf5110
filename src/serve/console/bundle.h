// The console's built files, as web/bundle.mjs packs them: each in up to three codings. A view: the bytes must outlive
// it, and nothing is copied. Immutable after parse(); any thread.
//
// Format: the line "artery-console 1", then a line per file, its fields separated by tabs:
//   path  media-type  hash  "immutable" or "no-cache"  coding=bytes  coding=bytes...
// then an empty line, then the bytes in this order. The first coding is "identity"; the others are "br" and "gzip". The
// hash is of the plain bytes.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace artery::serve {

enum class BundleError { malformed };
inline std::string_view error_module(BundleError) { return "console"; }

class Bundle {
 public:
  struct Form {
    std::string_view coding;
    std::string_view bytes;
  };
  struct File {
    std::string_view path;  // "/static/index-Db3a.js"
    std::string_view type;
    std::string_view hash;
    bool immutable = false;     // its name changes with its bytes
    std::vector<Form> forms{};  // the first is the plain one, the others are smaller
  };

  // Errors: BundleError::malformed with what is wrong.
  static Result<Bundle> parse(std::string_view bytes);

  // Null where there is none.
  [[nodiscard]] const File* find(std::string_view path) const;
  [[nodiscard]] const std::vector<File>& files() const { return files_; }

 private:
  std::vector<File> files_;
};

}  // namespace artery::serve
