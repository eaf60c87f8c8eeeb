// ti_*: memory.
#include "base/log.h"
#include "capi/entry.h"
#include "capi/translate.h"
#include "core/handover.h"

using namespace ist;
using namespace ist::capi;

extern "C" {

TiMemory ti_allocate_memory(TiRuntime runtime, const TiMemoryAllocateInfo* allocate_info) {
  return on_runtime<TiMemory>("ti_allocate_memory", runtime, [&](Call& call) -> Result<TiMemory> {
    IST_CHECK(require_pointer(allocate_info, "allocate_info"));
    IST_TRY(const BufferDesc desc, translate(*allocate_info));
    IST_TRY(const Memory* memory, allocate_memory(call.runtime, desc));
    return handle_of<TiMemory>(memory);
  });
}

void ti_free_memory(TiRuntime runtime, TiMemory memory) {
  on_runtime("ti_free_memory", runtime, [&](Call& call) -> Status {
    IST_TRY(const Memory* target, call.find<Memory>(Kind::memory, memory, "memory"));
    IST_CHECK(check_free(*target));
    HandleTable::instance().retire(target->handle(), Kind::memory);
    return {};
  });
}

void* ti_map_memory(TiRuntime runtime, TiMemory memory) {
  return on_runtime<void*>("ti_map_memory", runtime, [&](Call& call) -> Result<void*> {
    IST_TRY(Memory * target, call.find<Memory>(Kind::memory, memory, "memory"));
    return target->map();
  });
}

void ti_unmap_memory(TiRuntime runtime, TiMemory memory) {
  on_runtime("ti_unmap_memory", runtime, [&](Call& call) -> Status {
    IST_TRY(Memory * target, call.find<Memory>(Kind::memory, memory, "memory"));
    if (!target->unmap()) log(LogLevel::warn, "ti_unmap_memory: memory '%s' is not mapped.", target->name.c_str());
    return {};
  });
}

void ti_copy_memory_device_to_device(TiRuntime runtime, const TiMemorySlice* dst_memory,
                                     const TiMemorySlice* src_memory) {
  on_runtime("ti_copy_memory_device_to_device", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const MemorySlice dst, translate(call, dst_memory, "dst_memory", Role::target));
    IST_TRY(const MemorySlice src, translate(call, src_memory, "src_memory", Role::source));
    if (dst.size_bytes != src.size_bytes) {
      return fail(Code::invalid_argument, "dst_memory.size (%llu) differs from src_memory.size (%llu).",
                  static_cast<unsigned long long>(dst.size_bytes), static_cast<unsigned long long>(src.size_bytes));
    }
    if (dst.size_bytes == 0) return {};
    const bool overlap = &dst.memory->tracked() == &src.memory->tracked() &&
                         dst.offset_bytes < src.offset_bytes + src.size_bytes &&
                         src.offset_bytes < dst.offset_bytes + dst.size_bytes;
    if (overlap)
      return fail(Code::invalid_argument, "dst_memory and src_memory overlap in memory '%s'.",
                  dst.memory->name.c_str());
    return copy_memory(call.runtime, dst, src);
  });
}

}  // extern "C"
