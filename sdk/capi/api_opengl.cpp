// ti_*: sharing OpenGL and OpenGL ES objects with the host: what is exported stays ours, what is imported the host's.
#include "gl/gl_interop.h"

#include <taichi/taichi_opengl.h>

#include "capi/entry.h"
#include "capi/known.h"
#include "capi/publish.h"
#include "core/image.h"
#include "core/memory.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status check_opengl(const Runtime& runtime) {
  if (runtime.info().arch == Arch::opengl || runtime.info().arch == Arch::gles) return {};
  return fail(Code::invalid_interop, "The runtime on '%s' is not an OpenGL runtime.", runtime.info().name.c_str());
}

// Names of a context of our own mean other objects, or none, in the host's.
Status check_hosts(const Runtime& runtime) {
  IST_CHECK(check_opengl(runtime));
  if (runtime.info().adopted) return {};
  return fail(Code::invalid_interop,
              "The runtime on '%s' has an OpenGL context of its own, which no object of the host is in; make the "
              "runtime with ti_import_opengl_runtime.",
              runtime.info().name.c_str());
}

// glBufferData may have given the buffer other storage.
Status check_same_size(const Memory& known, const Buffer& now) {
  const gl::NativeBuffer before = gl::expose(*known.tracked().buffer), after = gl::expose(now);
  if (after.size_bytes == before.size_bytes) return {};
  return fail(Code::invalid_argument,
              "The buffer %u has %llu bytes, but had %llu when it was imported as memory '%s'; free that first.",
              after.name, static_cast<unsigned long long>(after.size_bytes),
              static_cast<unsigned long long>(before.size_bytes), known.name.c_str());
}

constexpr uint32_t kAllBufferUses =
    memory_usage::kStorage | memory_usage::kUniform | memory_usage::kVertex | memory_usage::kIndex;

}  // namespace

extern "C" {

TiRuntime ti_import_opengl_runtime(TiOpenglRuntimeInteropInfo* interop_info, bool use_gles) {
  TiRuntime runtime = nullptr;
  run("ti_import_opengl_runtime", [&]() -> Status {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(require_pointer(interop_info->get_proc_addr, "interop_info.get_proc_addr"));
    const auto get_proc_addr = reinterpret_cast<gl::GetProc>(interop_info->get_proc_addr);
    IST_TRY(auto device, gl::adopt_context(use_gles ? Arch::gles : Arch::opengl, get_proc_addr));
    runtime = publish(std::make_unique<Runtime>(std::move(device)));
    return {};
  });
  return runtime;
}

void ti_export_opengl_runtime(TiRuntime runtime, TiOpenglRuntimeInteropInfo* interop_info) {
  on_runtime("ti_export_opengl_runtime", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_opengl(call.runtime));
    interop_info->get_proc_addr = reinterpret_cast<void*>(gl::expose(call.runtime.device()));
    return {};
  });
}

TiMemory ti_import_opengl_memory(TiRuntime runtime, const TiOpenglMemoryInteropInfo* interop_info) {
  return on_runtime<TiMemory>("ti_import_opengl_memory", runtime, [&](Call& call) -> Result<TiMemory> {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_hosts(call.runtime));
    if (interop_info->size < 0) {
      return fail(Code::invalid_argument, "interop_info.size (%lld) is negative.",
                  static_cast<long long>(interop_info->size));
    }
    const gl::NativeBuffer native{interop_info->buffer, static_cast<uint64_t>(interop_info->size)};
    IST_TRY(auto buffer, gl::import_buffer(call.runtime.device(), native));
    BufferDesc desc;
    desc.size_bytes = native.size_bytes;
    desc.usage = kAllBufferUses;
    desc.owned = false;
    const Memory* known = find_known<Memory>(call.runtime, Kind::memory, [&](const Memory& memory) {
      return gl::expose(*memory.tracked().buffer).name == native.name;
    });
    if (known) IST_CHECK(check_same_size(*known, *buffer));
    auto memory = known ? std::make_unique<Memory>(desc, *known)
                        : std::make_unique<Memory>(call.runtime, desc, std::move(buffer));
    // Whatever the host did with it lies behind: the next use comes after it.
    memory->tracked().state = {kUnknownWriter, {}};
    return handle_of<TiMemory>(call.runtime.adopt(std::move(memory)));
  });
}

void ti_export_opengl_memory(TiRuntime runtime, TiMemory memory, TiOpenglMemoryInteropInfo* interop_info) {
  on_runtime("ti_export_opengl_memory", runtime, [&](Call& call) -> Status {
    IST_TRY(Memory * target, call.find<Memory>(Kind::memory, memory, "memory"));
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_opengl(call.runtime));
    interop_info->buffer = gl::expose(*target->tracked().buffer).name;
    interop_info->size = static_cast<GLsizeiptr>(target->size_bytes());
    return {};
  });
}

TiImage ti_import_opengl_image(TiRuntime runtime, const TiOpenglImageInteropInfo* interop_info) {
  return on_runtime<TiImage>("ti_import_opengl_image", runtime, [&](Call& call) -> Result<TiImage> {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_hosts(call.runtime));
    const TiOpenglImageInteropInfo& info = *interop_info;
    if (info.levels < 0 || info.width <= 0 || info.height < 0 || info.depth < 0) {
      return fail(Code::invalid_argument, "interop_info says %dx%dx%d texels and %d levels.", info.width, info.height,
                  info.depth, info.levels);
    }
    const gl::NativeTexture native{info.texture,
                                   info.target,
                                   static_cast<uint32_t>(info.levels),
                                   info.format,
                                   static_cast<uint32_t>(info.width),
                                   static_cast<uint32_t>(info.height),
                                   static_cast<uint32_t>(info.depth)};
    IST_TRY(gl::ImportedImage imported, gl::import_image(call.runtime.device(), native));
    IST_CHECK(check_image_shape(imported.desc));
    const ImageResource* known = find_known<ImageResource>(call.runtime, Kind::image, [&](const ImageResource& other) {
      return gl::expose(*other.tracked().image).name == native.name;
    });
    if (known) {
      IST_CHECK(gl::check_same_storage(*known->tracked().image, imported));
      return handle_of<TiImage>(call.runtime.adopt(std::make_unique<ImageResource>(imported.desc, *known)));
    }
    // GL has no layouts: it is as if the image were in the one that suits every use.
    constexpr Layout kAnyUse = Layout::shader_read_write;
    ImageResource whole(call.runtime, imported.whole, std::move(imported.image), kAnyUse);
    track_image(whole, kAnyUse);
    return handle_of<TiImage>(call.runtime.adopt(std::make_unique<ImageResource>(imported.desc, whole)));
  });
}

void ti_export_opengl_image(TiRuntime runtime, TiImage image, TiOpenglImageInteropInfo* interop_info) {
  on_runtime("ti_export_opengl_image", runtime, [&](Call& call) -> Status {
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_opengl(call.runtime));
    const gl::NativeTexture native = gl::expose(*target->tracked().image);
    *interop_info = {native.name,
                     native.target,
                     static_cast<GLsizei>(target->desc().mip_count),
                     native.internal_format,
                     static_cast<GLsizei>(native.width),
                     static_cast<GLsizei>(native.height),
                     static_cast<GLsizei>(native.depth)};
    return {};
  });
}

}  // extern "C"
