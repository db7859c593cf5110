// Metadata as CSV and JSON: what `artery catalogue export` and `import` and the HTTP API exchange. Pure functions; what
// is exported can be imported again and changes nothing then. The columns and members are docs/formats/metadata.md's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "base/result.h"
#include "governance/catalogue.h"
#include "governance/metadata.h"

namespace artery::governance {

enum class MetadataFormat : std::uint8_t { csv, json };

// All that `selection` names, one page after the other; its `after` and `limit` are not looked at. Assets and signals.
std::string export_metadata(const Catalogue& catalogue, MetadataFormat format, const Selection& selection);

struct ImportError {
  std::uint32_t line = 0;  // 1-based; of JSON the number of the element, assets and signals counted together
  std::string message;
};

struct ImportedPatch {
  std::uint32_t line = 0;  // as in ImportError
  Patch patch;
};

// What could be read, and what not: a wrong line costs none of the others. Assets and signals that are missing are
// created by the patches, signals only where their type is given.
struct Import {
  std::vector<ImportedPatch> patches;
  std::vector<ImportError> errors;
};

inline constexpr std::size_t import_bytes_max = std::size_t{256} << 20;

// Errors: GovernanceError::malformed where the whole cannot be read: no header, no JSON, beyond import_bytes_max.
Result<Import> import_metadata(std::string_view text, MetadataFormat format);

// One element of the JSON, as the HTTP API gives and takes it.
void write_json(JsonWriter& json, const Asset& asset);
void write_json(JsonWriter& json, const Signal& signal);
// A JSON object's changes of that asset or signal; it may repeat the name. Errors: GovernanceError::malformed, invalid.
Result<AssetPatch> read_asset_patch(std::string_view path, std::string_view json);
Result<SignalPatch> read_signal_patch(std::string_view full_name, std::string_view json);

}  // namespace artery::governance
