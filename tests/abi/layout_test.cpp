// Every name, value, size, offset and signature of the C ABI, written out. The checks run at compile
// time, one static_assert each; the test only tells how many there were.
// Sizes are those of 64-bit platforms; of a struct's tail padding nothing is assumed but its size.

#include <gtest/gtest.h>
#include <ist/core.h>
#include <ist/feed.h>
#include <ist/gl.h>
#include <ist/vulkan.h>
#include <taichi/taichi_cpu.h>
#include <taichi/taichi_cuda.h>
#include <taichi/taichi_opengl.h>
#include <taichi/taichi_unity.h>
#include <taichi/taichi_vulkan.h>

#include <cstddef>
#include <cstdio>
#include <type_traits>

// __COUNTER__ grows by one with each check.
#define CHECK_NOW(condition, text) static_assert(__COUNTER__ >= 0 && (condition), text)
#define VALUE(name, value) CHECK_NOW(static_cast<long long>(name) == value##LL, #name)
#define TYPE(name, ...) CHECK_NOW((std::is_same<name, __VA_ARGS__>::value), #name)
#define SIZE(name, size, align)                   \
  CHECK_NOW(sizeof(name) == size, #name " size"); \
  CHECK_NOW(alignof(name) == align, #name " alignment")
#define MEMBER(owner, member, offset, ...)                                    \
  CHECK_NOW(offsetof(owner, member) == offset, #owner "." #member " offset"); \
  CHECK_NOW((std::is_same<decltype(owner::member), __VA_ARGS__>::value), #owner "." #member " type")
#define FUNCTION(name, ...) CHECK_NOW((std::is_same<decltype(name), __VA_ARGS__>::value), #name)

constexpr int kCounterAtBegin = __COUNTER__;

// clang-format off

// taichi/taichi_core.h
VALUE(TI_C_API_VERSION, 1007000);
VALUE(TI_FALSE, 0);
VALUE(TI_TRUE, 1);
VALUE(TI_NULL_HANDLE, 0);

SIZE(TiError, 8, 8);
VALUE(TI_ERROR_SUCCESS, 0);
VALUE(TI_ERROR_NOT_SUPPORTED, -1);
VALUE(TI_ERROR_CORRUPTED_DATA, -2);
VALUE(TI_ERROR_NAME_NOT_FOUND, -3);
VALUE(TI_ERROR_INVALID_ARGUMENT, -4);
VALUE(TI_ERROR_ARGUMENT_NULL, -5);
VALUE(TI_ERROR_ARGUMENT_OUT_OF_RANGE, -6);
VALUE(TI_ERROR_ARGUMENT_NOT_FOUND, -7);
VALUE(TI_ERROR_INVALID_INTEROP, -8);
VALUE(TI_ERROR_INVALID_STATE, -9);
VALUE(TI_ERROR_INCOMPATIBLE_MODULE, -10);
VALUE(TI_ERROR_OUT_OF_MEMORY, -11);
VALUE(TI_ERROR_MAX_ENUM, 4294967295);

SIZE(TiArch, 4, 4);
VALUE(TI_ARCH_RESERVED, 0);
VALUE(TI_ARCH_VULKAN, 1);
VALUE(TI_ARCH_METAL, 2);
VALUE(TI_ARCH_CUDA, 3);
VALUE(TI_ARCH_X64, 4);
VALUE(TI_ARCH_ARM64, 5);
VALUE(TI_ARCH_OPENGL, 6);
VALUE(TI_ARCH_GLES, 7);
VALUE(TI_ARCH_MAX_ENUM, 4294967295);

SIZE(TiCapability, 4, 4);
VALUE(TI_CAPABILITY_RESERVED, 0);
VALUE(TI_CAPABILITY_SPIRV_VERSION, 1);
VALUE(TI_CAPABILITY_SPIRV_HAS_INT8, 2);
VALUE(TI_CAPABILITY_SPIRV_HAS_INT16, 3);
VALUE(TI_CAPABILITY_SPIRV_HAS_INT64, 4);
VALUE(TI_CAPABILITY_SPIRV_HAS_FLOAT16, 5);
VALUE(TI_CAPABILITY_SPIRV_HAS_FLOAT64, 6);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_INT64, 7);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16, 8);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16_ADD, 9);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16_MINMAX, 10);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT, 11);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT_ADD, 12);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT_MINMAX, 13);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64, 14);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64_ADD, 15);
VALUE(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64_MINMAX, 16);
VALUE(TI_CAPABILITY_SPIRV_HAS_VARIABLE_PTR, 17);
VALUE(TI_CAPABILITY_SPIRV_HAS_PHYSICAL_STORAGE_BUFFER, 18);
VALUE(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BASIC, 19);
VALUE(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_VOTE, 20);
VALUE(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_ARITHMETIC, 21);
VALUE(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BALLOT, 22);
VALUE(TI_CAPABILITY_SPIRV_HAS_NON_SEMANTIC_INFO, 23);
VALUE(TI_CAPABILITY_SPIRV_HAS_NO_INTEGER_WRAP_DECORATION, 24);
VALUE(TI_CAPABILITY_MAX_ENUM, 4294967295);

