// What every consumer in C++ runs: a kernel that paints an image, with the owners of taichi.hpp and of ist/cpp.
// Usage: picture FRACTAL_MODULE
#include <ist/core.h>

#include <cstdio>
#include <ist/cpp/share.hpp>
#include <taichi/cpp/taichi.hpp>
#include <vector>

int main(int argc, char** argv) {
  constexpr uint32_t kSide = 64;
  ti::Runtime gpu(TI_ARCH_VULKAN);
  ti::AotModule module = gpu.load_aot_module(argc > 1 ? argv[1] : "fractal");
  ti::Kernel count = module.get_kernel("count");
  ti::Texture texture = gpu.allocate_texture2d(kSide, kSide, TI_FORMAT_R32F, TI_NULL_HANDLE);
  count.push_arg(texture);
  for (int32_t side : {kSide, kSide}) count.push_arg(side);
  for (float number : {0.0f, 0.0f, 2.0f}) count.push_arg(number);  // c = 0: the points of the unit disc stay
  count.push_arg(int32_t{50});
  count.launch();

  std::vector<float> texels(kSide * kSide);
  TiImageSlice all = {};
  all.image = texture.image();
  all.extent = {kSide, kSide, 1, 1};
  ist_read_image(gpu, &all, texels.data(), texels.size() * sizeof(float), 0);
  const bool right = texels[kSide / 2 * kSide + kSide / 2] == 50 && texels[0] == 0;
  const isthmus::FileHandle none;
  const ti::Error error = ti::get_last_error();
  if (error.error != TI_ERROR_SUCCESS) std::fprintf(stderr, "%s\n", error.message.c_str());
  std::printf("the centre is %g, the corner is %g\n", texels[kSide / 2 * kSide + kSide / 2], texels[0]);
  return right && !none.is_valid() ? 0 : 1;
}
