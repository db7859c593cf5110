#include "backup_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/node_test.h"
#include "app/verify.h"
#include "backup/contents.h"
#include "backup/restore.h"

namespace artery::backup_sim {
namespace {

using app::testing::Life;
using app::testing::Request;
using sim::CrashKind;
using sim::Machine;
using namespace std::chrono_literals;

constexpr int assets = 3;
constexpr int times = 30;
constexpr int rounds_max = 4;
constexpr std::uint64_t actions_max = 40;
constexpr std::uint64_t operations_max = 1500;  // of files, before a crash

// What is sent, one after the other: a value for a time of an asset, or the end of all its values in a range.
struct Operation {
  int asset = 0;
  int from = 0;
  int to = 0;     // of a deletion; 0: it is a value
  int value = 0;  // no two have the same
};
using Operations = std::vector<Operation>;

// By asset and time.
using Shown = std::map<std::pair<int, int>, int>;

void apply(const Operation& operation, Shown& to) {
  const int asset = operation.asset;
  if (operation.to == 0) {
    to[{asset, operation.from}] = operation.value;
    return;
  }
  std::erase_if(to, [&](const auto& one) {
    return one.first.first == asset && one.first.second >= operation.from && one.first.second < operation.to;
  });
}

struct Backup {
  std::string name;
  std::size_t before = 0;  // so many operations are in it for sure
  Operations sent;         // and of these no others
};

// With a long text beside some values, so that the log has several segments and forgets the older ones.
std::string as_request(const Operation& operation) {
  const std::string asset = fmt::format("a{}", operation.asset);
  if (operation.to == 0) {
    const std::string note(operation.value % 3 == 0 ? 3000U : 1U, 'x');
    return app::testing::post(
        "/write", fmt::format("{} v={},note=\"{}\" {}", asset, operation.value, note, 1000 + operation.from));
  }
  return fmt::format(
      "DELETE /api/v1/raw?signal={}/v&from={}&to={} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", asset,
      1000 + operation.from, 1000 + operation.to);
}

std::string name_in(const std::string& answer) {
  constexpr std::string_view start = "\"name\":\"";
  const std::size_t at = answer.find(start) + start.size();
  return answer.substr(at, answer.find('"', at) - at);
}

class Run {
 public:
  Run(std::uint64_t seed, bool tell)
      : machine_(seed), rng_(seed ^ 0xBAC0), tell_(tell), keep_(rng_.chance(0.5) ? 0 : 1 + rng_.below(3)) {}

  Outcome go() {
    const std::uint64_t rounds = 1 + rng_.below(rounds_max);
    for (std::uint64_t round = 0; round < rounds && !outcome_.failure; ++round) live_once();
    for (const Backup& backup : backups_) check(backup);
    outcome_.acknowledged = acknowledged_;
    outcome_.trace_hash = machine_.trace_hash();
    return outcome_;
  }

 private:
  void say(std::string text) {
    if (tell_) fmt::print("{}\n", text);
  }
  void fail(std::string why) {
    say("FAILED: " + why);
    if (!outcome_.failure) outcome_.failure = std::move(why);
  }

  app::NodeSettings settings() {
    app::NodeSettings settings = app::testing::small_settings();
    settings.backup.folder = "backups";
    settings.backup.keep = keep_;
    settings.process.shards = static_cast<std::uint32_t>(1 + rng_.below(3));
    settings.log.segment_bytes = 16 << 10;
    settings.log.batch_bytes_max = 8 << 10;
    settings.admission.batch_bytes = 4 << 10;
    const Duration checkpoints = rng_.chance(0.5) ? rng_.between(20ms, 100ms) : rng_.between(100ms, 2s);
    settings.history.checkpoint_time = checkpoints;
    settings.history.compaction.neighbours = 2 + rng_.below(3);
    settings.newest.checkpoint_time = checkpoints;
    settings.retained.checkpoint_time = checkpoints;
    settings.catalogue.checkpoint_every = checkpoints;
    return settings;
  }

  // A life of the node up to a stop or a crash, and perhaps a restore in the place of what it leaves.
  void live_once() {
    machine_.faults().hard_links = rng_.chance(0.8);
    machine_.faults().io_max = rng_.chance(0.5) ? 5ms : 100us;  // so that a backup takes as long as several checkpoints
    {
      Life life(machine_, settings(), data_);
      if (const auto started = life.start(); !started)
        return fail("the node does not start: " + started.error().message());
      if (!resend(life)) return fail("what was in doubt is refused");
      if (const Shown now = shown_by(life); now != fold(sent_.size(), sent_))
        return fail("the node shows something else");
      if (rng_.chance(0.7)) machine_.crash_at_io(machine_.io_count() + 1 + rng_.below(operations_max));
      act(life);
      if (life.failed() && !life.process().halted()) fail("the node gave up: " + life.failed()->message());
      if (!life.process().halted() && rng_.chance(0.3)) {
        life.stop();
        if (!life.process().halted()) say("stopped");
      }
      take_answer(true);  // it may be on its way
    }
    machine_.crash_at_io(0);
    machine_.crash(rng_.chance(0.5) ? CrashKind::kill : CrashKind::power_loss);
    ++outcome_.crashes;
    find_unanswered();
    if (!backups_.empty() && rng_.chance(0.4)) move_to_restored();
  }