SIZE(TiDataType, 4, 4);
VALUE(TI_DATA_TYPE_F16, 0);
VALUE(TI_DATA_TYPE_F32, 1);
VALUE(TI_DATA_TYPE_F64, 2);
VALUE(TI_DATA_TYPE_I8, 3);
VALUE(TI_DATA_TYPE_I16, 4);
VALUE(TI_DATA_TYPE_I32, 5);
VALUE(TI_DATA_TYPE_I64, 6);
VALUE(TI_DATA_TYPE_U1, 7);
VALUE(TI_DATA_TYPE_U8, 8);
VALUE(TI_DATA_TYPE_U16, 9);
VALUE(TI_DATA_TYPE_U32, 10);
VALUE(TI_DATA_TYPE_U64, 11);
VALUE(TI_DATA_TYPE_GEN, 12);
VALUE(TI_DATA_TYPE_UNKNOWN, 13);
VALUE(TI_DATA_TYPE_MAX_ENUM, 4294967295);

SIZE(TiArgumentType, 4, 4);
VALUE(TI_ARGUMENT_TYPE_I32, 0);
VALUE(TI_ARGUMENT_TYPE_F32, 1);
VALUE(TI_ARGUMENT_TYPE_NDARRAY, 2);
VALUE(TI_ARGUMENT_TYPE_TEXTURE, 3);
VALUE(TI_ARGUMENT_TYPE_SCALAR, 4);
VALUE(TI_ARGUMENT_TYPE_TENSOR, 5);
VALUE(TI_ARGUMENT_TYPE_MAX_ENUM, 4294967295);

SIZE(TiMemoryUsageFlagBits, 4, 4);
VALUE(TI_MEMORY_USAGE_STORAGE_BIT, 1);
VALUE(TI_MEMORY_USAGE_UNIFORM_BIT, 2);
VALUE(TI_MEMORY_USAGE_VERTEX_BIT, 4);
VALUE(TI_MEMORY_USAGE_INDEX_BIT, 8);

SIZE(TiImageUsageFlagBits, 4, 4);
VALUE(TI_IMAGE_USAGE_STORAGE_BIT, 1);
VALUE(TI_IMAGE_USAGE_SAMPLED_BIT, 2);
VALUE(TI_IMAGE_USAGE_ATTACHMENT_BIT, 4);

SIZE(TiImageDimension, 4, 4);
VALUE(TI_IMAGE_DIMENSION_1D, 0);
VALUE(TI_IMAGE_DIMENSION_2D, 1);
VALUE(TI_IMAGE_DIMENSION_3D, 2);
VALUE(TI_IMAGE_DIMENSION_1D_ARRAY, 3);
VALUE(TI_IMAGE_DIMENSION_2D_ARRAY, 4);
VALUE(TI_IMAGE_DIMENSION_CUBE, 5);
VALUE(TI_IMAGE_DIMENSION_MAX_ENUM, 4294967295);

SIZE(TiImageLayout, 4, 4);
VALUE(TI_IMAGE_LAYOUT_UNDEFINED, 0);
VALUE(TI_IMAGE_LAYOUT_SHADER_READ, 1);
VALUE(TI_IMAGE_LAYOUT_SHADER_WRITE, 2);
VALUE(TI_IMAGE_LAYOUT_SHADER_READ_WRITE, 3);
VALUE(TI_IMAGE_LAYOUT_COLOR_ATTACHMENT, 4);
VALUE(TI_IMAGE_LAYOUT_COLOR_ATTACHMENT_READ, 5);
VALUE(TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT, 6);
VALUE(TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT_READ, 7);
VALUE(TI_IMAGE_LAYOUT_TRANSFER_DST, 8);
VALUE(TI_IMAGE_LAYOUT_TRANSFER_SRC, 9);
VALUE(TI_IMAGE_LAYOUT_PRESENT_SRC, 10);
VALUE(TI_IMAGE_LAYOUT_MAX_ENUM, 4294967295);

SIZE(TiFormat, 4, 4);
VALUE(TI_FORMAT_UNKNOWN, 0);
VALUE(TI_FORMAT_R8, 1);
VALUE(TI_FORMAT_RG8, 2);
VALUE(TI_FORMAT_RGBA8, 3);
VALUE(TI_FORMAT_RGBA8SRGB, 4);
VALUE(TI_FORMAT_BGRA8, 5);
VALUE(TI_FORMAT_BGRA8SRGB, 6);
VALUE(TI_FORMAT_R8U, 7);
VALUE(TI_FORMAT_RG8U, 8);
VALUE(TI_FORMAT_RGBA8U, 9);
VALUE(TI_FORMAT_R8I, 10);
VALUE(TI_FORMAT_RG8I, 11);
VALUE(TI_FORMAT_RGBA8I, 12);
VALUE(TI_FORMAT_R16, 13);
VALUE(TI_FORMAT_RG16, 14);
VALUE(TI_FORMAT_RGB16, 15);
VALUE(TI_FORMAT_RGBA16, 16);
VALUE(TI_FORMAT_R16U, 17);
VALUE(TI_FORMAT_RG16U, 18);
VALUE(TI_FORMAT_RGB16U, 19);
VALUE(TI_FORMAT_RGBA16U, 20);
VALUE(TI_FORMAT_R16I, 21);
VALUE(TI_FORMAT_RG16I, 22);
VALUE(TI_FORMAT_RGB16I, 23);
VALUE(TI_FORMAT_RGBA16I, 24);
VALUE(TI_FORMAT_R16F, 25);
VALUE(TI_FORMAT_RG16F, 26);
VALUE(TI_FORMAT_RGB16F, 27);
VALUE(TI_FORMAT_RGBA16F, 28);
VALUE(TI_FORMAT_R32U, 29);
VALUE(TI_FORMAT_RG32U, 30);
VALUE(TI_FORMAT_RGB32U, 31);
VALUE(TI_FORMAT_RGBA32U, 32);
VALUE(TI_FORMAT_R32I, 33);
VALUE(TI_FORMAT_RG32I, 34);
VALUE(TI_FORMAT_RGB32I, 35);
VALUE(TI_FORMAT_RGBA32I, 36);
VALUE(TI_FORMAT_R32F, 37);
VALUE(TI_FORMAT_RG32F, 38);
VALUE(TI_FORMAT_RGB32F, 39);
VALUE(TI_FORMAT_RGBA32F, 40);
VALUE(TI_FORMAT_DEPTH16, 41);
VALUE(TI_FORMAT_DEPTH24STENCIL8, 42);
VALUE(TI_FORMAT_DEPTH32F, 43);
VALUE(TI_FORMAT_MAX_ENUM, 4294967295);

