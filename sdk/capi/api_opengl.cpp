// ti_*: sharing with a host's OpenGL or GLES. This build has no such backend, and says so.
#include <taichi/taichi_opengl.h>

#include "capi/entry.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status no_backend() {
  return Status(Code::not_supported, "This build has no OpenGL backend; create a runtime of TI_ARCH_VULKAN.");
}

Status not_opengl(Call& call) {
  return fail(Code::invalid_interop, "The runtime on '%s' is not an OpenGL runtime.", call.runtime.info().name.c_str());
}

}  // namespace

extern "C" {

TiRuntime ti_import_opengl_runtime(TiOpenglRuntimeInteropInfo* interop_info, bool) {
  run("ti_import_opengl_runtime", [&]() -> Status {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    return no_backend();
  });
  return nullptr;
}

void ti_export_opengl_runtime(TiRuntime runtime, TiOpenglRuntimeInteropInfo*) {
  on_runtime("ti_export_opengl_runtime", runtime, not_opengl);
}

TiMemory ti_import_opengl_memory(TiRuntime runtime, const TiOpenglMemoryInteropInfo*) {
  on_runtime("ti_import_opengl_memory", runtime, not_opengl);
  return nullptr;
}

void ti_export_opengl_memory(TiRuntime runtime, TiMemory, TiOpenglMemoryInteropInfo*) {
  on_runtime("ti_export_opengl_memory", runtime, not_opengl);
}

TiImage ti_import_opengl_image(TiRuntime runtime, const TiOpenglImageInteropInfo*) {
  on_runtime("ti_import_opengl_image", runtime, not_opengl);
  return nullptr;
}

void ti_export_opengl_image(TiRuntime runtime, TiImage, TiOpenglImageInteropInfo*) {
  on_runtime("ti_export_opengl_image", runtime, not_opengl);
}

}  // extern "C"
