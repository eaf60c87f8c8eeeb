// The SDK's own C API beside ti_*: devices, host reads and writes, results of kernels,
// introspection, counters and log. C99; works on the handles of taichi_core.h.
//
// Rules that hold for every ist_* function:
// - Errors. Every function returns its TiError, and a failing one also writes the calling thread's
//   last error with a sentence that names object, rule and both values; success leaves that slot.
//   On failure handle outputs are null, nothing else is written and nothing has changed.
//   NOT_SUPPORTED: cannot here. INVALID_ARGUMENT: wrong. ARGUMENT_NULL. ARGUMENT_OUT_OF_RANGE:
//   unknown enum value or flag, index or bounds. INVALID_INTEROP: other device. INVALID_STATE:
//   wrong state; a lost device repeats its first cause so.
// - Structs with `size` first grow at the end only; set it to sizeof the struct. In: a shorter one
//   comes from an older caller, its missing fields are 0; a longer one is refused (NOT_SUPPORTED)
//   if it sets what this library does not know. Out: as many bytes as both sides know are written,
//   the rest is zeroed, `size` stays. A size of 0 or an odd one is INVALID_ARGUMENT. Zero always
//   means the default.
// - Structs without `size` are frozen: they never grow and may stand in arrays. `reserved` is 0 in
//   and out.
// - Threads. Any thread may call; calls on one runtime are serialised, calls on two never wait for
//   each other. A function that blocks releases the runtime's lock while it sleeps.
#ifndef IST_CORE_H
#define IST_CORE_H

#include <taichi/taichi_core.h>

// Version of the SDK these headers are from: 10000 * major + 100 * minor + patch.
#define IST_VERSION 100

// Every function but ist_version is declared with this.
#define IST_FN TI_DLL_EXPORT TiError TI_API_CALL

