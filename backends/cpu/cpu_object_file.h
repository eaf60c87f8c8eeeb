// The objects of one kernel as bytes, and the file that keeps them for the next process. Files are untrusted: one that
// does not fit is as if it were not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "contract/program_ops.h"
#include "cpu/cpu_loops.h"

namespace ist::cpu {

struct KernelObjects {
  std::vector<Spread> tasks;
  std::string objects[2];  // by spread; empty when no task is spread so
};

// All files of objects of one folder together. Older ones go when there are more.
inline constexpr uint64_t kMaxObjectsBytes = uint64_t{128} << 20;

class ObjectFile {
 public:
  // `identity`: of the compiler and of how tasks are spread.
  ObjectFile(const std::string& folder, const ProgramDesc& desc, const std::string& identity);

  std::optional<KernelObjects> read() const;
  // The first failure of a process is a line of the log.
  void keep(const KernelObjects& objects) const;
  // What was read is of no use after all.
  void remove() const;

 private:
  std::string folder_;
  std::string name_;
  uint64_t identity_;
  size_t task_count_;
};

}  // namespace ist::cpu
