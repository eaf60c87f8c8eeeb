// Calls that the released library may not survive: each group is one call, alone in its process.
#include <dlfcn.h>

#include "call_context.h"

namespace differential {
namespace {

void archs(Calls& call) {
  call("ti_get_available_archs", [&] {
    uint32_t count = 0;
    call.api.get_available_archs(&count, nullptr);
    return std::string(count ? "some" : "none");
  });
}
void device_index(Calls& call) {
  call("ti_create_runtime of device 0xffffffff", [&] { return call.api.create_runtime(TI_ARCH_VULKAN, 0xffffffffu); });
}
void instance_extension(Calls& call) {
  using Create = TiRuntime (*)(uint32_t, uint32_t, const char**, uint32_t, const char**);
  const auto create = reinterpret_cast<Create>(dlsym(call.api.library, "ti_create_vulkan_runtime_ext"));
  const char* unknown[] = {"VK_IST_no_such_extension"};
  call("ti_create_vulkan_runtime_ext with an unknown instance extension",
       [&] { return create(0x402000, 1, unknown, 0, nullptr); });
}
void format_0(Calls& call) {
  call("ti_allocate_image of format 0", [&] { return call.image(Calls::image_info(TI_FORMAT_UNKNOWN)); });
}
void format_44(Calls& call) {
  call("ti_allocate_image of format 44", [&] { return call.image(Calls::image_info(odd<TiFormat>(44))); });
}
void extent_0(Calls& call) {
  call("ti_allocate_image of width 0", [&] { return call.image(Calls::image_info(TI_FORMAT_R32F, 0, 8)); });
}
void dimension_6(Calls& call) {
  TiImageAllocateInfo info = Calls::image_info();
  info.dimension = odd<TiImageDimension>(6);
  call("ti_allocate_image of dimension 6", [&] { return call.image(info); });
}
void capabilities_null(Calls& call) {
  call("ti_set_runtime_capabilities_ext without array",
       [&] { call.api.set_runtime_capabilities_ext(call.runtime(), 2, nullptr); });
}
void size_0(Calls& call) {
  call("ti_allocate_memory of size 0", [&] { return call.memory(0); });
}
void free_mapped(Calls& call) {
  const TiMemory memory = call.memory(64);
  call.api.map_memory(call.runtime(), memory);
  call("ti_free_memory while mapped", [&] { call.api.free_memory(call.runtime(), memory); });
}
void stale_memory(Calls& call) {
  const TiMemory memory = call.memory(64);
  call.api.free_memory(call.runtime(), memory);
  call("ti_map_memory of freed memory", [&] { return call.api.map_memory(call.runtime(), memory); });
}
void garbage(Calls& call) {
  call("ti_map_memory of no handle",
       [&] { return call.api.map_memory(call.runtime(), reinterpret_cast<TiMemory>(uintptr_t{0x1234})); });
}
void stale_module(Calls& call) {
  const TiAotModule module = call.module("scalars.tcm");
  const TiKernel kernel = call.api.get_aot_module_kernel(module, "write_i32");
  const TiMemory memory = call.memory(64);
  call.api.destroy_aot_module(module);
  call("launch after the module was destroyed", [&] {
    call.launch(kernel, {Calls::i32(1), Calls::array(memory, TI_DATA_TYPE_I32, {4})});
  });
}
void copy_outside(Calls& call) {
  const TiMemorySlice to{call.memory(64), 32, 64}, from{call.memory(64), 0, 64};
  call("ti_copy_memory past the end", [&] {
    call.api.copy_memory_device_to_device(call.runtime(), &to, &from);
    call.api.wait(call.runtime());
  });
}

constexpr CallGroup kGroups[] = {{"archs", archs},
                                 {"device_index", device_index},
                                 {"instance_extension", instance_extension},
                                 {"format_0", format_0},
                                 {"format_44", format_44},
                                 {"extent_0", extent_0},
                                 {"dimension_6", dimension_6},
                                 {"capabilities_null", capabilities_null},
                                 {"size_0", size_0},
                                 {"free_mapped", free_mapped},
                                 {"stale_memory", stale_memory},
                                 {"garbage", garbage},
                                 {"stale_module", stale_module},
                                 {"copy_outside", copy_outside}};

}  // namespace

std::span<const CallGroup> fatal_calls() { return kGroups; }

}  // namespace differential
