// The two feed demos as people run them: two processes, one picture; a viewer that is killed is nobody's loss.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "host_program.h"

extern char** environ;

namespace {

using host_program::Folder;
using host_program::Outcome;
using nlohmann::json;

// A program in the background, its output in a file.
class Started {
 public:
  explicit Started(std::string command) {
    char shell[] = "/bin/sh", flag[] = "-c";
    command = "exec " + command;
    char* const arguments[] = {shell, flag, command.data(), nullptr};
    EXPECT_EQ(posix_spawn(&child_, shell, nullptr, nullptr, arguments, environ), 0);
  }
  ~Started() {
    if (child_ > 0) end(SIGKILL);
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  // The exit code, or -1 after a signal that it did not take.
  int end(int signal) {
    kill(child_, signal);
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = -1;
};

class FeedDemo : public testing::Test {
 protected:
  std::string in_folder(const std::string& program) const {
    return "XDG_RUNTIME_DIR=" + folder_.path("") + " " + program;
  }

  std::string producer() const {
    return "env " + in_folder(FEED_PRODUCER_PROGRAM) + " --name tests --frames 0 > " + folder_.path("producer.json");
  }

  Outcome view(const std::string& arguments) const {
    return host_program::run(folder_, FEED_VIEWER_PROGRAM, "--name tests " + arguments,
                             "XDG_RUNTIME_DIR=" + folder_.path(""));
  }

  json told_by_producer() const {
    const Outcome told = host_program::run(folder_, "/bin/cat", folder_.path("producer.json"));
    return json::parse(told.output, nullptr, false);
  }

  Folder folder_;
};

TEST_F(FeedDemo, AViewerShowsWhatTheProducerPaints) {
  Started running(producer());
  const std::string picture = folder_.path("picture.png");
  const Outcome outcome = view("--frames 30 --out " + picture);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.messages;
  EXPECT_EQ(outcome.messages, "");
  const json found = json::parse(outcome.output, nullptr, false);
  EXPECT_EQ(found.value("taken", 0), 30);
  const host_program::Picture seen = host_program::load(picture);
  ASSERT_EQ(seen.width, 640);
  ASSERT_EQ(seen.height, 360);
  const int dark = seen.count([](int r, int g, int b) { return r + g + b < 120; });
  const int bright = seen.count([](int r, int g, int b) { return r + g + b > 300; });
  EXPECT_GT(dark, 640 * 360 / 50);
  EXPECT_GT(bright, 640 * 360 / 50);
  EXPECT_EQ(running.end(SIGTERM), 0);
  EXPECT_GE(told_by_producer().value("published", 0), 30);
}

TEST_F(FeedDemo, AKilledViewerLeavesNothingBehind) {
  Started running(producer());
  {
    Started doomed("env " + in_folder(FEED_VIEWER_PROGRAM) + " --name tests --frames 100000 > /dev/null");
    EXPECT_EQ(view("--frames 10").exit_code, 0);
    EXPECT_EQ(doomed.end(SIGKILL), -1);
  }
  const Outcome after = view("--frames 10");
  EXPECT_EQ(after.exit_code, 0) << after.messages;
  EXPECT_EQ(running.end(SIGTERM), 0);
}

TEST_F(FeedDemo, MistakesAreTold) {
  const Outcome nobody = view("--frames 1 --device 99");
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_NE(nobody.messages.find("99"), std::string::npos) << nobody.messages;
  EXPECT_EQ(view("--frames many").exit_code, 1);
}

}  // namespace
