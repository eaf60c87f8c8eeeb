// The backend-neutral C API: runtimes, memory, images, modules, kernels, graphs and errors.
// Names, values, sizes and signatures are those of C API 1.7.0 and never change.
//
// Rules that hold for every function here and in the other taichi_*.h headers:
// - Errors. A failing call writes the calling thread's last error (ti_get_last_error); a succeeding
//   call leaves it as it is. On failure handles come back as TI_NULL_HANDLE, pointers as null, and
//   nothing has been recorded or changed. No call aborts, throws or prints.
// - Threads. Any thread may call. Calls on one runtime, and on the objects made from it, are
//   serialised; calls on two runtimes never wait for each other. The last error is per thread.
// - Handles. Stale handles, handles of another kind and handles of another runtime are refused with
//   TI_ERROR_INVALID_ARGUMENT, a null one with TI_ERROR_ARGUMENT_NULL; neither is a crash.
// - Order. Launches, copies and transitions are recorded and take effect on the device in the order
//   of the calls. They are certainly submitted by ti_flush and certainly finished after ti_wait.
// - Pointers passed in are read during the call only; nothing keeps them.
#ifndef TAICHI_CORE_H
#define TAICHI_CORE_H

#include <stddef.h>
#include <stdint.h>
#include <taichi/taichi_platform.h>

// Version of this interface: 1000000 * major + 1000 * minor + patch.
#define TI_C_API_VERSION 1007000

