// A driver for CUDA that runs nothing: with it in LD_LIBRARY_PATH as libcuda.so, Taichi's compiler makes AOT modules
// for CUDA on a machine without a GPU. assets/build.py builds and uses it. Device memory is host memory, streams and
// modules are one made-up handle, launches do nothing. Signatures are those of the CUDA driver API.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int Result;
enum { kSuccess = 0, kOutOfMemory = 2 };
typedef void* Handle;

// The GPU that modules are compiled for: the compiler writes its compute capability and grid sizes into them.
enum {
  kDriverVersion = 12020,
  kComputeCapabilityMajor = 8,
  kComputeCapabilityMinor = 6,
  kMultiprocessors = 132,
  kBlocksPerMultiprocessor = 16,
  kThreadsPerBlock = 1024,
  kSharedBytesPerBlock = 101376,
};
static const size_t kMemoryBytes = (size_t)8 << 30;

// Numbers of CUdevice_attribute.
enum {
  kAttributeMaxBlockDimX = 2,
  kAttributeMultiprocessorCount = 16,
  kAttributeComputeCapabilityMajor = 75,
  kAttributeComputeCapabilityMinor = 76,
  kAttributeMaxSharedMemoryPerBlockOptin = 97,
  kAttributeMaxBlocksPerMultiprocessor = 106,
  kAttributeMemoryPoolsSupported = 115,
};

static Handle some_handle(void) {
  static int object;
  return &object;
}

static Result allocate(void** memory, size_t size_bytes) {
  *memory = calloc(1, size_bytes ? size_bytes : 1);
  return *memory ? kSuccess : kOutOfMemory;
}

static Result copy(void* dst, const void* src, size_t size_bytes) {
  memcpy(dst, src, size_bytes);
  return kSuccess;
}

// --- The device ---

Result cuInit(unsigned flags) {
  (void)flags;
  return kSuccess;
}

Result cuDriverGetVersion(int* version) {
  *version = kDriverVersion;
  return kSuccess;
}

Result cuDeviceGetCount(int* count) {
  *count = 1;
  return kSuccess;
}

Result cuDeviceGet(int* device, int index) {
  *device = index;
  return kSuccess;
}

Result cuDeviceGetName(char* name, int room, int device) {
  (void)device;
  strncpy(name, "stub", (size_t)room);
  return kSuccess;
}

Result cuDeviceGetAttribute(int* value, int attribute, int device) {
  (void)device;
  switch (attribute) {
    case kAttributeMaxBlockDimX:
      *value = kThreadsPerBlock;
      break;
    case kAttributeMultiprocessorCount:
      *value = kMultiprocessors;
      break;
    case kAttributeComputeCapabilityMajor:
      *value = kComputeCapabilityMajor;
      break;
    case kAttributeComputeCapabilityMinor:
      *value = kComputeCapabilityMinor;
      break;
    case kAttributeMaxSharedMemoryPerBlockOptin:
      *value = kSharedBytesPerBlock;
      break;
    case kAttributeMaxBlocksPerMultiprocessor:
      *value = kBlocksPerMultiprocessor;
      break;
    case kAttributeMemoryPoolsSupported:
      *value = 1;
      break;
    default:
      *value = 0;
  }
  return kSuccess;
}

Result cuDeviceGetDefaultMemPool(Handle* pool, int device) {
  (void)device;
  *pool = some_handle();
  return kSuccess;
}

Result cuDevicePrimaryCtxRetain(Handle* context, int device) {
  (void)device;
  *context = some_handle();
  return kSuccess;
}

Result cuCtxCreate_v2(Handle* context, unsigned flags, int device) {
  (void)flags;
  return cuDevicePrimaryCtxRetain(context, device);
}

Result cuCtxGetCurrent(Handle* context) {
  *context = some_handle();
  return kSuccess;
}

// --- Memory ---

Result cuMemAlloc_v2(void** memory, size_t size_bytes) { return allocate(memory, size_bytes); }

Result cuMemAllocAsync(void** memory, size_t size_bytes, Handle stream) {
  (void)stream;
  return allocate(memory, size_bytes);
}

Result cuMemAllocManaged(void** memory, size_t size_bytes, unsigned flags) {
  (void)flags;
  return allocate(memory, size_bytes);
}