SIZE(TiFilter, 4, 4);
VALUE(TI_FILTER_NEAREST, 0);
VALUE(TI_FILTER_LINEAR, 1);
VALUE(TI_FILTER_MAX_ENUM, 4294967295);

SIZE(TiAddressMode, 4, 4);
VALUE(TI_ADDRESS_MODE_REPEAT, 0);
VALUE(TI_ADDRESS_MODE_MIRRORED_REPEAT, 1);
VALUE(TI_ADDRESS_MODE_CLAMP_TO_EDGE, 2);
VALUE(TI_ADDRESS_MODE_MAX_ENUM, 4294967295);

SIZE(TiCapabilityLevelInfo, 8, 4);
MEMBER(TiCapabilityLevelInfo, capability, 0, TiCapability);
MEMBER(TiCapabilityLevelInfo, level, 4, uint32_t);

SIZE(TiMemoryAllocateInfo, 24, 8);
MEMBER(TiMemoryAllocateInfo, size, 0, uint64_t);
MEMBER(TiMemoryAllocateInfo, host_write, 8, TiBool);
MEMBER(TiMemoryAllocateInfo, host_read, 12, TiBool);
MEMBER(TiMemoryAllocateInfo, export_sharing, 16, TiBool);
MEMBER(TiMemoryAllocateInfo, usage, 20, TiMemoryUsageFlags);

SIZE(TiMemorySlice, 24, 8);
MEMBER(TiMemorySlice, memory, 0, TiMemory);
MEMBER(TiMemorySlice, offset, 8, uint64_t);
MEMBER(TiMemorySlice, size, 16, uint64_t);

SIZE(TiNdShape, 68, 4);
MEMBER(TiNdShape, dim_count, 0, uint32_t);
MEMBER(TiNdShape, dims, 4, uint32_t[16]);

SIZE(TiNdArray, 152, 8);
MEMBER(TiNdArray, memory, 0, TiMemory);
MEMBER(TiNdArray, shape, 8, TiNdShape);
MEMBER(TiNdArray, elem_shape, 76, TiNdShape);
MEMBER(TiNdArray, elem_type, 144, TiDataType);

SIZE(TiImageOffset, 16, 4);
MEMBER(TiImageOffset, x, 0, uint32_t);
MEMBER(TiImageOffset, y, 4, uint32_t);
MEMBER(TiImageOffset, z, 8, uint32_t);
MEMBER(TiImageOffset, array_layer_offset, 12, uint32_t);

SIZE(TiImageExtent, 16, 4);
MEMBER(TiImageExtent, width, 0, uint32_t);
MEMBER(TiImageExtent, height, 4, uint32_t);
MEMBER(TiImageExtent, depth, 8, uint32_t);
MEMBER(TiImageExtent, array_layer_count, 12, uint32_t);

SIZE(TiImageAllocateInfo, 36, 4);
MEMBER(TiImageAllocateInfo, dimension, 0, TiImageDimension);
MEMBER(TiImageAllocateInfo, extent, 4, TiImageExtent);
MEMBER(TiImageAllocateInfo, mip_level_count, 20, uint32_t);
MEMBER(TiImageAllocateInfo, format, 24, TiFormat);
MEMBER(TiImageAllocateInfo, export_sharing, 28, TiBool);
MEMBER(TiImageAllocateInfo, usage, 32, TiImageUsageFlags);

SIZE(TiImageSlice, 48, 8);
MEMBER(TiImageSlice, image, 0, TiImage);
MEMBER(TiImageSlice, offset, 8, TiImageOffset);
MEMBER(TiImageSlice, extent, 24, TiImageExtent);
MEMBER(TiImageSlice, mip_level, 40, uint32_t);

SIZE(TiSamplerCreateInfo, 16, 4);
MEMBER(TiSamplerCreateInfo, mag_filter, 0, TiFilter);
MEMBER(TiSamplerCreateInfo, min_filter, 4, TiFilter);
MEMBER(TiSamplerCreateInfo, address_mode, 8, TiAddressMode);
MEMBER(TiSamplerCreateInfo, max_anisotropy, 12, float);

SIZE(TiTexture, 40, 8);
MEMBER(TiTexture, image, 0, TiImage);
MEMBER(TiTexture, sampler, 8, TiSampler);
MEMBER(TiTexture, dimension, 16, TiImageDimension);
MEMBER(TiTexture, extent, 20, TiImageExtent);
MEMBER(TiTexture, format, 36, TiFormat);

