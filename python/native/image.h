// Images and samplers as Python sees them. Everything here needs the GIL.
#pragma once

#include "runtime.h"

#include <taichi/taichi_core.h>

#include <memory>
#include <utility>

namespace ist::python {

// Owns one TiImage; frees it without the GIL.
struct ImageHandle {
  ImageHandle(std::shared_ptr<RuntimeState> runtime, TiImage handle) : runtime(std::move(runtime)), handle(handle) {}
  ~ImageHandle();
  ImageHandle(const ImageHandle&) = delete;
  ImageHandle& operator=(const ImageHandle&) = delete;

  std::shared_ptr<RuntimeState> runtime;
  TiImage handle;
};

// Owns one TiSampler; destroys it without the GIL.
struct SamplerHandle {
  std::shared_ptr<RuntimeState> runtime;
  TiSampler handle;
  ~SamplerHandle();
};

// An image with all its mip levels and layers; what kernels take as a texture.
struct Image {
  std::shared_ptr<RuntimeState> runtime;
  // Null after free().
  std::shared_ptr<ImageHandle> image;
  // Without a sampler: the default one.
  TiTexture texture{};
  uint32_t mip_count = 1;

  // Throws isthmus.Error when freed or when the runtime is closed.
  void require_usable() const;
};

struct Sampler {
  std::shared_ptr<SamplerHandle> sampler;
};

void bind_image(nb::module_& module);

}  // namespace ist::python
