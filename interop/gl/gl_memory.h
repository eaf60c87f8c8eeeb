// Memory of the runtime as GL's memory objects, and memory as buffers. Knows no runtime. With the context
// current.
#pragma once

#include <memory>
#include <utility>

#include "contract/owned_fd.h"
#include "contract/share_ops.h"
#include "gl_link.h"

namespace ist::gl_host {

using namespace gl;

// A memory object on the allocation behind the handle; the caller deletes it. not_supported: the driver
// refuses, told as the end of a sentence, as all refusals to import here.
Result<Name> import_memory(const Functions& gl, const SharedAllocation& allocation, OwnedFd handle);

// What the driver has said to an import.
Status import_status(const Functions& gl, const char* what);

// A memory as a buffer: on the same memory, or a copy of its own.
class GlBuffer {
 public:
  static Result<std::unique_ptr<GlBuffer>> import(std::shared_ptr<Link> link, uint64_t size_bytes,
                                                  const SharedAllocation& allocation, OwnedFd handle);
  static Result<std::unique_ptr<GlBuffer>> copy_of(std::shared_ptr<Link> link, uint64_t size_bytes);
  // Deletes the names, unless forget() was called.
  ~GlBuffer();
  GlBuffer(const GlBuffer&) = delete;
  GlBuffer& operator=(const GlBuffer&) = delete;
  void forget() { name_ = memory_ = 0; }

  Name name() const { return name_; }
  // Of copies only. The download blocks.
  void upload(const std::byte* bytes);
  Status download(std::byte* bytes);

 private:
  GlBuffer(std::shared_ptr<Link> link, uint64_t size_bytes) : link_(std::move(link)), size_bytes_(size_bytes) {}

  std::shared_ptr<Link> link_;
  uint64_t size_bytes_;
  Name name_ = 0;
  Name memory_ = 0;
};

}  // namespace ist::gl_host