SIZE(TiScalarValue, 8, 8);
MEMBER(TiScalarValue, x8, 0, uint8_t);
MEMBER(TiScalarValue, x16, 0, uint16_t);
MEMBER(TiScalarValue, x32, 0, uint32_t);
MEMBER(TiScalarValue, x64, 0, uint64_t);

SIZE(TiScalar, 16, 8);
MEMBER(TiScalar, type, 0, TiDataType);
MEMBER(TiScalar, value, 8, TiScalarValue);

SIZE(TiTensorValue, 128, 8);
MEMBER(TiTensorValue, x8, 0, uint8_t[128]);
MEMBER(TiTensorValue, x16, 0, uint16_t[64]);
MEMBER(TiTensorValue, x32, 0, uint32_t[32]);
MEMBER(TiTensorValue, x64, 0, uint64_t[16]);

SIZE(TiTensorValueWithLength, 136, 8);
MEMBER(TiTensorValueWithLength, length, 0, uint32_t);
MEMBER(TiTensorValueWithLength, data, 8, TiTensorValue);

SIZE(TiTensor, 144, 8);
MEMBER(TiTensor, type, 0, TiDataType);
MEMBER(TiTensor, contents, 8, TiTensorValueWithLength);

SIZE(TiArgumentValue, 152, 8);
MEMBER(TiArgumentValue, i32, 0, int32_t);
MEMBER(TiArgumentValue, f32, 0, float);
MEMBER(TiArgumentValue, ndarray, 0, TiNdArray);
MEMBER(TiArgumentValue, texture, 0, TiTexture);
MEMBER(TiArgumentValue, scalar, 0, TiScalar);
MEMBER(TiArgumentValue, tensor, 0, TiTensor);

SIZE(TiArgument, 160, 8);
MEMBER(TiArgument, type, 0, TiArgumentType);
MEMBER(TiArgument, value, 8, TiArgumentValue);

SIZE(TiNamedArgument, 168, 8);
MEMBER(TiNamedArgument, name, 0, const char *);
MEMBER(TiNamedArgument, argument, 8, TiArgument);
FUNCTION(ti_get_version, uint32_t());
FUNCTION(ti_get_available_archs, void(uint32_t *, TiArch *));
FUNCTION(ti_get_last_error, TiError(uint64_t *, char *));
FUNCTION(ti_set_last_error, void(TiError, const char *));
FUNCTION(ti_create_runtime, TiRuntime(TiArch, uint32_t));
FUNCTION(ti_destroy_runtime, void(TiRuntime));
FUNCTION(ti_set_runtime_capabilities_ext, void(TiRuntime, uint32_t, const TiCapabilityLevelInfo *));
FUNCTION(ti_get_runtime_capabilities, void(TiRuntime, uint32_t *, TiCapabilityLevelInfo *));
FUNCTION(ti_allocate_memory, TiMemory(TiRuntime, const TiMemoryAllocateInfo *));
FUNCTION(ti_free_memory, void(TiRuntime, TiMemory));
FUNCTION(ti_map_memory, void *(TiRuntime, TiMemory));
FUNCTION(ti_unmap_memory, void(TiRuntime, TiMemory));
FUNCTION(ti_allocate_image, TiImage(TiRuntime, const TiImageAllocateInfo *));
FUNCTION(ti_free_image, void(TiRuntime, TiImage));
FUNCTION(ti_create_sampler, TiSampler(TiRuntime, const TiSamplerCreateInfo *));
FUNCTION(ti_destroy_sampler, void(TiRuntime, TiSampler));
FUNCTION(ti_copy_memory_device_to_device, void(TiRuntime, const TiMemorySlice *, const TiMemorySlice *));
FUNCTION(ti_copy_image_device_to_device, void(TiRuntime, const TiImageSlice *, const TiImageSlice *));
FUNCTION(ti_track_image_ext, void(TiRuntime, TiImage, TiImageLayout));
FUNCTION(ti_transition_image, void(TiRuntime, TiImage, TiImageLayout));
FUNCTION(ti_launch_kernel, void(TiRuntime, TiKernel, uint32_t, const TiArgument *));
FUNCTION(ti_launch_compute_graph, void(TiRuntime, TiComputeGraph, uint32_t, const TiNamedArgument *));
FUNCTION(ti_flush, void(TiRuntime));
FUNCTION(ti_wait, void(TiRuntime));
FUNCTION(ti_load_aot_module, TiAotModule(TiRuntime, const char *));
FUNCTION(ti_create_aot_module, TiAotModule(TiRuntime, const void *, uint64_t));
FUNCTION(ti_destroy_aot_module, void(TiAotModule));
FUNCTION(ti_get_aot_module_kernel, TiKernel(TiAotModule, const char *));
FUNCTION(ti_get_aot_module_compute_graph, TiComputeGraph(TiAotModule, const char *));
TYPE(TiBool, uint32_t);
TYPE(TiFlags, uint32_t);
TYPE(TiRuntime, struct TiRuntime_t *);
TYPE(TiAotModule, struct TiAotModule_t *);
TYPE(TiMemory, struct TiMemory_t *);
TYPE(TiImage, struct TiImage_t *);
TYPE(TiSampler, struct TiSampler_t *);
TYPE(TiKernel, struct TiKernel_t *);
TYPE(TiComputeGraph, struct TiComputeGraph_t *);
TYPE(TiMemoryUsageFlags, TiFlags);
TYPE(TiImageUsageFlags, TiFlags);

// taichi/taichi_vulkan.h

