// What is known of assets and signals, and the changes a person may make to it. Values; copy them freely.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "governance/names.h"
#include "model/ids.h"
#include "model/sample.h"

namespace artery::governance {

// GB/T 43697-2024, and personal. The numbers are on disk.
enum class DataClass : std::uint8_t { general = 1, important = 2, core = 3, personal = 4 };
std::string_view name_of(DataClass data_class);
std::optional<DataClass> data_class_named(std::string_view name);

using Texts = std::map<std::string, std::string>;  // sorted: language (BCP 47) -> display name, property -> value

// Who changed the metadata last, and when.
struct Change {
  std::string author;
  Time time;
  friend bool operator==(const Change&, const Change&) = default;
};

struct Asset {
  AssetId id;
  std::string path;
  std::string identity;  // SeriesKey::identity() where line protocol made or adopted it, else empty
  std::string type;      // asset type: line protocol's measurement; may be empty
  Texts properties;      // line protocol's tags, and what was added
  Texts display_names;
  std::string description;
  DataClass data_class = DataClass::general;
  Change change;
  std::vector<std::string> aliases;  // paths that lead here as well, mostly former ones; sorted
  friend bool operator==(const Asset&, const Asset&) = default;
};

struct Signal {
  SignalId id;
  AssetId asset;
  std::string full_name;
  ValueType type = ValueType::f64;  // of samples from now on; earlier ones keep the type that they came with
  std::string unit;                 // UCUM, "" where unknown
  std::optional<double> low;        // of its range
  std::optional<double> high;
  bool stepped = false;  // holds its value until the next sample, instead of running linearly to it
  std::string description;
  Texts display_names;
  DataClass data_class = DataClass::general;
  Change change;
  std::vector<std::string> aliases;  // full names of the same asset that lead here as well, mostly former ones; sorted
  bool retired = false;              // keeps its samples and takes no more

  [[nodiscard]] std::string_view name() const { return split_name(full_name).name; }
  friend bool operator==(const Signal&, const Signal&) = default;
};

// Of all its texts.
[[nodiscard]] std::size_t text_bytes(const Signal& signal);
[[nodiscard]] std::size_t text_bytes(const Asset& asset);

// Changes to make; what is absent stays. A text in a map sets its key, an empty one removes it.
struct SignalPatch {
  std::string full_name;
  std::optional<ValueType> type{};  // also creates the signal where it is missing
  std::optional<std::string> unit{};
  std::optional<std::optional<double>> low{};
  std::optional<std::optional<double>> high{};
  std::optional<bool> stepped{};
  std::optional<std::string> description{};
  Texts display_names{};
  std::optional<DataClass> data_class{};
  std::optional<std::string> new_name{};              // of the same asset; the old one becomes an alias
  std::optional<std::vector<std::string>> aliases{};  // all there should be: others are given up
  std::optional<bool> retired{};
};

struct AssetPatch {
  std::string path;
  bool create = false;  // where it is missing
  std::optional<std::string> type{};
  Texts properties{};
  Texts display_names{};
  std::optional<std::string> description{};
  std::optional<DataClass> data_class{};
  std::optional<std::string> new_name{};              // with all below it; the old one becomes an alias
  std::optional<std::vector<std::string>> aliases{};  // all there should be: others are given up
};

using Patch = std::variant<SignalPatch, AssetPatch>;

inline constexpr std::size_t unit_bytes_max = 64;
inline constexpr std::size_t description_bytes_max = 4096;
inline constexpr std::size_t texts_max = 64;  // display names or properties of one asset or signal
inline constexpr std::size_t text_bytes_max = 1024;
inline constexpr std::size_t aliases_max = 64;  // of one asset or signal

// Fill in what a patch says, but for the names, and check the whole: unit (UCUM syntax), low < high, texts within their
// limits and UTF-8. On an error the target is as it was.
Result<void> merge(const SignalPatch& patch, Signal& into);
Result<void> merge(const AssetPatch& patch, Asset& into);

// Leave in a patch only what is not known yet of what is `present`, so that the patch fills in and overwrites nothing.
// What has no empty state counts as unknown while it is as it was made: false, `general`. Names and whether it is
// retired stay. Errors:
// GovernanceError::conflict where types or units differ, with the name.
Result<void> keep_known(SignalPatch& patch, const Signal& present);
Result<void> keep_known(AssetPatch& patch, const Asset& present);

// Whether a text is a unit by UCUM's grammar (version 2.1, section 2): terms of `.` and `/`, exponents, factors,
// annotations, parentheses, symbols of letters and brackets. Symbols are not looked up in UCUM's tables. "" is one.
bool plausible_unit(std::string_view text);

}  // namespace artery::governance