  void act(Life& life) {
    const std::uint64_t actions = 1 + rng_.below(actions_max);
    for (std::uint64_t i = 0; i < actions && !life.process().halted() && !outcome_.failure; ++i) {
      const std::uint64_t what = rng_.below(10);
      if (what < 6) {
        send(life, next_operation());
      } else if (what < 8) {
        life.run_for(rng_.between(1ms, 700ms));
      } else if (asked_ == nullptr) {
        before_ = sent_.size();
        say(fmt::format("backup asked for after {} operations", before_));
        asked_ = &life.begin(app::testing::post("/api/v1/backups", ""));
      } else {
        life.process().run_until([&] { return asked_->done(); });
      }
      take_answer(life.process().halted());
    }
    if (asked_ != nullptr && rng_.chance(0.5)) life.process().run_until([&] { return asked_->done(); });
    take_answer(life.process().halted());
  }

  Operation next_operation() {
    Operation operation{.asset = static_cast<int>(rng_.below(assets)), .from = static_cast<int>(rng_.below(times))};
    if (rng_.chance(0.15)) operation.to = operation.from + 1 + static_cast<int>(rng_.below(times));
    if (operation.to != 0 && !written_.contains(operation.asset)) operation.to = 0;  // there is no such signal
    if (operation.to == 0) operation.value = ++last_value_;
    return operation;
  }

  void send(Life& life, const Operation& operation) {
    sent_.push_back(operation);
    if (operation.to == 0) written_.insert(operation.asset);
    in_doubt_ = !resend_last(life);
    if (in_doubt_ && !life.process().halted()) fail("an operation is refused");
  }
  bool resend_last(Life& life) {
    const std::string answer = life.ask(as_request(sent_.back()));
    const bool good = answer.starts_with("HTTP/1.1 20");
    if (good) ++acknowledged_;
    if (!good && !answer.empty()) say("refused: " + answer);
    return good;
  }
  // What was cut by the crash may be there or not; after this it is.
  bool resend(Life& life) { return !std::exchange(in_doubt_, false) || resend_last(life); }

  void take_answer(bool is_over) {
    if (asked_ == nullptr || (!asked_->done() && !is_over)) return;
    const std::string& answer = asked_->answer();
    if (answer.starts_with("HTTP/1.1 201") && answer.find('}') != std::string::npos) {
      backups_.push_back({name_in(answer), before_, sent_});
      say(fmt::format("backup {} made after {} operations", backups_.back().name, sent_.size()));
      check_names(true);
    } else if (!is_over && !answer.starts_with("HTTP/1.1 503")) {
      fail("no backup was made: " + answer);
    } else {
      unanswered_ = true;
    }
    asked_ = nullptr;
  }

  // Of those that were answered for the newest that are to be kept are there, and of the others none when one was just
  // made; nor is anything half made then.
  void check_names(bool just_made) {
    const auto entries = machine_.disk().list("backups");
    std::size_t newer = backups_.size();
    std::erase_if(backups_, [&](const Backup& backup) {
      const bool there =
          entries && std::ranges::find(*entries, backup.name, &runtime::FolderEntry::name) != entries->end();
      const bool is_kept = keep_ == 0 || newer <= keep_;
      --newer;
      if (!there && is_kept) fail(backup.name + " is gone");
      if (there && !is_kept && just_made) fail(backup.name + " is there, beyond those that are kept");
      return !there;
    });
    if (!just_made) return;
    for (const runtime::FolderEntry& entry : *entries) {
      if (entry.name.ends_with(backup::unfinished)) fail(entry.name + " is half made and stays");
    }
  }

  // After a crash. A backup that nobody was told of is one all the same where it has its name; a later power loss may
  // take that, unless the folder is synced, as the next backup does.
  void find_unanswered() {
    const auto entries = machine_.disk().list("backups");
    if (!entries) return check_names(false);
    for (const runtime::FolderEntry& entry : *entries) {
      if (entry.name.ends_with(backup::unfinished)) continue;
      if (std::ranges::find(backups_, entry.name, &Backup::name) != backups_.end()) continue;
      if (!unanswered_) fail(entry.name + " was never asked for");
      say("found " + entry.name);
      backups_.push_back({entry.name, before_, sent_});
    }
    unanswered_ = false;
    check_names(false);
    sim::Process process(machine_);
    if (!*process.run(process.files().sync_folder("backups"))) fail("the folder of backups cannot be synced");
  }

  static Shown fold(std::size_t count, const Operations& operations) {
    Shown shown;
    for (std::size_t i = 0; i < count; ++i) apply(operations[i], shown);
    return shown;
  }

