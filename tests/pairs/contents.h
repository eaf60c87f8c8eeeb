// What images hold in these tests: patterns written by host copies, or by kernels that compute the same numbers as
// the functions here.
#pragma once

#include <taichi/taichi_core.h>

#include <vector>

#include "conformance/support.h"
#include "gl_host/shapes.h"

namespace pairs {

using gl_host::Shape;

TiImage make_image(TiRuntime runtime, const Shape& shape);
TiImageSlice level_of(TiImage image, const Shape& shape, uint32_t mip);
TiArgument texture_argument(TiImage image, const Shape& shape);

// The pattern of gl_host, by host copies.
void write_image(TiRuntime runtime, TiImage image, const Shape& shape, uint32_t seed);
std::vector<uint8_t> read_level(TiRuntime runtime, TiImage image, const Shape& shape, uint32_t mip);

// By the kernels of the module `formats`: one mip, one layer, at most 32 x 32, or 8 x 8 x 8 in 3-D.
void store_by_kernel(TiRuntime runtime, const conformance::Module& formats, TiImage image, const Shape& shape,
                     uint32_t seed);
std::vector<uint8_t> stored_texels(const Shape& shape, uint32_t seed);
// What a kernel fetches, put back into the format.
std::vector<uint8_t> fetch_by_kernel(TiRuntime runtime, const conformance::Module& formats, TiImage image,
                                     const Shape& shape);

}  // namespace pairs
