// The bits name the later access.
#include "gl/gl_barriers.h"

namespace ist::gl {
namespace {

constexpr uint32_t kVertexAttribArray = 0x0001, kElementArray = 0x0002, kUniform = 0x0004, kTextureFetch = 0x0008,
                   kShaderImageAccess = 0x0020, kPixelBuffer = 0x0080, kTextureUpdate = 0x0100, kBufferUpdate = 0x0200,
                   kFramebuffer = 0x0400, kShaderStorage = 0x2000, kClientMappedBuffer = 0x4000, kAll = 0xFFFFFFFF;

// Stores of shaders, and whatever somebody unknown has done, are not ordered with anything that follows; their loads
// are ordered with all but stores.
bool unordered(Scope src, Scope dst) {
  if (src.access & (access::kShaderWrite | access::kMemoryWrite)) return true;
  return (src.access & access::kShaderRead) && dst.writes();
}

uint32_t buffer_bits(Scope dst) {
  uint32_t bits = 0;
  if (dst.access & (access::kShaderRead | access::kShaderWrite)) bits |= kShaderStorage;
  if (dst.access & access::kUniformRead) bits |= kUniform;
  if (dst.access & (access::kTransferRead | access::kTransferWrite)) bits |= kBufferUpdate | kPixelBuffer;
  if (dst.access & (access::kHostRead | access::kHostWrite)) bits |= kClientMappedBuffer | kBufferUpdate;
  if (dst.access & access::kVertexRead) bits |= kVertexAttribArray;
  if (dst.access & access::kIndexRead) bits |= kElementArray;
  if (dst.access & (access::kMemoryRead | access::kMemoryWrite)) bits |= kAll;
  return bits;
}

uint32_t image_bits(Layout layout, Scope dst) {
  if (dst.access & (access::kMemoryRead | access::kMemoryWrite)) return kAll;
  switch (layout) {
    case Layout::shader_read:
      return kTextureFetch;
    case Layout::shader_write:
    case Layout::shader_read_write:
      // One image as both a texture and a storage image is in this layout, too; copies within one image likewise.
      return kShaderImageAccess | kTextureFetch | kTextureUpdate | kFramebuffer;
    case Layout::transfer_src:
    case Layout::transfer_dst:
      return kTextureUpdate | kPixelBuffer | kFramebuffer;
    case Layout::color_attachment:
    case Layout::depth_attachment:
      return kFramebuffer;
    case Layout::color_attachment_read:
    case Layout::depth_attachment_read:
    case Layout::present_src:
      return kFramebuffer | kTextureFetch;
    case Layout::undefined:
      break;
  }
  return kAll;
}

}  // namespace

uint32_t barrier_bits(const BarrierCommand& command) {
  uint32_t bits = unordered(command.src, command.dst) ? buffer_bits(command.dst) : 0;
  for (const ImageBarrierCommand& image : command.images)
    if (unordered(image.src, image.dst)) bits |= image_bits(image.to, image.dst);
  return bits;
}

}  // namespace ist::gl
