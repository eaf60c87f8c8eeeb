// ti_*: sharing memory with the host by its address, on the CPU and with CUDA; the stream of CUDA launches.
#include <taichi/taichi_cpu.h>
#include <taichi/taichi_cuda.h>

#include "capi/entry.h"
#include "contract/program_ops.h"
#include "contract/registry.h"
#include "core/memory.h"
#include "cuda/cuda_interop.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status check_cpu(const Runtime& runtime) {
  if (runtime.info().arch == Arch::x64 || runtime.info().arch == Arch::arm64) return {};
  return fail(Code::invalid_interop, "The runtime on '%s' is not a CPU runtime.", runtime.info().name.c_str());
}

Status check_cuda(const Runtime& runtime) {
  if (runtime.info().arch == Arch::cuda) return {};
  return fail(Code::invalid_interop, "The runtime on '%s' is not a CUDA runtime.", runtime.info().name.c_str());
}

// Without one there are no streams.
Status check_driver() { return arch_available(Arch::cuda) ? Status() : list_devices(Arch::cuda).take_status(); }

using Check = Status (*)(const Runtime&);

template <class Info>
void export_address(const char* name, TiRuntime runtime, TiMemory memory, Info* info, Check check) {
  on_runtime(name, runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(info, "interop_info"));
    IST_CHECK(check(call.runtime));
    IST_TRY(const Memory* target, call.find<Memory>(Kind::memory, memory, "memory"));
    info->ptr = reinterpret_cast<void*>(static_cast<uintptr_t>(target->tracked().buffer->device_address()));
    info->size = target->size_bytes();
    return {};
  });
}

constexpr uint32_t kAllBufferUses =
    memory_usage::kStorage | memory_usage::kUniform | memory_usage::kVertex | memory_usage::kIndex;

TiMemory import_address(const char* name, TiRuntime runtime, void* pointer, size_t size_bytes, Check check,
                        bool host_sees) {
  return on_runtime<TiMemory>(name, runtime, [&](Call& call) -> Result<TiMemory> {
    IST_CHECK(check(call.runtime));
    IST_CHECK(require_pointer(pointer, "ptr"));
    if (size_bytes == 0) return fail(Code::invalid_argument, "memory_size is 0.");
    BufferDesc desc;
    desc.size_bytes = size_bytes;
    desc.host_read = desc.host_write = host_sees;
    desc.usage = kAllBufferUses;
    desc.owned = false;
    const auto address = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer));
    IST_TRY(auto buffer, call.runtime.device().program_ops()->import_address(desc, address));
    return handle_of<TiMemory>(call.runtime.adopt(std::make_unique<Memory>(call.runtime, desc, std::move(buffer))));
  });
}

}  // namespace

extern "C" {

void ti_export_cpu_memory(TiRuntime runtime, TiMemory memory, TiCpuMemoryInteropInfo* interop_info) {
  export_address("ti_export_cpu_memory", runtime, memory, interop_info, check_cpu);
}

TiMemory ti_import_cpu_memory(TiRuntime runtime, void* ptr, size_t memory_size) {
  return import_address("ti_import_cpu_memory", runtime, ptr, memory_size, check_cpu, true);
}

void ti_export_cuda_memory(TiRuntime runtime, TiMemory memory, TiCudaMemoryInteropInfo* interop_info) {
  export_address("ti_export_cuda_memory", runtime, memory, interop_info, check_cuda);
}

TiMemory ti_import_cuda_memory(TiRuntime runtime, void* ptr, size_t memory_size) {
  return import_address("ti_import_cuda_memory", runtime, ptr, memory_size, check_cuda, false);
}

void ti_set_cuda_stream(void* stream) {
  run("ti_set_cuda_stream", [&]() -> Status {
    IST_CHECK(check_driver());
    return cuda::set_stream(stream);
  });
}

void ti_get_cuda_stream(void** stream) {
  run("ti_get_cuda_stream", [&]() -> Status {
    IST_CHECK(require_pointer(stream, "stream"));
    *stream = nullptr;
    IST_CHECK(check_driver());
    *stream = cuda::get_stream();
    return {};
  });
}

}  // extern "C"
