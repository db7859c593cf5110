#include "sources/http/line_protocol_routes.h"

#include <gtest/gtest.h>

#include <string>

namespace artery::line_protocol {
namespace {

using admission::AdmissionError;
using admission::Receipt;
using admission::RefusalKind;

Receipt partial(std::size_t listed, std::uint64_t refused) {
  Receipt receipt{.accepted = 5, .refused = refused, .refusals = {}};
  for (std::uint32_t i = 0; i < listed; ++i) {
    receipt.refusals.push_back({i + 1, RefusalKind::malformed, "unable to parse 'x \"y': missing fields"});
  }
  return receipt;
}

TEST(LineProtocolRoutes, AnswersNoContentWhenAllIsOnTheDisk) {
  const net::Response response = answer_of(Receipt{.accepted = 7, .refused = 0, .refusals = {}}, Version::v1);
  EXPECT_EQ(response.status, 204U);
  EXPECT_EQ(response.body, "");
}

TEST(LineProtocolRoutes, APartialWriteNamesLineReasonAndCountInTheVersionsShape) {
  const net::Response v1 = answer_of(partial(1, 1), Version::v1);
  EXPECT_EQ(v1.status, 400U);
  EXPECT_EQ(
      v1.body,
      R"({"error":"partial write: line 1: unable to parse 'x \"y': missing fields dropped=1","refused":[{"line":1,"kind":"malformed",)"
      R"("reason":"unable to parse 'x \"y': missing fields"}],"dropped":1})");
  const net::Response v2 = answer_of(partial(1, 1), Version::v2);
  EXPECT_EQ(v2.status, 400U);
  EXPECT_EQ(
      v2.body,
      R"({"code":"invalid","message":"partial write: line 1: unable to parse 'x \"y': missing fields dropped=1","refused":[)"
      R"({"line":1,"kind":"malformed","reason":"unable to parse 'x \"y': missing fields"}],"dropped":1})");
}

TEST(LineProtocolRoutes, AnAnswerNamesAsManyRefusalsAsTheReceiptListsAndCountsTheRest) {
  const std::string body = answer_of(partial(12, 250), Version::v1).body;
  EXPECT_NE(body.find("line 12:"), std::string::npos);
  EXPECT_EQ(body.find("line 13:"), std::string::npos);
  EXPECT_NE(body.find("; and 238 more dropped=250"), std::string::npos);
}

TEST(LineProtocolRoutes, SaysWhenToTryAgain) {
  EXPECT_EQ(answer_of(Error(AdmissionError::full, "no room"), Version::v1).status, 507U);
  EXPECT_EQ(answer_of(Error(AdmissionError::too_long, "long"), Version::v2).status, 413U);
  const net::Response busy = answer_of(Error(AdmissionError::busy, "busy"), Version::v2);
  EXPECT_EQ(busy.status, 503U);
  ASSERT_EQ(busy.headers.size(), 1U);
  EXPECT_EQ(busy.headers[0].first, "Retry-After");
  EXPECT_EQ(busy.body, R"({"code":"unavailable","message":"busy"})");
}

TEST(LineProtocolRoutes, AnswersWhatLoadersAskFirst) {
  EXPECT_NE(answer_of_query(" show databases").body.find("\"name\":\"databases\""), std::string::npos);
  EXPECT_EQ(answer_of_query("SELECT * FROM cpu").status, 400U);
}

TEST(LineProtocolRoutes, SaysThatNoDatabaseWasMadeOrDropped) {
  const net::Response created = answer_of_query("CREATE DATABASE \"benchmark\" WITH REPLICATION 1");
  EXPECT_EQ(created.status, 200U);
  EXPECT_EQ(created.body,
            R"({"results":[{"statement_id":0,"messages":[{"level":"warning","text":"a node is one database: none was )"
            R"(created, and what is written to any goes to the same signals"}]}]})");
  const net::Response dropped = answer_of_query("drop database benchmark");
  EXPECT_EQ(dropped.status, 200U);
  EXPECT_NE(dropped.body.find("nothing was dropped"), std::string::npos);
  for (const char* own : {"drop database artery", "DROP DATABASE \"artery\";"}) {
    EXPECT_EQ(answer_of_query(own).status, 400U) << own;
  }
}

}  // namespace
}  // namespace artery::line_protocol
