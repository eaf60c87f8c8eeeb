// Images: allocation, host reads and writes of one mip level, mips; and samplers.
#include "image.h"

#include <ist/core.h>
#include <nanobind/stl/shared_ptr.h>

#include <algorithm>
#include <new>

namespace ist::python {
namespace {

struct ImageRequest {
  uint32_t dimension;
  uint32_t width;
  uint32_t height;
  uint32_t depth;
  uint32_t layers;
  uint32_t mips;
  uint32_t format;
  uint32_t usage;
  bool export_sharing;
};

void init_image(Image* self, std::shared_ptr<RuntimeState> runtime, const ImageRequest& request) {
  runtime->require_open();
  TiImageAllocateInfo info{};
  info.dimension = static_cast<TiImageDimension>(request.dimension);
  info.extent = {request.width, request.height, request.depth, request.layers};
  info.mip_level_count = request.mips;
  info.format = static_cast<TiFormat>(request.format);
  info.export_sharing = request.export_sharing;
  info.usage = request.usage;
  const TiImage handle = check_handle(*runtime, [&] { return ti_allocate_image(runtime->handle(), &info); });
  Image image;
  image.image = std::make_shared<ImageHandle>(runtime, handle);
  image.runtime = std::move(runtime);
  image.texture.image = handle;
  image.texture.dimension = info.dimension;
  image.texture.extent = info.extent;
  image.texture.format = info.format;
  image.mip_count = std::max(request.mips, 1u);
  new (self) Image(std::move(image));
}

TiImageSlice whole_level(const Image& image, uint32_t mip) {
  const TiImageExtent& extent = image.texture.extent;
  const uint32_t shift = std::min(mip, 31u);
  TiImageSlice slice{};
  slice.image = image.image->handle;
  slice.extent = {std::max(extent.width >> shift, 1u), std::max(extent.height >> shift, 1u),
                  std::max(extent.depth >> shift, 1u), extent.array_layer_count};
  slice.mip_level = mip;
  return slice;
}

// Objects of Python may free the image as they give their buffer: hence `keep` comes first, here and below.
void write_level(Image& image, nb::handle source, uint32_t mip) {
  image.require_usable();
  const std::shared_ptr<ImageHandle> keep = image.image;
  const TiImageSlice slice = whole_level(image, mip);
  Py_buffer view{};
  if (PyObject_GetBuffer(source.ptr(), &view, PyBUF_SIMPLE) != 0) throw nb::python_error();
  const std::unique_ptr<Py_buffer, void (*)(Py_buffer*)> release(&view, PyBuffer_Release);
  check_ist(*image.runtime, [&] {
    return ist_write_image(image.runtime->handle(), &slice, view.buf, static_cast<uint64_t>(view.len), 0);
  });
}

void read_level(Image& image, nb::handle target, uint32_t mip) {
  image.require_usable();
  const std::shared_ptr<ImageHandle> keep = image.image;
  const TiImageSlice slice = whole_level(image, mip);
  Py_buffer view{};
  if (PyObject_GetBuffer(target.ptr(), &view, PyBUF_WRITABLE) != 0) throw nb::python_error();
  const std::unique_ptr<Py_buffer, void (*)(Py_buffer*)> release(&view, PyBuffer_Release);
  if (wait_for_work(*image.runtime, -1) < 0) throw nb::python_error();
  check_ist(*image.runtime, [&] {
    return ist_read_image(image.runtime->handle(), &slice, view.buf, static_cast<uint64_t>(view.len), 0);
  });
}

void generate_mips(Image& image) {
  image.require_usable();
  const std::shared_ptr<ImageHandle> keep = image.image;
  check_ist(*image.runtime, [&] { return ist_generate_mips(image.runtime->handle(), keep->handle); });
}

void transition(Image& image, uint32_t layout) {
  image.require_usable();
  const std::shared_ptr<ImageHandle> keep = image.image;
  check_void(*image.runtime,
             [&] { ti_transition_image(image.runtime->handle(), keep->handle, static_cast<TiImageLayout>(layout)); });
}

void init_sampler(Sampler* self, std::shared_ptr<RuntimeState> runtime, uint32_t mag_filter, uint32_t min_filter,
                  uint32_t address_mode, float max_anisotropy) {
  runtime->require_open();
  TiSamplerCreateInfo info{};
  info.mag_filter = static_cast<TiFilter>(mag_filter);
  info.min_filter = static_cast<TiFilter>(min_filter);
  info.address_mode = static_cast<TiAddressMode>(address_mode);
  info.max_anisotropy = max_anisotropy;
  const TiSampler handle = check_handle(*runtime, [&] { return ti_create_sampler(runtime->handle(), &info); });
  new (self) Sampler{std::make_shared<SamplerHandle>(std::move(runtime), handle)};
}

nb::dict format_info(RuntimeState& state, uint32_t format, uint32_t dimension) {
  state.require_open();
  IstFormatInfo info{};
  info.size = sizeof info;
  check_ist(state, [&] {
    return ist_format_info(state.handle(), static_cast<TiFormat>(format), static_cast<TiImageDimension>(dimension),
                           &info);
  });
  nb::dict dict;
  dict["usage"] = info.usage;
  dict["linear_filter"] = info.linear_filter != 0;
  dict["max_mips"] = info.max_mips;
  dict["max_layers"] = info.max_layers;
  dict["texel_bytes"] = info.texel_bytes;
  dict["mip_generation"] = info.mip_generation != 0;
  return dict;
}

}  // namespace

ImageHandle::~ImageHandle() {
  if (!runtime->alive()) return;
  const WithoutGil without_gil;
  ti_free_image(runtime->handle(), handle);
}

SamplerHandle::~SamplerHandle() {
  if (!runtime->alive()) return;
  const WithoutGil without_gil;
  ti_destroy_sampler(runtime->handle(), handle);
}

void Image::require_usable() const {
  runtime->require_open();
  if (!image) throw_error(TI_ERROR_INVALID_STATE, "The image has been freed.");
}

void bind_image(nb::module_& module) {
  nb::class_<Image>(module, "Image")
      .def(
          "__init__",
          [](Image* self, std::shared_ptr<RuntimeState> runtime, uint32_t dimension, uint32_t width, uint32_t height,
             uint32_t depth, uint32_t layers, uint32_t mips, uint32_t format, uint32_t usage, bool export_sharing) {
            init_image(self, std::move(runtime),
                       {dimension, width, height, depth, layers, mips, format, usage, export_sharing});
          },
          nb::arg("runtime"), nb::arg("dimension"), nb::arg("width"), nb::arg("height"), nb::arg("depth"),
          nb::arg("layers"), nb::arg("mips"), nb::arg("format"), nb::arg("usage"), nb::arg("export_sharing"))
      .def_prop_ro("_freed", [](const Image& image) { return !image.image; })
      .def("_free",
           [](Image& image) {
             image.texture.image = TI_NULL_HANDLE;
             image.image.reset();
           })
      .def("_write_level", &write_level, nb::arg("source"), nb::arg("mip"))
      .def("_read_level", &read_level, nb::arg("target"), nb::arg("mip"))
      .def("generate_mips", &generate_mips,
           "Fill all mip levels from level 0, each by averaging the one before.\n\n"
           "Recorded like a launch; does not wait. Any thread.\n"
           "Raises isthmus.NotSupportedError when the device cannot filter the format.")
      .def("_transition", &transition, nb::arg("layout"));

  nb::class_<Sampler>(module, "Sampler")
      .def("__init__", &init_sampler, nb::arg("runtime"), nb::arg("mag_filter"), nb::arg("min_filter"),
           nb::arg("address_mode"), nb::arg("max_anisotropy"));
  module.def("format_info", &format_info, nb::arg("runtime"), nb::arg("format"), nb::arg("dimension"));
}

}  // namespace ist::python
