// The log: silent unless asked, whole lines, one at a time.
#include "base/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ist {
namespace {

struct Sink {
  std::vector<std::pair<LogLevel, std::string>> lines;
  std::atomic<int> inside = 0;
  int overlaps = 0;
};

void collect(void* user, LogLevel level, const char* line) {
  auto& sink = *static_cast<Sink*>(user);
  if (++sink.inside != 1) ++sink.overlaps;
  sink.lines.emplace_back(level, line);
  --sink.inside;
}

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { set_log(nullptr, nullptr, LogLevel::off); }
  Sink sink_;
};
using LogThreads = LogTest;

TEST_F(LogTest, DeliversLevelsUpToTheLimit) {
  set_log(collect, &sink_, LogLevel::warn);
  log(LogLevel::error, "%s is %d", "size", 3);
  log(LogLevel::warn, "second");
  log(LogLevel::info, "unseen");
  log(LogLevel::debug, "unseen");
  ASSERT_EQ(sink_.lines.size(), 2u);
  EXPECT_EQ(sink_.lines[0], std::pair(LogLevel::error, std::string("size is 3")));
  EXPECT_EQ(sink_.lines[1], std::pair(LogLevel::warn, std::string("second")));
}

TEST_F(LogTest, OffDeliversNothing) {
  set_log(collect, &sink_, LogLevel::off);
  log(LogLevel::error, "unseen");
  EXPECT_TRUE(sink_.lines.empty());
  EXPECT_FALSE(log_enabled(LogLevel::error));
}

TEST_F(LogTest, EnabledAsksTheSink) {
  set_log(collect, &sink_, LogLevel::info);
  EXPECT_TRUE(log_enabled(LogLevel::info));
  EXPECT_FALSE(log_enabled(LogLevel::debug));
}

TEST_F(LogTest, ReplacedSinkHearsNoMore) {
  Sink second;
  set_log(collect, &sink_, LogLevel::debug);
  log(LogLevel::info, "one");
  set_log(collect, &second, LogLevel::debug);
  log(LogLevel::info, "two");
  EXPECT_EQ(sink_.lines.size(), 1u);
  EXPECT_EQ(second.lines.size(), 1u);
  set_log(nullptr, nullptr, LogLevel::off);
}

TEST_F(LogTest, LongAndEmptyLinesAreWhole) {
  set_log(collect, &sink_, LogLevel::debug);
  const std::string text(10000, 'y');
  log(LogLevel::debug, "%s", text.c_str());
  log(LogLevel::debug, "%s", "");
  ASSERT_EQ(sink_.lines.size(), 2u);
  EXPECT_EQ(sink_.lines[0].second, text);
  EXPECT_EQ(sink_.lines[1].second, "");
}

TEST_F(LogThreads, LinesAreSerialised) {
  set_log(collect, &sink_, LogLevel::debug);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int line = 0; line < 500; ++line) log(LogLevel::info, "thread %d line %d", i, line);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sink_.lines.size(), 2000u);
  EXPECT_EQ(sink_.overlaps, 0);
}

// set_log returns after the old function has left, so its user data may go.
TEST_F(LogThreads, ASinkMayDieAfterItsReplacement) {
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) log(LogLevel::info, "word");
  });
  for (int round = 0; round < 200; ++round) {
    Sink brief;
    set_log(collect, &brief, LogLevel::debug);
    set_log(collect, &sink_, LogLevel::off);
    EXPECT_EQ(brief.overlaps, 0);
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace ist
