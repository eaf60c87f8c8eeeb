// Words shared by the core and every backend: pipeline scopes, image layouts, formats, ranges.
// Neutral: Vulkan maps them to stages, accesses and VkImageLayout, GL to memory-barrier bits.
#pragma once

#include <cstdint>

namespace ist {

// Stages are bits, so that several readers can be waited for at once.
namespace stage {
inline constexpr uint32_t kCompute = 1u << 0;
inline constexpr uint32_t kTransfer = 1u << 1;
inline constexpr uint32_t kHost = 1u << 2;
inline constexpr uint32_t kVertexInput = 1u << 3;
inline constexpr uint32_t kVertexShader = 1u << 4;
inline constexpr uint32_t kFragmentShader = 1u << 5;
inline constexpr uint32_t kColorAttachment = 1u << 6;
inline constexpr uint32_t kDepthAttachment = 1u << 7;
inline constexpr uint32_t kAllCommands = 1u << 8;
}  // namespace stage

namespace access {
inline constexpr uint32_t kUniformRead = 1u << 0;
inline constexpr uint32_t kShaderRead = 1u << 1;
inline constexpr uint32_t kShaderWrite = 1u << 2;
inline constexpr uint32_t kTransferRead = 1u << 3;
inline constexpr uint32_t kTransferWrite = 1u << 4;
inline constexpr uint32_t kHostRead = 1u << 5;
inline constexpr uint32_t kHostWrite = 1u << 6;
inline constexpr uint32_t kVertexRead = 1u << 7;
inline constexpr uint32_t kIndexRead = 1u << 8;
inline constexpr uint32_t kColorRead = 1u << 9;
inline constexpr uint32_t kColorWrite = 1u << 10;
inline constexpr uint32_t kDepthRead = 1u << 11;
inline constexpr uint32_t kDepthWrite = 1u << 12;
inline constexpr uint32_t kMemoryRead = 1u << 13;
inline constexpr uint32_t kMemoryWrite = 1u << 14;
inline constexpr uint32_t kWrites =
    kShaderWrite | kTransferWrite | kHostWrite | kColorWrite | kDepthWrite | kMemoryWrite;
}  // namespace access

// Who touches a resource, and how.
struct Scope {
  uint32_t stages = 0;
  uint32_t access = 0;

  bool writes() const { return (access & access::kWrites) != 0; }
  Scope& operator|=(Scope other) {
    stages |= other.stages;
    access |= other.access;
    return *this;
  }
  friend bool operator==(Scope, Scope) = default;
};

// The values of TiImageLayout (taichi_core.h).
enum class Layout : uint32_t {
  undefined = 0,
  shader_read = 1,
  shader_write = 2,
  shader_read_write = 3,
  color_attachment = 4,
  color_attachment_read = 5,
  depth_attachment = 6,
  depth_attachment_read = 7,
  transfer_dst = 8,
  transfer_src = 9,
  present_src = 10,
};

// The values of TiImageDimension.
enum class ImageDimension : uint32_t { d1 = 0, d2 = 1, d3 = 2, d1_array = 3, d2_array = 4, cube = 5 };

// A value of TiFormat; format_info() in formats.h knows each one.
using Format = uint32_t;

struct Extent {
  uint32_t width = 1;
  uint32_t height = 1;
  uint32_t depth = 1;
  friend bool operator==(const Extent&, const Extent&) = default;
};

struct Offset {
  uint32_t x = 0;
  uint32_t y = 0;
  uint32_t z = 0;
};

// A rectangle of mip levels times array layers. Counts are resolved: never 0.
struct SubresourceRange {
  uint32_t base_mip = 0;
  uint32_t mip_count = 1;
  uint32_t base_layer = 0;
  uint32_t layer_count = 1;
  friend bool operator==(const SubresourceRange&, const SubresourceRange&) = default;
};

// The next use of an image: the layout it must be in, and who touches it.
struct ImageUse {
  Layout layout = Layout::undefined;
  Scope scope;
};

}  // namespace ist