SIZE(TiVulkanRuntimeInteropInfo, 72, 8);
MEMBER(TiVulkanRuntimeInteropInfo, get_instance_proc_addr, 0, PFN_vkGetInstanceProcAddr);
MEMBER(TiVulkanRuntimeInteropInfo, api_version, 8, uint32_t);
MEMBER(TiVulkanRuntimeInteropInfo, instance, 16, VkInstance);
MEMBER(TiVulkanRuntimeInteropInfo, physical_device, 24, VkPhysicalDevice);
MEMBER(TiVulkanRuntimeInteropInfo, device, 32, VkDevice);
MEMBER(TiVulkanRuntimeInteropInfo, compute_queue, 40, VkQueue);
MEMBER(TiVulkanRuntimeInteropInfo, compute_queue_family_index, 48, uint32_t);
MEMBER(TiVulkanRuntimeInteropInfo, graphics_queue, 56, VkQueue);
MEMBER(TiVulkanRuntimeInteropInfo, graphics_queue_family_index, 64, uint32_t);

SIZE(TiVulkanMemoryInteropInfo, 40, 8);
MEMBER(TiVulkanMemoryInteropInfo, buffer, 0, VkBuffer);
MEMBER(TiVulkanMemoryInteropInfo, size, 8, uint64_t);
MEMBER(TiVulkanMemoryInteropInfo, usage, 16, VkBufferUsageFlags);
MEMBER(TiVulkanMemoryInteropInfo, memory, 24, VkDeviceMemory);
MEMBER(TiVulkanMemoryInteropInfo, offset, 32, uint64_t);

SIZE(TiVulkanImageInteropInfo, 48, 8);
MEMBER(TiVulkanImageInteropInfo, image, 0, VkImage);
MEMBER(TiVulkanImageInteropInfo, image_type, 8, VkImageType);
MEMBER(TiVulkanImageInteropInfo, format, 12, VkFormat);
MEMBER(TiVulkanImageInteropInfo, extent, 16, VkExtent3D);
MEMBER(TiVulkanImageInteropInfo, mip_level_count, 28, uint32_t);
MEMBER(TiVulkanImageInteropInfo, array_layer_count, 32, uint32_t);
MEMBER(TiVulkanImageInteropInfo, sample_count, 36, VkSampleCountFlagBits);
MEMBER(TiVulkanImageInteropInfo, tiling, 40, VkImageTiling);
MEMBER(TiVulkanImageInteropInfo, usage, 44, VkImageUsageFlags);
FUNCTION(ti_create_vulkan_runtime_ext, TiRuntime(uint32_t, uint32_t, const char **, uint32_t, const char **));
FUNCTION(ti_import_vulkan_runtime, TiRuntime(const TiVulkanRuntimeInteropInfo *));
FUNCTION(ti_export_vulkan_runtime, void(TiRuntime, TiVulkanRuntimeInteropInfo *));
FUNCTION(ti_import_vulkan_memory, TiMemory(TiRuntime, const TiVulkanMemoryInteropInfo *));
FUNCTION(ti_export_vulkan_memory, void(TiRuntime, TiMemory, TiVulkanMemoryInteropInfo *));
FUNCTION(ti_import_vulkan_image, TiImage(TiRuntime, const TiVulkanImageInteropInfo *, VkImageViewType, VkImageLayout));
FUNCTION(ti_export_vulkan_image, void(TiRuntime, TiImage, TiVulkanImageInteropInfo *));

// taichi/taichi_opengl.h

SIZE(TiOpenglRuntimeInteropInfo, 8, 8);
MEMBER(TiOpenglRuntimeInteropInfo, get_proc_addr, 0, void *);

SIZE(TiOpenglMemoryInteropInfo, 16, 8);
MEMBER(TiOpenglMemoryInteropInfo, buffer, 0, GLuint);
MEMBER(TiOpenglMemoryInteropInfo, size, 8, GLsizeiptr);

SIZE(TiOpenglImageInteropInfo, 28, 4);
MEMBER(TiOpenglImageInteropInfo, texture, 0, GLuint);
MEMBER(TiOpenglImageInteropInfo, target, 4, GLenum);
MEMBER(TiOpenglImageInteropInfo, levels, 8, GLsizei);
MEMBER(TiOpenglImageInteropInfo, format, 12, GLenum);
MEMBER(TiOpenglImageInteropInfo, width, 16, GLsizei);
MEMBER(TiOpenglImageInteropInfo, height, 20, GLsizei);
MEMBER(TiOpenglImageInteropInfo, depth, 24, GLsizei);
FUNCTION(ti_import_opengl_runtime, TiRuntime(TiOpenglRuntimeInteropInfo *, bool));
FUNCTION(ti_export_opengl_runtime, void(TiRuntime, TiOpenglRuntimeInteropInfo *));
FUNCTION(ti_import_opengl_memory, TiMemory(TiRuntime, const TiOpenglMemoryInteropInfo *));
FUNCTION(ti_export_opengl_memory, void(TiRuntime, TiMemory, TiOpenglMemoryInteropInfo *));
FUNCTION(ti_import_opengl_image, TiImage(TiRuntime, const TiOpenglImageInteropInfo *));
FUNCTION(ti_export_opengl_image, void(TiRuntime, TiImage, TiOpenglImageInteropInfo *));

// taichi/taichi_cpu.h

SIZE(TiCpuMemoryInteropInfo, 16, 8);
MEMBER(TiCpuMemoryInteropInfo, ptr, 0, void *);
MEMBER(TiCpuMemoryInteropInfo, size, 8, uint64_t);
FUNCTION(ti_export_cpu_memory, void(TiRuntime, TiMemory, TiCpuMemoryInteropInfo *));
FUNCTION(ti_import_cpu_memory, TiMemory(TiRuntime, void *, size_t));

