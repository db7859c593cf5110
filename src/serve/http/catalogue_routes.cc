#include "serve/http/catalogue_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "governance/catalogue_io.h"
#include "model/topic_filter.h"
#include "serve/http/parameters.h"

namespace artery::serve {

using governance::Asset;
using governance::AssetPatch;
using governance::MetadataFormat;
using governance::Selection;
using governance::Signal;
using governance::SignalPatch;
using net::ResponseHandle;
using runtime::Task;

namespace {

constexpr std::size_t page_default = 1'000;
constexpr std::size_t page_max = 100'000;

// What assets and signals differ in, for the routes that are the same.
struct Assets {
  static constexpr std::string_view plural = "assets";
  static constexpr std::string_view singular = "asset";
  static constexpr bool can_be_retired = false;
  static auto page(const governance::Catalogue& catalogue, const Selection& selection) {
    return catalogue.assets(selection);
  }
  static auto find(const governance::Catalogue& catalogue, std::string_view name) { return catalogue.asset(name); }
  static auto find(const governance::Catalogue& catalogue, AssetId id) { return catalogue.asset(id); }
  static auto read(std::string_view name, std::string_view json) { return governance::read_asset_patch(name, json); }
  static void reset(AssetPatch& patch, const std::optional<Asset>& present);
};

struct Signals {
  static constexpr std::string_view plural = "signals";
  static constexpr std::string_view singular = "signal";
  static constexpr bool can_be_retired = true;
  static auto page(const governance::Catalogue& catalogue, const Selection& selection) {
    return catalogue.signals(selection);
  }
  static auto find(const governance::Catalogue& catalogue, std::string_view name) { return catalogue.signal(name); }
  static auto find(const governance::Catalogue& catalogue, SignalId id) { return catalogue.signal(id); }
  static auto read(std::string_view name, std::string_view json) { return governance::read_signal_patch(name, json); }
  static void reset(SignalPatch& patch, const std::optional<Signal>& present);
};

void reset_texts(governance::Texts& texts, const governance::Texts& present) {
  for (const auto& [key, text] : present) texts.try_emplace(key, "");
}

template <class T, class U>
void reset_to(std::optional<T>& member, U value) {
  if (!member) member = value;
}

void Assets::reset(AssetPatch& patch, const std::optional<Asset>& present) {
  patch.create = true;
  reset_to(patch.type, "");
  reset_to(patch.description, "");
  reset_to(patch.data_class, governance::DataClass::general);
  if (!present) return;
  reset_texts(patch.properties, present->properties);
  reset_texts(patch.display_names, present->display_names);
}

void Signals::reset(SignalPatch& patch, const std::optional<Signal>& present) {
  reset_to(patch.unit, "");
  reset_to(patch.low, std::optional<double>());
  reset_to(patch.high, std::optional<double>());
  reset_to(patch.stepped, false);
  reset_to(patch.description, "");
  reset_to(patch.data_class, governance::DataClass::general);
  if (present) reset_texts(patch.display_names, present->display_names);
}

net::Response unknown(std::string_view what, std::string_view name) {
  return net::problem(404, fmt::format("unknown {}", what), fmt::format("there is no {} '{}'", what, name));
}

Selection read_selection(Parameters& parameters) {
  Selection selection{.filter = std::string(parameters.text("filter")),
                      .contains = std::string(parameters.text("contains")),
                      .after = {},
                      .limit = page_default};
  if (!selection.filter.empty() && !valid_topic_filter(selection.filter)) {
    parameters.fail(
        fmt::format("`filter` is '{}'; it must be a pattern like acme/+/force or acme/#", selection.filter));
  }
  return selection;
}

std::optional<MetadataFormat> format_of_media_type(std::string_view type) {
  const std::string_view essence = net::trim(type.substr(0, type.find(';')));
  if (equals_ignoring_case(essence, "application/json")) return MetadataFormat::json;
  if (equals_ignoring_case(essence, "text/csv")) return MetadataFormat::csv;
  return std::nullopt;
}

struct Refused {
  std::uint32_t line;
  std::string message;
};

// So that a patch overwrites nothing of what is there. Nothing is retired by it: samples are to follow.
Result<void> keep_known(const governance::Catalogue& catalogue, governance::Patch& patch) {
  if (auto* of_signal = std::get_if<SignalPatch>(&patch)) {
    of_signal->retired.reset();
    const auto present = catalogue.signal(of_signal->full_name);
    return present ? governance::keep_known(*of_signal, *present) : Result<void>();
  }
  auto& of_asset = std::get<AssetPatch>(patch);
  const auto present = catalogue.asset(of_asset.path);
  return present ? governance::keep_known(of_asset, *present) : Result<void>();
}

net::Response import_answer(std::size_t applied, std::vector<Refused> refused) {
  std::ranges::sort(refused, {}, &Refused::line);
  std::string body;
  JsonWriter json(body);
  json.start_object().member("applied", applied).key("refused").start_array();
  for (const auto& [line, message] : refused) {
    json.start_object().member("line", line).member("message", message).end_object();
  }
  json.end_array().end_object();
  return net::json_response(std::move(body));
}

}  // namespace

void CatalogueRoutes::add_to(net::HttpServer& server) {
  add_kind_to<Assets>(server);
  add_kind_to<Signals>(server);
  server.handle(net::Method::get, "/api/v1/catalogue", [this](const net::Request& request, ResponseHandle response) {
    export_all(request, std::move(response));
  });
  server.handle(
      net::Method::post, "/api/v1/catalogue",
      [this](const net::Request& request, ResponseHandle response) { import_all(request, std::move(response)); },
      {.body_bytes_max = settings_.import_bytes_max});
}

template <class Kind>
void CatalogueRoutes::add_kind_to(net::HttpServer& server) {
  const std::string many = fmt::format("/api/v1/{}", Kind::plural);
  const std::string one = many + "/{name...}";
  server.handle(net::Method::get, many, [this](const net::Request& request, ResponseHandle response) {
    list<Kind>(request, std::move(response));
  });
  server.handle(net::Method::get, one, [this](const net::Request& request, ResponseHandle response) {
    get<Kind>(request, std::move(response));
  });
  const auto changing = [this](Change how) {
    return [this, how](const net::Request& request, ResponseHandle response) {
      change<Kind>(request, std::move(response), how);
    };
  };
  server.handle(net::Method::patch, one, changing(Change::patch), {.only_json = true});
  server.handle(net::Method::put, one, changing(Change::put), {.only_json = true});
}

template <class Kind>
void CatalogueRoutes::list(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  Selection selection = read_selection(parameters);
  selection.after = parameters.text("after");
  selection.limit = parameters.number("limit", page_default, 1, page_max);
  selection.bytes_max = settings_.page_bytes_max;
  selection.retired = Kind::can_be_retired && parameters.flag("retired");
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  if (work_.refuses(request.shard, response)) return;
  const auto make = [this, selection = std::move(selection)] {
    const auto page = Kind::page(node_.catalogue, selection);
    std::string body;
    JsonWriter json(body);
    json.start_object().key(Kind::plural).start_array();
    for (const auto& one : page.items) governance::write_json(json, one);
    json.end_array().key("next");
    if (page.next) {
      json.text(*page.next);
    } else {
      json.null();
    }
    json.end_object();
    return net::json_response(std::move(body));
  };
  work_.spawn(request.shard, answer_from_pool(request.shard, make, std::move(response)));
}

template <class Kind>
void CatalogueRoutes::get(const net::Request& request, ResponseHandle response) const {
  Parameters parameters(request);
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  const std::string_view name = request.parameter("name");
  const auto found = Kind::find(node_.catalogue, name);
  if (!found) return response.send(unknown(Kind::singular, name));
  std::string body;
  JsonWriter json(body);
  governance::write_json(json, *found);
  response.send(net::json_response(std::move(body)));
}

template <class Kind>
void CatalogueRoutes::change(const net::Request& request, ResponseHandle response, Change change) {
  Parameters parameters(request);
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  std::string name(request.parameter("name"));
  auto author = read_author(request);
  if (!author) return response.send(answer_of(author.error()));
  auto patch = Kind::read(name, as_text(request.body));
  if (!patch) return response.send(answer_of(patch.error()));
  const auto present = Kind::find(node_.catalogue, name);
  if (!present && change == Change::patch) return response.send(unknown(Kind::singular, name));
  if (change == Change::put) Kind::reset(*patch, present);
  node_.assigner.edit({std::move(*patch)}, std::move(*author), work_.loop(request.shard),
                      [this, name = std::move(name), id = present ? std::optional(present->id) : std::nullopt,
                       handle = std::move(response)](Result<std::vector<Result<void>>> edited) mutable {
                        if (!edited) return handle.send(answer_of(edited.error()));
                        if (!edited->front()) return handle.send(answer_of(edited->front().error()));
                        std::string body;
                        JsonWriter json(body);
                        // By its id: the name that was asked for may lead there no more.
                        const auto now = id ? Kind::find(node_.catalogue, *id) : Kind::find(node_.catalogue, name);
                        if (now) governance::write_json(json, *now);
                        handle.send(net::json_response(std::move(body), id ? 200U : 201U));
                      });
}

void CatalogueRoutes::export_all(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const Selection selection = read_selection(parameters);
  const std::string_view format = parameters.text("format", "json");
  if (format != "json" && format != "csv") parameters.fail(fmt::format("`format` is '{}'; it is json or csv", format));
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  if (work_.refuses(request.shard, response)) return;
  const auto make = [this, selection, is_csv = format == "csv"] {
    net::Response answer;
    answer.content_type = is_csv ? "text/csv; charset=utf-8" : "application/json";
    answer.body =
        governance::export_metadata(node_.catalogue, is_csv ? MetadataFormat::csv : MetadataFormat::json, selection);
    return answer;
  };
  work_.spawn(request.shard, answer_from_pool(request.shard, make, std::move(response)));
}

void CatalogueRoutes::import_all(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const std::string_view known = parameters.text("known", "change");
  if (known != "change" && known != "keep") {
    parameters.fail(fmt::format("`known` is '{}'; it is change or keep", known));
  }
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  const auto format = format_of_media_type(request.header("Content-Type").value_or(""));
  if (!format) {
    return response.send(net::problem(415, {}, "Content-Type must be application/json or text/csv"));
  }
  auto author = read_author(request);
  if (!author) return response.send(answer_of(author.error()));
  auto import = governance::import_metadata(as_text(request.body), *format);
  if (!import) return response.send(answer_of(import.error()));
  std::vector<Refused> refused;
  for (auto& error : import->errors) refused.push_back({error.line, std::move(error.message)});
  std::vector<std::uint32_t> lines;
  std::vector<governance::Patch> patches;
  for (auto& [line, patch] : import->patches) {
    if (known == "keep") {
      if (auto kept = keep_known(node_.catalogue, patch); !kept) {
        refused.push_back({line, kept.error().message()});
        continue;
      }
    }
    lines.push_back(line);
    patches.push_back(std::move(patch));
  }
  if (patches.empty()) return response.send(import_answer(0, std::move(refused)));
  node_.assigner.edit(std::move(patches), std::move(*author), work_.loop(request.shard),
                      [lines = std::move(lines), refused = std::move(refused),
                       handle = std::move(response)](Result<std::vector<Result<void>>> edited) mutable {
                        if (!edited) return handle.send(answer_of(edited.error()));
                        std::size_t applied = 0;
                        for (std::size_t i = 0; i < edited->size(); ++i) {
                          const Result<void>& one = (*edited)[i];
                          if (one) {
                            ++applied;
                          } else {
                            refused.push_back({lines[i], one.error().message()});
                          }
                        }
                        handle.send(import_answer(applied, std::move(refused)));
                      });
}

Task<void> CatalogueRoutes::answer_from_pool(unsigned shard, std::function<net::Response()> make,
                                             ResponseHandle response) {
  co_await runtime::on(node_.pool);
  net::Response made = make();
  co_await runtime::on(work_.loop(shard));
  response.send(std::move(made));
}

}  // namespace artery::serve
