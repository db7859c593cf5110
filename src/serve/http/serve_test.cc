// The parts of the API that need no node: parameters, JSON of samples, measures, base64. What the endpoints promise is
// tested against the running program, in tests/system.
#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "serve/http/base64.h"
#include "serve/http/client_routes.h"
#include "serve/http/measures.h"
#include "serve/http/openapi_document.h"
#include "serve/http/parameters.h"
#include "serve/http/sample_json.h"

namespace artery::serve {
namespace {

net::Request request_with(std::vector<net::Field> query) {
  net::Request request;
  request.query = std::move(query);
  return request;
}

TEST(Parameters, TimesAreNanosecondsOrRfc3339) {
  EXPECT_EQ(parse_time("-5"), Time(-5));
  EXPECT_EQ(parse_time("2023-11-14T22:13:20Z"), Time(1'700'000'000'000'000'000));
  EXPECT_EQ(parse_time("1.5"), std::nullopt);
  EXPECT_EQ(parse_time(""), std::nullopt);
  EXPECT_EQ(parse_time("now"), std::nullopt);
}

TEST(Parameters, WhatIsMissingHasItsDefault) {
  const net::Request request = request_with({{"limit", "7"}});
  Parameters parameters(request);
  EXPECT_EQ(parameters.number("limit", 1, 1, 10), 7U);
  EXPECT_EQ(parameters.number("width", 3, 1, 10), 3U);
  EXPECT_EQ(parameters.time("from", time_min), time_min);
  EXPECT_FALSE(parameters.flag("revisions"));
  EXPECT_FALSE(parameters.fault());
}

TEST(Parameters, TheFirstFaultStays) {
  const net::Request request = request_with({{"limit", "11"}, {"from", "x"}});
  Parameters parameters(request);
  (void)parameters.number("limit", 1, 1, 10);
  (void)parameters.time("from", time_min);
  EXPECT_EQ(parameters.fault()->detail, "`limit` is '11'; it must be a number from 1 to 10");
}

TEST(Parameters, AMisspeltOrRepeatedOneIsAFault) {
  const net::Request misspelt = request_with({{"limt", "1"}});
  Parameters first(misspelt);
  (void)first.number("limit", 1, 1, 10);
  EXPECT_EQ(first.fault()->detail, "`limt` is not a parameter of this; there are: limit");

  const net::Request repeated = request_with({{"limit", "1"}, {"limit", "2"}});
  Parameters second(repeated);
  (void)second.number("limit", 1, 1, 10);
  EXPECT_EQ(second.fault()->detail, "`limit` may be given once");
}

TEST(Parameters, SeveralValuesAreBoundedInNumber) {
  const net::Request request = request_with({{"signal", "a"}, {"signal", "b"}});
  EXPECT_EQ(Parameters(request).texts("signal", 2), (std::vector<std::string>{"a", "b"}));
  Parameters parameters(request);
  (void)parameters.texts("signal", 1);
  EXPECT_TRUE(parameters.fault());
}

TEST(SampleJson, ValuesKeepWhatJsonNumbersWouldLose) {
  history::Samples samples;
  samples.type = ValueType::i64;
  samples.push(Time(1), word_of(std::int64_t{1} << 53), "", quality_good, Time(9), 1);
  samples.push(Time(2), word_of((std::int64_t{1} << 53) + 1), "", quality_bad, Time(9), 1);
  std::string text;
  JsonWriter json(text);
  json.start_array();
  write_samples(json, samples, false);
  json.end_array();
  EXPECT_EQ(text, R"([["1",9007199254740992,0],["2","9007199254740993",2147483648]])");
}

TEST(SampleJson, ArrivalsAreAFourthItem) {
  history::Samples samples;
  samples.type = ValueType::text;
  samples.push(Time(1), 0, "on", quality_good, Time(9), 1);
  std::string text;
  JsonWriter json(text);
  write_samples(json, samples, true);
  EXPECT_EQ(text, R"(["1","on",0,"9"])");
}

TEST(SampleJson, PositionsComeBackAsTheyWere) {
  for (const history::Position position : {history::Position{Time(-17), 3}, history::Position{time_max, 0}}) {
    EXPECT_EQ(parse_position(show_position(position)), position);
  }
  for (const char* text : {"", "1", "1.", ".1", "1.x", "1.2.3", "1.-1"}) EXPECT_FALSE(parse_position(text)) << text;
}

Client client_named(std::string_view source, std::string_view name, std::string_view remote) {
  return {.source = std::string(source), .name = std::string(name), .remote = std::string(remote)};
}

TEST(Clients, PagesShowEachOnceInTheirOrder) {
  const std::vector<Client> clients = {client_named("mqtt", "b", "10.0.0.1:1"), client_named("mqtt", "a", "10.0.0.1:2"),
                                       client_named("http", "curl", "10.0.0.2"),
                                       client_named("http", "curl", "10.0.0.1"),
                                       client_named("mqtt", "a b", "10.0.0.1:3")};
  std::vector<std::string> remotes;
  ClientSelection selection{.limit = 2};
  for (int page = 0; page < 3; ++page) {
    const std::string body = show_clients(clients, selection, Time(17));
    EXPECT_TRUE(body.starts_with(R"({"time":"17",)")) << body;
    EXPECT_TRUE(body.contains(R"("total":5)")) << body;
    for (std::size_t at = body.find("remote"); at != std::string::npos; at = body.find("remote", at + 1)) {
      remotes.push_back(body.substr(at + 9, body.find('"', at + 9) - at - 9));
    }
    const std::size_t next = body.find(R"("next":")");
    EXPECT_EQ(next == std::string::npos, page == 2) << body;
    if (next != std::string::npos) selection.after = body.substr(next + 8, body.rfind('"') - next - 8);
  }
  EXPECT_EQ(remotes, (std::vector<std::string>{"10.0.0.1", "10.0.0.2", "10.0.0.1:2", "10.0.0.1:3", "10.0.0.1:1"}));
}

TEST(Clients, AreFoundByAPartOfNameOrAddressInAnyCase) {
  const std::vector<Client> clients = {client_named("mqtt", "Press7", "10.0.0.1:4711"),
                                       client_named("http", "Telegraf/1.30", "10.0.0.2")};
  const auto found = [&](std::string_view source, std::string_view contains) {
    const std::string body =
        show_clients(clients, {.source = std::string(source), .contains = std::string(contains), .limit = 9}, Time(0));
    return (body.contains("Press7") ? 1 : 0) + (body.contains("Telegraf") ? 2 : 0);
  };
  EXPECT_EQ(found("", ""), 3);
  EXPECT_EQ(found("", "pRESS"), 1);
  EXPECT_EQ(found("", "10.0.0"), 3);
  EXPECT_EQ(found("", ":47"), 1);
  EXPECT_EQ(found("http", "10.0.0"), 2);
  EXPECT_EQ(found("", "none"), 0);
}

TEST(Measures, AreGroupedForPeopleAndNamedForPrometheus) {
  Measures measures;
  measures.counter("log", "syncs", 7, "Syncs done.");
  measures.gauge("log", "disk_bytes", 1.5e9, "On disk.");
  measures.counter("http", "responses", 3, "Responses.", {"class", "2xx"});
  measures.counter("http", "responses", 1, "Responses.", {"class", "4xx"});
  measures.gauge("log", "segments", 2, "Segments.");
  EXPECT_EQ(measures.prometheus(),
            "# HELP artery_log_syncs_total Syncs done.\n# TYPE artery_log_syncs_total counter\n"
            "artery_log_syncs_total 7\n"
            "# HELP artery_log_disk_bytes On disk.\n# TYPE artery_log_disk_bytes gauge\n"
            "artery_log_disk_bytes 1500000000\n"
            "# HELP artery_log_segments Segments.\n# TYPE artery_log_segments gauge\nartery_log_segments 2\n"
            "# HELP artery_http_responses_total Responses.\n# TYPE artery_http_responses_total counter\n"
            "artery_http_responses_total{class=\"2xx\"} 3\nartery_http_responses_total{class=\"4xx\"} 1\n");
  std::string text;
  JsonWriter json(text);
  json.start_object();
  measures.write(json);
  json.end_object();
  EXPECT_EQ(text, R"({"log":{"syncs":7,"disk_bytes":1500000000,"segments":2},"http":{"responses":{"2xx":3,"4xx":1}}})");
}

TEST(Measures, BucketsOfAHistogramIncludeThoseBelow) {
  DurationHistogram histogram;
  histogram.add(std::chrono::microseconds(15));
  histogram.add(std::chrono::milliseconds(1));
  histogram.add(std::chrono::seconds(11));
  DurationCounts counts;
  histogram.add_to(counts);
  Measures measures;
  measures.histogram("http", "took_seconds", counts, "Taken.", {"route", "/a"});
  measures.histogram("log", "took_seconds", counts, "Taken.");
  const std::string text = measures.prometheus();
  EXPECT_TRUE(
      text.starts_with("# HELP artery_http_took_seconds Taken.\n# TYPE artery_http_took_seconds histogram\n"
                       "artery_http_took_seconds_bucket{route=\"/a\",le=\"1e-05\"} 0\n"
                       "artery_http_took_seconds_bucket{route=\"/a\",le=\"2e-05\"} 1\n"))
      << text;
  for (const std::string_view line :
       {"http_took_seconds_bucket{route=\"/a\",le=\"0.0009\"} 1\n",
        "http_took_seconds_bucket{route=\"/a\",le=\"0.001\"} 2\n",
        "http_took_seconds_bucket{route=\"/a\",le=\"10\"} 2\n",
        "http_took_seconds_bucket{route=\"/a\",le=\"+Inf\"} 3\n", "http_took_seconds_sum{route=\"/a\"} 11.001015\n",
        "http_took_seconds_count{route=\"/a\"} 3\n", "log_took_seconds_bucket{le=\"+Inf\"} 3\n",
        "log_took_seconds_sum 11.001015\n", "log_took_seconds_count 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  std::string json_text;
  JsonWriter json(json_text);
  json.start_object();
  measures.write(json);
  json.end_object();
  EXPECT_EQ(json_text, R"({"http":{"took_seconds":{"/a":{"count":3,"sum_seconds":11.001015}}},)"
                       R"("log":{"took_seconds":{"count":3,"sum_seconds":11.001015}}})");
}

TEST(Base64, IsThatOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE"), "//4=");
}

TEST(OpenApi, IsPartOfTheProgram) { EXPECT_TRUE(openapi_document().starts_with("{\n \"openapi\": \"3.1.0\"")); }

}  // namespace
}  // namespace artery::serve
