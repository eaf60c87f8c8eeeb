// The last error, runtimes and their capabilities, null arguments, modules.
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "call_context.h"

namespace differential {
namespace {

std::vector<char> bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string read_error(const Api& api, uint64_t room, bool with_text) {
  std::array<char, 32> text;
  text.fill('#');
  text.back() = 0;
  uint64_t size = room;
  const TiError error = api.get_last_error(&size, with_text ? text.data() : nullptr);
  return error_name(error) + " size " + std::to_string(size) + " text '" + text.data() + "'";
}

void last_error(Calls& call) {
  const Api& api = call.api;
  for (int32_t code : {0, 1, 5, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -77, INT32_MIN}) {
    api.set_last_error(TI_ERROR_INVALID_STATE, "before");
    api.set_last_error(odd<TiError>(code), "argument");
    call.tell("ti_set_last_error " + std::to_string(code), read_error(api, 32, true));
  }
  for (int32_t code : {0, 5, -4, -77}) {
    api.set_last_error(TI_ERROR_INVALID_STATE, "before");
    api.set_last_error(odd<TiError>(code), nullptr);
    call.tell("ti_set_last_error " + std::to_string(code) + " without text", read_error(api, 32, true));
  }
  api.set_last_error(TI_ERROR_INVALID_ARGUMENT, "argument");
  for (uint64_t room : {0, 1, 3, 8, 9, 20}) {
    call.tell("ti_get_last_error with room " + std::to_string(room), read_error(api, room, true));
    call.tell("ti_get_last_error without text, room " + std::to_string(room), read_error(api, room, false));
  }
  char kept = '#';
  api.get_last_error(nullptr, &kept);
  call.tell("ti_get_last_error without size", std::string(1, kept));
  api.load_aot_module(call.runtime(), nullptr);
  const std::string first = error_name(api.get_last_error(nullptr, nullptr));
  api.flush(call.runtime());
  call.tell("a success leaves the last error", first + error_name(api.get_last_error(nullptr, nullptr)));
  api.load_aot_module(call.runtime(), "no/such/module");
  call.tell("the last failure wins", error_name(api.get_last_error(nullptr, nullptr)));
  std::string theirs;
  std::thread([&] {
    theirs = error_name(api.get_last_error(nullptr, nullptr));
    api.set_last_error(TI_ERROR_OUT_OF_MEMORY, "theirs");
    theirs += " " + error_name(api.get_last_error(nullptr, nullptr));
  }).join();
  call.tell("another thread", theirs + ", here " + error_name(api.get_last_error(nullptr, nullptr)));
}

void counts(Calls& call) {
  const Api& api = call.api;
  const TiRuntime runtime = call.runtime();
  call.tell("ti_get_version", std::to_string(api.get_version()));
  // The list, but for the two capabilities that only our library uses; and whether it was filled as far as it goes.
  const auto capabilities = [&](uint32_t room) {
    std::vector<TiCapabilityLevelInfo> levels(64, {TI_CAPABILITY_RESERVED, 99});
    uint32_t count = room;
    api.get_runtime_capabilities(runtime, &count, levels.data());
    std::ostringstream text;
    uint32_t written = 0;
    for (const TiCapabilityLevelInfo& level : levels) {
      written += level.level != 99;
      if (level.level == 99 || level.capability == TI_CAPABILITY_SPIRV_HAS_PHYSICAL_STORAGE_BUFFER ||
          level.capability == TI_CAPABILITY_SPIRV_HAS_NON_SEMANTIC_INFO) {
        continue;
      }
      text << level.capability << "=" << level.level << " ";
    }
    text << (written == std::min(room, count) ? "filled" : "not filled");
    return text.str();
  };
  const auto has = [&](TiCapability capability) {
    std::vector<TiCapabilityLevelInfo> levels(64, {TI_CAPABILITY_RESERVED, 0});
    uint32_t count = 64;
    api.get_runtime_capabilities(runtime, &count, levels.data());
    const bool found = std::ranges::any_of(levels, [&](const auto& level) { return level.capability == capability; });
    return std::string(found ? "there" : "not there");
  };
  call("ti_get_runtime_capabilities", [&] { return capabilities(64); });
  call("ti_get_runtime_capabilities of three", [&] { return capabilities(3); });
  call("ti_get_runtime_capabilities of none", [&] { return capabilities(0); });
  call("ti_get_runtime_capabilities without array", [&] {
    uint32_t listed = 0, counted = 7;
    std::array<TiCapabilityLevelInfo, 64> levels;
    api.get_runtime_capabilities(runtime, &listed, levels.data());
    api.get_runtime_capabilities(runtime, &counted, nullptr);
    return std::string(listed == counted ? "the same count" : "another count");
  });
  call("capability of buffer addresses", [&] { return has(TI_CAPABILITY_SPIRV_HAS_PHYSICAL_STORAGE_BUFFER); });
  call("capability of non-semantic info", [&] { return has(TI_CAPABILITY_SPIRV_HAS_NON_SEMANTIC_INFO); });
  call("ti_get_runtime_capabilities without count", [&] { api.get_runtime_capabilities(runtime, nullptr, nullptr); });
  const TiCapabilityLevelInfo set[] = {{TI_CAPABILITY_SPIRV_HAS_INT8, 0}, {TI_CAPABILITY_SPIRV_VERSION, 7}};
  call("ti_set_runtime_capabilities_ext", [&] { api.set_runtime_capabilities_ext(runtime, 2, set); });
  call("ti_get_runtime_capabilities after set", [&] { return capabilities(64); });
  const TiCapabilityLevelInfo twice[] = {{TI_CAPABILITY_SPIRV_HAS_INT8, 1}, {TI_CAPABILITY_SPIRV_HAS_INT8, 5}};
  call("ti_set_runtime_capabilities_ext of one twice", [&] { api.set_runtime_capabilities_ext(runtime, 2, twice); });
  call("ti_get_runtime_capabilities after one twice", [&] { return capabilities(64); });
  call("ti_set_runtime_capabilities_ext of none", [&] { api.set_runtime_capabilities_ext(runtime, 0, nullptr); });
  call("ti_get_runtime_capabilities after none", [&] { return capabilities(64); });
  call("ti_set_runtime_capabilities_ext without runtime", [&] { api.set_runtime_capabilities_ext(nullptr, 2, set); });
  call("ti_get_runtime_capabilities without runtime", [&] {
    uint32_t count = 0;
    api.get_runtime_capabilities(nullptr, &count, nullptr);
  });
}

void runtimes(Calls& call) {
  const Api& api = call.api;
  for (int arch : {0, 2, 7, 999, -1}) {
    call("ti_create_runtime of arch " + std::to_string(arch), [&] { return api.create_runtime(odd<TiArch>(arch), 0); });
  }
  call("ti_create_runtime", [&] { return api.create_runtime(TI_ARCH_VULKAN, 0); });
  call("ti_create_runtime of device 1000", [&] { return api.create_runtime(TI_ARCH_VULKAN, 1000); });
  call("ti_destroy_runtime", [&] { api.destroy_runtime(call.runtime()); });
  call("ti_destroy_runtime of null", [&] { api.destroy_runtime(nullptr); });
}

void nulls(Calls& call) {
  const Api& api = call.api;
  const TiRuntime runtime = call.runtime();
  const TiMemoryAllocateInfo memory_info{64, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
  const TiImageAllocateInfo image_info = Calls::image_info();
  const TiSamplerCreateInfo sampler_info{TI_FILTER_LINEAR, TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT, 1};
  const TiMemory memory = call.memory(64);
  const TiImage image = call.image();
  const TiAotModule module = call.module("scalars.tcm");
  const TiKernel kernel = api.get_aot_module_kernel(module, "write_i32");
  const TiMemorySlice slice{memory, 0, 64}, no_slice{nullptr, 0, 64};
  const TiImageSlice part{image, {}, image_info.extent, 0}, no_part{nullptr, {}, image_info.extent, 0};

  call("ti_allocate_memory without runtime", [&] { return api.allocate_memory(nullptr, &memory_info); });
  call("ti_allocate_memory without info", [&] { return api.allocate_memory(runtime, nullptr); });
  call("ti_free_memory without runtime", [&] { api.free_memory(nullptr, memory); });
  call("ti_free_memory of null", [&] { api.free_memory(runtime, nullptr); });
  call("ti_map_memory without runtime", [&] { return api.map_memory(nullptr, memory); });
  call("ti_map_memory of null", [&] { return api.map_memory(runtime, nullptr); });
  call("ti_unmap_memory without runtime", [&] { api.unmap_memory(nullptr, memory); });
  call("ti_unmap_memory of null", [&] { api.unmap_memory(runtime, nullptr); });
  call("ti_allocate_image without runtime", [&] { return api.allocate_image(nullptr, &image_info); });
  call("ti_allocate_image without info", [&] { return api.allocate_image(runtime, nullptr); });
  call("ti_free_image without runtime", [&] { api.free_image(nullptr, image); });
  call("ti_free_image of null", [&] { api.free_image(runtime, nullptr); });
  call("ti_create_sampler without runtime", [&] { return api.create_sampler(nullptr, &sampler_info); });
  call("ti_create_sampler without info", [&] { return api.create_sampler(runtime, nullptr); });
  call("ti_destroy_sampler without runtime", [&] { api.destroy_sampler(nullptr, nullptr); });
  call("ti_destroy_sampler of null", [&] { api.destroy_sampler(runtime, nullptr); });
  call("ti_copy_memory without runtime", [&] { api.copy_memory_device_to_device(nullptr, &slice, &slice); });
  call("ti_copy_memory without destination", [&] { api.copy_memory_device_to_device(runtime, nullptr, &slice); });
  call("ti_copy_memory without source", [&] { api.copy_memory_device_to_device(runtime, &slice, nullptr); });
  call("ti_copy_memory to null", [&] { api.copy_memory_device_to_device(runtime, &no_slice, &slice); });
  call("ti_copy_memory from null", [&] { api.copy_memory_device_to_device(runtime, &slice, &no_slice); });
  call("ti_copy_image without runtime", [&] { api.copy_image_device_to_device(nullptr, &part, &part); });
  call("ti_copy_image without destination", [&] { api.copy_image_device_to_device(runtime, nullptr, &part); });
  call("ti_copy_image without source", [&] { api.copy_image_device_to_device(runtime, &part, nullptr); });
  call("ti_copy_image to null", [&] { api.copy_image_device_to_device(runtime, &no_part, &part); });
  call("ti_copy_image from null", [&] { api.copy_image_device_to_device(runtime, &part, &no_part); });
  call("ti_track_image_ext without runtime", [&] { api.track_image_ext(nullptr, image, TI_IMAGE_LAYOUT_SHADER_READ); });
  call("ti_track_image_ext of null", [&] { api.track_image_ext(runtime, nullptr, TI_IMAGE_LAYOUT_SHADER_READ); });
  call("ti_transition_image without runtime",
       [&] { api.transition_image(nullptr, image, TI_IMAGE_LAYOUT_SHADER_READ); });
  call("ti_transition_image of null", [&] { api.transition_image(runtime, nullptr, TI_IMAGE_LAYOUT_SHADER_READ); });
  call("ti_launch_kernel without runtime", [&] { api.launch_kernel(nullptr, kernel, 0, nullptr); });
  call("ti_launch_kernel of null", [&] { api.launch_kernel(runtime, nullptr, 0, nullptr); });
  call("ti_launch_kernel without arguments", [&] { api.launch_kernel(runtime, kernel, 2, nullptr); });
  call("ti_launch_compute_graph without runtime", [&] { api.launch_compute_graph(nullptr, nullptr, 0, nullptr); });
  call("ti_launch_compute_graph of null", [&] { api.launch_compute_graph(runtime, nullptr, 0, nullptr); });
  call("ti_flush of null", [&] { api.flush(nullptr); });
  call("ti_wait of null", [&] { api.wait(nullptr); });
  call("ti_load_aot_module without runtime", [&] { return api.load_aot_module(nullptr, "x"); });
  call("ti_load_aot_module without path", [&] { return api.load_aot_module(runtime, nullptr); });
  call("ti_create_aot_module without runtime", [&] { return api.create_aot_module(nullptr, "x", 1); });
  call("ti_create_aot_module without bytes", [&] { return api.create_aot_module(runtime, nullptr, 10); });
  call("ti_destroy_aot_module of null", [&] { api.destroy_aot_module(nullptr); });
  call("ti_get_aot_module_kernel of null", [&] { return api.get_aot_module_kernel(nullptr, "x"); });
  call("ti_get_aot_module_kernel without name", [&] { return api.get_aot_module_kernel(module, nullptr); });
  call("ti_get_aot_module_compute_graph of null", [&] { return api.get_aot_module_compute_graph(nullptr, "x"); });
  call("ti_get_aot_module_compute_graph without name",
       [&] { return api.get_aot_module_compute_graph(module, nullptr); });
}

void modules(Calls& call) {
  const Api& api = call.api;
  const TiRuntime runtime = call.runtime();
  call("ti_load_aot_module of an archive", [&] { return call.module("bounds.tcm"); });
  call("ti_load_aot_module of a folder", [&] { return call.module("returns"); });
  call("ti_load_aot_module of no path", [&] { return api.load_aot_module(runtime, "no/such/module.tcm"); });
  call("ti_load_aot_module of an empty path", [&] { return api.load_aot_module(runtime, ""); });
  call("ti_load_aot_module of a folder that is no module", [&] { return api.load_aot_module(runtime, "/"); });
  call("ti_load_aot_module of a file that is no archive", [&] { return call.module("returns/metadata.json"); });
  const std::vector<char> good = bytes_of(call.path("bounds.tcm"));
  call("ti_create_aot_module", [&] { return api.create_aot_module(runtime, good.data(), good.size()); });
  for (size_t size : {size_t{1}, size_t{4}, size_t{100}, good.size() / 2, good.size() - 30}) {
    const std::vector<char> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    call("ti_create_aot_module of the first " + std::to_string(size) + " bytes",
         [&] { return api.create_aot_module(runtime, cut.data(), cut.size()); });
  }
  const std::string text(200, 'x');
  call("ti_create_aot_module of text", [&] { return api.create_aot_module(runtime, text.data(), text.size()); });
  const TiAotModule module = call.module("graphs.tcm");
  for (const char* name : {"add_to", "no such kernel", "", "chain"}) {
    call(std::string("ti_get_aot_module_kernel '") + name + "'",
         [&] { return api.get_aot_module_kernel(module, name); });
  }
  for (const char* name : {"chain", "no such graph", "", "add_to"}) {
    call(std::string("ti_get_aot_module_compute_graph '") + name + "'",
         [&] { return api.get_aot_module_compute_graph(module, name); });
  }
  call("ti_destroy_aot_module", [&] { api.destroy_aot_module(module); });
}

void device_extension(Calls& call) {
  using Create = TiRuntime (*)(uint32_t, uint32_t, const char**, uint32_t, const char**);
  const auto create = reinterpret_cast<Create>(dlsym(call.api.library, "ti_create_vulkan_runtime_ext"));
  const char* unknown[] = {"VK_IST_no_such_extension"};
  call("ti_create_vulkan_runtime_ext", [&] { return create(0x402000, 0, nullptr, 0, nullptr); });
  call("ti_create_vulkan_runtime_ext of version 0", [&] { return create(0, 0, nullptr, 0, nullptr); });
  call("ti_create_vulkan_runtime_ext with an unknown device extension",
       [&] { return create(0x402000, 0, nullptr, 1, unknown); });
}

constexpr CallGroup kGroups[] = {{"last_error", last_error}, {"counts", counts},
                                 {"runtimes", runtimes},     {"nulls", nulls},
                                 {"modules", modules},       {"device_extension", device_extension}};

}  // namespace

std::span<const CallGroup> error_calls() { return kGroups; }

}  // namespace differential
