// This program again as a child, with a time limit: a driver that crashes or hangs there takes nothing else with it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace doctor {

struct ChildEnd {
  enum class How { exited, died, timed_out, not_started };
  How how = How::not_started;
  // Of exited.
  int exit_code = 0;
  // Of died.
  int signal = 0;
  std::string out;
  // The last kilobytes of what it said on stderr.
  std::string err;
};

// Runs `arguments` (the first is the program) in a process group of its own, which is killed at the limit and at the
// end; stdin is empty.
ChildEnd run_child(const std::vector<std::string>& arguments, std::chrono::milliseconds limit);

// How it ended in words, with the last line that it said on stderr; empty when it exited with 0.
std::string describe(const ChildEnd& end, std::chrono::milliseconds limit);

// "SIGSEGV"; "signal 77" for those without a name.
std::string signal_name(int signal);

// The path of this program.
std::string own_path();

}  // namespace doctor