// taichi/taichi_cuda.h

SIZE(TiCudaMemoryInteropInfo, 16, 8);
MEMBER(TiCudaMemoryInteropInfo, ptr, 0, void *);
MEMBER(TiCudaMemoryInteropInfo, size, 8, uint64_t);
FUNCTION(ti_export_cuda_memory, void(TiRuntime, TiMemory, TiCudaMemoryInteropInfo *));
FUNCTION(ti_import_cuda_memory, TiMemory(TiRuntime, void *, size_t));
FUNCTION(ti_set_cuda_stream, void(void *));
FUNCTION(ti_get_cuda_stream, void(void **));

// taichi/taichi_unity.h
FUNCTION(tix_import_native_runtime_unity, TiRuntime());
FUNCTION(tix_enqueue_task_async_unity, void(void *, TixAsyncTaskUnity));
FUNCTION(tix_launch_kernel_async_unity, void(TiRuntime, TiKernel, uint32_t, const TiArgument *));
FUNCTION(tix_launch_compute_graph_async_unity, void(TiRuntime, TiComputeGraph, uint32_t, const TiNamedArgument *));
FUNCTION(tix_copy_memory_to_native_buffer_async_unity, void(TiRuntime, TixNativeBufferUnity, uint64_t, const TiMemorySlice *));
FUNCTION(tix_copy_memory_device_to_host_unity, void(TiRuntime, void *, uint64_t, const TiMemorySlice *));
FUNCTION(tix_copy_memory_host_to_device_unity, void(TiRuntime, const TiMemorySlice *, const void *, uint64_t));
FUNCTION(tix_submit_async_unity, void *(TiRuntime));
TYPE(TixNativeBufferUnity, struct TixNativeBufferUnity_t *);
TYPE(TixAsyncTaskUnity, void (*)(void *));
// ist/core.h
VALUE(IST_VERSION, 100);

SIZE(IstHandleType, 4, 4);
VALUE(IST_HANDLE_NONE, 0);
VALUE(IST_HANDLE_OPAQUE_FD, 1);
VALUE(IST_HANDLE_DMA_BUF, 2);
VALUE(IST_HANDLE_SYNC_FD, 3);
VALUE(IST_HANDLE_OPAQUE_WIN32, 4);
VALUE(IST_HANDLE_HOST_POINTER, 5);

SIZE(IstRung, 4, 4);
VALUE(IST_RUNG_AUTO, 0);
VALUE(IST_RUNG_QUEUE, 1);
VALUE(IST_RUNG_TIMELINE, 2);
VALUE(IST_RUNG_BINARY, 3);
VALUE(IST_RUNG_SYNC_FD, 4);
VALUE(IST_RUNG_GL_FENCE, 5);
VALUE(IST_RUNG_HOST, 6);

SIZE(IstLogLevel, 4, 4);
VALUE(IST_LOG_OFF, 0);
VALUE(IST_LOG_ERROR, 1);
VALUE(IST_LOG_WARN, 2);
VALUE(IST_LOG_INFO, 3);
VALUE(IST_LOG_DEBUG, 4);

SIZE(IstOption, 4, 4);
VALUE(IST_OPTION_REQUIRE_ZERO_COPY, 1);
VALUE(IST_OPTION_FORCE_RUNG, 2);
VALUE(IST_OPTION_KERNEL_TIMING, 3);

SIZE(IstDeviceInfo, 604, 4);
MEMBER(IstDeviceInfo, size, 0, uint32_t);
MEMBER(IstDeviceInfo, index, 4, uint32_t);
MEMBER(IstDeviceInfo, arch, 8, TiArch);
MEMBER(IstDeviceInfo, is_cpu, 12, uint32_t);
MEMBER(IstDeviceInfo, vendor_id, 16, uint32_t);
MEMBER(IstDeviceInfo, device_id, 20, uint32_t);
MEMBER(IstDeviceInfo, api_version, 24, uint32_t);
MEMBER(IstDeviceInfo, driver_version, 28, uint32_t);
MEMBER(IstDeviceInfo, device_uuid, 32, uint8_t[16]);
MEMBER(IstDeviceInfo, driver_uuid, 48, uint8_t[16]);
MEMBER(IstDeviceInfo, memory_export, 64, uint32_t);
MEMBER(IstDeviceInfo, memory_import, 68, uint32_t);
MEMBER(IstDeviceInfo, image_export, 72, uint32_t);
MEMBER(IstDeviceInfo, image_import, 76, uint32_t);
MEMBER(IstDeviceInfo, timeline_export, 80, uint32_t);
MEMBER(IstDeviceInfo, binary_export, 84, uint32_t);
MEMBER(IstDeviceInfo, rungs, 88, uint32_t);
MEMBER(IstDeviceInfo, name, 92, char[256]);
MEMBER(IstDeviceInfo, driver, 348, char[256]);

SIZE(IstFormatInfo, 36, 4);
MEMBER(IstFormatInfo, size, 0, uint32_t);
MEMBER(IstFormatInfo, usage, 4, TiImageUsageFlags);
MEMBER(IstFormatInfo, linear_filter, 8, uint32_t);
MEMBER(IstFormatInfo, max_mips, 12, uint32_t);
MEMBER(IstFormatInfo, max_layers, 16, uint32_t);
MEMBER(IstFormatInfo, image_export, 20, uint32_t);
MEMBER(IstFormatInfo, image_import, 24, uint32_t);
MEMBER(IstFormatInfo, texel_bytes, 28, uint32_t);
MEMBER(IstFormatInfo, mip_generation, 32, uint32_t);

