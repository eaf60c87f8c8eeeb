// What all other sides have in common.
#include "peer.h"

#include <cstdio>

namespace doctor {
namespace {

TiImageSlice whole(TiImage image, Size size) {
  TiImageSlice slice{};
  slice.image = image;
  slice.extent = {size.width, size.height, 1, 1};
  return slice;
}

}  // namespace

Problem compare(const Pixels& pixels, Size size, uint32_t frame) {
  Pixels expected;
  fill(expected, size, frame);
  if (pixels == expected) return {};
  size_t at = 0;
  while (at < pixels.size() && pixels[at] == expected[at]) ++at;
  if (at >= pixels.size()) return "Frame " + std::to_string(frame) + " has another number of pixels.";
  char text[160];
  std::snprintf(text, sizeof text, "Pixel (%zu, %zu) of frame %u is 0x%08x, but 0x%08x was written.", at % size.width,
                at / size.width, frame, pixels[at], expected[at]);
  return text;
}

Problem OwnRuntime::create(uint32_t device_index) {
  runtime_ = ti_create_runtime(TI_ARCH_VULKAN, device_index);
  if (runtime_) return {};
  const Problem problem = of_last_error();
  return problem ? problem : Problem("No runtime was made.");
}

Problem make_image(TiRuntime runtime, Size size, bool shared, TiImage* image) {
  TiImageAllocateInfo info{};
  info.dimension = TI_IMAGE_DIMENSION_2D;
  info.extent = {size.width, size.height, 1, 1};
  info.mip_level_count = 1;
  info.format = TI_FORMAT_RGBA8;
  info.export_sharing = shared ? TI_TRUE : TI_FALSE;
  info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  *image = ti_allocate_image(runtime, &info);
  return of_last_error();
}

Problem write_image(TiRuntime runtime, TiImage image, Size size, const Pixels& pixels) {
  const TiImageSlice slice = whole(image, size);
  DOCTOR_TRY(of_call(ist_write_image(runtime, &slice, pixels.data(), size.bytes(), 0)));
  return finish(runtime);
}

Problem read_image(TiRuntime runtime, TiImage image, Size size, Pixels& pixels) {
  pixels.resize(size_t{size.width} * size.height);
  const TiImageSlice slice = whole(image, size);
  return of_call(ist_read_image(runtime, &slice, pixels.data(), size.bytes(), 0));
}

Problem finish(TiRuntime runtime) {
  ti_wait(runtime);
  return of_last_error();
}

Problem ImagePeer::open_here(TiRuntime runtime, const PairOptions& options) {
  runtime_ = runtime;
  size_ = options.size;
  direction_ = options.direction;
  IstDeviceInfo info{};
  info.size = sizeof info;
  DOCTOR_TRY(of_call(ist_runtime_info(runtime, &info)));
  DOCTOR_TRY(make_image(runtime, size_, info.image_export != 0, &image_));
  return make_image(runtime, size_, false, &own_image_);
}

Problem ImagePeer::write_source(Direction direction, const Pixels& pixels) {
  return direction == Direction::to_peer ? write_image(runtime_, own_image_, size_, pixels) : write_own_there(pixels);
}

Problem ImagePeer::read_result(Direction direction, Pixels& pixels) {
  return direction == Direction::to_peer ? read_own_there(pixels) : read_image(runtime_, own_image_, size_, pixels);
}

}  // namespace doctor