#ifdef __cplusplus
extern "C" {
#endif

// TI_TRUE or TI_FALSE.
typedef uint32_t TiBool;
#define TI_FALSE 0
#define TI_TRUE 1

// A set of bits of one *FlagBits enum.
typedef uint32_t TiFlags;

// What no successful call ever returns as a handle.
#define TI_NULL_HANDLE 0

// One logical device with all its state. Owns everything made from it.
typedef struct TiRuntime_t* TiRuntime;
// A loaded module: owns its kernels, graphs and fields.
typedef struct TiAotModule_t* TiAotModule;
// A contiguous piece of device memory.
typedef struct TiMemory_t* TiMemory;
// A device image with all its mip levels and array layers.
typedef struct TiImage_t* TiImage;
// How a texture is filtered and addressed. The null handle means the runtime's default sampler:
// linear filters, repeat in all directions, no anisotropy.
typedef struct TiSampler_t* TiSampler;
// A kernel of a module; lives as long as its module.
typedef struct TiKernel_t* TiKernel;
// A compute graph of a module; lives as long as its module.
typedef struct TiComputeGraph_t* TiComputeGraph;

// Every *_MAX_ENUM below only fixes the width of its enum; it is no value to pass.

// What went wrong. 8 bytes wide on Linux (negative values beside 0xffffffff); all other enums are
// 4.
TI_EXTENSION typedef enum TiError {
  // The call did what it says.
  TI_ERROR_SUCCESS = 0,
  // This arch, device or build cannot do it.
  TI_ERROR_NOT_SUPPORTED = -1,
  // A module or a piece of it is missing, truncated or malformed.
  TI_ERROR_CORRUPTED_DATA = -2,
  // No kernel, graph or other named thing has this name.
  TI_ERROR_NAME_NOT_FOUND = -3,
  // An argument breaks a rule, or kernel arguments differ from what the module declares.
  TI_ERROR_INVALID_ARGUMENT = -4,
  // A pointer or handle that must be given is null.
  TI_ERROR_ARGUMENT_NULL = -5,
  // A number or enum value lies outside what is allowed.
  TI_ERROR_ARGUMENT_OUT_OF_RANGE = -6,
  // A kernel or graph argument is missing.
  TI_ERROR_ARGUMENT_NOT_FOUND = -7,
  // The two sides of an interoperation cannot share this object.
  TI_ERROR_INVALID_INTEROP = -8,
  // The object is in a state that does not allow the call, or the device is lost.
  TI_ERROR_INVALID_STATE = -9,
  // The module needs a capability that the runtime lacks.
  TI_ERROR_INCOMPATIBLE_MODULE = -10,
  // The host or the device has no memory left for it.
  TI_ERROR_OUT_OF_MEMORY = -11,
  TI_ERROR_MAX_ENUM = 0xffffffff
} TiError;

// Backends.
TI_EXTENSION typedef enum TiArch {
  TI_ARCH_RESERVED = 0,
  TI_ARCH_VULKAN = 1,
  TI_ARCH_METAL = 2,
  TI_ARCH_CUDA = 3,
  // The host's processor, x86-64.
  TI_ARCH_X64 = 4,
  // The host's processor, 64-bit Arm.
  TI_ARCH_ARM64 = 5,
  TI_ARCH_OPENGL = 6,
  TI_ARCH_GLES = 7,
  TI_ARCH_MAX_ENUM = 0xffffffff
} TiArch;

// What a device can do for kernels. The level is 1 (there) or 0 (not there), but for
// TI_CAPABILITY_SPIRV_VERSION, whose level is 0x10000 * major + 0x100 * minor.
TI_EXTENSION typedef enum TiCapability {
  TI_CAPABILITY_RESERVED = 0,
  TI_CAPABILITY_SPIRV_VERSION = 1,
  TI_CAPABILITY_SPIRV_HAS_INT8 = 2,
  TI_CAPABILITY_SPIRV_HAS_INT16 = 3,
  TI_CAPABILITY_SPIRV_HAS_INT64 = 4,
  TI_CAPABILITY_SPIRV_HAS_FLOAT16 = 5,
  TI_CAPABILITY_SPIRV_HAS_FLOAT64 = 6,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_INT64 = 7,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16 = 8,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16_ADD = 9,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16_MINMAX = 10,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT = 11,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT_ADD = 12,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT_MINMAX = 13,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64 = 14,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64_ADD = 15,
  TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64_MINMAX = 16,
  TI_CAPABILITY_SPIRV_HAS_VARIABLE_PTR = 17,
  TI_CAPABILITY_SPIRV_HAS_PHYSICAL_STORAGE_BUFFER = 18,
  TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BASIC = 19,
  TI_CAPABILITY_SPIRV_HAS_SUBGROUP_VOTE = 20,
  TI_CAPABILITY_SPIRV_HAS_SUBGROUP_ARITHMETIC = 21,
  TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BALLOT = 22,
  TI_CAPABILITY_SPIRV_HAS_NON_SEMANTIC_INFO = 23,
  TI_CAPABILITY_SPIRV_HAS_NO_INTEGER_WRAP_DECORATION = 24,
  TI_CAPABILITY_MAX_ENUM = 0xffffffff
} TiCapability;

// One capability and its level.
typedef struct TiCapabilityLevelInfo {
  TiCapability capability;
  uint32_t level;
} TiCapabilityLevelInfo;

// Element types. U1 is a boolean; GEN and UNKNOWN are no types of data.
TI_EXTENSION typedef enum TiDataType {
  TI_DATA_TYPE_F16 = 0,
  TI_DATA_TYPE_F32 = 1,
  TI_DATA_TYPE_F64 = 2,
  TI_DATA_TYPE_I8 = 3,
  TI_DATA_TYPE_I16 = 4,
  TI_DATA_TYPE_I32 = 5,
  TI_DATA_TYPE_I64 = 6,
  TI_DATA_TYPE_U1 = 7,
  TI_DATA_TYPE_U8 = 8,
  TI_DATA_TYPE_U16 = 9,
  TI_DATA_TYPE_U32 = 10,
  TI_DATA_TYPE_U64 = 11,
  TI_DATA_TYPE_GEN = 12,
  TI_DATA_TYPE_UNKNOWN = 13,
  TI_DATA_TYPE_MAX_ENUM = 0xffffffff
} TiDataType;

// Which member of TiArgumentValue is set.
TI_EXTENSION typedef enum TiArgumentType {
  TI_ARGUMENT_TYPE_I32 = 0,
  TI_ARGUMENT_TYPE_F32 = 1,
  TI_ARGUMENT_TYPE_NDARRAY = 2,
  TI_ARGUMENT_TYPE_TEXTURE = 3,
  TI_ARGUMENT_TYPE_SCALAR = 4,
  TI_ARGUMENT_TYPE_TENSOR = 5,
  TI_ARGUMENT_TYPE_MAX_ENUM = 0xffffffff
} TiArgumentType;

// What a piece of memory may be used for. Kernel arguments need STORAGE; being source and
// destination of copies is always allowed.
typedef enum TiMemoryUsageFlagBits {
  TI_MEMORY_USAGE_STORAGE_BIT = 1 << 0,
  TI_MEMORY_USAGE_UNIFORM_BIT = 1 << 1,
  TI_MEMORY_USAGE_VERTEX_BIT = 1 << 2,
  TI_MEMORY_USAGE_INDEX_BIT = 1 << 3
} TiMemoryUsageFlagBits;
typedef TiFlags TiMemoryUsageFlags;

// What to allocate.
typedef struct TiMemoryAllocateInfo {
  // In bytes, not 0.
  uint64_t size;
  // The host will map the memory and write to it.
  TiBool host_write;
  // The host will map the memory and read from it.
  TiBool host_read;
  // The memory will be handed to another API, device or process.
  TiBool export_sharing;
  TiMemoryUsageFlags usage;
} TiMemoryAllocateInfo;

// Bytes offset .. offset + size - 1 of a piece of memory; they must lie inside it.
typedef struct TiMemorySlice {
  TiMemory memory;
  uint64_t offset;
  uint64_t size;
} TiMemorySlice;

// Extents of an array, outermost first. Only the first dim_count (at most 16) of dims count.
typedef struct TiNdShape {
  uint32_t dim_count;
  uint32_t dims[16];
} TiNdShape;

// A dense array in row-major order that starts at the first byte of memory.
typedef struct TiNdArray {
  TiMemory memory;
  TiNdShape shape;
  // Shape of one element; dim_count is 0 for scalars, 1 for vectors, 2 for matrices.
  TiNdShape elem_shape;
  // Type of one component of an element.
  TiDataType elem_type;
} TiNdArray;

// What an image may be used for. Storage textures of kernels need STORAGE, sampled ones SAMPLED;
// being source and destination of copies is always allowed.
typedef enum TiImageUsageFlagBits {
  TI_IMAGE_USAGE_STORAGE_BIT = 1 << 0,
  TI_IMAGE_USAGE_SAMPLED_BIT = 1 << 1,
  TI_IMAGE_USAGE_ATTACHMENT_BIT = 1 << 2
} TiImageUsageFlagBits;
typedef TiFlags TiImageUsageFlags;

// Dimensions of an image. A cube has six layers: +X, -X, +Y, -Y, +Z, -Z.
TI_EXTENSION typedef enum TiImageDimension {
  TI_IMAGE_DIMENSION_1D = 0,
  TI_IMAGE_DIMENSION_2D = 1,
  TI_IMAGE_DIMENSION_3D = 2,
  TI_IMAGE_DIMENSION_1D_ARRAY = 3,
  TI_IMAGE_DIMENSION_2D_ARRAY = 4,
  TI_IMAGE_DIMENSION_CUBE = 5,
  TI_IMAGE_DIMENSION_MAX_ENUM = 0xffffffff
} TiImageDimension;

// What an image is arranged for. In UNDEFINED it has no contents worth keeping; the *_READ
// attachment layouts are read-only.
TI_EXTENSION typedef enum TiImageLayout {
  TI_IMAGE_LAYOUT_UNDEFINED = 0,
  TI_IMAGE_LAYOUT_SHADER_READ = 1,
  TI_IMAGE_LAYOUT_SHADER_WRITE = 2,
  TI_IMAGE_LAYOUT_SHADER_READ_WRITE = 3,
  TI_IMAGE_LAYOUT_COLOR_ATTACHMENT = 4,
  TI_IMAGE_LAYOUT_COLOR_ATTACHMENT_READ = 5,
  TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT = 6,
  TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT_READ = 7,
  TI_IMAGE_LAYOUT_TRANSFER_DST = 8,
  TI_IMAGE_LAYOUT_TRANSFER_SRC = 9,
  TI_IMAGE_LAYOUT_PRESENT_SRC = 10,
  TI_IMAGE_LAYOUT_MAX_ENUM = 0xffffffff
} TiImageLayout;

// Texel formats: channels, bits per channel, then the kind of number. No letter is normalised
// (0..1), U unsigned, I signed integer, F float.
TI_EXTENSION typedef enum TiFormat {
  TI_FORMAT_UNKNOWN = 0,
  TI_FORMAT_R8 = 1,
  TI_FORMAT_RG8 = 2,
  TI_FORMAT_RGBA8 = 3,
  TI_FORMAT_RGBA8SRGB = 4,
  TI_FORMAT_BGRA8 = 5,
  TI_FORMAT_BGRA8SRGB = 6,
  TI_FORMAT_R8U = 7,
  TI_FORMAT_RG8U = 8,
  TI_FORMAT_RGBA8U = 9,
  TI_FORMAT_R8I = 10,
  TI_FORMAT_RG8I = 11,
  TI_FORMAT_RGBA8I = 12,
  TI_FORMAT_R16 = 13,
  TI_FORMAT_RG16 = 14,
  TI_FORMAT_RGB16 = 15,
  TI_FORMAT_RGBA16 = 16,
  TI_FORMAT_R16U = 17,
  TI_FORMAT_RG16U = 18,
  TI_FORMAT_RGB16U = 19,
  TI_FORMAT_RGBA16U = 20,
  TI_FORMAT_R16I = 21,
  TI_FORMAT_RG16I = 22,
  TI_FORMAT_RGB16I = 23,
  TI_FORMAT_RGBA16I = 24,
  TI_FORMAT_R16F = 25,
  TI_FORMAT_RG16F = 26,
  TI_FORMAT_RGB16F = 27,
  TI_FORMAT_RGBA16F = 28,
  TI_FORMAT_R32U = 29,
  TI_FORMAT_RG32U = 30,
  TI_FORMAT_RGB32U = 31,
  TI_FORMAT_RGBA32U = 32,
  TI_FORMAT_R32I = 33,
  TI_FORMAT_RG32I = 34,
  TI_FORMAT_RGB32I = 35,
  TI_FORMAT_RGBA32I = 36,
  TI_FORMAT_R32F = 37,
  TI_FORMAT_RG32F = 38,
  TI_FORMAT_RGB32F = 39,
  TI_FORMAT_RGBA32F = 40,
  TI_FORMAT_DEPTH16 = 41,
  TI_FORMAT_DEPTH24STENCIL8 = 42,
  TI_FORMAT_DEPTH32F = 43,
  TI_FORMAT_MAX_ENUM = 0xffffffff
} TiFormat;

// Where a region of an image starts, in texels and layers. Coordinates that the dimension does not
// have are 0.
typedef struct TiImageOffset {
  uint32_t x;
  uint32_t y;
  uint32_t z;
  uint32_t array_layer_offset;
} TiImageOffset;

// How large an image or a region of it is, in texels and layers. Coordinates that the dimension
// does not have are 1; a cube has 6 layers.
typedef struct TiImageExtent {
  uint32_t width;
  uint32_t height;
  uint32_t depth;
  uint32_t array_layer_count;
} TiImageExtent;

// What image to allocate. A mip_level_count or array_layer_count of 0 is taken as 1.
typedef struct TiImageAllocateInfo {
  TiImageDimension dimension;
  TiImageExtent extent;
  uint32_t mip_level_count;
  TiFormat format;
  // The image will be handed to another API, device or process.
  TiBool export_sharing;
  TiImageUsageFlags usage;
} TiImageAllocateInfo;

// A region of one mip level of an image; it must lie inside that level.
typedef struct TiImageSlice {
  TiImage image;
  TiImageOffset offset;
  TiImageExtent extent;
  uint32_t mip_level;
} TiImageSlice;

// How texels between and beside texel centres are made.
TI_EXTENSION typedef enum TiFilter {
  TI_FILTER_NEAREST = 0,
  TI_FILTER_LINEAR = 1,
  TI_FILTER_MAX_ENUM = 0xffffffff
} TiFilter;

// What lies beyond the edge of an image.
TI_EXTENSION typedef enum TiAddressMode {
  TI_ADDRESS_MODE_REPEAT = 0,
  TI_ADDRESS_MODE_MIRRORED_REPEAT = 1,
  TI_ADDRESS_MODE_CLAMP_TO_EDGE = 2,
  TI_ADDRESS_MODE_MAX_ENUM = 0xffffffff
} TiAddressMode;

// What sampler to create. max_anisotropy up to 1 means none.
typedef struct TiSamplerCreateInfo {
  TiFilter mag_filter;
  TiFilter min_filter;
  TiAddressMode address_mode;
  float max_anisotropy;
} TiSamplerCreateInfo;

// An image as a kernel argument. dimension, extent and format are those of the image.
typedef struct TiTexture {
  TiImage image;
  // May be TI_NULL_HANDLE; used by sampled textures only.
  TiSampler sampler;
  TiImageDimension dimension;
  TiImageExtent extent;
  TiFormat format;
} TiTexture;

// The bits of a scalar. The members say how many bits, not what they mean: an i16 is stored in x16,
// an f32 or f64 bitwise in x32 or x64. The exception is f16: x32 holds it as a 32-bit float.
typedef union TiScalarValue {
  uint8_t x8;
  uint16_t x16;
  uint32_t x32;
  uint64_t x64;
} TiScalarValue;

// A scalar of any type.
typedef struct TiScalar {
  TiDataType type;
  TiScalarValue value;
} TiScalar;

// The bits of up to 128 bytes of vector or matrix components, row after row. Unlike f16 scalars,
// f16 components are 16-bit halves in x16.
typedef union TiTensorValue {
  uint8_t x8[128];
  uint16_t x16[64];
  uint32_t x32[32];
  uint64_t x64[16];
} TiTensorValue;

// Components and their number.
typedef struct TiTensorValueWithLength {
  // Counts components, not bytes.
  uint32_t length;
  TiTensorValue data;
} TiTensorValueWithLength;

// A vector or matrix of any type, by value.
typedef struct TiTensor {
  TiDataType type;
  TiTensorValueWithLength contents;
} TiTensor;

// The value of an argument; TiArgument::type says which member holds.
typedef union TiArgumentValue {
  int32_t i32;
  float f32;
  TiNdArray ndarray;
  TiTexture texture;
  TiScalar scalar;
  TiTensor tensor;
} TiArgumentValue;

// A kernel argument, by position.
typedef struct TiArgument {
  TiArgumentType type;
  TiArgumentValue value;
} TiArgument;

// A graph argument, by name.
typedef struct TiNamedArgument {
  const char* name;
  TiArgument argument;
} TiNamedArgument;

// The TI_C_API_VERSION of the library. Cannot fail.
TI_DLL_EXPORT uint32_t TI_API_CALL ti_get_version(void);

// Lists the archs that ti_create_runtime can serve here with device 0, in no certain order.
// *arch_count in: room in archs; out: the number there is. At most the room is written; archs null
// asks for the number only; arch_count null does nothing. Opens drivers to look, but needs no
// display.
TI_DLL_EXPORT void TI_API_CALL ti_get_available_archs(uint32_t* arch_count, TiArch* archs);

// The calling thread's last error, TI_ERROR_SUCCESS if it has had none. Reading does not clear it.
// *message_size in: room at message; out: what the whole text needs, with its terminator. The text
// is cut to the room and always terminated; with room 0 or message null nothing is written there,
// and with message_size null message is ignored.
TI_DLL_EXPORT TiError TI_API_CALL ti_get_last_error(uint64_t* message_size, char* message);

// Replaces the calling thread's last error, e.g. from a wrapper with checks of its own. The text is
// copied; null means empty. An error of 0 or above clears the slot and drops the text.
TI_DLL_EXPORT void TI_API_CALL ti_set_last_error(TiError error, const char* message);

// Creates a runtime on the device_index-th device of arch. The caller owns it: ti_destroy_runtime.
// NOT_SUPPORTED: arch not in this build or no driver; ARGUMENT_OUT_OF_RANGE: no such device.
TI_DLL_EXPORT TiRuntime TI_API_CALL ti_create_runtime(TiArch arch, uint32_t device_index);

// Waits for the runtime's own work, frees all that was made from it (modules, memory, images) and
// the runtime. A device given by the host stays the host's. Handles into it are stale afterwards.
// While another thread is inside a call on it, the runtime goes when that call returns.
TI_DLL_EXPORT void TI_API_CALL ti_destroy_runtime(TiRuntime runtime);

// Replaces the whole list of capabilities that ti_get_runtime_capabilities tells; levels are kept as
// given, a count of 0 leaves an empty list. Modules may then need what the list grants and no more.
TI_DLL_EXPORT void TI_API_CALL ti_set_runtime_capabilities_ext(TiRuntime runtime, uint32_t capability_count,
                                                               const TiCapabilityLevelInfo* capabilities);

// Lists the runtime's capabilities. *capability_count in: room; out: the number there is. At most
// the room is written; capabilities null asks for the number only; capability_count null does
// nothing.
TI_DLL_EXPORT void TI_API_CALL ti_get_runtime_capabilities(TiRuntime runtime, uint32_t* capability_count,
                                                           TiCapabilityLevelInfo* capabilities);

// Allocates device memory, contents undefined. Owned by the runtime until ti_free_memory.
// OUT_OF_MEMORY; INVALID_ARGUMENT: size 0. Usage 0 means storage; unknown usage bits are ignored.
TI_DLL_EXPORT TiMemory TI_API_CALL ti_allocate_memory(TiRuntime runtime, const TiMemoryAllocateInfo* allocate_info);

// Frees memory, unmapping it if mapped. Recorded work that uses it still runs: the storage goes
// once that work has finished. The handle is stale at once. Imported memory is only forgotten.
TI_DLL_EXPORT void TI_API_CALL ti_free_memory(TiRuntime runtime, TiMemory memory);

// Maps the whole memory for the host. Needs host_read or host_write. Neither submits nor waits:
// call ti_wait first if recorded work touches it. The pointer holds until ti_unmap_memory or
// ti_free_memory. INVALID_STATE: already mapped, or not host-accessible.
TI_DLL_EXPORT void* TI_API_CALL ti_map_memory(TiRuntime runtime, TiMemory memory);

// Ends a mapping and makes what the host wrote visible to work recorded later. Ignored when not
// mapped.
TI_DLL_EXPORT void TI_API_CALL ti_unmap_memory(TiRuntime runtime, TiMemory memory);

// Allocates an image in layout UNDEFINED. Owned by the runtime until ti_free_image.
// NOT_SUPPORTED: format, dimension, mips, layers or usage that the device cannot combine;
// INVALID_ARGUMENT: an extent of 0 or one that contradicts the dimension; OUT_OF_MEMORY.
TI_DLL_EXPORT TiImage TI_API_CALL ti_allocate_image(TiRuntime runtime, const TiImageAllocateInfo* allocate_info);

// Frees an image; its storage goes once recorded work that uses it has finished. The handle is
// stale at once. Of an imported image only what the runtime added is freed.
TI_DLL_EXPORT void TI_API_CALL ti_free_image(TiRuntime runtime, TiImage image);

// Creates a sampler. Owned by the runtime until ti_destroy_sampler.
// NOT_SUPPORTED: the device lacks it; ARGUMENT_OUT_OF_RANGE: unknown enum value.
TI_DLL_EXPORT TiSampler TI_API_CALL ti_create_sampler(TiRuntime runtime, const TiSamplerCreateInfo* create_info);

// Destroys a sampler once recorded work that uses it has finished. The handle is stale at once.
TI_DLL_EXPORT void TI_API_CALL ti_destroy_sampler(TiRuntime runtime, TiSampler sampler);

// Records a copy; destination first. Both slices have the same size and do not overlap.
// INVALID_ARGUMENT: sizes differ or slices overlap; ARGUMENT_OUT_OF_RANGE: outside the memory.
TI_DLL_EXPORT void TI_API_CALL ti_copy_memory_device_to_device(TiRuntime runtime, const TiMemorySlice* dst_memory,
                                                               const TiMemorySlice* src_memory);

// Records a copy of texels; destination first. Both regions have the same extent, formats of the
// same texel size, and do not overlap. Afterwards both images are in layout TRANSFER_SRC.
TI_DLL_EXPORT void TI_API_CALL ti_copy_image_device_to_device(TiRuntime runtime, const TiImageSlice* dst_image,
                                                              const TiImageSlice* src_image);

// States that the host has brought the whole image into this layout by its own work, which must be
// ordered before the runtime's next use. Records nothing.
// ARGUMENT_OUT_OF_RANGE: no such layout.
TI_DLL_EXPORT void TI_API_CALL ti_track_image_ext(TiRuntime runtime, TiImage image, TiImageLayout layout);

// Records the change of the whole image into a layout, for the host to use it there. Only after
// ti_flush and an order on the queue, or after ti_wait, may the host rely on it. INVALID_ARGUMENT:
// UNDEFINED, or a layout that the image's usage does not allow.
TI_DLL_EXPORT void TI_API_CALL ti_transition_image(TiRuntime runtime, TiImage image, TiImageLayout layout);

// Records a kernel launch. args are copied; they match the declaration in count, order, kind, type,
// rank and element shape, and arrays fit their memory. A kernel that returns values is also
// submitted and waited for. INVALID_ARGUMENT names the argument that breaks the rule;
// ARGUMENT_NOT_FOUND: too few.
TI_DLL_EXPORT void TI_API_CALL ti_launch_kernel(TiRuntime runtime, TiKernel kernel, uint32_t arg_count,
                                                const TiArgument* args);

// Records the launch of all kernels of a graph, in its order. args and names are copied; every name
// the graph declares is given once, in any order, under the rules of ti_launch_kernel.
// ARGUMENT_NOT_FOUND: a declared name is missing.
TI_DLL_EXPORT void TI_API_CALL ti_launch_compute_graph(TiRuntime runtime, TiComputeGraph compute_graph,
                                                       uint32_t arg_count, const TiNamedArgument* args);

// Submits everything recorded so far, without waiting. Nothing recorded: no effect.
TI_DLL_EXPORT void TI_API_CALL ti_flush(TiRuntime runtime);

// Submits what is pending and blocks until all of the runtime's own work has finished; mapped
// memory then shows its results. INVALID_STATE: the device is lost.
TI_DLL_EXPORT void TI_API_CALL ti_wait(TiRuntime runtime);

// Loads a module from a folder with metadata.json or from a .tcm file. Owned by the runtime until
// ti_destroy_aot_module. CORRUPTED_DATA names file and member; INCOMPATIBLE_MODULE what the device
// lacks.
TI_DLL_EXPORT TiAotModule TI_API_CALL ti_load_aot_module(TiRuntime runtime, const char* module_path);

// As ti_load_aot_module, from the bytes of a .tcm file, which may go after the call.
TI_DLL_EXPORT TiAotModule TI_API_CALL ti_create_aot_module(TiRuntime runtime, const void* tcm, uint64_t size);

// Frees a module with its fields, kernels and graphs once their recorded work has finished. Those
// handles are stale at once.
TI_DLL_EXPORT void TI_API_CALL ti_destroy_aot_module(TiAotModule aot_module);

// Finds a kernel by its name in the module. The module owns it. NAME_NOT_FOUND.
TI_DLL_EXPORT TiKernel TI_API_CALL ti_get_aot_module_kernel(TiAotModule aot_module, const char* name);

// Finds a compute graph by its name in the module. The module owns it. NAME_NOT_FOUND.
TI_DLL_EXPORT TiComputeGraph TI_API_CALL ti_get_aot_module_compute_graph(TiAotModule aot_module, const char* name);

#ifdef __cplusplus
}
#endif

#endif  // TAICHI_CORE_H