Result cuMemFree_v2(void* memory) {
  free(memory);
  return kSuccess;
}

Result cuMemFreeAsync(void* memory, Handle stream) {
  (void)stream;
  return cuMemFree_v2(memory);
}

Result cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  *free_bytes = *total_bytes = kMemoryBytes;
  return kSuccess;
}

Result cuMemcpyHtoD_v2(void* dst, const void* src, size_t size_bytes) { return copy(dst, src, size_bytes); }
Result cuMemcpyDtoH_v2(void* dst, const void* src, size_t size_bytes) { return copy(dst, src, size_bytes); }
Result cuMemcpyDtoD_v2(void* dst, const void* src, size_t size_bytes) { return copy(dst, src, size_bytes); }

Result cuMemcpyHtoDAsync_v2(void* dst, const void* src, size_t size_bytes, Handle stream) {
  (void)stream;
  return copy(dst, src, size_bytes);
}

Result cuMemcpyDtoHAsync_v2(void* dst, const void* src, size_t size_bytes, Handle stream) {
  (void)stream;
  return copy(dst, src, size_bytes);
}

Result cuMemsetD8_v2(void* memory, unsigned char value, size_t count) {
  memset(memory, value, count);
  return kSuccess;
}

Result cuMemsetD32_v2(void* memory, unsigned value, size_t count) {
  for (size_t i = 0; i < count; ++i) ((uint32_t*)memory)[i] = value;
  return kSuccess;
}

// --- Work ---

Result cuStreamCreate(Handle* stream, unsigned flags) {
  (void)flags;
  *stream = some_handle();
  return kSuccess;
}

Result cuEventCreate(Handle* event, unsigned flags) {
  (void)flags;
  *event = some_handle();
  return kSuccess;
}

Result cuEventElapsedTime(float* milliseconds, Handle begin, Handle end) {
  (void)begin;
  (void)end;
  *milliseconds = 0;
  return kSuccess;
}

Result cuModuleLoadDataEx(Handle* module, const void* image, unsigned count, void* options, void* values) {
  (void)image;
  (void)count;
  (void)options;
  (void)values;
  *module = some_handle();
  return kSuccess;
}

Result cuModuleGetFunction(Handle* function, Handle module, const char* name) {
  (void)module;
  (void)name;
  *function = some_handle();
  return kSuccess;
}

Result cuFuncGetAttribute(int* value, int attribute, Handle function) {
  (void)attribute;
  (void)function;
  *value = 0;
  return kSuccess;
}

Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Handle function, int block_size, size_t shared_bytes) {
  (void)function;
  (void)block_size;
  (void)shared_bytes;
  *blocks = kBlocksPerMultiprocessor;
  return kSuccess;
}

Result cuGetErrorName(Result error, const char** name) {
  (void)error;
  *name = "none";
  return kSuccess;
}

Result cuGetErrorString(Result error, const char** text) { return cuGetErrorName(error, text); }

// What just succeeds. Arguments that a caller passes are not looked at, which the calling conventions of the
// platforms that CUDA runs on allow.
#define SUCCEEDS(name) \
  Result name(void) { return kSuccess; }
SUCCEEDS(cuCtxSetCurrent)
SUCCEEDS(cuCtxSetLimit)
SUCCEEDS(cuEventDestroy)
SUCCEEDS(cuEventRecord)
SUCCEEDS(cuEventSynchronize)
SUCCEEDS(cuExternalMemoryGetMappedBuffer)
SUCCEEDS(cuExternalMemoryGetMappedMipmappedArray)
SUCCEEDS(cuFuncSetAttribute)
SUCCEEDS(cuImportExternalMemory)
SUCCEEDS(cuImportExternalSemaphore)
SUCCEEDS(cuLaunchKernel)
SUCCEEDS(cuMemAdvise)
SUCCEEDS(cuMemPoolSetAttribute)
SUCCEEDS(cuMipmappedArrayGetLevel)
SUCCEEDS(cuPointerGetAttribute)
SUCCEEDS(cuSignalExternalSemaphoresAsync)
SUCCEEDS(cuStreamSynchronize)
SUCCEEDS(cuSurfObjectCreate)
SUCCEEDS(cuWaitExternalSemaphoresAsync)
