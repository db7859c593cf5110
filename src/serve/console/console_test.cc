#include "serve/console/console.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "serve/console/embedded.h"

namespace artery::serve {
namespace {
using namespace std::string_literals;

constexpr std::string_view packed =
    "artery-console 1\n"
    "/index.html\ttext/html; charset=utf-8\taaaa\tno-cache\tidentity=7\n"
    "/static/a-1.js\ttext/javascript\tbbbb\timmutable\tidentity=9\tbr=2\tgzip=4\n"
    "\n"
    "<html/>console()BBGGGG";

Console console() { return Console(*Bundle::parse(packed)); }

net::Request asking(std::vector<net::Field> headers = {}) {
  net::Request request;
  request.headers = std::move(headers);
  return request;
}

std::string_view header(const net::Response& response, std::string_view name) {
  const auto found = std::ranges::find(response.headers, name, [](const auto& one) { return one.first; });
  return found == response.headers.end() ? "" : std::string_view(found->second);
}

TEST(Bundle, GivesEachFileInItsForms) {
  const auto bundle = Bundle::parse(packed);
  ASSERT_TRUE(bundle) << bundle.error().message();
  const Bundle::File* script = bundle->find("/static/a-1.js");
  ASSERT_NE(script, nullptr);
  EXPECT_EQ(script->type, "text/javascript");
  EXPECT_TRUE(script->immutable);
  ASSERT_EQ(script->forms.size(), 3U);
  EXPECT_EQ(script->forms[0].bytes, "console()");
  EXPECT_EQ(script->forms[1].coding, "br");
  EXPECT_EQ(script->forms[2].bytes, "GGGG");
  EXPECT_FALSE(bundle->find("/index.html")->immutable);
  EXPECT_EQ(bundle->find("/static"), nullptr);
}

TEST(Bundle, ARefusedOneSaysWhatIsWrong) {
  const auto fault = [](std::string_view bytes) {
    const auto bundle = Bundle::parse(bytes);
    return bundle ? std::string() : bundle.error().message();
  };
  EXPECT_NE(fault("").find("the first line"), std::string::npos);
  EXPECT_NE(fault("artery-console 1\n").find("no end"), std::string::npos);
  EXPECT_NE(fault("artery-console 1\n/a\ttext/css\tx\tforever\tidentity=1\n\na").find("no line"), std::string::npos);
  EXPECT_NE(fault("artery-console 1\n/a\ttext/css\tx\tno-cache\n\n").find("no line"), std::string::npos);
  EXPECT_NE(fault("artery-console 1\n/a\ttext/css\tx\tno-cache\tidentity=-1\n\na").find("no line"), std::string::npos);
  EXPECT_NE(fault(packed.substr(0, packed.size() - 1)).find("are missing"), std::string::npos);
  EXPECT_NE(fault(std::string(packed) + "x").find("behind the last"), std::string::npos);
}

TEST(Bundle, TheEmbeddedOneHasAPageWithoutInlineScriptOrStyle) {
  const auto bundle = Bundle::parse(embedded_console());
  ASSERT_TRUE(bundle) << bundle.error().message();
  const Bundle::File* page = bundle->find("/index.html");
  ASSERT_NE(page, nullptr);
  const std::string_view html = page->forms.front().bytes;
  EXPECT_NE(html.find("<script type=\"module\" crossorigin src=\"/static/"), std::string_view::npos) << html;
  EXPECT_EQ(html.find("<style"), std::string_view::npos);
  EXPECT_EQ(html.find(" style="), std::string_view::npos);
  EXPECT_EQ(html.find("http:"), std::string_view::npos);
  EXPECT_EQ(html.find("https:"), std::string_view::npos);
}

TEST(Console, SendsTheSmallestFormThatTheClientTakes) {
  const Console served = console();
  const auto coding = [&](std::string_view accepted) {
    const auto response = served.file(asking({{"Accept-Encoding", accepted}}), "/static/a-1.js");
    return std::pair(
        header(response, "Content-Encoding") == "" ? "plain" : std::string(header(response, "Content-Encoding")),
        response.body);
  };
  EXPECT_EQ(coding("gzip, deflate, br, zstd"), std::pair("br"s, "BB"s));
  EXPECT_EQ(coding("GZIP"), std::pair("gzip"s, "GGGG"s));
  EXPECT_EQ(coding("br;q=0, gzip;q=0.5"), std::pair("gzip"s, "GGGG"s));
  EXPECT_EQ(coding("identity"), std::pair("plain"s, "console()"s));
  const auto without = served.file(asking(), "/static/a-1.js");
  EXPECT_EQ(without.body, "console()");
  EXPECT_EQ(header(without, "Vary"), "Accept-Encoding");
}

TEST(Console, HashedFilesAreKeptForGoodAndPagesAreAskedForEachTime) {
  const Console served = console();
  EXPECT_EQ(header(served.file(asking(), "/static/a-1.js"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(served.page(asking()), "Cache-Control"), "no-cache");
}

TEST(Console, WhatTheClientHasIsNotSentAgain) {
  const Console served = console();
  const auto status = [&](std::string_view tags, std::string_view accepted) {
    const auto response =
        served.file(asking({{"If-None-Match", tags}, {"Accept-Encoding", accepted}}), "/static/a-1.js");
    EXPECT_EQ(response.body.empty(), response.status == 304);
    EXPECT_FALSE(header(response, "ETag").empty());
    return response.status;
  };
  EXPECT_EQ(status("\"bbbb\"", ""), 304U);
  EXPECT_EQ(status("W/\"bbbb\"", ""), 304U);
  EXPECT_EQ(status("\"x\", \"bbbb-br\"", "br"), 304U);
  EXPECT_EQ(status("*", ""), 304U);
  EXPECT_EQ(status("\"bbbb\"", "br"), 200U);  // another form of it
  EXPECT_EQ(status("\"bbb\"", ""), 200U);
}

TEST(Console, APageMayLoadNothingFromElsewhere) {
  const auto response = console().page(asking());
  const std::string_view policy = header(response, "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';")) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string_view::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string_view::npos);
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(header(response, "Cross-Origin-Opener-Policy"), "same-origin");
}

TEST(Console, AnUnknownFileIsNotFound) { EXPECT_EQ(console().file(asking(), "/static/b-2.js").status, 404U); }

}  // namespace
}  // namespace artery::serve
