#include "governance/assigner.h"

#include <atomic>
#include <coroutine>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "governance/draft.h"
#include "runtime/task.h"

namespace artery::governance {
namespace {

struct CreateRequest {
  std::vector<WantedSignals> wanted;
  std::string author;
  runtime::Executor& answer_on;
  Assigner::Created done;
};

struct EditRequest {
  std::vector<Patch> patches;
  std::string author;
  runtime::Executor& answer_on;
  Assigner::Edited done;
  std::vector<Result<void>> results;
};

using Request = std::variant<CreateRequest, EditRequest>;

// Appends a batch and goes on at home with the acknowledgement.
struct Appended {
  log::Log& log;
  runtime::Executor& home;
  log::BatchBuilder batch;
  Result<Offset> result = Offset();

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    auto taken = log.append(std::move(batch), [this, self, &to = home](Result<Offset> acknowledged) {
      to.post([this, self, acknowledged = std::move(acknowledged)]() mutable {
        result = std::move(acknowledged);
        self.resume();
      });
    });
    if (taken) return true;  // the coroutine may be running already: nothing of it may be touched here
    result = taken.error();
    return false;
  }
  Result<Offset> await_resume() { return std::move(result); }
};

void answer(CreateRequest request, Result<void> result) {
  request.answer_on.post(
      [done = std::move(request.done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void answer(EditRequest request, Result<void> result) {
  Result<std::vector<Result<void>>> results = std::move(request.results);
  if (!result) results = result.error();
  request.answer_on.post(
      [done = std::move(request.done), results = std::move(results)]() mutable { done(std::move(results)); });
}

}  // namespace

class Assigner::Worker {
 public:
  Worker(Surroundings around, AssignerSettings settings) : around_(around), settings_(settings) {}

  // On home.
  void take(Request request) {
    waiting_.push_back(std::move(request));
    if (working_) return;
    working_ = true;
    scope_.spawn(work());
  }

  [[nodiscard]] runtime::Executor& home() const { return around_.home; }
  [[nodiscard]] AssignerCounters counters() const {
    return {.signals_created = signals_created_.load(std::memory_order_relaxed),
            .assets_created = assets_created_.load(std::memory_order_relaxed),
            .edits = edits_.load(std::memory_order_relaxed),
            .refused_too_many = refused_too_many_.load(std::memory_order_relaxed)};
  }

 private:
  runtime::Task<void> work() {
    while (!waiting_.empty()) {
      std::vector<Request> group = std::exchange(waiting_, {});
      Result<void> written = co_await perform(&group);
      for (Request& request : group) {
        std::visit([&](auto& one) { answer(std::move(one), written); }, request);
      }
    }
    working_ = false;
  }

  runtime::Task<Result<void>> perform(std::vector<Request>* group) {
    std::optional<Draft> draft(std::in_place, around_.catalogue, settings_.signals_max);
    for (Request& request : *group) {
      if (auto* create = std::get_if<CreateRequest>(&request)) {
        prepare(*create, *draft);
        continue;
      }
      auto& edit = std::get<EditRequest>(request);
      for (const Patch& patch : edit.patches) {
        const bool stands_alone = draft->stands_alone(patch);
        if (stands_alone) {
          if (auto written = co_await write(&draft); !written) co_return written;
        }
        prepare(edit, patch, *draft);
        if (!stands_alone) continue;
        if (auto written = co_await write(&draft); !written) co_return written;
      }
    }
    co_return co_await write(&draft);
  }

  // And begins a new one.
  runtime::Task<Result<void>> write(std::optional<Draft>* draft) {
    Result<void> written = co_await write((*draft)->take_batches());
    if (written) {
      signals_created_.fetch_add((*draft)->signals_created(), std::memory_order_relaxed);
      assets_created_.fetch_add((*draft)->assets_created(), std::memory_order_relaxed);
    }
    draft->emplace(around_.catalogue, settings_.signals_max);
    co_return written;
  }

  runtime::Task<Result<void>> write(std::vector<log::BatchBuilder> batches) {
    Offset end;
    Result<void> failed;
    for (log::BatchBuilder& batch : batches) {
      Appended appended{around_.log, around_.home, std::move(batch)};  // GCC 12 destroys such a temporary twice
      const Result<Offset> offset = co_await appended;
      if (!offset) {
        failed = offset.error();
        break;
      }
      end = Offset(offset->value() + 1);
    }
    // Also what was written before a failure must be applied before the next draft gives ids.
    Result<void> applied = co_await around_.reader.applied(end);
    co_return failed ? std::move(applied) : std::move(failed);
  }

  void prepare(CreateRequest& request, Draft& draft) {
    const Change change{.author = request.author, .time = around_.clock.now()};
    for (const WantedSignals& wanted : request.wanted) prepare(wanted, change, draft);
  }

  void prepare(const WantedSignals& wanted, const Change& change, Draft& draft) {
    const auto* key = std::get_if<SeriesKey>(&wanted.asset);
    const std::string path =
        key != nullptr ? draft.path_for(*key) : draft.present_path(std::get<std::string>(wanted.asset));
    std::optional<AssetId> asset;  // not made for the sake of signals that are refused
    for (const WantedSignals::Field& field : wanted.fields) {
      const std::string full_name = join_name(path, field.name);
      if (auto checked = draft.check_signal(full_name); !checked) {
        if (checked.error().is(GovernanceError::too_many)) refused_too_many_.fetch_add(1, std::memory_order_relaxed);
        continue;
      }
      if (!asset) {
        const auto made = draft.make_asset(path, key, change);
        if (!made) return;
        asset = *made;
      }
      const auto made = draft.make_signal(*asset, full_name, field.type, change);
      ARTERY_ASSERT(made);
    }
  }

  void prepare(EditRequest& request, const Patch& patch, Draft& draft) {
    const Change change{.author = request.author, .time = around_.clock.now()};
    request.results.push_back(std::visit([&](const auto& one) { return draft.edit(one, change); }, patch));
    if (request.results.back()) edits_.fetch_add(1, std::memory_order_relaxed);
  }

  Surroundings around_;
  AssignerSettings settings_;
  std::vector<Request> waiting_;
  bool working_ = false;
  std::atomic<std::uint64_t> signals_created_{0};
  std::atomic<std::uint64_t> assets_created_{0};
  std::atomic<std::uint64_t> edits_{0};
  std::atomic<std::uint64_t> refused_too_many_{0};
  runtime::Scope scope_;
};

Assigner::Assigner(Surroundings around, AssignerSettings settings)
    : worker_(std::make_shared<Worker>(around, settings)) {}
Assigner::~Assigner() = default;

void Assigner::create(std::vector<WantedSignals> wanted, std::string author, runtime::Executor& answer_on,
                      Created done) {
  worker_->home().post(
      [worker = worker_, request = CreateRequest{std::move(wanted), std::move(author), answer_on,
                                                 std::move(done)}]() mutable { worker->take(std::move(request)); });
}

void Assigner::edit(std::vector<Patch> patches, std::string author, runtime::Executor& answer_on, Edited done) {
  worker_->home().post(
      [worker = worker_,
       request = EditRequest{std::move(patches), std::move(author), answer_on, std::move(done), {}}]() mutable {
        worker->take(std::move(request));
      });
}

AssignerCounters Assigner::counters() const { return worker_->counters(); }

}  // namespace artery::governance