SIZE(IstArgumentInfo, 56, 8);
MEMBER(IstArgumentInfo, name, 0, const char*);
MEMBER(IstArgumentInfo, type, 8, TiArgumentType);
MEMBER(IstArgumentInfo, data_type, 12, TiDataType);
MEMBER(IstArgumentInfo, rank, 16, uint32_t);
MEMBER(IstArgumentInfo, elem_rank, 20, uint32_t);
MEMBER(IstArgumentInfo, elem_shape, 24, uint32_t[4]);
MEMBER(IstArgumentInfo, access, 40, uint32_t);
MEMBER(IstArgumentInfo, dimension, 44, TiImageDimension);
MEMBER(IstArgumentInfo, format, 48, TiFormat);
MEMBER(IstArgumentInfo, reserved, 52, uint32_t);

SIZE(IstModuleInfo, 32, 8);
MEMBER(IstModuleInfo, size, 0, uint32_t);
MEMBER(IstModuleInfo, kernel_count, 4, uint32_t);
MEMBER(IstModuleInfo, graph_count, 8, uint32_t);
MEMBER(IstModuleInfo, capability_count, 12, uint32_t);
MEMBER(IstModuleInfo, capabilities, 16, const TiCapabilityLevelInfo*);
MEMBER(IstModuleInfo, taichi_version, 24, const char*);

SIZE(IstKernelInfo, 64, 8);
MEMBER(IstKernelInfo, size, 0, uint32_t);
MEMBER(IstKernelInfo, argument_count, 4, uint32_t);
MEMBER(IstKernelInfo, result_count, 8, uint32_t);
MEMBER(IstKernelInfo, task_count, 12, uint32_t);
MEMBER(IstKernelInfo, name, 16, const char*);
MEMBER(IstKernelInfo, arguments, 24, const IstArgumentInfo*);
MEMBER(IstKernelInfo, results, 32, const IstArgumentInfo*);
MEMBER(IstKernelInfo, launches, 40, uint64_t);
MEMBER(IstKernelInfo, gpu_ns_last, 48, uint64_t);
MEMBER(IstKernelInfo, gpu_ns_total, 56, uint64_t);

SIZE(IstGraphInfo, 32, 8);
MEMBER(IstGraphInfo, size, 0, uint32_t);
MEMBER(IstGraphInfo, argument_count, 4, uint32_t);
MEMBER(IstGraphInfo, node_count, 8, uint32_t);
MEMBER(IstGraphInfo, reserved, 12, uint32_t);
MEMBER(IstGraphInfo, name, 16, const char*);
MEMBER(IstGraphInfo, arguments, 24, const IstArgumentInfo*);

SIZE(IstCounters, 152, 8);
MEMBER(IstCounters, size, 0, uint32_t);
MEMBER(IstCounters, reserved, 4, uint32_t);
MEMBER(IstCounters, launches, 8, uint64_t);
MEMBER(IstCounters, dispatches, 16, uint64_t);
MEMBER(IstCounters, barriers, 24, uint64_t);
MEMBER(IstCounters, submits, 32, uint64_t);
MEMBER(IstCounters, allocations, 40, uint64_t);
MEMBER(IstCounters, host_bytes, 48, uint64_t);
MEMBER(IstCounters, share_copies, 56, uint64_t);
MEMBER(IstCounters, share_bytes, 64, uint64_t);
MEMBER(IstCounters, blocking_waits, 72, uint64_t);
MEMBER(IstCounters, polls, 80, uint64_t);
MEMBER(IstCounters, gpu_waits, 88, uint64_t);
MEMBER(IstCounters, gpu_signals, 96, uint64_t);
MEMBER(IstCounters, lends, 104, uint64_t);
MEMBER(IstCounters, takes, 112, uint64_t);
MEMBER(IstCounters, refused, 120, uint64_t);
MEMBER(IstCounters, copies, 128, uint64_t);
MEMBER(IstCounters, pipelines, 136, uint64_t);
MEMBER(IstCounters, pipeline_cache_hits, 144, uint64_t);

SIZE(IstVulkanNeeds, 48, 8);
MEMBER(IstVulkanNeeds, size, 0, uint32_t);
MEMBER(IstVulkanNeeds, api_version_min, 4, uint32_t);
MEMBER(IstVulkanNeeds, instance_extension_count, 8, uint32_t);
MEMBER(IstVulkanNeeds, device_extension_count, 12, uint32_t);
MEMBER(IstVulkanNeeds, instance_extensions, 16, const char* const*);
MEMBER(IstVulkanNeeds, device_extensions, 24, const char* const*);
MEMBER(IstVulkanNeeds, features, 32, const VkPhysicalDeviceFeatures2*);
MEMBER(IstVulkanNeeds, buffer_usage, 40, VkBufferUsageFlags);
MEMBER(IstVulkanNeeds, image_usage, 44, VkImageUsageFlags);

