#include "governance/catalogue.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/packed.h"
#include "governance/catalogue_state.h"
#include "governance/event.h"
#include "model/record.h"

namespace artery::governance {
namespace {

Asset asset(std::uint32_t id, const std::string& path, const std::string& identity = "") {
  Asset made;
  made.id = AssetId(id);
  made.path = path;
  made.identity = identity;
  made.change = {.author = "anna", .time = Time(1)};
  return made;
}

Signal signal(std::uint32_t id, std::uint32_t owner, const std::string& full_name, ValueType type = ValueType::f64) {
  Signal made;
  made.id = SignalId(id);
  made.asset = AssetId(owner);
  made.full_name = full_name;
  made.type = type;
  made.change = {.author = "anna", .time = Time(1)};
  return made;
}

template <class Subject>
Result<void> apply(Catalogue& catalogue, EventKind kind, const Subject& subject) {
  Buffer record;
  write_event_record(record, kind, subject);
  return catalogue.apply(RecordReader(record).next()->body);
}

void fill(Catalogue& catalogue) {
  Asset press = asset(1, "acme/press7");
  press.type = "press";
  press.properties = {{"serial", "4711"}};
  press.display_names = {{"de", "Presse"}, {"zh", "压力机"}};
  press.description = "the old one";
  press.data_class = DataClass::important;
  ASSERT_TRUE(apply(catalogue, EventKind::asset_created, press));
  ASSERT_TRUE(apply(catalogue, EventKind::asset_created, asset(2, "cpu/a", "cpu,host=a")));
  ASSERT_TRUE(apply(catalogue, EventKind::asset_created, asset(3, "")));
  Signal force = signal(1, 1, "acme/press7/force");
  force.unit = "kN";
  force.low = -1.5;
  force.stepped = true;
  force.description = "at the ram";
  force.display_names = {{"de", "Kraft"}};
  force.data_class = DataClass::core;
  ASSERT_TRUE(apply(catalogue, EventKind::signal_created, force));
  ASSERT_TRUE(apply(catalogue, EventKind::signal_created, signal(2, 2, "cpu/a/usage", ValueType::i64)));
  ASSERT_TRUE(apply(catalogue, EventKind::signal_created, signal(3, 3, "loose", ValueType::text)));
}

TEST(Catalogue, gives_back_what_its_events_said) {
  Catalogue catalogue;
  fill(catalogue);
  const auto force = catalogue.signal("acme/press7/force");
  ASSERT_TRUE(force);
  EXPECT_EQ(force->id, SignalId(1));
  EXPECT_EQ(force->unit, "kN");
  EXPECT_EQ(force->low, -1.5);
  EXPECT_FALSE(force->high);
  EXPECT_TRUE(force->stepped);
  EXPECT_EQ(force->display_names.at("de"), "Kraft");
  EXPECT_EQ(force->data_class, DataClass::core);
  EXPECT_EQ(force->change, (Change{.author = "anna", .time = Time(1)}));
  EXPECT_EQ(catalogue.asset("acme/press7")->display_names.at("zh"), "压力机");
  EXPECT_EQ(catalogue.find("loose")->type, ValueType::text);
  EXPECT_EQ(catalogue.find("cpu/a/usage")->asset, AssetId(2));
  EXPECT_EQ(catalogue.find_series("cpu,host=a"), AssetId(2));
  EXPECT_EQ(catalogue.full_name(SignalId(3)), "loose");
  EXPECT_FALSE(catalogue.find("acme/press7"));
  EXPECT_FALSE(catalogue.find(SignalId(4)));
  EXPECT_EQ(catalogue.full_name(SignalId(0)), "");
}

TEST(Catalogue, the_same_event_twice_changes_nothing) {
  Catalogue catalogue;
  fill(catalogue);
  const Buffer before = catalogue.snapshot(Offset(1));
  fill(catalogue);
  EXPECT_EQ(catalogue.snapshot(Offset(1)), before);
}

TEST(Catalogue, what_contradicts_it_is_refused_and_changes_nothing) {
  Catalogue catalogue;
  fill(catalogue);
  const Buffer before = catalogue.snapshot(Offset(1));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_created, asset(1, "other")));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_created, asset(9, "acme/press7")));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_created, asset(9, "cpu/b", "cpu,host=a")));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_created, asset(0, "zero")));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_created, asset(2'000'000'000, "far")));
  EXPECT_FALSE(apply(catalogue, EventKind::signal_created, signal(9, 8, "nowhere")));
  EXPECT_FALSE(apply(catalogue, EventKind::signal_created, signal(1, 1, "other")));
  EXPECT_FALSE(apply(catalogue, EventKind::signal_created, signal(9, 1, "force")));
  EXPECT_FALSE(apply(catalogue, EventKind::signal_changed, signal(8, 1, "")));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_changed, asset(8, "")));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_changed, asset(2, "cpu/a", "cpu,host=b")));
  EXPECT_EQ(catalogue.snapshot(Offset(1)), before);
}

