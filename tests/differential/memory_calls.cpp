// Memory, images, layouts and copies.
#include <string>

#include "call_context.h"

namespace differential {
namespace {

void memory(Calls& call) {
  const Api& api = call.api;
  const TiRuntime runtime = call.runtime();
  call("ti_allocate_memory of 1 TiB", [&] { return call.memory(uint64_t{1} << 40); });
  for (uint32_t usage : {0u, 1u, 2u, 4u, 8u, 15u}) {
    const TiMemoryAllocateInfo info{64, TI_TRUE, TI_FALSE, TI_FALSE, usage};
    call("ti_allocate_memory with usage " + std::to_string(usage), [&] { return api.allocate_memory(runtime, &info); });
  }
  const TiMemory twice = call.memory(64), hidden = call.memory(64, false);
  call("ti_map_memory", [&] { return api.map_memory(runtime, twice); });
  call("ti_map_memory while mapped", [&] { return api.map_memory(runtime, twice); });
  call("ti_unmap_memory", [&] { api.unmap_memory(runtime, twice); });
  call("ti_unmap_memory of unmapped memory", [&] { api.unmap_memory(runtime, twice); });
  call("ti_map_memory again", [&] { return api.map_memory(runtime, twice); });
  call("ti_map_memory without host access", [&] { return api.map_memory(runtime, hidden); });
  const TiMemory a = call.memory(64), b = call.memory(64);
  const auto copy = [&](TiMemorySlice to, TiMemorySlice from) {
    api.copy_memory_device_to_device(runtime, &to, &from);
  };
  call("ti_copy_memory", [&] { copy({a, 0, 64}, {b, 0, 64}); });
  call("ti_copy_memory of a part", [&] { copy({a, 16, 32}, {b, 32, 32}); });
  call("ti_copy_memory within one memory", [&] { copy({a, 32, 32}, {a, 0, 32}); });
  call("ti_copy_memory of two sizes", [&] { copy({a, 0, 64}, {b, 0, 32}); });
  call("ti_copy_memory of no bytes", [&] { copy({a, 0, 0}, {b, 0, 0}); });
  call("ti_wait", [&] { api.wait(runtime); });
  call("ti_flush", [&] { api.flush(runtime); });
  call("ti_free_memory", [&] { api.free_memory(runtime, b); });
}

void images(Calls& call) {
  const Api& api = call.api;
  const TiRuntime runtime = call.runtime();
  for (int format = 1; format <= 43; ++format) {
    TiImageAllocateInfo info = Calls::image_info(odd<TiFormat>(format));
    info.usage = TI_IMAGE_USAGE_SAMPLED_BIT;
    call("ti_allocate_image of format " + std::to_string(format), [&] { return call.image(info); });
  }
  const auto with = [&](const char* what, auto change) {
    TiImageAllocateInfo info = Calls::image_info();
    change(info);
    call(std::string("ti_allocate_image with ") + what, [&] { return call.image(info); });
  };
  with("usage 0", [](auto& info) { info.usage = 0; });
  with("attachment usage", [](auto& info) { info.usage = TI_IMAGE_USAGE_ATTACHMENT_BIT; });
  with("0 mips", [](auto& info) { info.mip_level_count = 0; });
  with("3 mips", [](auto& info) { info.mip_level_count = 3; });
  with("0 layers", [](auto& info) { info.extent.array_layer_count = 0; });
  with("2 layers", [](auto& info) { info.extent.array_layer_count = 2; });
  with("2 layers of a 2D array",
       [](auto& info) { info.dimension = TI_IMAGE_DIMENSION_2D_ARRAY, info.extent.array_layer_count = 2; });
  with("6 faces", [](auto& info) { info.dimension = TI_IMAGE_DIMENSION_CUBE, info.extent.array_layer_count = 6; });
  with("dimension 1D", [](auto& info) { info.dimension = TI_IMAGE_DIMENSION_1D, info.extent.height = 1; });
  with("dimension 3D", [](auto& info) { info.dimension = TI_IMAGE_DIMENSION_3D, info.extent.depth = 4; });
  const TiSamplerCreateInfo sampler{TI_FILTER_NEAREST, TI_FILTER_LINEAR, TI_ADDRESS_MODE_CLAMP_TO_EDGE, 1};
  call("ti_create_sampler", [&] { return api.create_sampler(runtime, &sampler); });
  const TiImage a = call.image(), b = call.image();
  const TiImageExtent whole{8, 8, 1, 1};
  call("ti_copy_image", [&] {
    const TiImageSlice to{a, {}, whole, 0}, from{b, {}, whole, 0};
    api.copy_image_device_to_device(runtime, &to, &from);
  });
  call("ti_copy_image of two extents", [&] {
    const TiImageSlice to{a, {}, whole, 0}, from{b, {}, {4, 8, 1, 1}, 0};
    api.copy_image_device_to_device(runtime, &to, &from);
  });
  call("ti_free_image", [&] { api.free_image(runtime, b); });
  call("ti_wait", [&] { api.wait(runtime); });
}

void layouts(Calls& call) {
  for (int layout = 0; layout <= 12; ++layout) {
    const TiImage image = call.image();
    call("ti_track_image_ext to " + std::to_string(layout),
         [&] { call.api.track_image_ext(call.runtime(), image, odd<TiImageLayout>(layout)); });
  }
  const auto transition = [&](const std::string& what, TiImage image, std::initializer_list<int> layouts) {
    for (int layout : layouts) {
      call("ti_transition_image of " + what + " to " + std::to_string(layout),
           [&] { call.api.transition_image(call.runtime(), image, odd<TiImageLayout>(layout)); });
    }
  };
  TiImageAllocateInfo drawn = Calls::image_info(), depth = Calls::image_info(TI_FORMAT_DEPTH32F);
  drawn.usage |= TI_IMAGE_USAGE_ATTACHMENT_BIT;
  depth.usage = TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_ATTACHMENT_BIT;
  transition("an attachment", call.image(drawn), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 999, -1, 0});
  transition("no attachment", call.image(), {1, 2, 3, 4, 5, 8, 9, 10, 1, 1, 3, 3});
  transition("depth", call.image(depth), {1, 3, 6, 7, 8, 9});
}

// Where texels land: the image's two interesting corners after a copy of a part.
void image_offsets(Calls& call) {
  const Api& api = call.api;
  const TiRuntime runtime = call.runtime();
  const TiAotModule module = call.module("textures.tcm");
  const TiKernel store = api.get_aot_module_kernel(module, "store_2d_r32f"),
                 fetch = api.get_aot_module_kernel(module, "fetch_2d");
  const TiImage from = call.image(), to = call.image();
  const TiMemory texels = call.memory(8 * 8 * 16);
  TiArgument out = Calls::array(texels, TI_DATA_TYPE_F32, {8, 8});
  out.value.ndarray.elem_shape = {1, {4}};
  const auto red = [&](int x, int y) {
    const auto* mapped = static_cast<const float*>(api.map_memory(runtime, texels));
    const float value = mapped[4 * (8 * x + y)];
    api.unmap_memory(runtime, texels);
    return std::to_string(static_cast<int>(value * 255 + 0.5f));
  };
  call("ti_copy_image of a part with offsets", [&] {
    call.launch(store, {Calls::texture(from), Calls::i32(8), Calls::i32(8), Calls::i32(0)});
    call.launch(store, {Calls::texture(to), Calls::i32(8), Calls::i32(8), Calls::i32(1)});
    const TiImageSlice dst{to, {4, 4, 0, 0}, {4, 4, 1, 1}, 0}, src{from, {1, 1, 0, 0}, {4, 4, 1, 1}, 0};
    api.copy_image_device_to_device(runtime, &dst, &src);
    call.launch(fetch, {Calls::texture(to), out});
    api.wait(runtime);
    return red(0, 0) + " " + red(4, 4);
  });
}

constexpr CallGroup kGroups[] = {
    {"memory", memory}, {"images", images}, {"layouts", layouts}, {"image_offsets", image_offsets}};

}  // namespace

std::span<const CallGroup> memory_calls() { return kGroups; }

}  // namespace differential
