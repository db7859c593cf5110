#include "net/router.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "net/url.h"

namespace artery::net {
namespace {

// Answers with the pattern's name and the parameters it saw; "404", "405 Allow" or "400" where there is none.
class Paths {
 public:
  Paths& add(Method method, std::string_view pattern) {
    router_.add(method, pattern, [](const Request&, const ResponseHandle&) {}, {});
    return *this;
  }
  std::string find(Method method, std::string_view path) {
    Request request;
    request.method = method;
    request.path = path;
    std::string storage;
    storage.reserve(path.size());
    const auto found = router_.find(request, storage);
    if (const auto* missing = std::get_if<Router::Missing>(&found)) {
      if (missing->malformed) return "400";
      return missing->path_exists ? "405 " + missing->allowed : "404";
    }
    std::string text(method_name(std::get<const Route*>(found)->method));
    for (const std::string& segment : std::get<const Route*>(found)->segments) text += "/" + segment;
    for (const auto& [name, value] : request.parameters) text.append(" ").append(name).append("=").append(value);
    return text;
  }

 private:
  Router router_;
};

TEST(Router, FindsLiteralsBeforeParametersAndBothBeforeTheRest) {
  Paths paths;
  paths.add(Method::get, "/{rest...}").add(Method::get, "/a/{id}").add(Method::get, "/a/list").add(Method::get, "/");
  EXPECT_EQ(paths.find(Method::get, "/a/list"), "GET/a/list");
  EXPECT_EQ(paths.find(Method::get, "/"), "GET/");
  EXPECT_EQ(paths.find(Method::get, "/b/c"), "GET/{rest...} rest=b/c");
}

TEST(Router, DecodesParametersAfterThePathIsSplit) {
  Paths paths;
  paths.add(Method::get, "/assets/{id}/signals/{signal}");
  EXPECT_EQ(paths.find(Method::get, "/assets/acme%2Fpress7/signals/a+b%20c"),
            "GET/assets/{id}/signals/{signal} id=acme/press7 signal=a+b c");
  EXPECT_EQ(paths.find(Method::get, "/%61ssets/x/signals/y"), "GET/assets/{id}/signals/{signal} id=x signal=y");
  EXPECT_EQ(paths.find(Method::get, "/assets/%zz/signals/y"), "400");
  EXPECT_EQ(paths.find(Method::get, "/assets/%ff/signals/y"), "400");
  EXPECT_EQ(paths.find(Method::get, "/assets//signals/y"), "404");
  EXPECT_EQ(paths.find(Method::get, "/assets/x/signals/y/"), "404");
  EXPECT_EQ(paths.find(Method::get, "/assets/x"), "404");
  EXPECT_EQ(paths.find(Method::get, "*"), "404");
}

TEST(Router, SaysWhichMethodsAPathAnswers) {
  Paths paths;
  paths.add(Method::get, "/a").add(Method::put, "/a").add(Method::post, "/{any}");
  EXPECT_EQ(paths.find(Method::head, "/a"), "GET/a");
  EXPECT_EQ(paths.find(Method::put, "/a"), "PUT/a");
  EXPECT_EQ(paths.find(Method::post, "/a"), "POST/{any} any=a");
  EXPECT_EQ(paths.find(Method::remove, "/a"), "405 GET, HEAD, PUT, POST");
  EXPECT_EQ(paths.find(Method::other, "/b"), "405 POST");
}

TEST(Query, IsDecodedInOrderAndKeepsRepeatedNames) {
  const std::string query = "a=1&b=x%20y+z&a=%E4%B8%AD&flag&=v&&e=a=b";
  std::vector<Field> fields;
  std::string storage;
  storage.reserve(query.size());
  ASSERT_TRUE(parse_query(query, fields, storage));
  std::string seen;
  for (const auto& [name, value] : fields) seen.append(name).append(":").append(value).append(" ");
  EXPECT_EQ(seen, "a:1 b:x y z a:中 flag: :v e:a=b ");
}

TEST(Query, RefusesBrokenEscapesAndWhatIsNotUtf8) {
  for (const std::string query : {"a=%", "a=%4", "a=%4g", "%ff=1", "a=\xC0\x80"}) {
    std::vector<Field> fields;
    std::string storage;
    storage.reserve(query.size());
    EXPECT_FALSE(parse_query(query, fields, storage)) << query;
  }
}

TEST(Http, WritesDatesAsRfc9110Does) {
  EXPECT_EQ(http_date(Time(784'111'777'000'000'000)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(Time(1'709'164'800'999'999'999)), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace artery::net