TEST(Catalogue, a_snapshot_gives_the_same_catalogue) {
  Catalogue catalogue;
  fill(catalogue);
  const Buffer snapshot = catalogue.snapshot(Offset(42));
  Catalogue again;
  const auto offset = again.load(snapshot);
  ASSERT_TRUE(offset);
  EXPECT_EQ(*offset, Offset(42));
  EXPECT_EQ(again.snapshot(Offset(42)), snapshot);
  EXPECT_EQ(again.next_signal(), SignalId(4));
  EXPECT_EQ(again.signal("acme/press7/force"), catalogue.signal("acme/press7/force"));
  EXPECT_EQ(again.asset("acme/press7"), catalogue.asset("acme/press7"));
}

TEST(Catalogue, no_damage_of_a_snapshot_passes_unseen) {
  Catalogue catalogue;
  fill(catalogue);
  const Buffer snapshot = catalogue.snapshot(Offset(42));
  for (std::size_t at = 0; at < snapshot.size(); ++at) {
    Buffer bent = snapshot;
    bent[at] ^= std::byte{0x10};
    Catalogue other;
    EXPECT_FALSE(other.load(bent)) << at;
    EXPECT_EQ(other.signal_count(), 0U);
    EXPECT_FALSE(other.load(Bytes(snapshot).first(at))) << at;
  }
}

// A snapshot's bytes with one section, as docs/formats/catalogue.md says.
Buffer snapshot_of(std::uint32_t version, std::uint32_t kind, Bytes section) {
  Buffer bytes;
  ByteWriter writer(bytes);
  writer.put(std::uint64_t{0x474C544143545241});  // "ARTCATLG"
  writer.put(version);
  writer.put(std::uint32_t{0});
  writer.put(std::uint64_t{42});
  writer.put(kind);
  writer.put(std::uint32_t{0});
  writer.put(std::uint64_t{section.size()});
  writer.bytes(section);
  store(bytes.data() + 12, crc32c(Bytes(bytes).subspan(16)));
  return bytes;
}

Buffer three_events() {
  Buffer events;
  write_event(events, EventKind::asset_created, asset(1, "acme/press7"));
  write_event(events, EventKind::signal_created, signal(1, 1, "acme/press7/force"));
  write_event(events, EventKind::signal_created, signal(2, 1, "acme/press7/speed"));
  return events;
}

TEST(Catalogue, a_snapshot_of_version_1_is_read) {
  Catalogue catalogue;
  const auto offset = catalogue.load(snapshot_of(1, 1, three_events()));
  ASSERT_TRUE(offset);
  EXPECT_EQ(*offset, Offset(42));
  EXPECT_EQ(catalogue.signal("acme/press7/speed"), signal(2, 1, "acme/press7/speed"));
}

TEST(Catalogue, a_snapshot_of_another_version_is_refused) {
  for (const std::uint32_t version : {0U, 3U}) EXPECT_FALSE(Catalogue().load(snapshot_of(version, 1, three_events())));
}

TEST(Catalogue, a_snapshot_whose_events_are_not_whole_is_refused) {
  const Buffer events = three_events();
  Buffer packed;
  pack(packed, events);
  ASSERT_TRUE(Catalogue().load(snapshot_of(2, 3, packed)));
  for (std::size_t size = 1; size < packed.size(); ++size) {
    EXPECT_FALSE(Catalogue().load(snapshot_of(2, 3, Bytes(packed).first(size)))) << size;
  }
  Buffer cut;
  pack(cut, Bytes(events).first(events.size() - 1));
  EXPECT_FALSE(Catalogue().load(snapshot_of(2, 3, cut)));
  EXPECT_FALSE(Catalogue().load(snapshot_of(2, 1, Bytes(events).first(events.size() - 1))));
  packed.push_back(std::byte{0});
  EXPECT_FALSE(Catalogue().load(snapshot_of(2, 3, packed)));
}

