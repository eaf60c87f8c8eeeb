// ti_*: images and samplers.
#include "capi/entry.h"
#include "capi/translate.h"
#include "core/handover.h"

using namespace ist;
using namespace ist::capi;

namespace {

bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size) { return a < b + b_size && b < a + a_size; }

// Vulkan forbids copying a region onto itself (VUID-vkCmdCopyImage-pRegions-00124).
bool overlap(const ImageSlice& dst, const ImageSlice& src) {
  const ImageRegion& a = dst.region;
  const ImageRegion& b = src.region;
  return &dst.image->tracked() == &src.image->tracked() && a.mip == b.mip &&
         overlap(a.base_layer, a.layer_count, b.base_layer, b.layer_count) &&
         overlap(a.offset.x, a.extent.width, b.offset.x, b.extent.width) &&
         overlap(a.offset.y, a.extent.height, b.offset.y, b.extent.height) &&
         overlap(a.offset.z, a.extent.depth, b.offset.z, b.extent.depth);
}

Status check_copy(const ImageSlice& dst, const ImageSlice& src) {
  const Extent& to = dst.region.extent;
  const Extent& from = src.region.extent;
  if (!(to == from) || dst.region.layer_count != src.region.layer_count) {
    return fail(Code::invalid_argument,
                "dst_image takes %u x %u x %u texels of %u layers, but src_image %u x %u x %u of %u.", to.width,
                to.height, to.depth, dst.region.layer_count, from.width, from.height, from.depth,
                src.region.layer_count);
  }
  const FormatInfo& dst_format = format_info(dst.image->desc().format);
  const FormatInfo& src_format = format_info(src.image->desc().format);
  const bool depth = dst_format.kind == FormatKind::depth || src_format.kind == FormatKind::depth;
  if (dst_format.texel_bytes != src_format.texel_bytes ||
      (depth && dst.image->desc().format != src.image->desc().format)) {
    return fail(Code::invalid_argument, "dst_image has format %s, whose texels cannot be copied from format %s.",
                dst_format.name, src_format.name);
  }
  if (overlap(dst, src))
    return fail(Code::invalid_argument, "dst_image and src_image overlap in image '%s'.", dst.image->name.c_str());
  return {};
}

}  // namespace

extern "C" {

TiImage ti_allocate_image(TiRuntime runtime, const TiImageAllocateInfo* allocate_info) {
  return on_runtime<TiImage>("ti_allocate_image", runtime, [&](Call& call) -> Result<TiImage> {
    IST_CHECK(require_pointer(allocate_info, "allocate_info"));
    IST_TRY(const ImageDesc desc, translate(*allocate_info));
    IST_TRY(const ImageResource* image, allocate_image(call.runtime, desc));
    return handle_of<TiImage>(image);
  });
}

void ti_free_image(TiRuntime runtime, TiImage image) {
  on_runtime("ti_free_image", runtime, [&](Call& call) -> Status {
    IST_TRY(const ImageResource* target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_CHECK(check_free(*target));
    HandleTable::instance().retire(target->handle(), Kind::image);
    return {};
  });
}

TiSampler ti_create_sampler(TiRuntime runtime, const TiSamplerCreateInfo* create_info) {
  return on_runtime<TiSampler>("ti_create_sampler", runtime, [&](Call& call) -> Result<TiSampler> {
    IST_CHECK(require_pointer(create_info, "create_info"));
    IST_TRY(const SamplerDesc desc, translate(*create_info));
    IST_TRY(const SamplerResource* sampler, create_sampler(call.runtime, desc));
    return handle_of<TiSampler>(sampler);
  });
}

void ti_destroy_sampler(TiRuntime runtime, TiSampler sampler) {
  on_runtime("ti_destroy_sampler", runtime, [&](Call& call) -> Status {
    IST_TRY(const SamplerResource* target, call.find<SamplerResource>(Kind::sampler, sampler, "sampler"));
    HandleTable::instance().retire(target->handle(), Kind::sampler);
    return {};
  });
}

void ti_copy_image_device_to_device(TiRuntime runtime, const TiImageSlice* dst_image, const TiImageSlice* src_image) {
  on_runtime("ti_copy_image_device_to_device", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const ImageSlice dst, translate(call, dst_image, "dst_image", Role::target));
    IST_TRY(const ImageSlice src, translate(call, src_image, "src_image", Role::source));
    IST_CHECK(check_copy(dst, src));
    return copy_image(call.runtime, dst, src);
  });
}

void ti_track_image_ext(TiRuntime runtime, TiImage image, TiImageLayout layout) {
  on_runtime("ti_track_image_ext", runtime, [&](Call& call) -> Status {
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_TRY(const Layout stated, translate(layout));
    IST_CHECK(call.runtime.timeline().may_record());
    IST_CHECK(target->require_ours(target->full_range(), "ti_track_image_ext"));
    track_image(*target, stated);
    return {};
  });
}

void ti_transition_image(TiRuntime runtime, TiImage image, TiImageLayout layout) {
  on_runtime("ti_transition_image", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_TRY(const Layout wanted, translate(layout));
    if (wanted == Layout::undefined) {
      return fail(Code::invalid_argument, "Image '%s' cannot be moved to TI_IMAGE_LAYOUT_UNDEFINED.",
                  target->name.c_str());
    }
    IST_CHECK(check_layout(*target, wanted));
    IST_CHECK(target->require_ours(target->full_range(), "ti_transition_image"));
    return transition_image(call.runtime, *target, wanted);
  });
}

}  // extern "C"
