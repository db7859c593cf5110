#include "serve/http/export_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "model/topic_filter.h"
#include "serve/http/parameters.h"

namespace artery::serve {

using governance::Asset;
using governance::Selection;
using governance::Signal;
using net::ResponseHandle;
using runtime::Task;

namespace {

constexpr std::size_t filters_max = 100;
constexpr std::size_t signals_at_once = 1'000;
constexpr std::size_t names_bytes_at_once = std::size_t{256} << 10;
constexpr std::uint64_t samples_bytes_at_once = std::size_t{256} << 10;

// The signals that one of the filters selects, each once: by filter, then by name. Those that were made after this was
// are left out, so that every walk of one export comes by the same.
class SelectedSignals {
 public:
  SelectedSignals(const governance::Catalogue& catalogue, const std::vector<std::string>& filters, SignalId end)
      : catalogue_(catalogue), filters_(filters), end_(end) {}

  // Some more; none at the end.
  std::vector<Signal> next() {
    while (filter_ < filters_.size()) {
      auto page = catalogue_.signals({.filter = filters_[filter_],
                                      .contains = {},
                                      .after = after_,
                                      .limit = signals_at_once,
                                      .bytes_max = names_bytes_at_once});
      after_ = page.next.value_or("");
      const std::size_t filter = page.next ? filter_ : filter_++;
      std::erase_if(page.items, [&](const Signal& signal) {
        return signal.id >= end_ ||
               std::any_of(filters_.begin(), filters_.begin() + static_cast<std::ptrdiff_t>(filter),
                           [&](const std::string& former) { return topic_matches(former, signal.full_name); });
      });
      if (!page.items.empty()) return std::move(page.items);
    }
    return {};
  }

 private:
  const governance::Catalogue& catalogue_;
  const std::vector<std::string>& filters_;
  const SignalId end_;
  std::size_t filter_ = 0;
  std::string after_;
};

// One export on its way. Reads and writes text on the pool, and hands it to the client on the client's loop.
class Export {
 public:
  Export(const NodeView& node, runtime::Loop& home, const ExportAsked& asked, net::ResponseWriter& writer)
      : node_(node), home_(home), asked_(asked), writer_(writer), signals_end_(node.catalogue.next_signal()) {}

  // On the pool; goes on on the client's loop. Errors: as query::Queries::raw().
  Task<Result<void>> run() {
    const bool is_heard = co_await write_names();
    Result<bool> done = is_heard;
    if (is_heard) done = co_await write_all_samples();
    if (done && !*done) co_return Result<void>();  // nobody listens any more
    if (!done && !asked_.is_csv) write_export_error(done.error().message(), text_);
    if (done && !asked_.is_csv) write_export_end(counts_, text_);
    (void)co_await send();
    if (done) writer_.done();
    co_return done ? Result<void>() : done.error();
  }

 private:
  // Gives the client what is written. Goes on on its loop; false where it is gone.
  Task<bool> send() {
    co_await runtime::on(home_);
    if (writer_.is_open() && !writer_.send(as_bytes(text_))) co_await taken(writer_);
    text_.clear();
    co_return writer_.is_open();
  }

  Task<bool> write_names() {
    if (asked_.is_csv) {
      write_csv_header(text_);
      co_return true;
    }
    write_export_header(asked_, node_.name, node_.clock.now(), text_);
    ++counts_.lines;
    SelectedSignals selected(node_.catalogue, asked_.filters, signals_end_);
    while (true) {
      co_await runtime::on(node_.pool);
      const std::vector<Signal> some = selected.next();
      if (some.empty()) co_return true;
      write_metadata_lines(assets_of(some), counts_, text_);
      write_metadata_lines(some, counts_, text_);
      const bool is_heard = co_await send();
      if (!is_heard) co_return false;
    }
  }