TEST(Catalogue, a_snapshot_of_many_signals_takes_few_bytes_for_each) {
  constexpr std::uint32_t signals = 20'000;
  Catalogue catalogue;
  for (std::uint32_t id = 1; id <= signals; ++id) {
    const std::string path = "plant/unit" + std::to_string(id);
    ASSERT_TRUE(apply(catalogue, EventKind::asset_created, asset(id, path)));
    ASSERT_TRUE(apply(catalogue, EventKind::signal_created, signal(id, id, path + "/level")));
  }
  const Buffer snapshot = catalogue.snapshot(Offset(1));
  EXPECT_LT(snapshot.size(), 20 * signals);
  Catalogue again;
  ASSERT_TRUE(again.load(snapshot));
  EXPECT_EQ(again.signal_count(), signals);
  EXPECT_EQ(again.snapshot(Offset(1)), snapshot);
}

TEST(Catalogue, events_of_later_releases_are_skipped_or_refused_but_never_misread) {
  Catalogue catalogue;
  fill(catalogue);
  Buffer unknown(8);
  unknown[0] = std::byte{200};
  EXPECT_TRUE(catalogue.apply(unknown));
  Buffer event;
  write_event(event, EventKind::asset_created, asset(4, "later"));
  Buffer longer = event;  // a field was appended
  longer.resize(longer.size() + 5, std::byte{7});
  store(longer.data() + 4, static_cast<std::uint32_t>(longer.size() - event_header_bytes));
  EXPECT_TRUE(catalogue.apply(longer));
  EXPECT_TRUE(catalogue.find_asset("later"));
  event[1] = std::byte{3};
  EXPECT_FALSE(catalogue.apply(event));
}

TEST(Catalogue, a_changed_type_holds_through_repetition_and_snapshot_and_tells_those_who_remember_the_old_one) {
  Catalogue catalogue;
  fill(catalogue);
  const std::uint64_t before = catalogue.epoch();
  Signal force = *catalogue.signal("acme/press7/force");
  force.unit = "N";
  ASSERT_TRUE(apply(catalogue, EventKind::signal_changed, force));
  EXPECT_EQ(catalogue.epoch(), before) << "nobody remembers a unit";
  force.type = ValueType::i64;
  for (int time = 0; time < 2; ++time) ASSERT_TRUE(apply(catalogue, EventKind::signal_changed, force));
  EXPECT_NE(catalogue.epoch(), before);
  EXPECT_EQ(catalogue.find("acme/press7/force")->type, ValueType::i64);
  EXPECT_EQ(catalogue.signal(SignalId(1)), force);
  Catalogue again;
  ASSERT_TRUE(again.load(catalogue.snapshot(Offset(1))));
  EXPECT_EQ(again.signal(SignalId(1)), force);
}

struct Renaming : ::testing::Test {
  void SetUp() override {
    const std::vector<std::string> paths{"acme/hall1", "acme/hall1/press7", "acme/hall1-b", "cpu/a", ""};
    for (std::uint32_t i = 0; i < paths.size(); ++i) {
      const std::string identity = paths[i] == "cpu/a" ? "cpu,host=a" : "";
      ASSERT_TRUE(apply(catalogue, EventKind::asset_created, asset(i + 1, paths[i], identity)));
    }
    create(1, 1, "temperature");
    create(2, 2, "force");
    create(3, 2, "speed");
    create(4, 3, "force");
    create(5, 4, "usage");
    create(6, 5, "loose");
  }
  void create(std::uint32_t id, std::uint32_t owner, const std::string& name) {
    ASSERT_TRUE(apply(catalogue, EventKind::signal_created, signal(id, owner, name)));
  }
  Result<void> move(const std::string& from, const std::string& to, std::vector<std::string> aliases) {
    Asset changed = *catalogue.asset(from);
    changed.path = to;
    changed.aliases = std::move(aliases);
    return apply(catalogue, EventKind::asset_changed, changed);
  }
  Result<void> rename(const std::string& from, const std::string& to, std::vector<std::string> aliases) {
    Signal changed = *catalogue.signal(from);
    changed.full_name = to;
    changed.aliases = std::move(aliases);
    return apply(catalogue, EventKind::signal_changed, changed);
  }
  [[nodiscard]] std::string found(const std::string& name) const {
    const auto ref = catalogue.find(name);
    return ref ? catalogue.full_name(ref->id) : "-";
  }
  [[nodiscard]] std::string names() const {
    std::string all;
    for (const Signal& one : catalogue.signals({}).items) all += one.full_name + " ";
    return all;
  }
  void expect_the_same_from_its_snapshot() const {
    Catalogue again;
    const Buffer snapshot = catalogue.snapshot(Offset(1));
    ASSERT_TRUE(again.load(snapshot));
    EXPECT_EQ(again.snapshot(Offset(1)), snapshot);
  }

