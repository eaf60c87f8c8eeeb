// A runtime with one module on it, and what was allocated there. A user of the public headers.
#pragma once

#include <ist/core.h>

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "files.h"

namespace tool {

// The library's own sentence, as a failure; success where it has none. Clears it.
ist::Status of_last_error();
ist::Status of_call(TiError error);

class Session {
 public:
  static ist::Result<Session> open(TiArch arch, uint32_t device, const std::string& module_path);
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;
  // Frees all that was made here.
  ~Session();

  TiRuntime runtime() const { return runtime_; }
  TiAotModule module() const { return module_; }

  // At least a byte, filled with `bytes`, or with zeros where there are none. Zeros of any size: they are made when the
  // device has the memory, and not all at once.
  ist::Result<TiMemory> make_memory(uint64_t size_bytes, const std::optional<Bytes>& bytes);
  ist::Status read_memory(TiMemory memory, Bytes& bytes) const;
  // Filled with `texels`, tightly packed, or with zeros where there are none.
  ist::Result<TiImage> make_image(const TiImageAllocateInfo& info, uint64_t size_bytes,
                                  const std::optional<Bytes>& texels);
  ist::Status read_image(TiImage image, const TiImageExtent& extent, Bytes& texels) const;
  ist::Status wait() const;

 private:
  Session() = default;
  ist::Status write_memory(TiMemory memory, uint64_t offset_bytes, const std::byte* bytes, uint64_t count) const;
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiAotModule module_ = TI_NULL_HANDLE;
  std::vector<TiMemory> memories_;
  std::vector<TiImage> images_;
};

}  // namespace tool
