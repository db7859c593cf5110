#include "governance/catalogue_io.h"

#include <gtest/gtest.h>

#include <string>

#include "governance/csv.h"
#include "governance/node_test.h"
#include "runtime/sim/machine.h"

namespace artery::governance {
namespace {

// Some of everything, with what CSV and JSON must escape.
void fill(NodeOnSim& node) {
  AssetPatch asset{.path = "acme/press7", .create = true};
  asset.type = "press, old";
  asset.properties = {{"serial", "47\"11"}, {"site", "Jena"}};
  asset.display_names = {{"zh", "压力机"}};
  asset.aliases = {"shop, old/7", "press7"};
  SignalPatch force{.full_name = "acme/press7/force", .type = ValueType::f64};
  force.unit = "kN";
  force.low = -0.1;
  force.high = 1e300;
  force.description = "two\nlines, \"quoted\"";
  force.display_names = {{"de", "Kraft"}};
  force.data_class = DataClass::core;
  force.aliases = {"acme/press7/ram", "press7/f"};
  SignalPatch label{.full_name = "label", .type = ValueType::text};
  label.stepped = true;
  label.retired = true;
  for (const auto& result : node.edit({asset, force, label}, "anna")) ASSERT_TRUE(result);
}

std::vector<Patch> patches_of(const Import& import) {
  std::vector<Patch> patches;
  for (const ImportedPatch& one : import.patches) patches.push_back(one.patch);
  return patches;
}

TEST(CatalogueIo, what_is_exported_changes_nothing_when_imported_and_makes_the_same_elsewhere) {
  for (const MetadataFormat format : {MetadataFormat::csv, MetadataFormat::json}) {
    sim::Machine machine(1);
    NodeOnSim node(machine);
    fill(node);
    const std::string text = export_metadata(node.catalogue, format, {});
    const auto import = import_metadata(text, format);
    ASSERT_TRUE(import && import->errors.empty()) << text;
    const Buffer before = node.catalogue.snapshot(Offset(0));
    for (const auto& result : node.edit(patches_of(*import), "bert")) ASSERT_TRUE(result);
    EXPECT_EQ(node.catalogue.snapshot(Offset(0)), before);

    sim::Machine other_machine(2);
    NodeOnSim other(other_machine);
    for (const auto& result : other.edit(patches_of(*import), "bert")) ASSERT_TRUE(result) << text;
    auto expected = node.catalogue.signal("acme/press7/force");
    const auto made = other.catalogue.signal("acme/press7/force");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->change.author, "bert");
    expected->change = made->change;
    EXPECT_EQ(made, expected);
    EXPECT_EQ(other.catalogue.asset("acme/press7")->properties, node.catalogue.asset("acme/press7")->properties);
    EXPECT_EQ(other.catalogue.asset("acme/press7")->aliases, (std::vector<std::string>{"press7", "shop, old/7"}));
    EXPECT_EQ(made->aliases, (std::vector<std::string>{"acme/press7/f", "acme/press7/ram"}));
    EXPECT_EQ(other.catalogue.find("label")->type, ValueType::text);
    EXPECT_TRUE(other.catalogue.find("label")->retired);
    EXPECT_FALSE(made->retired);
  }
}

TEST(CatalogueIo, an_import_renames_what_it_gives_a_new_name) {
  const auto expect_renamed = [](MetadataFormat format, std::string_view text) {
    sim::Machine machine(3);
    NodeOnSim node(machine);
    fill(node);
    const auto import = import_metadata(text, format);
    ASSERT_TRUE(import && import->errors.empty());
    for (const auto& result : node.edit(patches_of(*import), "bert")) EXPECT_TRUE(result) << result.error().message();
    EXPECT_EQ(node.catalogue.signal("jena/press7/ram_force")->aliases,
              (std::vector<std::string>{"jena/press7/f", "jena/press7/force", "jena/press7/ram"}));
    EXPECT_EQ(node.catalogue.asset("jena/press7")->aliases, std::vector<std::string>{"acme/press7"});
  };
  expect_renamed(MetadataFormat::csv,
                 "kind,name,new_name,aliases\n"
                 "asset,acme/press7,jena/press7,acme/press7\n"
                 "signal,acme/press7/force,acme/press7/ram_force,"
                 "\"acme/press7/f\r\nacme/press7/force\n\nacme/press7/ram\"\n"
                 "signal,label,,\n");
  expect_renamed(MetadataFormat::json, R"({
    "assets": [{"name": "acme/press7", "new_name": "jena/press7", "aliases": ["acme/press7"]}],
    "signals": [{"name": "jena/press7/force", "new_name": "jena/press7/ram_force"}]})");
}