  Catalogue catalogue;
};

TEST_F(Renaming, an_asset_takes_all_below_it_along_and_its_old_path_leads_there) {
  const std::uint64_t before = catalogue.epoch();
  for (int time = 0; time < 2; ++time) ASSERT_TRUE(move("acme/hall1", "site2/hall1", {"acme/hall1"}));
  EXPECT_NE(catalogue.epoch(), before);
  EXPECT_EQ(names(),
            "acme/hall1-b/force cpu/a/usage loose site2/hall1/press7/force site2/hall1/press7/speed "
            "site2/hall1/temperature ");
  EXPECT_EQ(catalogue.find("site2/hall1/press7/force")->id, SignalId(2));
  EXPECT_EQ(found("acme/hall1/press7/force"), "site2/hall1/press7/force");
  EXPECT_EQ(found("acme/hall1/temperature"), "site2/hall1/temperature");
  EXPECT_EQ(found("acme/hall1-b/force"), "acme/hall1-b/force") << "not below it";
  EXPECT_EQ(found("acme/hall1"), "-");
  EXPECT_EQ(catalogue.find_asset("acme/hall1/press7"), AssetId(2));
  EXPECT_EQ(catalogue.present_path("acme/hall1/press8/motor"), "site2/hall1/press8/motor");
  EXPECT_EQ(catalogue.present_path("acme/hall2"), "acme/hall2");
  EXPECT_EQ(catalogue.find_series("cpu,host=a"), AssetId(4));
  expect_the_same_from_its_snapshot();
}

TEST_F(Renaming, aliases_lead_on_through_several_changes_of_several_assets) {
  ASSERT_TRUE(move("acme/hall1", "b", {"acme/hall1"}));
  ASSERT_TRUE(move("b/press7", "b/big", {"b/press7"}));
  ASSERT_TRUE(rename("b/big/force", "ram_force", {"force"}));
  EXPECT_EQ(found("acme/hall1/press7/force"), "b/big/ram_force");
  EXPECT_EQ(found("b/press7/force"), "b/big/ram_force");
  EXPECT_EQ(found("acme/hall1/big/ram_force"), "b/big/ram_force");
  ASSERT_TRUE(move("b", "c", {"acme/hall1", "b"}));
  EXPECT_EQ(found("b/big/force"), "c/big/ram_force");
  EXPECT_EQ(found("acme/hall1/big/force"), "c/big/ram_force");
  EXPECT_EQ(catalogue.signal("c/big/ram_force")->aliases, std::vector<std::string>{"c/big/force"});
  expect_the_same_from_its_snapshot();
  ASSERT_TRUE(move("c", "b", {"c"})) << "back, to a former name of its own";
  EXPECT_EQ(found("c/big/force"), "b/big/ram_force");
  EXPECT_EQ(found("acme/hall1/big/force"), "-") << "given up";
  expect_the_same_from_its_snapshot();
}

TEST_F(Renaming, a_signal_keeps_its_id_and_its_old_name_leads_there) {
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(rename("acme/hall1/press7/force", "ram_force", {"acme/hall1/press7/force"}));
  }
  EXPECT_EQ(catalogue.find("acme/hall1/press7/force")->id, SignalId(2));
  EXPECT_EQ(found("acme/hall1/press7/force"), "acme/hall1/press7/ram_force");
  ASSERT_TRUE(rename("loose", "free", {"loose"}));
  EXPECT_EQ(found("loose"), "free");
  expect_the_same_from_its_snapshot();
  ASSERT_TRUE(rename("acme/hall1/press7/force", "ram_force", {}));
  EXPECT_EQ(found("acme/hall1/press7/force"), "-");
  create(7, 2, "force");
  EXPECT_EQ(catalogue.find("acme/hall1/press7/force")->id, SignalId(7)) << "the name is free again";
}

