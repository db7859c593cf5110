#include "governance/catalogue_io.h"

#include <fmt/format.h>

#include "governance/metadata_formats.h"

namespace artery::governance {

std::string export_metadata(const Catalogue& catalogue, MetadataFormat format, const Selection& selection) {
  return format == MetadataFormat::csv ? export_csv(catalogue, selection) : export_json(catalogue, selection);
}

Result<Import> import_metadata(std::string_view text, MetadataFormat format) {
  if (text.size() > import_bytes_max) {
    return Error(GovernanceError::malformed,
                 fmt::format("{} bytes of metadata; at most {} are taken at once", text.size(), import_bytes_max));
  }
  return format == MetadataFormat::csv ? import_csv(text) : import_json(text);
}

}  // namespace artery::governance
