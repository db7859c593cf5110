#include <fmt/format.h>
#include <simdjson.h>

#include <concepts>
#include <utility>

#include "base/json_writer.h"
#include "governance/metadata_formats.h"

namespace artery::governance {
namespace {

using simdjson::dom::element;

void write_texts(JsonWriter& json, std::string_view name, const Texts& texts) {
  if (texts.empty()) return;
  json.key(name).start_object();
  for (const auto& [key, text] : texts) json.member(key, text);
  json.end_object();
}

void write_names(JsonWriter& json, std::string_view name, const std::vector<std::string>& names) {
  if (names.empty()) return;
  json.key(name).start_array();
  for (const std::string& one : names) json.text(one);
  json.end_array();
}

template <class Subject>
void write_end(JsonWriter& json, const Subject& subject) {
  if (!subject.description.empty()) json.member("description", subject.description);
  write_texts(json, "display_names", subject.display_names);
  write_names(json, "aliases", subject.aliases);
  json.member("data_class", name_of(subject.data_class));
  json.member("author", subject.change.author);
  json.member("time", subject.change.time);
  json.end_object();
}

}  // namespace

void write_json(JsonWriter& json, const Asset& asset) {
  json.start_object().member("name", asset.path).member("type", asset.type);
  write_texts(json, "properties", asset.properties);
  write_end(json, asset);
}

void write_json(JsonWriter& json, const Signal& signal) {
  json.start_object().member("name", signal.full_name).member("type", artery::name_of(signal.type));
  json.member("unit", signal.unit);
  if (signal.low) json.member("low", *signal.low);
  if (signal.high) json.member("high", *signal.high);
  json.member("stepped", signal.stepped);
  if (signal.retired) json.member("retired", true);
  write_end(json, signal);
}

namespace {

Error wrong(std::string_view member, std::string_view what) {
  return {GovernanceError::invalid, fmt::format("\"{}\" should be {}", member, what)};
}

Result<void> read(std::string_view member, element value, std::optional<std::string>& into) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong(member, "a text");
  into = std::string(text);
  return {};
}

Result<void> read(std::string_view member, element value, std::optional<std::optional<double>>& into) {
  double number = 0;
  if (value.is_null()) {
    into = std::optional<double>();
  } else if (value.get(number) == simdjson::SUCCESS) {
    into = std::optional(number);
  } else {
    return wrong(member, "a number or null");
  }
  return {};
}

Result<void> read(std::string_view member, element value, std::optional<bool>& into) {
  bool flag = false;
  if (value.get(flag) != simdjson::SUCCESS) return wrong(member, "true or false");
  into = flag;
  return {};
}

Result<void> read(std::string_view member, element value, std::optional<DataClass>& into) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) into = data_class_named(text);
  return into ? Result<void>() : wrong(member, "general, important, core or personal");
}

Result<void> read(std::string_view member, element value, std::optional<ValueType>& into) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) into = value_type_named(text);
  return into ? Result<void>() : wrong(member, "f64, i64, bool or text");
}

// null removes, as "" does.
Result<void> read(std::string_view member, element value, Texts& into) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return wrong(member, "an object of texts");
  for (const auto [key, one] : object) {
    std::string_view text;
    if (!one.is_null() && one.get(text) != simdjson::SUCCESS) return wrong(member, "an object of texts");
    into.insert_or_assign(std::string(key), std::string(text));
  }
  return {};
}

Result<void> read(std::string_view member, element value, std::optional<std::vector<std::string>>& into) {
  simdjson::dom::array names;
  if (value.get(names) != simdjson::SUCCESS) return wrong(member, "a list of names");
  into.emplace();
  for (const element one : names) {
    std::string_view name;
    if (one.get(name) != simdjson::SUCCESS) return wrong(member, "a list of names");
    into->emplace_back(name);
  }
  return {};
}

Result<void> read(std::string_view member, element value, std::string& into) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong(member, "a text");
  into = text;
  return {};
}

// Who changed it and when is this node's to say: read over.
bool is_provenance(std::string_view member) { return member == "author" || member == "time"; }

Result<void> read_member(std::string_view member, element value, AssetPatch& patch) {
  if (member == "name") return read(member, value, patch.path);
  if (member == "type") return read(member, value, patch.type);
  if (member == "properties") return read(member, value, patch.properties);
  if (member == "description") return read(member, value, patch.description);
  if (member == "display_names") return read(member, value, patch.display_names);
  if (member == "data_class") return read(member, value, patch.data_class);
  if (member == "new_name") return read(member, value, patch.new_name);
  if (member == "aliases") return read(member, value, patch.aliases);
  if (is_provenance(member)) return {};
  return Error(GovernanceError::invalid, fmt::format("an asset has no \"{}\"", member));
}