TEST(CatalogueIo, an_empty_catalogue_is_exported_and_imported) {
  const Catalogue catalogue;
  for (const MetadataFormat format : {MetadataFormat::csv, MetadataFormat::json}) {
    const auto import = import_metadata(export_metadata(catalogue, format, {}), format);
    ASSERT_TRUE(import);
    EXPECT_TRUE(import->patches.empty() && import->errors.empty());
  }
}

TEST(CatalogueIo, a_wrong_line_of_csv_is_told_with_its_number_and_costs_no_other) {
  const auto import = import_metadata(
      "name,kind,unit,low,stepped,data_class\r\n"
      "a/x,signal,m,,,\r\n"
      "a/y,signal,m,low,,\r\n"
      "\r\n"
      "a/z,signal,\"two\nlines\",,,\r\n"
      "a,asset,m,,,\r\n"
      "a,thing,,,,\r\n"
      "a/b,signal,m\r\n"
      "a/c,signal,m,1,maybe,\r\n"
      "a/d,signal,m,1,true,secret\r\n"
      "a/\"e\",signal,m,1,true,\r\n"
      "a/f,signal,kg,1,true,core\n",
      MetadataFormat::csv);
  ASSERT_TRUE(import);
  std::vector<std::uint32_t> wrong;
  for (const ImportError& error : import->errors) wrong.push_back(error.line);
  EXPECT_EQ(wrong, (std::vector<std::uint32_t>{3, 7, 8, 9, 10, 11, 12}));
  ASSERT_EQ(import->patches.size(), 3U);
  EXPECT_EQ(import->patches[1].line, 5U);
  EXPECT_EQ(std::get<SignalPatch>(import->patches[2].patch).data_class, DataClass::core);
}

TEST(CatalogueIo, a_wrong_element_of_json_is_told_with_its_place_and_costs_no_other) {
  const auto import = import_metadata(R"({"assets": [{"name": "a"}, {"type": "x"}, 5],
    "signals": [{"name": "a/x", "low": null, "display_names": {"de": null}}, {"name": "a/y", "type": "f32"},
                {"name": "a/z", "colour": "red"}, {"name": 7}]})",
                                      MetadataFormat::json);
  ASSERT_TRUE(import);
  std::vector<std::uint32_t> wrong;
  for (const ImportError& error : import->errors) wrong.push_back(error.line);
  EXPECT_EQ(wrong, (std::vector<std::uint32_t>{2, 3, 5, 6, 7}));
  ASSERT_EQ(import->patches.size(), 2U);
  EXPECT_TRUE(std::get<AssetPatch>(import->patches[0].patch).create);
  EXPECT_EQ(std::get<SignalPatch>(import->patches[1].patch).display_names, (Texts{{"de", ""}}));
}

TEST(CatalogueIo, what_is_no_csv_or_json_of_metadata_is_refused_as_a_whole) {
  for (const std::string_view csv : {"", "kind\n", "name,kind,name\n", "name,kind,colour\n", "\"name"}) {
    EXPECT_FALSE(import_metadata(csv, MetadataFormat::csv)) << csv;
  }
  for (const std::string_view json : {"", "{", "[]", R"({"signals": 1})", R"({"other": []})"}) {
    EXPECT_FALSE(import_metadata(json, MetadataFormat::json)) << json;
  }
}

TEST(Csv, fields_come_back_as_they_were_written) {
  const std::vector<std::string> fields{"", "plain", "a,b", "a\"b", "two\r\nlines", " spaces ", "ü"};
  std::string text;
  append_csv(text, fields);
  append_csv(text, {"next"});
  CsvReader reader(text);
  const auto first = reader.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->fields, fields);
  const auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->line, 3U);
  EXPECT_FALSE(*reader.next());
}

}  // namespace
}  // namespace artery::governance
