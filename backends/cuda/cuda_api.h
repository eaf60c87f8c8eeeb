// The functions of NVIDIA's driver that this backend calls, with the types and numbers of its binary interface (CUDA
// 11 and later). The driver is opened at run time; no header of a toolkit is needed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace ist::cuda {

using NativeDevice = int;
using NativeContext = struct NativeContextTag*;
using NativeStream = struct NativeStreamTag*;
using NativeEvent = struct NativeEventTag*;
using NativeModule = struct NativeModuleTag*;
using NativeFunction = struct NativeFunctionTag*;
using NativeLink = struct NativeLinkTag*;
using NativeMemory = struct NativeMemoryTag*;        // an external memory object
using NativeSemaphore = struct NativeSemaphoreTag*;  // an external semaphore object
using DeviceAddress = uint64_t;
using AllocationHandle = uint64_t;

namespace k {

enum Answer : int {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kDeinitialized = 4,
  kDeviceUnavailable = 46,
  kNoDevice = 100,
  kInvalidImage = 200,
  kNoBinaryForGpu = 209,
  kEccUncorrectable = 214,
  kNvlinkUncorrectable = 220,
  kContained = 226,
  kNotFound = 500,
  kNotReady = 600,
  kIllegalAddress = 700,
  kLaunchTimeout = 702,
  kContextIsDestroyed = 709,
  kAssert = 710,
  kHardwareStackError = 714,
  kLaunchFailed = 719,
  kNotSupported = 801,
  kExternalDevice = 911,
};

inline constexpr int kMaxThreadsPerBlock = 1, kMultiprocessors = 16, kUnifiedAddressing = 41, kCapabilityMajor = 75,
                     kCapabilityMinor = 76, kMaxSharedOptIn = 97, kHostRegister = 99, kVirtualMemory = 102,
                     kFileDescriptorHandles = 103, kTimelineInterop = 114;

inline constexpr unsigned kHostPortable = 1, kHostDeviceMap = 2;
inline constexpr unsigned kEventBlockingSync = 1, kEventDisableTiming = 2;
inline constexpr int kFunctionMaxDynamicShared = 8;
inline constexpr int kPointerContext = 1, kPointerMemoryType = 2, kPointerDeviceOrdinal = 9;
inline constexpr unsigned kMemoryTypeHost = 1, kMemoryTypeDevice = 2;

inline constexpr int kJitErrorLog = 5, kJitErrorLogBytes = 6, kJitInputPtx = 1;

inline constexpr int kExternalOpaqueFd = 1, kExternalTimelineFd = 9;
inline constexpr unsigned kExternalDedicated = 1;

inline constexpr int kAllocationPinned = 1, kLocationDevice = 1, kHandleFileDescriptor = 1, kAccessReadWrite = 3,
                     kGranularityMinimum = 0;

}  // namespace k

struct Uuid {
  unsigned char bytes[16];
};

struct ExternalHandle {
  int type = 0;
  alignas(8) int fd = -1;
  int unused_fd = 0;
  void* unused_name = nullptr;
};

struct ExternalMemoryDesc {
  ExternalHandle handle;
  unsigned long long size_bytes = 0;
  unsigned flags = 0;
  unsigned reserved[16] = {};
};
static_assert(sizeof(ExternalMemoryDesc) == 104 && offsetof(ExternalMemoryDesc, size_bytes) == 24);

struct ExternalBufferDesc {
  unsigned long long offset_bytes = 0;
  unsigned long long size_bytes = 0;
  unsigned flags = 0;
  unsigned reserved[16] = {};
};
static_assert(sizeof(ExternalBufferDesc) == 88);

struct ExternalSemaphoreDesc {
  ExternalHandle handle;
  unsigned flags = 0;
  unsigned reserved[16] = {};
};
static_assert(sizeof(ExternalSemaphoreDesc) == 96 && offsetof(ExternalSemaphoreDesc, flags) == 24);

// Of a wait and of a signal alike, as far as semaphores of Vulkan go.
struct ExternalPoint {
  unsigned long long value = 0;
  unsigned char of_other_apis[64] = {};
  unsigned flags = 0;
  unsigned reserved[16] = {};
};
static_assert(sizeof(ExternalPoint) == 144 && offsetof(ExternalPoint, flags) == 72);

