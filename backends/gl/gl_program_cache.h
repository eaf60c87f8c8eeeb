// Linked programs kept on disk, a file for each, for the driver that made them. Files are untrusted: one that does
// not fit is as if it were not there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "contract/cache_file.h"
#include "gl/gl_gpu.h"
#include "gl/gl_prepared_shader.h"
#include "gl/gl_program.h"

namespace ist::gl {

// All files of programs of one folder together. Older ones go when there are more.
inline constexpr uint64_t kMaxProgramsBytes = uint64_t{128} << 20;

// Everything that a program is made from, as bytes.
using ProgramKey = std::vector<std::byte>;

// Thread-safety: as the factory.
class ProgramCache {
 public:
  // Nothing is kept when `folder` is empty or the driver gives no binaries away.
  ProgramCache(const Gpu& gpu, const std::string& folder);

  bool keeps() const { return !folder_.empty(); }
  ProgramKey key_of(const PreparedShader& shader) const;

  // The context is current. True: the program is linked, from a file.
  bool find(const ProgramKey& key, const Program& program);
  // Saves a linked program. The first failure is a line of the log.
  void keep(const ProgramKey& key, const Program& program);

 private:
  CacheFile file_of(const ProgramKey& key) const;
  bool load(const Program& program, const std::vector<std::byte>& blob, size_t key_bytes) const;
  std::vector<std::byte> blob_of(const ProgramKey& key, const Program& program) const;

  const Gpu& gpu_;
  std::string folder_;
  uint64_t identity_ = 0;
  CacheAllowance allowance_{kMaxProgramsBytes, kMaxProgramsBytes / 2};
};

}  // namespace ist::gl