  Shown shown_by(Life& life) {
    Shown shown;
    for (int asset = 0; asset < assets; ++asset) {
      const std::string answer = life.ask(app::testing::get(fmt::format("/api/v1/raw?signal=a{}/v", asset)));
      if (answer.starts_with("HTTP/1.1 404")) continue;
      if (answer.find("\"incomplete\":false") == std::string::npos) fail("incomplete: " + answer);
      for (std::size_t at = answer.find("[[\""); at != std::string::npos; at = answer.find("[\"", at + 1)) {
        const std::size_t time_at = answer.find('"', at) + 1;
        const std::size_t value_at = answer.find("\",", time_at) + 2;
        shown[{asset, std::stoi(answer.substr(time_at)) - 1000}] = std::stoi(answer.substr(value_at));
      }
      check_newest(life, asset, shown);
    }
    return shown;
  }

  // The newest value, which has a path of its own through live's checkpoints.
  void check_newest(Life& life, int asset, const Shown& shown) {
    const std::string answer = life.ask(app::testing::get(fmt::format("/api/v1/last?signal=a{}/v", asset)));
    const auto behind = shown.upper_bound({asset, times * 2});
    const bool some = behind != shown.begin() && std::prev(behind)->first.first == asset;
    const std::string expected = some ? fmt::format("\"value\":{},", std::prev(behind)->second) : "\"value\":null,";
    if (answer.find(expected) == std::string::npos)
      fail(fmt::format("{} expected of a{}: {}", expected, asset, answer));
  }

  // Restores to a folder that is new, after perhaps a try that is cut. False where that failed the run.
  bool restore(const Backup& backup, const std::string& to) {
    const std::string path = "backups/" + backup.name;
    if (rng_.chance(0.3)) {
      const std::string half = to + "-cut";
      machine_.crash_at_io(machine_.io_count() + 1 + rng_.below(60));
      {
        sim::Process process(machine_);
        (void)process.run(backup::restore_files(&process.files(), path, half));
        process.halt();
      }
      machine_.crash_at_io(0);
      machine_.crash(rng_.chance(0.5) ? CrashKind::kill : CrashKind::power_loss);
      Life life(machine_, settings(), half);
      if (life.start() && !shown_by(life).empty()) fail("a node opens what is half restored");
    }
    if (!restore_whole(path, to)) return false;
    if (rng_.chance(0.5)) machine_.crash(CrashKind::power_loss);
    return true;
  }

  bool restore_whole(const std::string& path, const std::string& to) {
    sim::Process process(machine_);
    const auto copied = *process.run(backup::restore_files(&process.files(), path, to));
    if (!copied) return fail(copied.error().message()), false;
    const auto found = *process.run(app::verify(&process.files(), app::DataFolder{to}));
    if (!found || !found->damage.empty())
      return fail(to + ": " + (found ? found->damage.front() : found.error().message())), false;
    const auto done = *process.run(backup::finish_restore(&process.files(), to));
    if (!done) fail(done.error().message());
    return done.has_value();
  }

  // How many of its operations a restored node shows, at least; nothing where it is no such number.
  std::optional<std::size_t> check(const Backup& backup) {
    const std::string to = fmt::format("restored-{}", ++restored_);
    if (outcome_.failure || !restore(backup, to)) return std::nullopt;
    Life life(machine_, settings(), to);
    if (const auto started = life.start(); !started) {
      fail(fmt::format("{}: a node does not start on it: {}", backup.name, started.error().message()));
      return std::nullopt;
    }
    const Shown shown = shown_by(life);
    for (std::size_t count = backup.before; count <= backup.sent.size(); ++count) {
      if (shown == fold(count, backup.sent)) return count;
    }
    fail(fmt::format("{}: it shows {} values, which is none of what the node showed after {} to {} operations",
                     backup.name, shown.size(), backup.before, backup.sent.size()));
    return std::nullopt;
  }

  // The node's folder is lost; a backup takes its place.
  void move_to_restored() {
    const Backup backup = backups_[rng_.below(backups_.size())];
    const auto count = check(backup);
    if (!count) return;
    machine_.crash(CrashKind::kill);
    data_ = fmt::format("restored-{}", restored_);
    sent_.assign(backup.sent.begin(), backup.sent.begin() + static_cast<std::ptrdiff_t>(*count));
    in_doubt_ = false;
    written_.clear();
    for (const Operation& operation : sent_) written_.insert(operation.asset);
    say(fmt::format("goes on with {} in {}, after {} operations", backup.name, data_, *count));
  }

  Machine machine_;
  sim::Rng rng_;
  const bool tell_;
  const std::uint64_t keep_;
  Outcome outcome_;
  std::string data_ = "data";
  Operations sent_;        // in their order; the last one may be in doubt
  std::set<int> written_;  // assets that have a value
  bool in_doubt_ = false;
  int last_value_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::vector<Backup> backups_;
  const Request* asked_ = nullptr;  // a backup that is under way
  std::size_t before_ = 0;          // operations acknowledged when it was asked for
  bool unanswered_ = false;
  int restored_ = 0;
};

}  // namespace

Outcome run_seed(std::uint64_t seed, bool tell) { return Run(seed, tell).go(); }

}  // namespace artery::backup_sim
