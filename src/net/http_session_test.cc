#include "net/http_session.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "net/gzip.h"
#include "net/session_testing.h"

namespace artery::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::Seen;
using testing::Talk;

constexpr std::string_view get_a = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string post(std::string_view headers, std::string_view body) {
  return fmt::format("POST /write HTTP/1.1\r\nHost: localhost\r\n{}\r\n{}", headers, body);
}

std::string post_sized(std::string_view body, std::string_view headers = "") {
  return post(fmt::format("{}Content-Length: {}\r\n", headers, body.size()), body);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

unsigned refused_with(std::string_view input, HttpLimits limits = {}) {
  Talk talk(limits);
  talk.say(input);
  EXPECT_TRUE(talk.is_closing()) << talk.output;
  EXPECT_TRUE(has(talk.output, "application/problem+json")) << talk.output;
  EXPECT_TRUE(has(talk.output, "Connection: close")) << talk.output;
  EXPECT_TRUE(talk.seen.empty());
  return talk.statuses.empty() ? 0 : talk.statuses.back();
}

TEST(HttpSession, AnswersAndKeepsTheConnection) {
  Talk talk;
  talk.say(get_a);
  EXPECT_EQ(talk.output,
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 2\r\n\r\nok");
  EXPECT_EQ(talk.session.state(), HttpSession::State::idle);
  talk.say(get_a);
  EXPECT_EQ(talk.seen.size(), 2U);
}

TEST(HttpSession, MakesTheSameOfItsInputHoweverItIsSplit) {
  const std::string packed = gzip(std::string(300, 'x'));
  const std::string input = std::string(get_a) + post_sized("m v=1 1\n") +
                            post("Transfer-Encoding: chunked\r\n",
                                 "4\r\nWiki\r\n6;name=value\r\npedia \r\nb\r\nin \r\n\r\nchun\r\n0\r\nT: 1\r\n\r\n") +
                            "\r\n" + post_sized(packed, "Content-Encoding: gzip\r\n") +
                            "HEAD /h?a=1&a=%32+x HTTP/1.1\r\nHost: localhost\r\n\r\n" +
                            "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  Talk whole;
  whole.say(input);
  const std::vector<Seen> expected = {{Method::get, "/a", "", ""},
                                      {Method::post, "/write", "", "m v=1 1\n"},
                                      {Method::post, "/write", "", "Wikipedia in \r\n\r\nchun"},
                                      {Method::post, "/write", "", std::string(300, 'x')},
                                      {Method::head, "/h", "a=1;a=2 x;", ""},
                                      {Method::get, "/last", "", ""}};
  ASSERT_EQ(whole.seen, expected);
  EXPECT_TRUE(whole.is_closing());

  Talk bytewise;
  bytewise.say_bytewise(input);
  EXPECT_EQ(bytewise.seen, expected);
  EXPECT_EQ(bytewise.output, whole.output);
  for (std::size_t at = 1; at < input.size(); ++at) {
    Talk split;
    split.say(input.substr(0, at)).say(input.substr(at));
    ASSERT_EQ(split.seen, expected) << at;
    ASSERT_EQ(split.output, whole.output) << at;
  }
}

TEST(HttpSession, AnswersPipelinedRequestsInOrderOneAtATime) {
  Talk talk;
  talk.handler = [](const Request&) {};
  talk.say(std::string(get_a) + "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_EQ(talk.seen.size(), 1U);
  EXPECT_TRUE(talk.session.has_unread());
  talk.answer(text_response("first"));
  ASSERT_EQ(talk.seen.size(), 2U);
  EXPECT_EQ(talk.seen[1].path, "/b");
  EXPECT_FALSE(has(talk.output, "second"));
  talk.answer(text_response("second"));
  EXPECT_LT(talk.output.find("first"), talk.output.find("second"));
}

TEST(HttpSession, AnswersWhatIsWholeAfterTheEndOfItsInputAndCloses) {
  Talk talk;
  talk.handler = [](const Request&) {};
  talk.say(std::string(get_a) + "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\nGET /cut");
  talk.session.end_of_input();
  EXPECT_FALSE(talk.is_closing());
  talk.answer(text_response("first"));
  ASSERT_EQ(talk.seen.size(), 2U);
  EXPECT_FALSE(talk.is_closing());
  talk.answer(text_response("second"));
  EXPECT_TRUE(talk.is_closing());
  EXPECT_TRUE(has(talk.output, "first") && has(talk.output, "second")) << talk.output;

  Talk single;
  single.handler = [](const Request&) {};
  single.say(get_a);
  single.session.end_of_input();
  single.answer(text_response("only"));
  EXPECT_TRUE(single.is_closing());
  EXPECT_TRUE(has(single.output, "Connection: close") && has(single.output, "only")) << single.output;
}

TEST(HttpSession, ClosesAtTheEndOfItsInputWhereNothingIsWhole) {
  for (const std::string_view text : {std::string_view(), get_a.substr(0, 9), get_a}) {
    Talk talk;
    talk.say(text);
    talk.session.end_of_input();
    talk.session.resume(talk.now);
    EXPECT_TRUE(talk.is_closing()) << text;
  }
  Talk body;
  body.say(post("Content-Length: 9\r\n", "half"));
  body.session.end_of_input();
  EXPECT_TRUE(body.is_closing());
  EXPECT_TRUE(body.seen.empty());
}

TEST(HttpSession, BodiesOfAllConnectionsShareTheirRoom) {
  BodyBudget bodies(1000);
  Talk first({}, bodies);
  Talk second({}, bodies);
  first.say(post("Content-Length: 800\r\n", std::string(700, 'x')));
  EXPECT_EQ(bodies.held(), 700U);
  second.say(post("Content-Length: 800\r\n", std::string(200, 'x')));
  EXPECT_EQ(bodies.held(), 900U);
  second.say(std::string(101, 'x'));
  EXPECT_TRUE(second.is_closing());
  EXPECT_EQ(second.statuses, std::vector{503U});
  EXPECT_TRUE(has(second.output, "Retry-After: 1\r\n")) << second.output;
  EXPECT_EQ(bodies.held(), 700U) << "what was refused holds nothing";
  EXPECT_EQ(bodies.refused(), 1U);
  first.handler = [](const Request&) {};
  first.say(std::string(100, 'x'));
  ASSERT_EQ(first.seen.size(), 1U);
  EXPECT_EQ(bodies.held(), 0U) << "a body is for its handler's call, not for the time of the answer";
  first.answer(text_response("ok"));
  {
    Talk third({}, bodies);
    third.say(post("Transfer-Encoding: chunked\r\n", "100\r\n" + std::string(256, 'x') + "\r\n"));
    EXPECT_EQ(bodies.held(), 256U);
  }
  EXPECT_EQ(bodies.held(), 0U) << "a connection that ends gives all back";
}

TEST(HttpSession, WhatABodyInflatesToTakesRoomToo) {
  const std::string packed = gzip(std::string(100'000, 'x'));
  ASSERT_LT(packed.size(), 1000U);
  BodyBudget small(50'000);
  Talk refused({}, small);
  refused.say(post_sized(packed, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(refused.statuses, std::vector{503U});
  EXPECT_TRUE(refused.seen.empty());
  EXPECT_EQ(small.held(), 0U);
  BodyBudget enough(100'000 + packed.size());
  Talk taken({}, enough);
  taken.handler = [&](const Request& request) {
    EXPECT_EQ(enough.held(), 100'000U);
    taken.session.respond(text_response(std::to_string(request.body.size())), taken.now);
  };
  taken.say(post_sized(packed, "Content-Encoding: gzip\r\n"));
  EXPECT_TRUE(taken.output.ends_with("100000")) << taken.output;
  EXPECT_EQ(enough.held(), 0U);
}

TEST(HttpSession, PausesReadingWhenTooMuchWaitsBehindARequest) {
  Talk talk;
  talk.handler = [](const Request&) {};
  talk.say(get_a);
  talk.say(post_sized(std::string(talk.limits.pipeline_bytes_max, 'x')));
  EXPECT_TRUE(talk.session.wants_pause());
  talk.answer(text_response("ok"));
  EXPECT_EQ(talk.seen.size(), 2U);
  EXPECT_FALSE(talk.session.wants_pause());
}

TEST(HttpSession, BeginsNoRequestWhileTheClientIsBehind) {
  Talk talk;
  talk.congested = true;
  talk.say(get_a);
  EXPECT_TRUE(talk.seen.empty());
  talk.congested = false;
  talk.session.resume(talk.now);
  EXPECT_EQ(talk.seen.size(), 1U);
}

TEST(HttpSession, HeadAnswersTheLengthWithoutTheBody) {
  Talk talk;
  talk.handler = [&](const Request&) { talk.session.respond(text_response("twelve bytes"), talk.now); };
  talk.say("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(has(talk.output, "Content-Length: 12\r\n"));
  EXPECT_TRUE(talk.output.ends_with("\r\n\r\n"));
}

TEST(HttpSession, Http10ClosesUnlessAskedNotTo) {
  Talk closes;
  closes.say("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(closes.is_closing());
  EXPECT_TRUE(has(closes.output, "Connection: close\r\n"));
  Talk stays;
  stays.say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(stays.is_closing());
  EXPECT_TRUE(has(stays.output, "Connection: keep-alive\r\n"));
}

TEST(HttpSession, ContinuesOnlyWhenTheBodyIsWelcome) {
  Talk welcome;
  welcome.say(post("Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(welcome.output, "HTTP/1.1 100 Continue\r\n\r\n");
  welcome.say("body");
  EXPECT_EQ(welcome.seen.size(), 1U);

  Talk unwelcome;
  unwelcome.on_header = [](Request&) { return HttpSession::Verdict{problem(404, {}, "no"), 0}; };
  unwelcome.say(post("Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(unwelcome.statuses, std::vector<unsigned>{404});
  EXPECT_TRUE(unwelcome.is_closing());
  EXPECT_EQ(refused_with(post("Content-Length: 4\r\nExpect: miracles\r\n", "")), 417U);
}

TEST(HttpSession, ARefusedHeadWithoutBodyKeepsTheConnection) {
  Talk talk;
  talk.on_header = [](Request&) { return HttpSession::Verdict{problem(404, {}, "no"), 0}; };
  talk.say(get_a).say(get_a);
  EXPECT_EQ(talk.statuses, (std::vector<unsigned>{404, 404}));
  EXPECT_FALSE(talk.is_closing());
}

TEST(HttpSession, RefusesWhatOthersCouldReadDifferently) {  // request smuggling
  const std::string body = "0\r\n\r\n";
  EXPECT_EQ(refused_with(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length: 5\r\nContent-Length: 5\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length: 5\r\nContent-Length: 6\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length: 5, 5\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length: +5\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length: 0x5\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length: \r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length: 99999999999999999999999\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length:\r\n 5\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Content-Length : 5\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", body)), 400U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: gzip, chunked\r\n", body)), 501U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: xchunked\r\n", body)), 501U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", body)), 501U);
  EXPECT_EQ(refused_with("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with(post("X-Folded: a\r\n b\r\n", "")), 400U);
}

TEST(HttpSession, RefusesMalformedRequestsWithAReason) {
  EXPECT_EQ(refused_with("\x16\x03\x01"), 400U);
  EXPECT_EQ(refused_with("GET /\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET / HTTP/2.0\r\n\r\n"), 505U);
  EXPECT_EQ(refused_with("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET / HTTP/1.1\r\n\r\n"), 400U);  // no Host
  EXPECT_EQ(refused_with("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET /?a=%2 HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET /?a=%FF HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET / HTTP/1.1\r\nHost a\r\n\r\n"), 400U);
  EXPECT_EQ(refused_with("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s), 400U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\n", "x\r\n")), 400U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n")), 400U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n")), 400U);
  EXPECT_EQ(refused_with(post_sized("plain", "Content-Encoding: gzip\r\n")), 400U);
  EXPECT_EQ(refused_with(post_sized("plain", "Content-Encoding: br\r\n")), 415U);
}

TEST(HttpSession, TakesAbsoluteTargetsAndTheirHost) {
  Talk talk;
  std::string host;
  talk.handler = [&](const Request& request) {
    host = request.host;
    talk.session.respond(text_response("ok"), talk.now);
  };
  talk.say("GET http://localhost:8080?x=1 HTTP/1.1\r\nHost: localhost:8080\r\n\r\n");
  ASSERT_EQ(talk.seen.size(), 1U);
  EXPECT_EQ(talk.seen[0].path, "/");
  EXPECT_EQ(talk.seen[0].query, "x=1;");
  EXPECT_EQ(host, "localhost:8080");
}

TEST(HttpSession, BoundsHeadersAndBodies) {
  const HttpLimits limits{.header_bytes_max = 512, .body_bytes_max = 100, .inflated_bytes_max = 5000};
  EXPECT_EQ(refused_with(post(fmt::format("X: {}\r\n", std::string(600, 'x')), ""), limits), 431U);
  EXPECT_EQ(refused_with("GET /" + std::string(600, 'x'), limits), 431U);
  EXPECT_EQ(refused_with(post("Content-Length: 101\r\n", ""), limits), 413U);
  const std::string chunk = "32\r\n" + std::string(50, 'x') + "\r\n";
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\n", chunk + chunk + "1\r\n"), limits), 413U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\n", "1;" + std::string(600, 'x')), limits), 400U);
  EXPECT_EQ(refused_with(post("Transfer-Encoding: chunked\r\n", "0\r\nX: " + std::string(600, 'x')), limits), 400U);
}

TEST(HttpSession, RefusesBodiesThatInflateTooFar) {
  const HttpLimits limits{.inflated_bytes_max = 100'000};
  const std::string fits = gzip(std::string(100'000, 'x'));
  const std::string bomb = gzip(std::string(100'001, 'x'));
  Talk talk(limits);
  talk.say(post_sized(fits, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(talk.seen.at(0).body.size(), 100'000U);
  EXPECT_EQ(refused_with(post_sized(bomb, "Content-Encoding: gzip\r\n"), limits), 413U);
  // The size that the trailer claims is not believed: neither a small one nor a great one.
  for (const char claimed : {'\0', '\x7F'}) {
    std::string lie = bomb;
    lie.replace(lie.size() - 4, 4, std::string(4, claimed));
    const unsigned status = refused_with(post_sized(lie, "Content-Encoding: gzip\r\n"), limits);
    EXPECT_TRUE(status == 413U || status == 400U) << status;
  }
  // A route that takes less takes less inflated, too.
  Talk route(limits);
  route.on_header = [](Request&) { return HttpSession::Verdict{std::nullopt, 50'000}; };
  route.say(post_sized(fits, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(route.statuses, std::vector<unsigned>{413});
  // Two members are one text (RFC 1952 2.2).
  Talk joined(limits);
  joined.say(post_sized(gzip(std::string(100, 'a')) + gzip(std::string(100, 'b')), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(joined.seen.at(0).body, std::string(100, 'a') + std::string(100, 'b'));
}

TEST(HttpSession, TellsItsOwnerOfABodyThatItRefused) {
  const auto refused = [](std::string_view text) {
    Talk talk({.body_bytes_max = 10});
    talk.say(text);
    EXPECT_TRUE(talk.seen.empty());
    EXPECT_EQ(talk.own_bodies.held(), 0U);
    return talk.refused;
  };
  using Refused = std::vector<std::pair<unsigned, std::string>>;
  EXPECT_EQ(refused(post_sized("plain", "Content-Encoding: gzip\r\n")), (Refused{{400, "plain"}}));
  EXPECT_EQ(refused(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nx\r\n")), (Refused{{400, "abc"}}));
  EXPECT_EQ(refused(post("Content-Length: 11\r\n", "")), (Refused{{413, ""}}));
  EXPECT_EQ(refused("GET /\r\n\r\n"), Refused{});  // no head was taken
}

TEST(HttpSession, ClosesIdleConnectionsWithoutAWord) {
  Talk talk;
  talk.say(get_a).wait(74s);
  EXPECT_FALSE(talk.is_closing());
  talk.say(get_a).wait(74s);
  EXPECT_FALSE(talk.is_closing());
  const std::string before = talk.output;
  talk.wait(1s);
  EXPECT_TRUE(talk.is_closing());
  EXPECT_EQ(talk.output, before);
}

TEST(HttpSession, HeadersMustComeInTimeHoweverTheyDrip) {
  Talk talk;
  talk.say("G");
  for (int i = 0; i < 9; ++i) talk.wait(1s).say("E");
  EXPECT_FALSE(talk.is_closing());
  talk.wait(1s);
  EXPECT_EQ(talk.statuses, std::vector<unsigned>{408});
  EXPECT_TRUE(talk.is_closing());
}

TEST(HttpSession, BodiesMayTakeTheirTimeAtAMinimumRateOnly) {
  Talk stalls;
  stalls.say(post("Content-Length: 10\r\n", "123")).wait(59s);
  EXPECT_FALSE(stalls.is_closing());
  stalls.wait(1s);
  EXPECT_EQ(stalls.statuses, std::vector<unsigned>{408});

  Talk flows;
  flows.say(post("Content-Length: 2000000\r\n", ""));
  for (int i = 0; i < 100; ++i) flows.say(std::string(20'000, 'x')).wait(1s);
  EXPECT_EQ(flows.statuses, std::vector<unsigned>{200});
}

TEST(HttpSession, HandlersMayTakeTheirTime) {
  Talk talk;
  talk.handler = [](const Request&) {};
  talk.say(get_a).wait(3600s);
  EXPECT_FALSE(talk.is_closing());
  talk.answer(text_response("late"));
  EXPECT_TRUE(has(talk.output, "late"));
}

TEST(HttpSession, GivesUpAClientThatTakesNothing) {
  Talk talk;
  talk.handler = [&](const Request&) {
    talk.session.respond(text_response(std::string(1'000'000, 'x')), talk.now);
    talk.unsent = 1'000'000;
  };
  talk.say(get_a);
  for (int i = 0; i < 100; ++i) {
    talk.unsent -= 5000;
    talk.wait(29s);
  }
  EXPECT_TRUE(talk.is_alive);
  talk.unsent -= 100;
  talk.wait(30s);
  EXPECT_FALSE(talk.is_alive);
}

TEST(HttpSession, StreamsInChunksAndToTheEndInHttp10) {
  const auto streams = [](std::string_view input) {
    Talk talk;
    talk.handler = [&](const Request&) {
      talk.session.begin(text_response(""));
      talk.session.send(as_bytes("hello "));
      talk.session.send({});
      talk.session.send(as_bytes("world, this is more than 16 bytes"));
      talk.session.end(talk.now);
    };
    talk.say(input);
    return talk.output;
  };
  EXPECT_TRUE(
      streams(get_a).ends_with("Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n"
                               "21\r\nworld, this is more than 16 bytes\r\n0\r\n\r\n"));
  EXPECT_TRUE(streams("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                  .ends_with("Connection: close\r\n\r\nhello world, this is more than 16 bytes"));
  EXPECT_TRUE(streams("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").ends_with("chunked\r\n\r\n"));
}

TEST(HttpSession, CompressesGreatTextsForThoseWhoAskForIt) {
  const auto answer_to = [](std::string_view accept, std::string type, std::size_t size) {
    Talk talk;
    talk.handler = [&](const Request&) {
      talk.session.respond({.content_type = std::move(type), .body = std::string(size, 'x')}, talk.now);
    };
    talk.say(fmt::format("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", accept));
    return talk.output;
  };
  const std::string packed = answer_to("Accept-Encoding: br, GZip;q=0.5\r\n", "application/json", 5000);
  EXPECT_TRUE(has(packed, "Content-Encoding: gzip\r\n"));
  EXPECT_TRUE(has(packed, "Vary: Accept-Encoding\r\n"));
  const std::string body = packed.substr(packed.find("\r\n\r\n") + 4);
  EXPECT_EQ(as_text(gunzip(as_bytes(body), 10'000, [](std::size_t) { return true; }).value()), std::string(5000, 'x'));
  EXPECT_FALSE(has(answer_to("", "application/json", 5000), "gzip"));
  EXPECT_FALSE(has(answer_to("Accept-Encoding: gzip;q=0\r\n", "application/json", 5000), "gzip"));
  EXPECT_FALSE(has(answer_to("Accept-Encoding: gzip\r\n", "application/json", 500), "gzip"));
  EXPECT_FALSE(has(answer_to("Accept-Encoding: gzip\r\n", "image/png", 5000), "gzip"));
}

TEST(HttpSession, AHeaderValueCannotBeginAnotherHeader) {
  Talk talk;
  talk.handler = [&](const Request&) {
    Response response = text_response("ok");
    response.headers.emplace_back("Location", "/x\r\nSet-Cookie: a=b");
    talk.session.respond(std::move(response), talk.now);
  };
  talk.say(get_a);
  EXPECT_TRUE(has(talk.output, "Location: /x  Set-Cookie: a=b\r\n"));
}

TEST(HttpSession, StopEndsIdleConnectionsAndLetsAnswersFinish) {
  Talk idle;
  idle.say(get_a).session.stop();
  EXPECT_TRUE(idle.is_closing());

  Talk busy;
  busy.handler = [](const Request&) {};
  busy.say(get_a).session.stop();
  EXPECT_FALSE(busy.is_closing());
  busy.answer(text_response("ok"));
  EXPECT_TRUE(has(busy.output, "Connection: close"));
  EXPECT_TRUE(busy.is_closing());
}

TEST(Problem, IsJsonWhateverTheDetail) {
  const Response response = problem(400, "", "a \"quoted\" \\ line\n");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"a \"quoted\" \\ line\u000a"})");
}

TEST(HttpSession, AnAnswerWhoseCodingItsHandlerChoseIsSentAsItIs) {
  Talk talk;
  talk.handler = [&](const Request&) {
    Response response = text_response(std::string(5000, 'x'));
    response.headers.emplace_back("Vary", "Accept-Encoding");
    talk.session.respond(std::move(response), talk.now);
  };
  talk.say("GET /a HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_NE(talk.output.find("Content-Length: 5000\r\n"), std::string::npos) << talk.output.substr(0, 300);
  EXPECT_EQ(talk.output.find("Content-Encoding"), std::string::npos);
  EXPECT_EQ(talk.output.find("Vary"), talk.output.rfind("Vary"));
}

TEST(HttpSession, AcceptedCodingsAreReadWithTheirWeights) {
  EXPECT_TRUE(accepts_coding("deflate, GZIP ;q=0.1", "gzip"));
  EXPECT_FALSE(accepts_coding("gzip; q=0.000, br", "gzip"));
  EXPECT_TRUE(accepts_coding("gzip;q=0,br;q=1.0", "br"));
  EXPECT_FALSE(accepts_coding("x-gzip", "gzip"));
  EXPECT_FALSE(accepts_coding("", "gzip"));
}

}  // namespace
}  // namespace artery::net
