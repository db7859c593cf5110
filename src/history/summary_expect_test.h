// For tests: two summaries of the same samples, part by part. Sums of doubles are for the caller: how near they must be
// differs.
#pragma once

#include <gtest/gtest.h>

#include "history/summary.h"

namespace artery::history::testing {

inline void expect_same_points(const Summary& is, const Summary& should) {
  EXPECT_EQ(is.type, should.type);
  EXPECT_EQ(is.count, should.count);
  EXPECT_EQ(is.unusable, should.unusable);
  EXPECT_EQ(is.uncertain, should.uncertain);
  EXPECT_EQ(is.worst, should.worst);
  EXPECT_EQ(is.first, should.first);
  EXPECT_EQ(is.last, should.last);
  EXPECT_EQ(is.first_usable, should.first_usable);
  EXPECT_EQ(is.last_usable, should.last_usable);
  EXPECT_EQ(is.min, should.min);
  EXPECT_EQ(is.max, should.max);
}

inline void expect_same_exact_sums(const Summary& is, const Summary& should) {
  EXPECT_TRUE(is.whole_sum == should.whole_sum);
  EXPECT_EQ(is.transitions, should.transitions);
  EXPECT_EQ(is.weighted.usable_ns, should.weighted.usable_ns);
  EXPECT_EQ(is.weighted.nonzero_ns, should.weighted.nonzero_ns);
}

}  // namespace artery::history::testing
