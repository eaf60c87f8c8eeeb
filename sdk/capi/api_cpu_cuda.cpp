// ti_*: sharing with host and CUDA memory. This build has neither backend, and says so.
#include <taichi/taichi_cpu.h>
#include <taichi/taichi_cuda.h>

#include "capi/entry.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status not_cpu(Call& call) {
  return fail(Code::invalid_interop, "The runtime on '%s' is not a CPU runtime.", call.runtime.info().name.c_str());
}

Status not_cuda(Call& call) {
  return fail(Code::invalid_interop, "The runtime on '%s' is not a CUDA runtime.", call.runtime.info().name.c_str());
}

Status no_cuda() { return Status(Code::not_supported, "This build has no CUDA backend."); }

}  // namespace

extern "C" {

void ti_export_cpu_memory(TiRuntime runtime, TiMemory, TiCpuMemoryInteropInfo*) {
  on_runtime("ti_export_cpu_memory", runtime, not_cpu);
}

TiMemory ti_import_cpu_memory(TiRuntime runtime, void*, size_t) {
  on_runtime("ti_import_cpu_memory", runtime, not_cpu);
  return nullptr;
}

void ti_export_cuda_memory(TiRuntime runtime, TiMemory, TiCudaMemoryInteropInfo*) {
  on_runtime("ti_export_cuda_memory", runtime, not_cuda);
}

TiMemory ti_import_cuda_memory(TiRuntime runtime, void*, size_t) {
  on_runtime("ti_import_cuda_memory", runtime, not_cuda);
  return nullptr;
}

void ti_set_cuda_stream(void*) { run("ti_set_cuda_stream", no_cuda); }

void ti_get_cuda_stream(void** stream) {
  if (stream) *stream = nullptr;
  run("ti_get_cuda_stream", no_cuda);
}

}  // extern "C"