struct AllocationLocation {
  int type = k::kLocationDevice;
  int id = 0;
};

struct AllocationProperties {
  int type = k::kAllocationPinned;
  int handle_types = k::kHandleFileDescriptor;
  AllocationLocation location;
  void* win32_data = nullptr;
  unsigned char flags[8] = {};
};
static_assert(sizeof(AllocationProperties) == 32);

struct AllocationAccess {
  AllocationLocation location;
  int flags = k::kAccessReadWrite;
};
static_assert(sizeof(AllocationAccess) == 12);

// X(name of the member, symbol, parameters). Each returns a k::Answer.
#define IST_CUDA_FUNCTIONS(X)                                                                                      \
  X(Init, "cuInit", (unsigned))                                                                                    \
  X(GetErrorName, "cuGetErrorName", (int, const char**))                                                           \
  X(GetErrorString, "cuGetErrorString", (int, const char**))                                                       \
  X(DriverGetVersion, "cuDriverGetVersion", (int*))                                                                \
  X(DeviceGetCount, "cuDeviceGetCount", (int*))                                                                    \
  X(DeviceGet, "cuDeviceGet", (NativeDevice*, int))                                                                \
  X(DeviceGetName, "cuDeviceGetName", (char*, int, NativeDevice))                                                  \
  X(DeviceGetUuid, "cuDeviceGetUuid", (Uuid*, NativeDevice))                                                       \
  X(DeviceGetAttribute, "cuDeviceGetAttribute", (int*, int, NativeDevice))                                         \
  X(DeviceTotalMem, "cuDeviceTotalMem_v2", (size_t*, NativeDevice))                                                \
  X(PrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (NativeContext*, NativeDevice))                                  \
  X(PrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (NativeDevice))                                             \
  X(CtxPushCurrent, "cuCtxPushCurrent_v2", (NativeContext))                                                        \
  X(CtxPopCurrent, "cuCtxPopCurrent_v2", (NativeContext*))                                                         \
  X(MemAlloc, "cuMemAlloc_v2", (DeviceAddress*, size_t))                                                           \
  X(MemFree, "cuMemFree_v2", (DeviceAddress))                                                                      \
  X(MemHostAlloc, "cuMemHostAlloc", (void**, size_t, unsigned))                                                    \
  X(MemFreeHost, "cuMemFreeHost", (void*))                                                                         \
  X(MemHostGetDevicePointer, "cuMemHostGetDevicePointer_v2", (DeviceAddress*, void*, unsigned))                    \
  X(MemHostRegister, "cuMemHostRegister_v2", (void*, size_t, unsigned))                                            \
  X(MemHostUnregister, "cuMemHostUnregister", (void*))                                                             \
  X(MemGetAddressRange, "cuMemGetAddressRange_v2", (DeviceAddress*, size_t*, DeviceAddress))                       \
  X(PointerGetAttribute, "cuPointerGetAttribute", (void*, int, DeviceAddress))                                     \
  X(MemcpyAsync, "cuMemcpyAsync", (DeviceAddress, DeviceAddress, size_t, NativeStream))                            \
  X(MemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2", (DeviceAddress, const void*, size_t, NativeStream))                   \
  X(MemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void*, DeviceAddress, size_t, NativeStream))                         \
  X(MemsetD8Async, "cuMemsetD8Async", (DeviceAddress, unsigned char, size_t, NativeStream))                        \
  X(MemsetD32Async, "cuMemsetD32Async", (DeviceAddress, unsigned, size_t, NativeStream))                           \
  X(StreamGetCtx, "cuStreamGetCtx", (NativeStream, NativeContext*))                                                \
  X(StreamSynchronize, "cuStreamSynchronize", (NativeStream))                                                      \
  X(StreamWaitEvent, "cuStreamWaitEvent", (NativeStream, NativeEvent, unsigned))                                   \
  X(EventCreate, "cuEventCreate", (NativeEvent*, unsigned))                                                        \
  X(EventDestroy, "cuEventDestroy_v2", (NativeEvent))                                                              \
  X(EventRecord, "cuEventRecord", (NativeEvent, NativeStream))                                                     \
  X(EventQuery, "cuEventQuery", (NativeEvent))                                                                     \
  X(EventSynchronize, "cuEventSynchronize", (NativeEvent))                                                         \
  X(EventElapsedTime, "cuEventElapsedTime", (float*, NativeEvent, NativeEvent))                                    \
  X(LinkCreate, "cuLinkCreate_v2", (unsigned, int*, void**, NativeLink*))                                          \
  X(LinkAddData, "cuLinkAddData_v2", (NativeLink, int, void*, size_t, const char*, unsigned, int*, void**))        \
  X(LinkComplete, "cuLinkComplete", (NativeLink, void**, size_t*))                                                 \
  X(LinkDestroy, "cuLinkDestroy", (NativeLink))                                                                    \
  X(ModuleLoadData, "cuModuleLoadData", (NativeModule*, const void*))                                              \
  X(ModuleUnload, "cuModuleUnload", (NativeModule))                                                                \
  X(ModuleGetFunction, "cuModuleGetFunction", (NativeFunction*, NativeModule, const char*))                        \
  X(FuncSetAttribute, "cuFuncSetAttribute", (NativeFunction, int, int))                                            \
  X(LaunchKernel, "cuLaunchKernel",                                                                                \
    (NativeFunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, NativeStream, void**,   \
     void**))                                                                                                      \
  X(ImportExternalMemory, "cuImportExternalMemory", (NativeMemory*, const ExternalMemoryDesc*))                    \
  X(ExternalMemoryGetMappedBuffer, "cuExternalMemoryGetMappedBuffer",                                              \
    (DeviceAddress*, NativeMemory, const ExternalBufferDesc*))                                                     \
  X(DestroyExternalMemory, "cuDestroyExternalMemory", (NativeMemory))                                              \
  X(ImportExternalSemaphore, "cuImportExternalSemaphore", (NativeSemaphore*, const ExternalSemaphoreDesc*))        \
  X(WaitExternalSemaphores, "cuWaitExternalSemaphoresAsync",                                                       \
    (const NativeSemaphore*, const ExternalPoint*, unsigned, NativeStream))                                        \
  X(SignalExternalSemaphores, "cuSignalExternalSemaphoresAsync",                                                   \
    (const NativeSemaphore*, const ExternalPoint*, unsigned, NativeStream))                                        \
  X(DestroyExternalSemaphore, "cuDestroyExternalSemaphore", (NativeSemaphore))                                     \
  X(MemGetAllocationGranularity, "cuMemGetAllocationGranularity", (size_t*, const AllocationProperties*, int))     \
  X(MemCreate, "cuMemCreate", (AllocationHandle*, size_t, const AllocationProperties*, unsigned long long))        \
  X(MemRelease, "cuMemRelease", (AllocationHandle))                                                                \
  X(MemAddressReserve, "cuMemAddressReserve", (DeviceAddress*, size_t, size_t, DeviceAddress, unsigned long long)) \
  X(MemAddressFree, "cuMemAddressFree", (DeviceAddress, size_t))                                                   \
  X(MemMap, "cuMemMap", (DeviceAddress, size_t, size_t, AllocationHandle, unsigned long long))                     \
  X(MemUnmap, "cuMemUnmap", (DeviceAddress, size_t))                                                               \
  X(MemSetAccess, "cuMemSetAccess", (DeviceAddress, size_t, const AllocationAccess*, size_t))                      \
  X(MemExportToShareableHandle, "cuMemExportToShareableHandle", (void*, AllocationHandle, int, unsigned long long))

struct Driver {
#define IST_CUDA_MEMBER(name, symbol, parameters) int(*name) parameters = nullptr;
  IST_CUDA_FUNCTIONS(IST_CUDA_MEMBER)
#undef IST_CUDA_MEMBER
  int version = 0;  // 1000 * major + 10 * minor

  // "CUDA_ERROR_OUT_OF_MEMORY (out of memory)"
  std::string name_of(int answer) const;
  // Ok for success; "cuMemAlloc fails with ...". out_of_memory and not_supported where the driver says so, else
  // invalid_state.
  Status status(int answer, const char* call) const;
};

// Opened and initialised at the first asking that succeeds, and never closed. invalid_state: there is no driver, or it
// has no device, or is too old. Any thread.
Result<const Driver*> driver();

}  // namespace ist::cuda