SIZE(IstVulkanDevice, 128, 8);
MEMBER(IstVulkanDevice, size, 0, uint32_t);
MEMBER(IstVulkanDevice, api_version, 4, uint32_t);
MEMBER(IstVulkanDevice, get_instance_proc_addr, 8, PFN_vkGetInstanceProcAddr);
MEMBER(IstVulkanDevice, instance, 16, VkInstance);
MEMBER(IstVulkanDevice, physical_device, 24, VkPhysicalDevice);
MEMBER(IstVulkanDevice, device, 32, VkDevice);
MEMBER(IstVulkanDevice, queue, 40, VkQueue);
MEMBER(IstVulkanDevice, queue_family, 48, uint32_t);
MEMBER(IstVulkanDevice, host_family_count, 52, uint32_t);
MEMBER(IstVulkanDevice, host_families, 56, const uint32_t*);
MEMBER(IstVulkanDevice, device_extension_count, 64, uint32_t);
MEMBER(IstVulkanDevice, instance_extension_count, 68, uint32_t);
MEMBER(IstVulkanDevice, device_extensions, 72, const char* const*);
MEMBER(IstVulkanDevice, instance_extensions, 80, const char* const*);
MEMBER(IstVulkanDevice, features, 88, const VkPhysicalDeviceFeatures2*);
MEMBER(IstVulkanDevice, lock_queue, 96, IstQueueFn);
MEMBER(IstVulkanDevice, unlock_queue, 104, IstQueueFn);
MEMBER(IstVulkanDevice, user, 112, void*);
MEMBER(IstVulkanDevice, use_pipeline_cache, 120, uint32_t);
MEMBER(IstVulkanDevice, reserved, 124, uint32_t);

TYPE(IstGl, struct IstGl_t*);
TYPE(IstGlProc, void (*)(void));

SIZE(IstGlInfo, 24, 8);
MEMBER(IstGlInfo, size, 0, uint32_t);
MEMBER(IstGlInfo, reserved, 4, uint32_t);
MEMBER(IstGlInfo, get_proc_addr, 8, IstGlProc (*)(const char*));
MEMBER(IstGlInfo, current_context, 16, void* (*)(void));

SIZE(IstGlObject, 284, 4);
MEMBER(IstGlObject, size, 0, uint32_t);
MEMBER(IstGlObject, name, 4, uint32_t);
MEMBER(IstGlObject, target, 8, uint32_t);
MEMBER(IstGlObject, internal_format, 12, uint32_t);
MEMBER(IstGlObject, to_gl, 16, IstRung);
MEMBER(IstGlObject, from_gl, 20, IstRung);
MEMBER(IstGlObject, copied, 24, uint32_t);
MEMBER(IstGlObject, reason, 28, char[256]);

TYPE(IstFeed, struct IstFeed_t*);
SIZE(IstFeedEnd, 4, 4);
VALUE(IST_FEED_PUBLISH, 0);
VALUE(IST_FEED_RELEASE, 0);
VALUE(IST_FEED_DROP, 1);
VALUE(IST_FEED_END_MAX_ENUM, 2147483647);

SIZE(IstFeedInfo, 56, 8);
MEMBER(IstFeedInfo, size, 0, uint32_t);
MEMBER(IstFeedInfo, slot_count, 4, uint32_t);
MEMBER(IstFeedInfo, name, 8, const char*);
MEMBER(IstFeedInfo, image, 16, TiImageAllocateInfo);

SIZE(IstFrame, 48, 8);
MEMBER(IstFrame, size, 0, uint32_t);
MEMBER(IstFrame, slot, 4, uint32_t);
MEMBER(IstFrame, image, 8, TiImage);
MEMBER(IstFrame, sequence, 16, uint64_t);
MEMBER(IstFrame, time_ns, 24, uint64_t);
MEMBER(IstFrame, user, 32, uint64_t[2]);

SIZE(IstFeedState, 104, 8);
MEMBER(IstFeedState, size, 0, uint32_t);
MEMBER(IstFeedState, slot_count, 4, uint32_t);
MEMBER(IstFeedState, consumers, 8, uint32_t);
MEMBER(IstFeedState, connected, 12, uint32_t);
MEMBER(IstFeedState, image, 16, TiImageAllocateInfo);
MEMBER(IstFeedState, rung, 52, IstRung);
MEMBER(IstFeedState, pid, 56, uint32_t);
MEMBER(IstFeedState, leased, 60, uint32_t);
MEMBER(IstFeedState, available, 64, uint32_t);
MEMBER(IstFeedState, reserved, 68, uint32_t);
MEMBER(IstFeedState, published, 72, uint64_t);
MEMBER(IstFeedState, dropped, 80, uint64_t);
MEMBER(IstFeedState, skipped, 88, uint64_t);
MEMBER(IstFeedState, leases_reclaimed, 96, uint64_t);

FUNCTION(ist_feed_create, TiError(TiRuntime, const IstFeedInfo*, IstFeed*));
FUNCTION(ist_feed_open, TiError(TiRuntime, const char*, uint64_t, IstFeed*));
FUNCTION(ist_feed_begin, TiError(IstFeed, uint64_t, IstFrame*));
FUNCTION(ist_feed_end, TiError(IstFeed, const IstFrame*, IstFeedEnd));
FUNCTION(ist_feed_state, TiError(IstFeed, IstFeedState*));
FUNCTION(ist_feed_close, TiError(IstFeed));
// clang-format on

constexpr int kCheckCount = __COUNTER__ - kCounterAtBegin - 1;

TEST(Layout, EveryNameValueSizeAndSignatureIsChecked) {
  EXPECT_EQ(kCheckCount, 870);
  RecordProperty("checks", kCheckCount);
  std::printf("%d facts of the ABI hold\n", kCheckCount);
}
