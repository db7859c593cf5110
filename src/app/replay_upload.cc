#include "app/replay_upload.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "app/error.h"
#include "app/http_call.h"

namespace artery::app {

namespace {

constexpr Duration pause_first = std::chrono::milliseconds(100);
constexpr Duration pause_max = std::chrono::seconds(5);
constexpr Duration idle_every = std::chrono::milliseconds(200);

// A part of a batch: it is sent in halves where the answer cannot name every refusal, or the node finds it too long.
struct Part {
  std::size_t from = 0;  // lines
  std::size_t to = 0;
};

struct Answer {
  std::uint64_t dropped = 0;
  std::vector<std::pair<std::uint64_t, RefusedLine>> refusals;  // body line of the part
};

// The members "refused" and "dropped" of a node's 400.
std::optional<Answer> read_answer(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  Answer answer;
  simdjson::dom::array refused;
  if (parser.parse(body).get(document) != simdjson::SUCCESS ||
      document["dropped"].get(answer.dropped) != simdjson::SUCCESS ||
      document["refused"].get(refused) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  for (const simdjson::dom::element one : refused) {
    std::uint64_t line = 0;
    std::string_view kind;
    std::string_view reason;
    if (one["line"].get(line) != simdjson::SUCCESS || one["kind"].get(kind) != simdjson::SUCCESS ||
        one["reason"].get(reason) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    answer.refusals.emplace_back(line, RefusedLine{{}, std::string(kind), std::string(reason), {}});
  }
  return answer;
}

}  // namespace

// One connection and its batches. On the loop.
class Uploader::Lane {
 public:
  Lane(Uploader& owner, runtime::Loop& loop, net::ServerUrl server, Duration wait_max)
      : owner_(owner),
        loop_(loop),
        client_(std::make_unique<net::HttpClient>(loop, std::move(server))),
        wait_max_(wait_max) {}

  void add(Batch batch) {
    batches_.push_back(std::move(batch));
    if (batches_.size() == 1) begin();
  }

 private:
  void begin() {
    const Batch& batch = batches_.front();
    outcome_ = {.lane = batch.lane, .order = batch.order, .samples = batch.samples, .refused = 0, .lines = {}};
    parts_ = {{0, batch.lines.size()}};
    send();
  }

  void send() {
    if (parts_.empty()) {
      owner_.tell(std::move(outcome_));
      batches_.pop_front();
      if (!batches_.empty()) begin();
      return;
    }
    client_->call({"POST", owner_.door_.target, owner_.door_.content_type, {}, text_of(parts_.front())},
                  [this](Result<net::ClientResponse> response) { on_answer(std::move(response)); });
  }

  std::string_view text_of(const Part& part) const {
    const Batch& batch = batches_.front();
    const std::size_t begin = batch.lines[part.from].offset;
    const std::size_t end = part.to < batch.lines.size() ? batch.lines[part.to].offset : batch.body.size();
    return std::string_view(batch.body).substr(begin, end - begin);
  }

  void on_answer(Result<net::ClientResponse> response) {
    if (!response) return try_again(response.error().message(), {});
    if (response->status == 503 || response->status == 507 || response->status == 429) {
      return try_again(fmt::format("the node answers {}: {}", response->status, reason_in(response->body)),
                       std::chrono::seconds(response->retry_after_s));
    }
    if (std::exchange(pause_, Duration::zero()) != Duration::zero()) owner_.set_trouble("");
    trouble_since_.reset();
    const Part part = parts_.front();
    if (response->status == 204) {
      parts_.pop_front();
    } else if (response->status == 413 && part.to - part.from > 1) {
      halve();
    } else if (response->status == 413 || response->status == 400) {
      take_refusals(*response);
    } else {
      return owner_.fail(Error(AppError::refused,
                               fmt::format("the node answers {}: {}", response->status, reason_in(response->body))));
    }
    send();
  }

  void take_refusals(const net::ClientResponse& response) {
    const Part part = parts_.front();
    const auto answer = response.status == 400 ? read_answer(response.body) : std::nullopt;
    // Replays are harmless: what the halves say again costs nothing, and each of them names its own refusals.
    if (part.to - part.from > 1 && (!answer || answer->dropped > answer->refusals.size())) return halve();
    parts_.pop_front();
    if (!answer) {
      outcome_.lines.push_back({origin(part.from), "malformed", reason_in(response.body), std::string(text_of(part))});
      ++outcome_.refused;
      return;
    }
    outcome_.refused += answer->dropped;
    const std::uint32_t first = origin(part.from).body_line;
    for (const auto& [line, refusal] : answer->refusals) {
      const auto& lines = batches_.front().lines;
      const std::uint64_t body_line = first + line - 1;
      const auto after = std::ranges::upper_bound(lines, body_line, {}, &LineOrigin::body_line);
      const std::size_t index = after == lines.begin() ? 0 : static_cast<std::size_t>(after - lines.begin()) - 1;
      std::string_view text = text_of({index, index + 1});
      if (text.ends_with('\n')) text.remove_suffix(1);
      outcome_.lines.push_back({lines[index], refusal.kind, refusal.reason, std::string(text)});
    }
  }

  [[nodiscard]] const LineOrigin& origin(std::size_t index) const { return batches_.front().lines[index]; }

  void halve() {
    const Part part = parts_.front();
    const std::size_t middle = part.from + (part.to - part.from) / 2;
    parts_.front() = {middle, part.to};
    parts_.push_front({part.from, middle});
  }

  // The same bytes again, after a pause that doubles; never earlier than the node `asked` for.
  void try_again(const std::string& why, Duration asked) {
    const Instant now = owner_.runtime_.clock().instant();
    if (!trouble_since_) trouble_since_ = now;
    if (now - *trouble_since_ + asked > wait_max_) return owner_.fail(Error(AppError::no_answer, why));
    owner_.set_trouble(why + "; trying again");
    pause_ = std::clamp(pause_ * 2, pause_first, pause_max);
    loop_.after(std::max(pause_, asked), [this] { send(); });
  }

  Uploader& owner_;
  runtime::Loop& loop_;
  std::unique_ptr<net::HttpClient> client_;
  const Duration wait_max_;
  std::deque<Batch> batches_;
  std::deque<Part> parts_;  // of the first batch: what is still to be sent
  Outcome outcome_;
  Duration pause_{};
  std::optional<Instant> trouble_since_;
};

Uploader::Uploader(runtime::Runtime& runtime, const net::ServerUrl& server, Door door, std::size_t lanes,
                   Duration wait_max, std::function<void()> idle)
    : runtime_(runtime),
      door_(std::move(door)),
      idle_(std::move(idle)),
      waiting_(lanes),
      loop_(runtime.make_loop("upload")) {
  for (std::size_t i = 0; i < lanes; ++i) lanes_.push_back(std::make_unique<Lane>(*this, *loop_, server, wait_max));
}

Uploader::~Uploader() {
  stop();
  // The connections end on their loop, before it does.
  std::atomic<bool> gone = false;
  loop_->post([&] {
    lanes_.clear();
    gone = true;
    gone.notify_all();
  });
  gone.wait(false);
  loop_.reset();
}

template <class Condition>
void Uploader::wait(std::unique_lock<std::mutex>& lock, Condition condition) {
  while (!changed_.wait_for(lock, idle_every, condition)) {
    lock.unlock();
    idle_();
    lock.lock();
  }
}

bool Uploader::push(Batch batch) {
  {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return stopping_ || failure_ || waiting_[batch.lane] < waiting_per_lane_max; });
    if (stopping_ || failure_) return false;
    ++waiting_[batch.lane];
  }
  loop_->post([this, sent = std::move(batch)]() mutable {
    Lane& lane = *lanes_[sent.lane];
    lane.add(std::move(sent));
  });
  return true;
}

bool Uploader::drain() {
  std::unique_lock lock(mutex_);
  const auto is_done = [&] { return std::accumulate(waiting_.begin(), waiting_.end(), std::size_t{0}) == 0; };
  wait(lock, [&] { return stopping_ || failure_ || is_done(); });
  return is_done();
}

std::vector<Outcome> Uploader::take_outcomes() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(outcomes_, {});
}

void Uploader::stop() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Uploader::rest(Duration time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return stopping_ || failure_; });
}

std::optional<Error> Uploader::failure() {
  const std::scoped_lock lock(mutex_);
  return failure_;
}

std::string Uploader::trouble() {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

void Uploader::tell(Outcome outcome) {
  const std::scoped_lock lock(mutex_);
  --waiting_[outcome.lane];
  outcomes_.push_back(std::move(outcome));
  changed_.notify_all();
}

void Uploader::fail(Error error) {
  const std::scoped_lock lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  changed_.notify_all();
}

void Uploader::set_trouble(std::string text) {
  const std::scoped_lock lock(mutex_);
  trouble_ = std::move(text);
}

}  // namespace artery::app