Result<void> read_member(std::string_view member, element value, SignalPatch& patch) {
  if (member == "name") return read(member, value, patch.full_name);
  if (member == "type") return read(member, value, patch.type);
  if (member == "unit") return read(member, value, patch.unit);
  if (member == "low") return read(member, value, patch.low);
  if (member == "high") return read(member, value, patch.high);
  if (member == "stepped") return read(member, value, patch.stepped);
  if (member == "retired") return read(member, value, patch.retired);
  if (member == "description") return read(member, value, patch.description);
  if (member == "display_names") return read(member, value, patch.display_names);
  if (member == "data_class") return read(member, value, patch.data_class);
  if (member == "new_name") return read(member, value, patch.new_name);
  if (member == "aliases") return read(member, value, patch.aliases);
  if (is_provenance(member)) return {};
  return Error(GovernanceError::invalid, fmt::format("a signal has no \"{}\"", member));
}

std::string& name_of_subject(AssetPatch& patch) { return patch.path; }
std::string& name_of_subject(SignalPatch& patch) { return patch.full_name; }

template <class Patch>
Result<Patch> read_patch(element value, Patch patch) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return Error(GovernanceError::invalid, "not an object");
  bool named = !name_of_subject(patch).empty();
  for (const auto [member, one] : object) {
    named = named || member == "name";
    if (auto done = read_member(member, one, patch); !done) return done.error();
  }
  if (!named) return Error(GovernanceError::invalid, "\"name\" is missing");
  return patch;
}

template <class Patch>
Result<Patch> read_one(std::string_view json, Patch patch) {
  const std::string name = name_of_subject(patch);
  simdjson::dom::parser parser;
  element document;
  if (const auto failed = parser.parse(json.data(), json.size()).get(document); failed != simdjson::SUCCESS) {
    return Error(GovernanceError::malformed, fmt::format("not JSON: {}", simdjson::error_message(failed)));
  }
  auto read = read_patch(document, std::move(patch));
  if (read && name_of_subject(*read) != name) {
    return Error(GovernanceError::invalid, fmt::format("\"name\" should be {}; \"new_name\" gives it another", name));
  }
  return read;
}

template <class Patch>
void read_list(simdjson::dom::array list, const Patch& empty, std::uint32_t& number, Import& import) {
  for (const element one : list) {
    ++number;
    auto patch = read_patch(one, empty);
    if (patch) {
      import.patches.push_back({.line = number, .patch = std::move(*patch)});
    } else {
      import.errors.push_back({.line = number, .message = patch.error().message()});
    }
  }
}

}  // namespace

Result<AssetPatch> read_asset_patch(std::string_view path, std::string_view json) {
  return read_one(json, AssetPatch{.path = std::string(path)});
}

Result<SignalPatch> read_signal_patch(std::string_view full_name, std::string_view json) {
  return read_one(json, SignalPatch{.full_name = std::string(full_name)});
}

std::string export_json(const Catalogue& catalogue, const Selection& selection) {
  std::string text;
  JsonWriter json(text);
  bool in_signals = false;
  json.start_object().key("assets").start_array();
  visit_metadata(catalogue, selection, [&](const auto& one) {
    if constexpr (std::same_as<std::decay_t<decltype(one)>, Signal>) {
      if (!std::exchange(in_signals, true)) json.end_array().key("signals").start_array();
    }
    write_json(json, one);
  });
  if (!in_signals) json.end_array().key("signals").start_array();
  json.end_array().end_object();
  text.push_back('\n');
  return text;
}

Result<Import> import_json(std::string_view text) {
  const auto malformed = [](std::string_view what) { return Error(GovernanceError::malformed, std::string(what)); };
  simdjson::dom::parser parser;
  element document;
  if (const auto failed = parser.parse(text.data(), text.size()).get(document); failed != simdjson::SUCCESS) {
    return malformed(fmt::format("not JSON: {}", simdjson::error_message(failed)));
  }
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    return malformed(R"(the document should be {"assets": [...], "signals": [...]})");
  }
  Import import;
  std::uint32_t number = 0;
  for (const auto [member, value] : object) {
    simdjson::dom::array list;
    if ((member != "assets" && member != "signals") || value.get(list) != simdjson::SUCCESS) {
      return malformed(R"(the document should be {"assets": [...], "signals": [...]})");
    }
    if (member == "assets") {
      read_list(list, AssetPatch{.path = {}, .create = true}, number, import);
    } else {
      read_list(list, SignalPatch{.full_name = {}}, number, import);
    }
  }
  return import;
}

}  // namespace artery::governance
