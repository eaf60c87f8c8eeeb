// The bits name the later access.
#include "gl/gl_barriers.h"

namespace ist::gl {
namespace {

constexpr uint32_t kVertexAttribArray = 0x0001, kElementArray = 0x0002, kUniform = 0x0004, kTextureFetch = 0x0008,
                   kShaderImageAccess = 0x0020, kPixelBuffer = 0x0080, kTextureUpdate = 0x0100, kBufferUpdate = 0x0200,
                   kFramebuffer = 0x0400, kShaderStorage = 0x2000, kClientMappedBuffer = 0x4000, kAll = 0xFFFFFFFF;

// Stores of shaders, and whatever somebody unknown has done, are not ordered with anything that follows; loads are with
// all but stores. Of those that have read already, and of what was made visible to one use and is not yet to the next,
// the tracker names the stages only.
bool unordered(Scope src, Scope dst) {
  if (src.access == 0) return src.stages != 0;
  if (src.access & (access::kShaderWrite | access::kMemoryWrite)) return true;
  return (src.access & access::kShaderRead) && dst.writes();
}

uint32_t buffer_bits(Scope dst) {
  uint32_t bits = 0;
  const bool unnamed = dst.access == 0;  // a write behind reads
  if ((dst.access & (access::kShaderRead | access::kShaderWrite)) || (unnamed && (dst.stages & stage::kCompute)))
    bits |= kShaderStorage;
  if ((dst.access & (access::kTransferRead | access::kTransferWrite)) || (unnamed && (dst.stages & stage::kTransfer)))
    bits |= kBufferUpdate | kPixelBuffer;
  if ((dst.access & (access::kHostRead | access::kHostWrite)) || (unnamed && (dst.stages & stage::kHost)))
    bits |= kClientMappedBuffer | kBufferUpdate;
  if (dst.access & access::kUniformRead) bits |= kUniform;
  if (dst.access & access::kVertexRead) bits |= kVertexAttribArray;
  if (dst.access & access::kIndexRead) bits |= kElementArray;
  if ((dst.access & (access::kMemoryRead | access::kMemoryWrite)) || (dst.stages & stage::kAllCommands)) bits |= kAll;
  return bits;
}

// What shaders have stored is shown to every later use of an image at once: the tracker need not tell again.
uint32_t image_bits(Scope dst) {
  if (dst.access & (access::kMemoryRead | access::kMemoryWrite)) return kAll;
  return kTextureFetch | kShaderImageAccess | kPixelBuffer | kTextureUpdate | kFramebuffer;
}

}  // namespace

uint32_t barrier_bits(const BarrierCommand& command, bool persistent_maps) {
  uint32_t bits = unordered(command.src, command.dst) ? buffer_bits(command.dst) : 0;
  for (const ImageBarrierCommand& image : command.images)
    if (unordered(image.src, image.dst)) bits |= image_bits(image.dst);
  return persistent_maps || bits == kAll ? bits : bits & ~kClientMappedBuffer;
}

}  // namespace ist::gl