TEST_F(Renaming, no_name_leads_to_two) {
  ASSERT_TRUE(move("acme/hall1/press7", "presses/7", {"acme/hall1/press7"}));
  ASSERT_TRUE(rename("presses/7/force", "ram_force", {"force"}));
  const Buffer before = catalogue.snapshot(Offset(1));
  EXPECT_FALSE(move("acme/hall1-b", "presses/7", {})) << "another's name";
  EXPECT_FALSE(move("acme/hall1-b", "acme/hall1/press7", {})) << "another's alias";
  EXPECT_FALSE(move("acme/hall1-b", "acme/hall1/press7/motor", {})) << "below another's alias";
  EXPECT_FALSE(move("acme/hall1-b", "b", {"cpu/a"})) << "an alias that is a name";
  EXPECT_FALSE(move("acme/hall1-b", "b", {"acme/hall1/press7"})) << "an alias of two";
  EXPECT_FALSE(move("cpu/a", "x", {"presses"})) << "an alias above another";
  EXPECT_FALSE(move("presses/7", "presses", {})) << "above itself";
  EXPECT_FALSE(move("presses/7", "presses/7/8", {})) << "below itself";
  EXPECT_FALSE(move("cpu/a", "a//b", {}));
  EXPECT_FALSE(rename("presses/7/ram_force", "speed", {}));
  EXPECT_FALSE(rename("presses/7/speed", "force", {}));
  EXPECT_FALSE(rename("presses/7/speed", "pace", {"force"}));
  EXPECT_FALSE(rename("presses/7/speed", "pace", {"ram_force"}));
  EXPECT_FALSE(rename("presses/7/speed", "pace", {""}));
  Asset loose = *catalogue.asset(AssetId(5));
  loose.aliases = {"x"};
  EXPECT_FALSE(apply(catalogue, EventKind::asset_changed, loose)) << "it has no name to lead to";
  EXPECT_FALSE(apply(catalogue, EventKind::asset_created, asset(9, "acme/hall1/press7")));
  EXPECT_FALSE(apply(catalogue, EventKind::asset_created, asset(9, "acme/hall1/press7/motor")));
  EXPECT_FALSE(apply(catalogue, EventKind::signal_created, signal(9, 2, "force")));
  EXPECT_EQ(catalogue.snapshot(Offset(1)), before);
}

TEST_F(Renaming, a_retired_signal_is_found_and_listed_only_where_it_is_asked_for) {
  const std::uint64_t before = catalogue.epoch();
  Signal force = *catalogue.signal("acme/hall1/press7/force");
  force.retired = true;
  ASSERT_TRUE(apply(catalogue, EventKind::signal_changed, force));
  EXPECT_NE(catalogue.epoch(), before);
  EXPECT_TRUE(catalogue.find("acme/hall1/press7/force")->retired);
  EXPECT_EQ(catalogue.signal(SignalId(2)), force);
  Selection selection;
  selection.filter = "acme/hall1/#";
  EXPECT_EQ(catalogue.signals(selection).items.size(), 3U);
  selection.retired = false;
  EXPECT_EQ(catalogue.signals(selection).items.size(), 2U);
  expect_the_same_from_its_snapshot();
  force.retired = false;
  ASSERT_TRUE(apply(catalogue, EventKind::signal_changed, force));
  EXPECT_EQ(catalogue.signals(selection).items.size(), 3U);
}

// Changes at random, of which many are refused.
class RandomNames {
 public:
  explicit RandomNames(std::uint64_t seed) : random_(seed) {}

