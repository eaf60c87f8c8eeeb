// The work every contestant does, and the proof that it did it: a 16-element kernel and a six-step
// graph whose results are known integers, and mpm88. Built on one Subject with a live runtime.
#pragma once

#include <cstddef>
#include <string>

#include "subject.h"

namespace ist::bench {

// Adds a changing number to 16 integers: almost no work, so that what is left is overhead.
class SmallKernel {
 public:
  SmallKernel(Subject& subject, const std::string& modules_folder);
  void launch();  // with an argument that differs each time
  void verify();  // waits; fails the process when an element is wrong

 private:
  Subject& subject_;
  Array array_;
  LaunchId launch_ = 0;
  uint32_t next_ = 0;
  uint32_t expected_ = 0;
};

// The graph "chain" of six dispatches over 16 integers, always with the same arguments.
class SmallGraph {
 public:
  SmallGraph(Subject& subject, const std::string& modules_folder);
  void launch();
  void verify();

 private:
  Subject& subject_;
  Array a_, b_, out_;
  LaunchId launch_ = 0;
  uint32_t expected_ = 0;
};

struct Point {
  double x = 0, y = 0;
};

// `copies` times 8192 particles on a 128 x 128 grid. Copies differ by their seed and fall through each other as one.
class Mpm88 {
 public:
  Mpm88(Subject& subject, const std::string& modules_folder, uint32_t copies = 1);
  static std::string module_path(const std::string& modules_folder);

  void reset();           // places the particles: launches `init`, or copies what it has made
  void launch_substep();  // four launches
  // Loads the module once more, launches every kernel of it once and waits.
  void load_and_launch_all();
  Point mean_position();  // waits; fails the process when a particle left the box

 private:
  void allocate_arrays(uint32_t particles, bool host_access);
  std::vector<LaunchId> prepare(ModuleId module);
  void make_start(ModuleId module, uint32_t copies);

  Subject& subject_;
  std::string path_;
  uint32_t particles_ = 0;
  std::vector<Argument> arrays_;
  std::vector<LaunchId> launches_;
  std::vector<std::vector<std::byte>> start_;  // of each array of particles; empty: `init` alone makes it
};

}  // namespace ist::bench
