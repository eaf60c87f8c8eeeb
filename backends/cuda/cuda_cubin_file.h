// The file that keeps a kernel's machine code for the next process. Files are untrusted: one that does not fit is as if
// it were not there.
#pragma once

#include <cstdint>
#include <string>

#include "contract/cache_file.h"
#include "contract/program_ops.h"

namespace ist::cuda {

// All files of cubins of one folder together. Older ones go when there are more.
inline constexpr uint64_t kMaxCubinsBytes = uint64_t{128} << 20;

class CubinFile {
 public:
  // Nothing is kept when `folder` is empty. `identity`: of the compiler, the GPU and the driver.
  CubinFile(const std::string& folder, const ProgramDesc& desc, uint64_t identity);

  // Empty: there is none, or none to believe.
  std::string read() const;
  // The first failure of a process is a line of the log.
  void keep(const std::string& cubin) const;
  // What was read is of no use after all.
  void remove() const;

 private:
  CacheFile file() const;

  std::string folder_;
  std::string name_;
  uint64_t identity_;
};

}  // namespace ist::cuda
