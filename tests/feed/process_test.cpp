// Feeds between processes: every texel of every frame, and processes that are killed.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <thread>
#include <vector>

#include "feed_test.h"

extern char** environ;

namespace {

// A feed_party, killed when it goes.
class Party {
 public:
  explicit Party(std::vector<std::string> args) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    args.insert(args.begin(), IST_FEED_PARTY);
    std::vector<char*> raw;
    for (std::string& arg : args) raw.push_back(arg.data());
    raw.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, IST_FEED_PARTY, &actions, nullptr, raw.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~Party() {
    kill_now();
    close(in_);
    close(out_);
  }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  pid_t pid() const { return pid_; }
  void tell(const std::string& line) {
    const std::string text = line + "\n";
    EXPECT_EQ(write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // The next line, without its end; empty when there is none in time.
  std::string line() {
    for (;;) {
      const size_t end = text_.find('\n');
      if (end != std::string::npos) {
        std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line;
      }
      pollfd wanted{out_, POLLIN, 0};
      char more[4096];
      if (poll(&wanted, 1, 30000) <= 0) return "";
      const ssize_t got = read(out_, more, sizeof more);
      if (got <= 0) return "";
      text_.append(more, static_cast<size_t>(got));
    }
  }
  // Reads on until a line begins like this.
  std::string line_of(const std::string& start) {
    std::string seen;
    for (std::string each = line(); !each.empty(); each = line()) {
      if (each.starts_with(start)) return each;
      if (each.starts_with("failed")) return each;
      seen = each;
    }
    return "(none; the last was '" + seen + "')";
  }
  void kill_now() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  // Its exit code.
  int finish() {
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int in_ = -1;
  int out_ = -1;
  std::string text_;
};

// "state a=1 b=2"
std::map<std::string, uint64_t> values_of(const std::string& line) {
  std::map<std::string, uint64_t> values;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    if (equals != std::string::npos) values[word.substr(0, equals)] = std::stoull(word.substr(equals + 1));
  }
  return values;
}

std::map<std::string, uint64_t> state_of(Party& producer) {
  producer.tell("state");
  return values_of(producer.line_of("state"));
}

// Once it has noticed that nobody is there.
std::map<std::string, uint64_t> state_alone(Party& producer) {
  for (int i = 0; i < 1000; ++i) {
    auto state = state_of(producer);
    if (state["consumers"] == 0) return state;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ADD_FAILURE() << "consumers that have died are still counted";
  return {};
}

// "took 300 skipped 0 wrong 0 disorder 0 files 12 12 validation 0"
struct Report {
  uint64_t took = 0, skipped = 0, wrong = 0, disorder = 0, files_before = 0, files_after = 1, validation = 0;
  explicit Report(const std::string& line) {
    const int count =
        std::sscanf(line.c_str(), "took %lu skipped %lu wrong %lu disorder %lu files %lu %lu validation %lu", &took,
                    &skipped, &wrong, &disorder, &files_before, &files_after, &validation);
    EXPECT_EQ(count, 7) << line;
  }
  void expect_clean() const {
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(disorder, 0u);
    EXPECT_EQ(files_before, files_after);
    EXPECT_EQ(validation, 0u);
  }
};

void expect_clean_end(Party& producer) {
  producer.tell("stop");
  const std::string line = producer.line_of("files");
  unsigned long before = 0, after = 1, validation = 1;
  EXPECT_EQ(std::sscanf(line.c_str(), "files %lu %lu validation %lu", &before, &after, &validation), 3) << line;
  EXPECT_EQ(before, after);
  EXPECT_EQ(validation, 0u);
  EXPECT_EQ(producer.finish(), 0);
}

struct Shape {
  const char* width;
  const char* height;
  const char* format;
};

class FeedProcesses : public feed_test::FeedTest {};
class FeedFrames : public feed_test::FeedTest, public testing::WithParamInterface<Shape> {};

// In step, so that each frame is seen; under the validation layer.
TEST_P(FeedFrames, ThreeHundredInStep) {
  const auto [width, height, format] = GetParam();
  setenv("IST_VALIDATION", "sync", 1);
  Party producer({"produce", "step", width, height, format, "3", "step"});
  Party consumer({"consume", "step", "300"});
  unsetenv("IST_VALIDATION");
  ASSERT_EQ(producer.line(), "ready");
  ASSERT_EQ(consumer.line(), "open");
  for (int frame = 1; frame <= 300; ++frame) {
    producer.tell("go");
    ASSERT_EQ(consumer.line(), "frame " + std::to_string(frame));
  }
  const Report report(consumer.line());
  EXPECT_EQ(report.took, 300u);
  EXPECT_EQ(report.skipped, 0u);
  report.expect_clean();
  EXPECT_EQ(consumer.finish(), 0);
  const auto state = state_of(producer);
  EXPECT_EQ(state.at("published"), 300u);
  EXPECT_EQ(state.at("dropped"), 0u);
  EXPECT_EQ(state.at("skipped"), 0u);
  EXPECT_EQ(state.at("reclaimed"), 0u);
  EXPECT_EQ(state.at("blocked"), 0u);
  expect_clean_end(producer);
}

// As fast as each can, until 300 have been looked at.
TEST_P(FeedFrames, ThreeHundredOnTheRun) {
  const auto [width, height, format] = GetParam();
  Party producer({"produce", "run", width, height, format, "4", "0"});
  Party one({"consume", "run", "300"});
  Party two({"consume", "run", "300"});
  ASSERT_EQ(producer.line(), "ready");
  for (Party* consumer : {&one, &two}) {
    const Report report(consumer->line_of("took"));
    EXPECT_EQ(report.took, 300u);
    report.expect_clean();
    EXPECT_EQ(consumer->finish(), 0);
  }
  const auto state = state_of(producer);
  EXPECT_EQ(state.at("blocked"), 0u);
  EXPECT_GE(state.at("published"), 300u);
  EXPECT_EQ(state.at("reclaimed"), 0u);
  expect_clean_end(producer);
}

INSTANTIATE_TEST_SUITE_P(shapes, FeedFrames,
                         testing::Values(Shape{"67", "45", "rgba8"}, Shape{"321", "181", "rgba8"},
                                         Shape{"1", "1", "rgba8"}, Shape{"67", "45", "r32f"},
                                         Shape{"255", "129", "r32f"}),
                         [](const testing::TestParamInfo<Shape>& info) {
                           return std::string(info.param.format) + "_" + info.param.width + "x" + info.param.height;
                         });

TEST_F(FeedProcesses, FiftyConsumersAreKilledAndNothingIsLost) {
  Party producer({"produce", "kill", "67", "45", "rgba8", "4", "0"});
  ASSERT_EQ(producer.line(), "ready");
  uint64_t published = 0, held = 0;
  for (int round = 0; round < 50; ++round) {
    const bool keeps = round % 2 == 0;
    Party victim = keeps ? Party({"consume", "kill", "1000000", "keep", std::to_string(1 + round % 5)})
                         : Party({"consume", "kill", "1000000"});
    if (keeps) {
      ASSERT_TRUE(victim.line_of("keeps").starts_with("keeps"));
      ++held;
    } else {
      ASSERT_EQ(victim.line(), "open");
      ASSERT_TRUE(victim.line().starts_with("frame"));
      std::this_thread::sleep_for(std::chrono::microseconds(137 * round));
    }
    const auto state = state_of(producer);
    EXPECT_EQ(state.at("consumers"), 1u);
    EXPECT_EQ(state.at("blocked"), 0u);
    EXPECT_GT(state.at("published"), published) << "round " << round;
    published = state.at("published");
    victim.kill_now();
    if (round % 10 == 9) {
      EXPECT_EQ(state_alone(producer)["leased"], 0u);
    }
  }
  producer.tell("pause");
  auto state = state_alone(producer);
  for (int i = 0; i < 1000 && state["available"] != 3; ++i) state = state_of(producer);
  EXPECT_EQ(state["leased"], 0u);
  EXPECT_EQ(state["available"], 3u) << "all but the newest";
  EXPECT_GE(state["reclaimed"], held);
  EXPECT_LE(state["reclaimed"], 50u);
  EXPECT_EQ(state["blocked"], 0u);
  producer.tell("resume");
  Party last({"consume", "kill", "20"});
  const Report report(last.line_of("took"));
  EXPECT_EQ(report.took, 20u);
  report.expect_clean();
  expect_clean_end(producer);
}

TEST_F(FeedProcesses, AKilledProducerLeavesTheFrameInHand) {
  auto producer = std::make_unique<Party>(std::vector<std::string>{"produce", "orphan", "67", "45", "rgba8", "4", "0"});
  ASSERT_EQ(producer->line(), "ready");
  Party consumer({"consume", "orphan", "1000", "keep", "7"});
  ASSERT_TRUE(consumer.line_of("keeps").starts_with("keeps"));
  const pid_t pid = producer->pid();
  producer->kill_now();
  consumer.tell("look");
  EXPECT_EQ(consumer.line(), "wrong 0");
  EXPECT_TRUE(consumer.line().starts_with("frame"));
  EXPECT_EQ(consumer.line(), "failed ist_feed_begin: -9 ist_feed_begin: Producer " + std::to_string(pid) +
                                 " of feed 'orphan' has gone.");
  EXPECT_TRUE(std::filesystem::exists(socket_of("orphan")));

  Party heir({"produce", "orphan", "33", "17", "r32f", "3", "0"});
  ASSERT_EQ(heir.line(), "ready") << "what the dead one left is replaced";
  Party second({"produce", "orphan", "33", "17", "r32f", "3", "0"});
  EXPECT_EQ(second.line(), "failed ist_feed_create: -9 ist_feed_create: Feed 'orphan' is process " +
                               std::to_string(heir.pid()) + "'s, which lives.");
  Party next({"consume", "orphan", "10"});
  const Report report(next.line_of("took"));
  report.expect_clean();
  expect_clean_end(heir);
  EXPECT_FALSE(std::filesystem::exists(socket_of("orphan")));
}

TEST_F(FeedProcesses, ASlowConsumerHoldsOneSlotAndNobodyUp) {
  Party producer({"produce", "slow", "67", "45", "rgba8", "3", "0"});
  ASSERT_EQ(producer.line(), "ready");
  Party consumer({"consume", "slow", "12", "hold", "40"});
  const Report report(consumer.line_of("took"));
  EXPECT_EQ(report.took, 12u);
  EXPECT_GT(report.skipped, 0u);
  report.expect_clean();
  const auto state = state_of(producer);
  EXPECT_EQ(state.at("blocked"), 0u);
  EXPECT_GT(state.at("published"), 12u);
  EXPECT_GT(state.at("skipped"), 0u);
  expect_clean_end(producer);
}

TEST_F(FeedProcesses, AStoppedConsumerHoldsNobodyUp) {
  Party producer({"produce", "stopped", "67", "45", "rgba8", "3", "0"});
  ASSERT_EQ(producer.line(), "ready");
  Party consumer({"consume", "stopped", "100000"});
  ASSERT_TRUE(consumer.line_of("frame").starts_with("frame"));
  ASSERT_EQ(kill(consumer.pid(), SIGSTOP), 0);
  const uint64_t before = state_of(producer).at("published");
  uint64_t after = before;
  for (int i = 0; i < 20000 && after < before + 500; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the producer answers between frames
    after = state_of(producer).at("published");
  }
  EXPECT_GE(after, before + 500);
  EXPECT_EQ(state_of(producer).at("blocked"), 0u);
  ASSERT_EQ(kill(consumer.pid(), SIGCONT), 0);
  expect_clean_end(producer);
  EXPECT_NE(consumer.line_of("failed").find("has gone"), std::string::npos);
}

TEST_F(FeedProcesses, TooManyConsumers) {
  Party producer({"produce", "full", "67", "45", "rgba8", "4", "0"});
  ASSERT_EQ(producer.line(), "ready");
  Party one({"consume", "full", "100000", "keep", "1"});
  ASSERT_TRUE(one.line_of("keeps").starts_with("keeps"));
  Party two({"consume", "full", "100000", "keep", "2"});
  ASSERT_TRUE(two.line_of("keeps").starts_with("keeps"));
  const uint64_t before = state_of(producer).at("published");
  Party three({"consume", "full", "1"});
  EXPECT_EQ(three.line(),
            "failed ist_feed_open: -6 ist_feed_open: Feed 'full' has 2 consumers, and its 4 slots are "
            "enough for no more.");
  auto state = state_of(producer);
  EXPECT_EQ(state.at("consumers"), 2u);
  EXPECT_EQ(state.at("leased"), 2u);
  for (int i = 0; i < 1000 && state.at("published") == before; ++i) state = state_of(producer);
  EXPECT_GT(state.at("published"), before);
  one.kill_now();
  for (int i = 0; i < 1000 && state.at("consumers") == 2; ++i) state = state_of(producer);
  Party four({"consume", "full", "5"});
  const Report report(four.line_of("took"));
  report.expect_clean();
  two.tell("look");
  EXPECT_EQ(two.line_of("wrong"), "wrong 0");
  EXPECT_EQ(state_of(producer).at("blocked"), 0u);
  expect_clean_end(producer);
}

}  // namespace
