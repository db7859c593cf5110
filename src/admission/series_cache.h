// What a shard knows of the series it has seen: keys as sources send them, resolved to ids and types once, and anew
// when the catalogue says that one of them changed. For admission itself. One shard's; no locks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "admission/intake.h"
#include "governance/catalogue.h"
#include "governance/names.h"
#include "model/ids.h"
#include "model/sample.h"

namespace artery::admission {

// What a retired signal's values would have to be of: none is.
inline constexpr ValueType no_type{0};

// A field of a series, by the name its source gives it.
struct KnownField {
  std::string name;
  SignalId id;
  ValueType type = ValueType::f64;  // no_type where the signal is retired
  std::uint64_t last_row = 0;       // the row that had it last, to find what is given twice
};

// A list of fields that rows of a series had, in their order, and where such rows stand in the batch being collected.
struct Layout {
  std::vector<std::uint32_t> fields;     // in Series::fields
  std::vector<std::uint32_t> positions;  // of Series::fields in `fields`; absent ones are `none`
  std::string types;                     // of the fields, one byte each: what rows of one block share
  std::uint64_t batch = 0;               // the number of the batch that the next two are about
  std::size_t block = 0;
  std::uint32_t series = 0;

  static constexpr std::uint32_t none = 0xFFFFFFFF;
};

struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};

struct Series {
  RowKey::Kind kind = RowKey::Kind::asset;
  // Where the key cannot be one.
  std::optional<RefusalKind> refused;
  std::string reason;

  std::variant<std::string, governance::SeriesKey> wanted;  // what to create where `asset` is 0
  std::string path;
  AssetId asset;                // 0 where the catalogue does not have it yet
  std::uint64_t looked_up = 0;  // in that pass
  std::vector<KnownField> fields;
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> by_name;  // of series with many fields
  std::vector<Layout> layouts;                                                        // the one used last at the end

  static constexpr std::size_t layouts_max = 8;

  // Index of the field, looked for from `expected` on; Layout::none where it is not known.
  [[nodiscard]] std::uint32_t find(std::string_view name, std::uint32_t expected) const;
  std::uint32_t add(std::string_view name, const governance::SignalRef& signal);
  [[nodiscard]] std::string full_name(std::string_view field) const;
};

class SeriesCache {
 public:
  explicit SeriesCache(const governance::Catalogue& catalogue) : catalogue_(catalogue) {}

  // From now on a series that the catalogue did not have is looked up again, once; and all of them, if something that
  // the catalogue said has changed. What find() returned before is not valid any more.
  void start_pass();
  // Valid until clear() or start_pass(), or the next call where the key is refused.
  Series& find(const RowKey& key);
  [[nodiscard]] std::size_t size() const;
  void clear();

 private:
  using Map = std::unordered_map<std::string, std::unique_ptr<Series>, TextHash, std::equal_to<>>;

  void resolve(Series& series, const RowKey& key) const;
  void resolve_line_protocol(Series& series, std::string_view prefix) const;

  const governance::Catalogue& catalogue_;
  std::uint64_t pass_ = 0;
  std::uint64_t epoch_ = 0;    // the catalogue's, before anything of what is here was asked of it
  std::array<Map, 3> series_;  // by RowKey::Kind
  Series refused_;             // the last one whose key cannot be one: never kept, for there is no end of them
};

}  // namespace artery::admission
