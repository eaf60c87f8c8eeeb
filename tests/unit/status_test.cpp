// Status and Result: success is nothing, failure keeps its code and sentence on every way out.
#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ist {
namespace {

Status refuse(int value) { return fail(Code::argument_out_of_range, "value (%d) is above %s.", value, "9"); }

Result<int> half_of(int value) {
  if (value % 2 != 0) return fail(Code::invalid_argument, "value (%d) is odd.", value);
  return value / 2;
}

Result<std::string> quarter_of(int value) {
  IST_TRY(const int half, half_of(value));
  IST_TRY(const int quarter, half_of(half));
  return std::to_string(quarter);
}

Status check_all(int value, int& reached) {
  IST_CHECK(Status());
  reached = 1;
  IST_CHECK(half_of(value));
  reached = 2;
  return {};
}

TEST(StatusTest, SuccessHasNoCodeAndNoText) {
  const Status good;
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good.code(), Code::success);
  EXPECT_EQ(good.message(), "");
  EXPECT_EQ(sizeof(Status), sizeof(void*));
}

TEST(StatusTest, FailureKeepsCodeAndFormattedSentence) {
  const Status bad = refuse(12);
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.code(), Code::argument_out_of_range);
  EXPECT_EQ(bad.message(), "value (12) is above 9.");
}

TEST(StatusTest, LongSentencesAreWhole) {
  const std::string name(5000, 'x');
  EXPECT_EQ(fail(Code::name_not_found, "No kernel '%s'.", name.c_str()).message(), "No kernel '" + name + "'.");
}

TEST(StatusTest, ContextIsAddedOutermostLast) {
  Status bad = refuse(12).in("args[2]").in("kernel 'advect'");
  EXPECT_EQ(bad.message(), "value (12) is above 9. (while args[2]) (while kernel 'advect')");
  EXPECT_EQ(bad.code(), Code::argument_out_of_range);
  EXPECT_TRUE(Status().in("anything").ok());
}

TEST(StatusTest, MovingTakesTheFailureAlong) {
  Status from = refuse(12);
  const Status to = std::move(from);
  EXPECT_FALSE(to.ok());
  EXPECT_EQ(to.message(), "value (12) is above 9.");
}

TEST(ResultTest, HoldsAValueOrAFailure) {
  Result<int> good = half_of(8);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, 4);
  EXPECT_TRUE(good.take_status().ok());
  Result<int> bad = half_of(3);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().message(), "value (3) is odd.");
  EXPECT_EQ(bad.take_status().code(), Code::invalid_argument);
}

TEST(ResultTest, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> held = std::make_unique<int>(5);
  const std::unique_ptr<int> out = *std::move(held);
  EXPECT_EQ(*out, 5);
}

TEST(ResultTest, TryLeavesWithTheFirstFailure) {
  EXPECT_EQ(*quarter_of(12), "3");
  EXPECT_EQ(quarter_of(7).status().message(), "value (7) is odd.");
  EXPECT_EQ(quarter_of(6).status().message(), "value (3) is odd.");
}

TEST(ResultTest, CheckTakesStatusAndResult) {
  int reached = 0;
  EXPECT_TRUE(check_all(2, reached).ok());
  EXPECT_EQ(reached, 2);
  EXPECT_EQ(check_all(3, reached).message(), "value (3) is odd.");
  EXPECT_EQ(reached, 1);
}

}  // namespace
}  // namespace ist