  void change(Catalogue& catalogue) {
    switch (random_() % 4) {
      case 0:
        return done(apply(catalogue, EventKind::asset_created, asset(next(catalogue.next_asset()), path())));
      case 1: {
        const AssetId owner(next(catalogue.next_asset()));
        return done(
            apply(catalogue, EventKind::signal_created, signal(next(catalogue.next_signal()), owner.value(), level())));
      }
      case 2: {
        auto one = catalogue.asset(AssetId(next(catalogue.next_asset())));
        if (!one) return;
        if (random_() % 2 == 0) one->aliases.push_back(std::exchange(one->path, path()));
        change(one->aliases, path());
        return done(apply(catalogue, EventKind::asset_changed, *one));
      }
      default: {
        auto one = catalogue.signal(SignalId(next(catalogue.next_signal())));
        if (!one) return;
        if (random_() % 2 == 0) one->aliases.push_back(std::exchange(one->full_name, level()));
        change(one->aliases, level());
        return done(apply(catalogue, EventKind::signal_changed, *one));
      }
    }
  }
  [[nodiscard]] int changes() const { return changes_; }

 private:
  std::string level() { return std::string(1, "abc"[random_() % 3]); }
  std::string path() {
    std::string made = level();
    while (random_() % 2 == 0) made.append("/").append(level());
    return made;
  }
  template <class Id>
  std::uint32_t next(Id end) {
    return 1 + static_cast<std::uint32_t>(random_() % end.value());
  }
  void change(std::vector<std::string>& aliases, std::string name) {
    if (random_() % 4 == 0) aliases.push_back(std::move(name));
    if (random_() % 4 == 0 && !aliases.empty()) aliases.erase(aliases.begin());
  }
  void done(const Result<void>& applied) { changes_ += applied ? 1 : 0; }

  std::mt19937_64 random_;
  int changes_ = 0;
};

TEST(Catalogue, whatever_was_changed_every_name_leads_to_one_and_a_snapshot_says_it_all) {
  int changes = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(seed);
    Catalogue catalogue;
    RandomNames names(seed);
    for (int i = 0; i < 60; ++i) {
      names.change(catalogue);
      const Buffer snapshot = catalogue.snapshot(Offset(1));
      Catalogue again;
      ASSERT_TRUE(again.load(snapshot));
      ASSERT_EQ(again.snapshot(Offset(1)), snapshot);
      for (const Asset& one : catalogue.assets({}).items) {
        ASSERT_EQ(catalogue.find_asset(one.path), one.id) << one.path;
        for (const std::string& alias : one.aliases) ASSERT_EQ(catalogue.find_asset(alias), one.id) << alias;
      }
      for (const Signal& one : catalogue.signals({}).items) {
        ASSERT_EQ(catalogue.find(one.full_name)->id, one.id) << one.full_name;
        for (const std::string& alias : one.aliases) ASSERT_EQ(catalogue.find(alias)->id, one.id) << alias;
      }
    }
    changes += names.changes();
  }
  EXPECT_GT(changes, 10000);
}

// As releases before names could be changed wrote them.
TEST_F(Renaming, a_change_of_version_1_leaves_names_as_they_are) {
  ASSERT_TRUE(move("cpu/a", "servers/a", {"cpu/a"}));
  Asset changed = *catalogue.asset("servers/a");
  changed.description = "rack 7";
  Asset old = changed;
  old.path.clear();
  old.aliases.clear();
  Buffer event;
  write_event(event, EventKind::asset_changed, old);
  event[1] = std::byte{1};
  event.resize(event.size() - 2 * sizeof(std::uint32_t));
  store(event.data() + 4, static_cast<std::uint32_t>(event.size() - event_header_bytes));
  ASSERT_TRUE(catalogue.apply(event));
  EXPECT_EQ(catalogue.asset("servers/a"), changed);
}

// As releases before the type could be changed wrote them.
TEST(Catalogue, a_change_of_version_1_leaves_the_type_as_it_is) {
  Catalogue catalogue;
  fill(catalogue);
  Signal usage = *catalogue.signal("cpu/a/usage");
  usage.unit = "%";
  usage.type = ValueType::text;
  Buffer event;
  write_event(event, EventKind::signal_changed, usage);
  event[1] = std::byte{1};
  event.resize(event.size() - (1 + sizeof(std::uint32_t) + usage.name().size() + sizeof(std::uint32_t)));
  store(event.data() + 4, static_cast<std::uint32_t>(event.size() - event_header_bytes));
  ASSERT_TRUE(catalogue.apply(event));
  EXPECT_EQ(catalogue.signal("cpu/a/usage")->unit, "%");
  EXPECT_EQ(catalogue.signal("cpu/a/usage")->type, ValueType::i64);
  event[1] = std::byte{2};
  EXPECT_FALSE(catalogue.apply(event)) << "a version 2 without what it should say";
}

