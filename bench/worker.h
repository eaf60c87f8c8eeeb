// A contestant's own process, commanded line by line, so that crashes, memory and symbols of one
// never touch another.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "line_pipe.h"
#include "subject.h"

namespace ist::bench {

struct WorkerSpec {
  SubjectSpec subject;
  std::string modules_folder;
  // Where the library may keep pipelines on disk (IST_PIPELINE_CACHE). With a folder given, the driver's own cache
  // is off: both would keep the same.
  std::string pipeline_cache = "off";
  // llvmpipe works on the calling thread (LP_NUM_THREADS=0).
  bool llvmpipe_alone = false;
  std::string display;         // DISPLAY of the process; empty: not set
  std::string bitcode_folder;  // TI_LIB_DIR: where the released library finds its runtime for the CPU; empty: not set
};

// The parent's end. The process is a fresh image of this program, not a fork that inherits memory.
class Worker {
 public:
  Worker(std::string name, const WorkerSpec& spec);
  Worker(const Worker&) = delete;
  ~Worker();  // asks the process to end and waits for it

  const std::string& name() const { return name_; }
  // The text of an "ok" reply. Anything else fails this process, naming the worker and the reason.
  std::string ask(const std::string& request);
  // Whether it replies "ok"; else it is of no use any more, and why.
  bool answers(const std::string& request, std::string& reason);

 private:
  std::string name_;
  std::optional<LinePipe> pipe_;
  pid_t process_ = 0;
};

// True when this process was started by Worker; `run_worker` then serves it until its parent is done.
bool is_worker(int argc, char** argv);
int run_worker(char** argv);

}  // namespace ist::bench
