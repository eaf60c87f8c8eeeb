// All public headers together in one strict C99 translation unit, in an order that no header may rely
// on, and twice. The only run-time part tells that C agrees with C++ on the width of the enums.

#define TI_WITH_VULKAN
#define TI_WITH_OPENGL
#define TI_WITH_CPU
#define TI_WITH_CUDA
#include <ist/core.h>
#include <ist/feed.h>
#include <ist/gl.h>
#include <ist/vulkan.h>
#include <taichi/taichi.h>
#include <taichi/taichi_core.h>
#include <taichi/taichi_cpu.h>
#include <taichi/taichi_cuda.h>
#include <taichi/taichi_opengl.h>
#include <taichi/taichi_platform.h>
#include <taichi/taichi_unity.h>
#include <taichi/taichi_vulkan.h>
// The second time must add nothing.
#include <ist/core.h>
#include <ist/feed.h>
#include <ist/gl.h>
#include <ist/vulkan.h>
#include <taichi/taichi.h>

#define CHECK_NOW(name, condition) typedef char name[(condition) ? 1 : -1]

CHECK_NOW(error_is_eight_bytes, sizeof(TiError) == 8);
CHECK_NOW(arch_is_four_bytes, sizeof(TiArch) == 4);
CHECK_NOW(capability_is_four_bytes, sizeof(TiCapability) == 4);
CHECK_NOW(data_type_is_four_bytes, sizeof(TiDataType) == 4);
CHECK_NOW(format_is_four_bytes, sizeof(TiFormat) == 4);
CHECK_NOW(image_usage_bits_are_four_bytes, sizeof(TiImageUsageFlagBits) == 4);
CHECK_NOW(ndarray_has_its_size, sizeof(TiNdArray) == 152);
CHECK_NOW(named_argument_has_its_size, sizeof(TiNamedArgument) == 168);
CHECK_NOW(image_info_has_its_size, sizeof(TiVulkanImageInteropInfo) == 48);
CHECK_NOW(gl_image_info_has_its_size, sizeof(TiOpenglImageInteropInfo) == 28);
CHECK_NOW(counters_have_their_size, sizeof(IstCounters) == 152);

int main(void) {
  const TiError error = TI_ERROR_OUT_OF_MEMORY;
  return error < TI_ERROR_SUCCESS ? 0 : 1;
}
