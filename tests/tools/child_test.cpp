// Children that end in every way they can, and what is said of it.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "isthmus/doctor/child.h"

namespace {

using doctor::ChildEnd;
using namespace std::chrono_literals;

ChildEnd shell(const char* script, std::chrono::milliseconds limit = 20s) {
  return doctor::run_child({"/bin/sh", "-c", script}, limit);
}

TEST(Child, GivesWhatItPrints) {
  const ChildEnd end = shell("echo out; echo err >&2");
  EXPECT_EQ(end.how, ChildEnd::How::exited);
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out, "out\n");
  EXPECT_EQ(end.err, "err\n");
  EXPECT_EQ(doctor::describe(end, 1s), "");
}

TEST(Child, OfWhatItSaysOnStderrTheEndIsKept) {
  const ChildEnd end =
      shell("i=0; while [ $i -lt 2000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo last >&2; exit 3");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_LE(end.err.size(), 8192u);
  EXPECT_EQ(doctor::describe(end, 1s), "The process ended with 3. It said last: last");
}

TEST(Child, ThatDiesIsNamedBySignal) {
  const ChildEnd end = shell("echo before; kill -SEGV $$");
  EXPECT_EQ(end.how, ChildEnd::How::died);
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_EQ(end.out, "before\n") << "what came before it died is kept";
  EXPECT_EQ(doctor::describe(end, 1s), "The process died of SIGSEGV.");
  EXPECT_EQ(doctor::signal_name(SIGABRT), "SIGABRT");
}

TEST(Child, ThatHangsIsEndedWithItsOwnChildren) {
  const ChildEnd end = shell("echo $$; sleep 1000 & wait", 200ms);
  EXPECT_EQ(end.how, ChildEnd::How::timed_out);
  const pid_t group = static_cast<pid_t>(std::stol(end.out));
  // They are gone as soon as the system has buried them.
  for (int i = 0; i < 5000 && ::kill(-group, 0) == 0; ++i) ::usleep(1000);
  EXPECT_NE(::kill(-group, 0), 0);
  EXPECT_EQ(doctor::describe(end, 2s), "Nothing came within 2 s.");
}

TEST(Child, ThatCannotBeStartedIsSaid) {
  const ChildEnd end = doctor::run_child({"/no/such/program"}, 20s);
  EXPECT_EQ(end.how, ChildEnd::How::not_started);
  EXPECT_EQ(doctor::describe(end, 1s), "The program could not be started again.");
}

}  // namespace
