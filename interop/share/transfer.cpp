// ist_*: objects out to and in from other devices, processes and the host's pages.
#include <ist/share.h>

#include <cinttypes>

#include "capi/entry.h"
#include "core/handover.h"
#include "share/points.h"
#include "share/record.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status check_type(const Runtime& runtime, uint32_t type, uint32_t mask, const char* what) {
  if (type > IST_HANDLE_HOST_POINTER) return fail(Code::argument_out_of_range, "type (%u) is not one of 0 to 5.", type);
  if (type != IST_HANDLE_NONE && (mask >> type & 1)) return {};
  return fail(Code::not_supported, "Device '%s' cannot %s by handle type %u; its mask is 0x%x.",
              runtime.info().name.c_str(), what, type, mask);
}

Status check_exportable(bool export_sharing, const std::string& object) {
  if (export_sharing) return {};
  return fail(Code::invalid_state, "%s was allocated without export_sharing.", object.c_str());
}

constexpr Peer kExporter{Peer::Kind::external, 0};

}  // namespace

extern "C" {

TiError ist_export_memory(TiRuntime runtime, TiMemory memory, IstHandleType type, IstOsHandle* handle,
                          IstShareRecord* record) {
  if (handle) *handle = -1;
  return on_runtime("ist_export_memory", runtime, [&](Call& call) -> Status {
    IST_TRY(Memory * target, call.find<Memory>(Kind::memory, memory, "memory"));
    IST_CHECK(require_pointer(handle, "handle"));
    IST_CHECK(require_pointer(record, "record"));
    IST_TRY(ShareOps * shares, share::share_ops(call.runtime));
    IST_CHECK(check_type(call.runtime, raw_value(type), call.runtime.info().share.memory_export, "export memory"));
    IST_CHECK(check_exportable(target->desc().export_sharing, target->text()));
    Buffer& buffer = *target->tracked().buffer;
    const auto known = static_cast<HandleType>(raw_value(type));
    const IstShareRecord written =
        share::record_of(call.runtime.info(), target->desc(), shares->allocation_of(buffer), known, target->name);
    IST_TRY(*handle, shares->export_handle(buffer, known));
    *record = written;
    return {};
  });
}

TiError ist_export_image(TiRuntime runtime, TiImage image, IstHandleType type, IstOsHandle* handle,
                         IstShareRecord* record) {
  if (handle) *handle = -1;
  return on_runtime("ist_export_image", runtime, [&](Call& call) -> Status {
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_CHECK(require_pointer(handle, "handle"));
    IST_CHECK(require_pointer(record, "record"));
    IST_TRY(ShareOps * shares, share::share_ops(call.runtime));
    IST_CHECK(check_type(call.runtime, raw_value(type), shares->share_support(target->desc()).image_export,
                         "export such an image"));
    IST_CHECK(check_exportable(target->desc().export_sharing, target->text()));
    TrackedImage& tracked = target->tracked();
    const auto known = static_cast<HandleType>(raw_value(type));
    const Layout layout = tracked.state.layout_of({0, 1, 0, 1}).value_or(Layout::undefined);
    const IstShareRecord written = share::record_of(call.runtime.info(), target->desc(),
                                                    shares->allocation_of(*tracked.image), known, layout, target->name);
    IST_TRY(*handle, shares->export_handle(*tracked.image, known));
    *record = written;
    return {};
  });
}

TiError ist_import_memory(TiRuntime runtime, IstOsHandle handle, const IstShareRecord* record, TiMemory* memory) {
  if (memory) *memory = nullptr;
  return on_runtime("ist_import_memory", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(record, "record"));
    IST_CHECK(require_pointer(memory, "memory"));
    IST_TRY(ShareOps * shares, share::share_ops(call.runtime));
    IST_TRY(const share::MemoryRecord read, share::read_memory_record(call.runtime.info(), *record));
    IST_CHECK(check_type(call.runtime, record->handle_type, call.runtime.info().share.memory_import, "import memory"));
    IST_TRY(auto buffer, with_freed_memory(call.runtime, [&] {
              return shares->import_buffer(read.desc, read.type, handle, read.allocation);
            }));
    auto object = std::make_unique<Memory>(call.runtime, read.desc, std::move(buffer));
    object->name = read.name;
    start_lent(*object, kExporter);
    *memory = handle_of<TiMemory>(call.runtime.adopt(std::move(object)));
    return {};
  });
}

TiError ist_import_image(TiRuntime runtime, IstOsHandle handle, const IstShareRecord* record, TiImage* image) {
  if (image) *image = nullptr;
  return on_runtime("ist_import_image", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(record, "record"));
    IST_CHECK(require_pointer(image, "image"));
    IST_TRY(ShareOps * shares, share::share_ops(call.runtime));
    IST_TRY(const share::ImageRecord read, share::read_image_record(call.runtime.info(), *record));
    IST_CHECK(check_image_shape(read.desc));
    IST_CHECK(check_type(call.runtime, record->handle_type, shares->share_support(read.desc).image_import,
                         "import such an image"));
    IST_TRY(auto native, with_freed_memory(call.runtime, [&] {
              return shares->import_image(read.desc, read.type, handle, read.allocation);
            }));
    auto object = std::make_unique<ImageResource>(call.runtime, read.desc, std::move(native), read.layout);
    object->name = read.name;
    start_lent(*object, read.layout, kExporter);
    *image = handle_of<TiImage>(call.runtime.adopt(std::move(object)));
    return {};
  });
}

TiError ist_import_host_memory(TiRuntime runtime, void* pointer, uint64_t size_bytes, TiMemory* memory) {
  if (memory) *memory = nullptr;
  return on_runtime("ist_import_host_memory", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(pointer, "pointer"));
    IST_CHECK(require_pointer(memory, "memory"));
    IST_TRY(ShareOps * shares, share::share_ops(call.runtime));
    const uint64_t alignment = shares->host_pointer_alignment();
    if (alignment == 0)
      return fail(Code::not_supported, "Device '%s' cannot import pages of the host.",
                  call.runtime.info().name.c_str());
    if (size_bytes == 0 || size_bytes % alignment != 0 || reinterpret_cast<uintptr_t>(pointer) % alignment != 0)
      return fail(Code::invalid_argument,
                  "pointer (%p) and size_bytes (%" PRIu64 ") are not positive multiples of %" PRIu64
                  ", the device's alignment.",
                  pointer, size_bytes, alignment);
    BufferDesc desc;
    desc.size_bytes = size_bytes;
    desc.host_read = desc.host_write = true;
    desc.usage = memory_usage::kStorage | memory_usage::kUniform | memory_usage::kVertex | memory_usage::kIndex;
    desc.imported = true;
    IST_TRY(auto buffer, shares->import_host_pages(desc, pointer));
    auto object = std::make_unique<Memory>(call.runtime, desc, std::move(buffer));
    *memory = handle_of<TiMemory>(call.runtime.adopt(std::move(object)));
    return {};
  });
}

}  // extern "C"