  // An asset whose signals lie on two pages is written twice.
  [[nodiscard]] std::vector<Asset> assets_of(const std::vector<Signal>& signals) const {
    std::vector<Asset> assets;
    for (const Signal& signal : signals) {
      if (!assets.empty() && assets.back().id == signal.asset) continue;
      auto asset = node_.catalogue.asset(signal.asset);
      if (asset && !asset->path.empty()) assets.push_back(std::move(*asset));
    }
    return assets;
  }

  Task<Result<bool>> write_all_samples() {
    SelectedSignals selected(node_.catalogue, asked_.filters, signals_end_);
    while (true) {
      co_await runtime::on(node_.pool);
      const std::vector<Signal> some = selected.next();
      if (some.empty()) co_return true;
      for (const Signal& signal : some) {
        const auto done = co_await write_samples_of(&signal);
        if (!done || !*done) co_return done;
      }
    }
  }

  Task<Result<bool>> write_samples_of(const Signal* signal) {
    query::RawRequest page{.asset = signal->asset,
                           .signal = signal->id,
                           .from = asked_.from,
                           .to = asked_.to,
                           .bytes_max = samples_bytes_at_once,
                           .after = {},
                           .revisions = history::Revisions::all};
    ++counts_.signals;
    while (true) {
      co_await runtime::on(node_.pool);
      const auto raw = co_await query::Queries(node_.history, node_.pool).raw(page);
      if (!raw) co_return raw.error();
      counts_.incomplete |= raw->incomplete;
      for (const history::Samples& samples : raw->vectors) {
        if (asked_.is_csv) {
          write_csv_rows(*signal, samples, text_);
        } else {
          write_sample_lines(signal->full_name, samples, counts_, text_);
        }
      }
      if (text_.size() >= whole_bytes_max) {
        const bool is_heard = co_await send();
        if (!is_heard) co_return false;
      }
      if (!raw->next) co_return true;
      page.after = raw->next;
    }
  }

  const NodeView& node_;
  runtime::Loop& home_;
  const ExportAsked& asked_;
  net::ResponseWriter& writer_;
  const SignalId signals_end_;
  ExportCounts counts_;
  std::string text_;
};

}  // namespace

void ExportRoutes::add_to(net::HttpServer& server) {
  server.handle(net::Method::get, "/api/v1/export", [this](const net::Request& request, ResponseHandle response) {
    Parameters parameters(request);
    const std::string_view format = parameters.text("format", "json");
    ExportAsked asked{.filters = parameters.texts("filter", filters_max),
                      .from = parameters.time("from", time_min),
                      .to = parameters.time("to", time_max),
                      .is_csv = format == "csv"};
    if (format != "json" && format != "csv") {
      parameters.fail(fmt::format("`format` is '{}'; it is json or csv", format));
    }
    if (asked.from >= asked.to) parameters.fail("`from` must be before `to`");
    for (const std::string& filter : asked.filters) {
      if (valid_topic_filter(filter)) continue;
      parameters.fail(
          fmt::format("`filter` is '{}'; it must be a name, or a pattern like acme/+/force or acme/#", filter));
    }
    if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
    if (work_.refuses(request.shard, response)) return;
    work_.spawn(request.shard, answer(request.shard, std::move(asked), std::move(response)));
  });
}

Task<void> ExportRoutes::answer(unsigned shard, ExportAsked asked, ResponseHandle response) {
  co_await runtime::on(node_.pool);
  const auto empty = std::ranges::find_if(asked.filters, [this](const std::string& filter) {
    return node_.catalogue.signals({.filter = filter, .contains = {}, .after = {}, .limit = 1}).items.empty();
  });
  co_await runtime::on(work_.loop(shard));
  if (empty != asked.filters.end()) {
    response.send(net::problem(404, "unknown signal", fmt::format("`{}` selects no signal", *empty)));
    co_return;
  }
  net::Response head;
  head.content_type = asked.is_csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
  net::ResponseWriter writer = response.stream(head);
  Export running(node_, work_.loop(shard), asked, writer);
  co_await runtime::on(node_.pool);
  const auto done = co_await running.run();
  if (!done) node_.journal.warning("serve", "an export broke off: {}", done.error().message());
}

}  // namespace artery::serve
