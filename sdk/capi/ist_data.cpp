// ist_*: host reads and writes, copies between memory and images, mips.
#include "capi/entry.h"
#include "capi/translate.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status check_room(const TexelRows& rows, uint64_t size_bytes) {
  if (rows.total_bytes <= size_bytes) return {};
  return fail(Code::argument_out_of_range, "The region spans %llu bytes of texels, but size_bytes is %llu.",
              static_cast<unsigned long long>(rows.total_bytes), static_cast<unsigned long long>(size_bytes));
}

// Vulkan wants buffer offsets of copies on texels and on words (VUID-vkCmdCopyBufferToImage-dstImage-07975 ff).
Status check_texels(const MemorySlice& memory, const ImageSlice& image, const TexelRows& rows, const char* which) {
  const uint32_t texel = format_info(image.image->desc().format).texel_bytes;
  if (memory.offset_bytes % texel != 0 || memory.offset_bytes % 4 != 0) {
    return fail(Code::invalid_argument, "%s.offset (%llu) is not a multiple of 4 and of the texel (%u bytes).", which,
                static_cast<unsigned long long>(memory.offset_bytes), texel);
  }
  if (rows.total_bytes <= memory.size_bytes) return {};
  return fail(Code::argument_out_of_range, "The region spans %llu bytes of texels, but %s.size is %llu.",
              static_cast<unsigned long long>(rows.total_bytes), which,
              static_cast<unsigned long long>(memory.size_bytes));
}

}  // namespace

extern "C" {

TiError ist_write_memory(TiRuntime runtime, const TiMemorySlice* dst, const void* src) {
  return on_runtime("ist_write_memory", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const MemorySlice target, translate(call, dst, "dst", Role::target));
    IST_CHECK(require_pointer(src, "src"));
    return target.size_bytes ? write_memory(call.runtime, target, src) : Status();
  });
}

TiError ist_read_memory(TiRuntime runtime, const TiMemorySlice* src, void* dst) {
  return on_runtime("ist_read_memory", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const MemorySlice source, translate(call, src, "src", Role::source));
    IST_CHECK(require_pointer(dst, "dst"));
    return source.size_bytes ? read_memory(call.lock, call.runtime, source, dst) : Status();
  });
}

TiError ist_write_image(TiRuntime runtime, const TiImageSlice* dst, const void* texels, uint64_t size_bytes,
                        uint32_t row_bytes) {
  return on_runtime("ist_write_image", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const ImageSlice target, translate(call, dst, "dst", Role::target));
    IST_CHECK(require_pointer(texels, "texels"));
    IST_TRY(const TexelRows rows, texel_rows(target, row_bytes));
    IST_CHECK(check_room(rows, size_bytes));
    return write_image(call.runtime, target, texels, rows);
  });
}

TiError ist_read_image(TiRuntime runtime, const TiImageSlice* src, void* texels, uint64_t size_bytes,
                       uint32_t row_bytes) {
  return on_runtime("ist_read_image", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const ImageSlice source, translate(call, src, "src", Role::source));
    IST_CHECK(require_pointer(texels, "texels"));
    IST_TRY(const TexelRows rows, texel_rows(source, row_bytes));
    IST_CHECK(check_room(rows, size_bytes));
    return read_image(call.lock, call.runtime, source, texels, rows);
  });
}

TiError ist_copy_memory_to_image(TiRuntime runtime, const TiImageSlice* dst, const TiMemorySlice* src,
                                 uint32_t row_bytes) {
  return on_runtime("ist_copy_memory_to_image", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const ImageSlice target, translate(call, dst, "dst", Role::target));
    IST_TRY(const MemorySlice source, translate(call, src, "src", Role::source));
    IST_TRY(const TexelRows rows, texel_rows(target, row_bytes));
    IST_CHECK(check_texels(source, target, rows, "src"));
    return copy_memory_to_image(call.runtime, target, source, rows.row_bytes);
  });
}

TiError ist_copy_image_to_memory(TiRuntime runtime, const TiMemorySlice* dst, const TiImageSlice* src,
                                 uint32_t row_bytes) {
  return on_runtime("ist_copy_image_to_memory", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const MemorySlice target, translate(call, dst, "dst", Role::target));
    IST_TRY(const ImageSlice source, translate(call, src, "src", Role::source));
    IST_TRY(const TexelRows rows, texel_rows(source, row_bytes));
    IST_CHECK(check_texels(target, source, rows, "dst"));
    return copy_image_to_memory(call.runtime, target, source, rows.row_bytes);
  });
}

TiError ist_generate_mips(TiRuntime runtime, TiImage image) {
  return on_runtime("ist_generate_mips", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_CHECK(target->require_ours(target->full_range(), "ist_generate_mips"));
    return generate_mips(call.runtime, *target);
  });
}

}  // extern "C"