#ifdef __cplusplus
extern "C" {
#endif

// Kinds of OS handles and pointers that memory crosses APIs by. Masks have the bit 1u << type.
typedef enum IstHandleType {
  IST_HANDLE_NONE = 0,
  IST_HANDLE_OPAQUE_FD = 1,
  IST_HANDLE_DMA_BUF = 2,
  IST_HANDLE_SYNC_FD = 3,
  IST_HANDLE_OPAQUE_WIN32 = 4,
  IST_HANDLE_HOST_POINTER = 5,
  IST_HANDLE_TYPE_MAX_ENUM = 0x7fffffff
} IstHandleType;

// Ways to order our work and a host's, best first. Masks have the bit 1u << rung.
typedef enum IstRung {
  // Let the library choose.
  IST_RUNG_AUTO = 0,
  // Submission order on one queue.
  IST_RUNG_QUEUE = 1,
  // Timeline semaphore.
  IST_RUNG_TIMELINE = 2,
  // Binary semaphore.
  IST_RUNG_BINARY = 3,
  // Sync file of the kernel.
  IST_RUNG_SYNC_FD = 4,
  // Fence of an OpenGL context.
  IST_RUNG_GL_FENCE = 5,
  // The CPU waits.
  IST_RUNG_HOST = 6,
  IST_RUNG_MAX_ENUM = 0x7fffffff
} IstRung;

// How much the log says; each level includes those before it.
typedef enum IstLogLevel {
  IST_LOG_OFF = 0,
  IST_LOG_ERROR = 1,
  IST_LOG_WARN = 2,
  IST_LOG_INFO = 3,
  IST_LOG_DEBUG = 4,
  IST_LOG_LEVEL_MAX_ENUM = 0x7fffffff
} IstLogLevel;

// Switches of one runtime.
typedef enum IstOption {
  // 0 or 1: sharing that would need a copy is an error instead.
  IST_OPTION_REQUIRE_ZERO_COPY = 1,
  // An IstRung: order by this rung only; IST_RUNG_AUTO lifts it.
  IST_OPTION_FORCE_RUNG = 2,
  // 0 or 1: measure kernels on the device (IstKernelInfo).
  IST_OPTION_KERNEL_TIMING = 3,
  IST_OPTION_MAX_ENUM = 0x7fffffff
} IstOption;

// A device, and what a runtime on it can share.
typedef struct IstDeviceInfo {
  uint32_t size;
  // What ti_create_runtime takes.
  uint32_t index;
  TiArch arch;
  // 1: work runs on the host's processor.
  uint32_t is_cpu;
  uint32_t vendor_id;
  uint32_t device_id;
  // As the arch's API encodes them.
  uint32_t api_version;
  uint32_t driver_version;
  // Opaque handles may cross exactly when both UUIDs are equal on both sides.
  uint8_t device_uuid[16];
  uint8_t driver_uuid[16];
  // Masks of IstHandleType, as the driver answers.
  uint32_t memory_export;
  uint32_t memory_import;
  uint32_t image_export;
  uint32_t image_import;
  uint32_t timeline_export;
  uint32_t binary_export;
  // Mask of IstRung towards a host on the same device.
  uint32_t rungs;
  char name[256];
  char driver[256];
} IstDeviceInfo;

// What a device can do with images of one format and dimension.
typedef struct IstFormatInfo {
  uint32_t size;
  // 0: such images cannot be made; all that follows is then 0.
  TiImageUsageFlags usage;
  // 1: may be sampled with a linear filter.
  uint32_t linear_filter;
  uint32_t max_mips;
  uint32_t max_layers;
  // Masks of IstHandleType.
  uint32_t image_export;
  uint32_t image_import;
  uint32_t texel_bytes;
  // 1: ist_generate_mips works. Linear filtering alone is not enough for that.
  uint32_t mip_generation;
} IstFormatInfo;

// One parameter or one result of a kernel, or one parameter of a graph. Frozen.
typedef struct IstArgumentInfo {
  // As written in Python; never null.
  const char* name;
  TiArgumentType type;
  TiDataType data_type;
  // Dimensions of an array; 0 for all others.
  uint32_t rank;
  // 0 scalar, 1 vector, 2 matrix; then the shape.
  uint32_t elem_rank;
  uint32_t elem_shape[4];
  // 1 read, 2 written, 3 both.
  uint32_t access;
  // Textures only.
  TiImageDimension dimension;
  TiFormat format;
  uint32_t reserved;
} IstArgumentInfo;

// What a module holds. Pointers live as long as the module.
typedef struct IstModuleInfo {
  uint32_t size;
  uint32_t kernel_count;
  uint32_t graph_count;
  uint32_t capability_count;
  // What the module needs of a runtime.
  const TiCapabilityLevelInfo* capabilities;
  // Version of the compiler, e.g. "1.7.4"; empty if the module does not say.
  const char* taichi_version;
} IstModuleInfo;

// What a kernel takes and returns, and what it has cost. Pointers live as long as the module.
typedef struct IstKernelInfo {
  uint32_t size;
  uint32_t argument_count;
  uint32_t result_count;
  // Dispatches per launch.
  uint32_t task_count;
  const char* name;
  const IstArgumentInfo* arguments;
  const IstArgumentInfo* results;
  // Since the module was loaded, launches by graphs included.
  uint64_t launches;
  // Nanoseconds on the device; 0 unless IST_OPTION_KERNEL_TIMING is on.
  uint64_t gpu_ns_last;
  uint64_t gpu_ns_total;
} IstKernelInfo;

// What a graph takes. Pointers live as long as the module.
typedef struct IstGraphInfo {
  uint32_t size;
  uint32_t argument_count;
  // Kernel launches per graph launch.
  uint32_t node_count;
  uint32_t reserved;
  const char* name;
  const IstArgumentInfo* arguments;
} IstGraphInfo;

// What a runtime has done since it was created. Never reset: subtract two readings.
typedef struct IstCounters {
  uint32_t size;
  uint32_t reserved;
  // Kernels, those of graphs included.
  uint64_t launches;
  uint64_t dispatches;
  uint64_t barriers;
  uint64_t submits;
  // Of device memory.
  uint64_t allocations;
  // Moved by ist_read_*, ist_write_* and their staging.
  uint64_t host_bytes;
  // Copies made only to share an object; 0 proves zero copy.
  uint64_t share_copies;
  uint64_t share_bytes;
  // Waits of the CPU that slept, and looks at a fence or value that did not.
  uint64_t blocking_waits;
  uint64_t polls;
  // Semaphore waits and signals on the device.
  uint64_t gpu_waits;
  uint64_t gpu_signals;
  // Objects lent to a host and taken back.
  uint64_t lends;
  uint64_t takes;
  // Calls that failed a check.
  uint64_t refused;
  // Copies, blits and fills recorded, those behind ist_read_* and ist_write_* included.
  uint64_t copies;
  // Pipelines made, and how many of them the driver found in a pipeline cache
  // (VkPipelineCreationFeedback; always 0 where the driver does not tell).
  uint64_t pipelines;
  uint64_t pipeline_cache_hits;
} IstCounters;

// Receives one line of log, without a line end, good during the call.
typedef void(TI_API_CALL* IstLogFn)(void* user, IstLogLevel level, const char* line);

// IST_VERSION of the library (ti_get_version stays TI_C_API_VERSION). Cannot fail.
TI_DLL_EXPORT uint32_t TI_API_CALL ist_version(void);

// Writes how many devices ti_create_runtime(arch, 0 .. *count - 1) takes. Opens the driver to look.
// NOT_SUPPORTED: arch not in this build, or no driver.
IST_FN ist_device_count(TiArch arch, uint32_t* count);

// Describes a device without a runtime on it. ARGUMENT_OUT_OF_RANGE: index past the end.
IST_FN ist_device_info(TiArch arch, uint32_t index, IstDeviceInfo* info);

// Describes the device of a runtime, with what is really enabled there; for a host's device, what
// the host declared.
IST_FN ist_runtime_info(TiRuntime runtime, IstDeviceInfo* info);

// Writes what the device can do with images of this format and dimension. A combination that it
// cannot do is a success with usage 0.
IST_FN ist_format_info(TiRuntime runtime, TiFormat format, TiImageDimension dimension, IstFormatInfo* info);

// Copies dst->size bytes from src into memory, mappable or not. src may go after the call; the
// write takes its place in recorded order and does not wait for it. ARGUMENT_OUT_OF_RANGE: outside
// the memory; INVALID_STATE: lent to a host, or a recording is open.
IST_FN ist_write_memory(TiRuntime runtime, const TiMemorySlice* dst, const void* src);

// Copies src->size bytes of memory, mappable or not, to dst. Submits, and blocks until the last
// writer of this object (no other) has finished. Errors as ist_write_memory.
IST_FN ist_read_memory(TiRuntime runtime, const TiMemorySlice* src, void* dst);

// Copies texels into a region of one mip level. Rows lie row_bytes apart (0 = tight), slices and
// layers follow each other; size_bytes is the room at texels. texels may go after the call; takes
// its place in recorded order. Texels of depth24stencil8 are 32-bit words with the depth in the low 24
// bits; the others are undefined, stencil is not reached. ARGUMENT_OUT_OF_RANGE: outside the image or
// the room; INVALID_STATE: lent, or recording.
IST_FN ist_write_image(TiRuntime runtime, const TiImageSlice* dst, const void* texels, uint64_t size_bytes,
                       uint32_t row_bytes);

// Copies a region of one mip level to texels, arranged as in ist_write_image. Submits, and blocks
// until the last writer of this object (no other) has finished. Errors as ist_write_image.
IST_FN ist_read_image(TiRuntime runtime, const TiImageSlice* src, void* texels, uint64_t size_bytes,
                      uint32_t row_bytes);

// Records a copy of texels from memory into a region; destination first, no wait. Rows in memory
// lie row_bytes apart (0 = tight). Errors as ist_write_image.
IST_FN ist_copy_memory_to_image(TiRuntime runtime, const TiImageSlice* dst, const TiMemorySlice* src,
                                uint32_t row_bytes);

// Records a copy of a region's texels into memory; destination first, no wait. Rows in memory lie
// row_bytes apart (0 = tight). Errors as ist_write_image.
IST_FN ist_copy_image_to_memory(TiRuntime runtime, const TiMemorySlice* dst, const TiImageSlice* src,
                                uint32_t row_bytes);

// Records filling all mip levels from level 0 by linear blits, in every layer. NOT_SUPPORTED: the
// format cannot be filtered or blitted.
IST_FN ist_generate_mips(TiRuntime runtime, TiImage image);

// Launches a kernel, blocks until this launch has finished and writes the values it returns, as one
// step that no other thread can part. *result_count in: room at results; out: their number.
// Argument rules are those of ti_launch_kernel. ARGUMENT_OUT_OF_RANGE: too little room, not
// launched; IstKernelInfo::result_count tells what is needed.
IST_FN ist_call_kernel(TiRuntime runtime, TiKernel kernel, uint32_t arg_count, const TiArgument* args,
                       uint32_t* result_count, TiTensor* results);

// Describes a module. What it says never changes.
IST_FN ist_module_info(TiAotModule module, IstModuleInfo* info);

// Writes the index-th kernel; the module owns it. ARGUMENT_OUT_OF_RANGE: index past the end.
IST_FN ist_module_kernel(TiAotModule module, uint32_t index, TiKernel* kernel);

// Writes the index-th graph; the module owns it. ARGUMENT_OUT_OF_RANGE: index past the end.
IST_FN ist_module_graph(TiAotModule module, uint32_t index, TiComputeGraph* graph);

// Describes a kernel. All but launches and times never changes.
IST_FN ist_kernel_info(TiKernel kernel, IstKernelInfo* info);

// Describes a graph. What it says never changes.
IST_FN ist_graph_info(TiComputeGraph graph, IstGraphInfo* info);

// Writes a consistent reading of all counters; submits and waits for nothing.
IST_FN ist_counters(TiRuntime runtime, IstCounters* counters);

// Names an object in messages and in captures of graphics debuggers. object is a TiMemory, TiImage,
// TiSampler, TiAotModule or TiRuntime: handles carry their kind. name is copied; null takes it
// away.
IST_FN ist_set_name(TiRuntime runtime, const void* object, const char* name);

// Sets where the log of the whole process goes; fn null is silence. Before the first call the environment variable
// IST_LOG decides: silence, or stderr from that level on. fn is
// called on any thread, one call at a time, and must not call ti_* or ist_*. Returns after the old
// fn has left.
IST_FN ist_set_log(IstLogFn fn, void* user, IstLogLevel at_most);

// Sets a switch from the next call on. NOT_SUPPORTED: IST_OPTION_FORCE_RUNG names a rung that the
// device lacks; the message lists those it has. ARGUMENT_OUT_OF_RANGE: unknown option or value.
IST_FN ist_set_option(TiRuntime runtime, IstOption option, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif  // IST_CORE_H