TEST(Catalogue, lists_every_name_once_in_order_whatever_the_pages) {
  Catalogue catalogue;
  const std::vector<std::string> paths{"a", "a-b", "a/b", "a/b/c", "b", "", "ä"};
  std::set<std::string> names;
  std::uint32_t id = 1;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    ASSERT_TRUE(apply(catalogue, EventKind::asset_created, asset(static_cast<std::uint32_t>(i + 1), paths[i])));
    for (const std::string name : {"z", "b", "c", "-", "0"}) {
      const std::string full = join_name(paths[i], name);
      names.insert(full);
      ASSERT_TRUE(apply(catalogue, EventKind::signal_created, signal(id++, static_cast<std::uint32_t>(i + 1), full)));
    }
  }
  for (const std::size_t limit : {1U, 2U, 7U, 1000U}) {
    Selection selection;
    selection.limit = limit;
    std::vector<std::string> listed;
    while (true) {
      const auto page = catalogue.signals(selection);
      for (const Signal& one : page.items) listed.push_back(one.full_name);
      if (!page.next) break;
      selection.after = *page.next;
    }
    EXPECT_EQ(listed, std::vector<std::string>(names.begin(), names.end())) << limit;
  }
  for (const std::size_t bytes_max : {1U, 9U, 40U}) {
    Selection selection;
    selection.bytes_max = bytes_max;
    std::vector<std::string> listed;
    std::size_t pages = 1;
    for (auto page = catalogue.signals(selection);; page = catalogue.signals(selection), ++pages) {
      std::size_t bytes = 0;
      for (const Signal& one : page.items) {
        EXPECT_LT(bytes, bytes_max) << "the page should have ended";
        bytes += text_bytes(one);
        listed.push_back(one.full_name);
      }
      if (!page.next) break;
      EXPECT_GE(bytes, bytes_max);
      selection.after = *page.next;
    }
    EXPECT_EQ(listed, std::vector<std::string>(names.begin(), names.end())) << bytes_max;
    EXPECT_GT(pages, 1U);
  }
  Selection assets;
  EXPECT_EQ(catalogue.assets(assets).items.size(), paths.size() - 1) << "the asset without a path is not listed";
}

TEST(Catalogue, lists_what_a_filter_and_a_part_of_the_name_select) {
  Catalogue catalogue;
  fill(catalogue);
  const auto names = [&](const std::string& filter, const std::string& contains) {
    std::string joined;
    Selection selection;
    selection.filter = filter;
    selection.contains = contains;
    for (const Signal& one : catalogue.signals(selection).items) joined += one.full_name + " ";
    return joined;
  };
  EXPECT_EQ(names("acme/#", ""), "acme/press7/force ");
  EXPECT_EQ(names("+/+/usage", ""), "cpu/a/usage ");
  EXPECT_EQ(names("#", ""), "acme/press7/force cpu/a/usage loose ");
  EXPECT_EQ(names("loose", ""), "loose ");
  EXPECT_EQ(names("loose/#", ""), "loose ");
  EXPECT_EQ(names("", "a/u"), "cpu/a/usage ");
  EXPECT_EQ(names("acme/#", "usage"), "");
}

TEST(Catalogue, names_in_two_parts_compare_as_if_joined) {
  std::mt19937 random(7);  // a fixed seed: the same names each time
  const auto text = [&](std::size_t least) {
    std::string made;
    for (std::size_t left = least + random() % 3; left > 0; --left) made += "a-/b"[random() % 4];
    return made;
  };
  for (int round = 0; round < 20000; ++round) {
    const std::string path_a = text(0);
    const std::string path_b = text(0);
    const std::string name_a = text(1);
    const std::string name_b = text(1);
    const int joined = join_name(path_a, name_a).compare(join_name(path_b, name_b));
    const int parts = compare({path_a, name_a}, {path_b, name_b});
    EXPECT_EQ(joined < 0, parts < 0);
    EXPECT_EQ(joined == 0, parts == 0);
  }
}

}  // namespace
}  // namespace artery::governance
