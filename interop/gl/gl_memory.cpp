// Memory objects imported, buffers made and filled.
#include "gl_memory.h"

#include <cstring>

#include "gl_api/gl_state.h"

namespace ist::gl_host {
namespace {

// A target that no draw reads from.
BoundBuffer bind(const Functions& gl, Name buffer) { return {gl, k::kCopyWriteBuffer, k::kCopyWriteBuffer, buffer}; }

}  // namespace

Status import_status(const Functions& gl, const char* what) {
  const Enum error = gl.GetError();
  if (error == k::kNoError) return {};
  return fail(Code::not_supported, "the OpenGL driver refuses %s with %s", what, error_text(error).c_str());
}

Result<Name> import_memory(const Functions& gl, const SharedAllocation& allocation, OwnedFd handle) {
  Name memory = 0;
  gl.CreateMemoryObjectsEXT(1, &memory);
  if (allocation.dedicated) {
    const int32_t yes = 1;
    gl.MemoryObjectParameterivEXT(memory, k::kDedicatedMemoryObject, &yes);
  }
  gl.ImportMemoryFdEXT(memory, allocation.allocation_bytes, k::kHandleTypeOpaqueFd, handle.get());
  Status status = import_status(gl, "the memory");
  if (!status.ok()) {
    gl.DeleteMemoryObjectsEXT(1, &memory);
    return status;
  }
  handle.release();
  return memory;
}

Result<std::unique_ptr<GlBuffer>> GlBuffer::import(std::shared_ptr<Link> link, uint64_t size_bytes,
                                                   const SharedAllocation& allocation, OwnedFd handle) {
  std::unique_ptr<GlBuffer> buffer(new GlBuffer(std::move(link), size_bytes));
  const Functions& gl = buffer->link_->gl();
  IST_TRY(buffer->memory_, import_memory(gl, allocation, std::move(handle)));
  gl.GenBuffers(1, &buffer->name_);
  {
    const BoundBuffer bound = bind(gl, buffer->name_);
    gl.BufferStorageMemEXT(k::kCopyWriteBuffer, static_cast<IntPtr>(size_bytes), buffer->memory_,
                           allocation.offset_bytes);
  }
  IST_CHECK(import_status(gl, "the buffer"));
  return buffer;
}

Result<std::unique_ptr<GlBuffer>> GlBuffer::copy_of(std::shared_ptr<Link> link, uint64_t size_bytes) {
  std::unique_ptr<GlBuffer> buffer(new GlBuffer(std::move(link), size_bytes));
  const Functions& gl = buffer->link_->gl();
  gl.GenBuffers(1, &buffer->name_);
  {
    const BoundBuffer bound = bind(gl, buffer->name_);
    gl.BufferData(k::kCopyWriteBuffer, static_cast<IntPtr>(size_bytes), nullptr, k::kDynamicCopy);
  }
  if (const Enum error = gl.GetError(); error != k::kNoError)
    return fail(Code::out_of_memory, "OpenGL cannot make a buffer of %llu bytes: %s.",
                static_cast<unsigned long long>(size_bytes), error_text(error).c_str());
  return buffer;
}

GlBuffer::~GlBuffer() {
  if (name_) link_->gl().DeleteBuffers(1, &name_);
  if (memory_) link_->gl().DeleteMemoryObjectsEXT(1, &memory_);
}

void GlBuffer::upload(const std::byte* bytes) {
  const Functions& gl = link_->gl();
  const BoundBuffer bound = bind(gl, name_);
  gl.BufferSubData(k::kCopyWriteBuffer, 0, static_cast<IntPtr>(size_bytes_), bytes);
}

Status GlBuffer::download(std::byte* bytes) {
  const Functions& gl = link_->gl();
  const BoundBuffer bound = bind(gl, name_);
  const void* mapped = gl.MapBufferRange(k::kCopyWriteBuffer, 0, static_cast<IntPtr>(size_bytes_), k::kMapRead);
  if (!mapped)
    return fail(Code::invalid_state, "The buffer's copy cannot be mapped: %s.", error_text(gl.GetError()).c_str());
  std::memcpy(bytes, mapped, size_bytes_);
  gl.UnmapBuffer(k::kCopyWriteBuffer);
  return {};
}

}  // namespace ist::gl_host
