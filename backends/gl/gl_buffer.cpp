// Storage that never changes its size, as GL 4.4 has it, or else as near as can be.
#include "gl/gl_buffer.h"

#include <cinttypes>
#include <cstring>

#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr uint32_t kMapRead = 0x0001, kMapWrite = 0x0002, kMapPersistent = 0x0040, kMapCoherent = 0x0080,
                   kDynamicStorage = 0x0100;
constexpr Enum kCopyWriteBinding = 0x8F37;

// Blocks of uniforms and of returned values end at a multiple of this, and what is bound must reach there.
constexpr uint64_t kPadBytes = 16;

uint64_t padded(uint64_t size_bytes) { return (size_bytes + kPadBytes - 1) & ~(kPadBytes - 1); }

}  // namespace

Result<std::unique_ptr<Buffer>> Buffer::create(const Gpu& gpu, const BufferDesc& desc) {
  if (desc.export_sharing) {
    return fail(Code::not_supported,
                "Memory of %" PRIu64 " bytes is asked for with export_sharing, but device '%s' (%s) exports nothing.",
                desc.size_bytes, gpu.info().name.c_str(), gpu.info().api.c_str());
  }
  IST_TRY(const Current current, Current::enter(*gpu.work));
  gpu.graveyard.dig(gpu.gl());
  return create_in(gpu, desc);
}

Result<std::unique_ptr<Buffer>> Buffer::create_in(const Gpu& gpu, const BufferDesc& desc) {
  std::unique_ptr<Buffer> buffer(new Buffer(gpu));
  IST_CHECK(buffer->make(desc));
  return buffer;
}

Status Buffer::make(const BufferDesc& desc) {
  const auto out_of_memory = [&] {
    return fail(Code::out_of_memory, "Device '%s' has no memory for a buffer of %" PRIu64 " bytes.",
                gpu_.info().name.c_str(), desc.size_bytes);
  };
  size_bytes_ = desc.size_bytes;
  padded_bytes_ = padded(desc.size_bytes);
  const uint64_t most = gpu_.info().limits.max_allocation_bytes;
  if (desc.size_bytes > most || padded_bytes_ > most) return out_of_memory();
  const Functions& gl = gpu_.gl();
  drain_errors(gl);
  gl.GenBuffers(1, &name_);
  ++gpu_.allocations;
  const BoundBuffer bound(gl, k::kCopyWriteBuffer, kCopyWriteBinding, name_);
  const auto bytes = static_cast<IntPtr>(padded_bytes_);
  const bool host = desc.host_read || desc.host_write;
  if (!gpu_.caps().buffer_storage) {
    gl.BufferData(k::kCopyWriteBuffer, bytes, nullptr, k::kDynamicCopy);
    if (gl.GetError() != k::kNoError) return out_of_memory();
    if (!host) return {};
    shadow_.resize(padded_bytes_);
    host_ = shadow_.data();
    return {};
  }
  // Readable in any case: reading what one has written is what programs do.
  const uint32_t flags = host ? kMapRead | kMapWrite | kMapPersistent | kMapCoherent : 0;
  gl.BufferStorage(k::kCopyWriteBuffer, bytes, nullptr, flags | kDynamicStorage);
  if (gl.GetError() != k::kNoError) return out_of_memory();
  if (!host) return {};
  host_ = static_cast<std::byte*>(gl.MapBufferRange(k::kCopyWriteBuffer, 0, bytes, flags));
  if (host_) return {};
  (void)gl.GetError();
  return out_of_memory();
}

std::unique_ptr<Buffer> Buffer::wrap(const Gpu& gpu, Name name, uint64_t size_bytes) {
  std::unique_ptr<Buffer> buffer(new Buffer(gpu));
  buffer->name_ = name;
  buffer->owned_ = false;
  buffer->foreign_ = true;
  buffer->size_bytes_ = buffer->padded_bytes_ = size_bytes;
  return buffer;
}

// A mapping ends with its buffer.
Buffer::~Buffer() {
  if (owned_ && name_) gpu_.graveyard.bury(Graveyard::Kind::buffer, name_);
}

void Buffer::upload_shadow() {
  const Functions& gl = gpu_.gl();
  const BoundBuffer bound(gl, k::kCopyWriteBuffer, kCopyWriteBinding, name_);
  gl.BufferSubData(k::kCopyWriteBuffer, 0, static_cast<IntPtr>(shadow_.size()), shadow_.data());
}

void Buffer::download_shadow() {
  const Functions& gl = gpu_.gl();
  const BoundBuffer bound(gl, k::kCopyWriteBuffer, kCopyWriteBinding, name_);
  const auto bytes = static_cast<IntPtr>(shadow_.size());
  if (const void* mapped = gl.MapBufferRange(k::kCopyWriteBuffer, 0, bytes, k::kMapRead)) {
    std::memcpy(shadow_.data(), mapped, shadow_.size());
    gl.UnmapBuffer(k::kCopyWriteBuffer);
  }
}

}  // namespace ist::gl
