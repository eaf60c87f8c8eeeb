// The rows of the table: what is measured, in which unit, how often per round. One instance per worker.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "gl_frames.h"
#include "subject.h"
#include "workload.h"

namespace ist::bench {

enum class Unit { microseconds, milliseconds, mebibytes, times };

// The process in which a row is measured.
enum class Life {
  shared,  // the contestant's own, which all such rows warm
  fresh,   // one that has done nothing else
  pair,    // two of these, the second of which finds what the first has left on disk
};

// What the contestants do the work with.
enum class World {
  vulkan,
  opengl,
  opengl_alone,  // llvmpipe without threads of its own, whose waking up hides everything else
  cpu,
};

struct Row {
  const char* name;
  const char* what;
  Unit unit;
  Life life;
  int repeats;
  int quick_repeats;
  World world = World::vulkan;
};

std::span<const Row> all_rows();
const Row* find_row(const std::string& name);
const char* unit_name(Unit unit);

class Measures {
 public:
  Measures(SubjectSpec spec, std::string modules_folder);
  ~Measures();

  // In the unit of the row: the mean over the repeats, or their median where one is short. Nothing for
  // rows that this subject or machine does not have.
  std::optional<double> measure(const std::string& row, int repeats);
  // All rows of fresh processes in the subject's world at once, in the order of all_rows(), "none" for one that it
  // does not have; only as the first call of a process.
  std::string measure_cold();
  // From a runtime to the end of the first launch of each kernel of mpm88, and no further: the runtime is gone then.
  // Only as the first call of a process.
  double measure_load();
  // Verifies every result so far; "NAME X Y" with the mean position of the particles for each simulation that ran.
  std::string verify();
  std::string device();

 private:
  Subject& subject();  // with a runtime, made on first use
  SmallKernel& kernel();
  SmallGraph& graph();
  Mpm88& mpm();
  Mpm88& large_mpm();

  double launch_wait(int repeats);
  double record(int repeats);
  double batch_1000(int repeats);
  double graph_wait(int repeats);
  double graph_batch_100(int repeats);
  double map_unmap(int repeats);
  double module_load(int repeats);
  double module_ready(int repeats);
  double runtime(int repeats);
  double mpm88_frame(int repeats);
  double mpm88_large(int repeats);
  double time_mpm88(Mpm88& simulation, int substeps, int repeats);
  int waits_per_clock() const;
  std::string measure_cold_cpu();
  std::optional<double> gl_row(const std::string& row, int repeats);

  SubjectSpec spec_;
  std::string modules_folder_;
  std::unique_ptr<Subject> subject_;
  std::unique_ptr<SmallKernel> kernel_;
  std::unique_ptr<SmallGraph> graph_;
  std::unique_ptr<Mpm88> mpm_;
  std::unique_ptr<Mpm88> large_mpm_;
  std::optional<MemoryId> mapped_;
  std::unique_ptr<GlFrames> gl_frames_;
  bool looked_for_gl_ = false;
};

}  // namespace ist::bench
