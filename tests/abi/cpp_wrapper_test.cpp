// What taichi.hpp does with the C API, against a fake one: no driver, no library. Built once per C++
// standard, with and without exceptions; no GoogleTest, whose newer versions refuse C++14.

#include "fake_c_api.h"

#include <taichi/cpp/taichi.hpp>

#include <cstdio>

namespace {

int failures = 0;

void expect(bool good, const char* what, int line) {
  if (!good) {
    std::printf("line %d: %s does not hold\n", line, what);
    ++failures;
  }
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

int count_calls(const std::string& start) {
  int count = 0;
  for (const std::string& call : fake().calls) {
    count += call.compare(0, start.size(), start) == 0;
  }
  return count;
}

template <typename T>
constexpr bool is_owner() {
  return !std::is_copy_constructible<T>::value && !std::is_copy_assignable<T>::value &&
         std::is_move_constructible<T>::value && std::is_move_assignable<T>::value &&
         std::is_default_constructible<T>::value;
}
static_assert(is_owner<ti::Memory>() && is_owner<ti::NdArray<float>>() && is_owner<ti::Image>() &&
                  is_owner<ti::Texture>() && is_owner<ti::ComputeGraph>() && is_owner<ti::Kernel>() &&
                  is_owner<ti::AotModule>() && is_owner<ti::Runtime>(),
              "owners move but do not copy");
static_assert(std::is_copy_constructible<ti::MemorySlice>::value && std::is_copy_constructible<ti::ImageSlice>::value &&
                  !std::is_default_constructible<ti::ArgumentEntry>::value &&
                  !std::is_copy_constructible<ti::ArgumentEntry>::value &&
                  !std::is_copy_constructible<ti::CapabilityLevelConfigBuilder>::value,
              "slices are values, entries and builders are not");

void test_version() {
  const ti::Version version(1, 7, 4);
  EXPECT(version.version == 1007004);
  EXPECT(version.major() == 1 && version.minor() == 7 && version.patch() == 4);
  EXPECT(ti::get_version().version == TI_C_API_VERSION);
  EXPECT(ti::Version(12034056).major() == 12 && ti::Version(12034056).minor() == 34);
}

void test_archs() {
  EXPECT((ti::get_available_archs() == std::vector<TiArch>{TI_ARCH_VULKAN, TI_ARCH_X64}));
  EXPECT((ti::get_available_archs({TI_ARCH_X64, TI_ARCH_METAL, TI_ARCH_VULKAN}) ==
          std::vector<TiArch>{TI_ARCH_X64, TI_ARCH_VULKAN}));
  EXPECT(ti::is_arch_available(TI_ARCH_X64) && !ti::is_arch_available(TI_ARCH_CUDA));
}

void test_errors() {
  ti::set_last_error(TI_ERROR_NAME_NOT_FOUND, "no such thing");
  const ti::Error error = ti::get_last_error();
  EXPECT(error == TI_ERROR_NAME_NOT_FOUND && error.message == "no such thing");
#ifdef TI_WITH_EXCEPTIONS
  try {
    ti::check_last_error();
    EXPECT(!"check_last_error throws");
  } catch (const ti::Error& caught) {
    EXPECT(caught.error == TI_ERROR_NAME_NOT_FOUND && caught.message == "no such thing");
  }
  try {
    ti::check_last_error();
    EXPECT(!"check_last_error throws");
  } catch (const std::exception& caught) {
    EXPECT(std::string(caught.what()) == "no such thing");
  }
#endif
  ti::set_last_error(ti::Error{TI_ERROR_OUT_OF_MEMORY, "full"});
  EXPECT(ti::get_last_error().error == TI_ERROR_OUT_OF_MEMORY);
  ti::set_last_error(TI_ERROR_SUCCESS);
  EXPECT(ti::get_last_error().message.empty());
  ti::check_last_error();
}

void test_capabilities() {
  const ti::CapabilityLevelConfig config = ti::CapabilityLevelConfig::builder()
                                               .spirv_version(1, 5)
                                               .spirv_has_int8()
                                               .spirv_has_float64(false)
                                               .spirv_has_subgroup_ballot(true)
                                               .build();
  EXPECT(config.cap_level_infos.size() == 4);
  EXPECT(config.get(TI_CAPABILITY_SPIRV_VERSION) == 0x10500);
  EXPECT(config.get(TI_CAPABILITY_SPIRV_HAS_INT8) == 1);
  EXPECT(config.get(TI_CAPABILITY_SPIRV_HAS_FLOAT64) == 0);
  EXPECT(config.get(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BALLOT) == 1);
  EXPECT(config.get(TI_CAPABILITY_SPIRV_HAS_VARIABLE_PTR) == 0);

  ti::CapabilityLevelConfigBuilder builder;
  builder.spirv_has_int8()
      .spirv_has_int16()
      .spirv_has_int64()
      .spirv_has_float16()
      .spirv_has_float64()
      .spirv_has_atomic_int64()
      .spirv_has_atomic_float16()
      .spirv_has_atomic_float16_add()
      .spirv_has_atomic_float16_minmax()
      .spirv_has_atomic_float64()
      .spirv_has_atomic_float64_add()
      .spirv_has_variable_ptr()
      .spirv_has_physical_storage_buffer()
      .spirv_has_subgroup_basic()
      .spirv_has_subgroup_vote()
      .spirv_has_subgroup_arithmetic()
      .spirv_has_subgroup_ballot()
      .spirv_has_non_semantic_info()
      .spirv_has_no_integer_wrap_decoration();
  EXPECT(builder.build().cap_level_infos.size() == 19);

  ti::Runtime runtime(TI_ARCH_VULKAN);
  runtime.set_capabilities_ext(config);
  ti::CapabilityLevelConfig read = runtime.get_capabilities();
  EXPECT(read.cap_level_infos.size() == 4 && read.get(TI_CAPABILITY_SPIRV_HAS_INT8) == 1);
  read.set(TI_CAPABILITY_SPIRV_HAS_INT8, 0);
  read.set(TI_CAPABILITY_SPIRV_HAS_INT64, 1);
  EXPECT(read.cap_level_infos.size() == 5 && read.get(TI_CAPABILITY_SPIRV_HAS_INT8) == 0);
}

void test_detail() {
  int value = 3;
  EXPECT(ti::detail::exchange(value, 4) == 3 && value == 4);
  TiMemory handle = reinterpret_cast<TiMemory>(std::size_t{7});
  const TiMemory moved = ti::detail::move_handle(handle);
  EXPECT(moved == reinterpret_cast<TiMemory>(std::size_t{7}) && handle == TI_NULL_HANDLE);
}

void test_ownership() {
  fake().calls.clear();
  {
    ti::Runtime runtime(TI_ARCH_VULKAN, 1);
    EXPECT(runtime.is_valid() && runtime.arch() == TI_ARCH_VULKAN);
    ti::Runtime borrowed = runtime.borrow();
    ti::Memory a = runtime.allocate_memory(64, true);
    EXPECT(fake().memory_info.host_read && fake().memory_info.host_write);
    EXPECT(fake().memory_info.usage == TI_MEMORY_USAGE_STORAGE_BIT);
    EXPECT(!fake().memory_info.export_sharing);
    ti::Memory alias = a.borrow();
    ti::Memory b = std::move(a);
    EXPECT(!a.is_valid() && a.size() == 0 && b.is_valid() && b.size() == 64);
    EXPECT(alias.memory() == b.memory());
    a = runtime.allocate_memory(16);
    EXPECT(!fake().memory_info.host_read && !fake().memory_info.host_write);
    EXPECT(count_calls("free_memory") == 0);
    a = std::move(b);  // frees the 16 bytes
    EXPECT(count_calls("free_memory") == 1);
    a.destroy();
    a.destroy();
    EXPECT(count_calls("free_memory") == 2 && !a.is_valid());

    ti::Image image = runtime.allocate_image(TiImageAllocateInfo{});
    image = runtime.allocate_image(TiImageAllocateInfo{});
    EXPECT(count_calls("free_image") == 1);
    ti::Image again(std::move(image));
    ti::Image image_alias = again.borrow();
    ti::AotModule module = runtime.load_aot_module(std::string("here"));
    ti::AotModule module_alias = module.borrow();
    ti::AotModule second = runtime.create_aot_module(std::vector<uint8_t>(5));
    module = std::move(second);
    EXPECT(count_calls("destroy_aot_module") == 1 && !second.is_valid());
  }
  EXPECT(count_calls("create_runtime@1") == 1 && count_calls("destroy_runtime") == 1);
  EXPECT(count_calls("load_aot_module@here") == 1 && count_calls("create_aot_module@5") == 1);
  EXPECT(count_calls("free_memory") == 2 && count_calls("free_image") == 2);
  EXPECT(count_calls("destroy_aot_module") == 2);
  EXPECT(fake().memory.empty());
}

void test_memory() {
  ti::Runtime runtime(TI_ARCH_VULKAN);
  ti::Memory memory = runtime.allocate_memory(8, true);
  fake().calls.clear();
  const char text[8] = "abcdefg";
  char back[8] = {};
  memory.write(text, 8);
  memory.read(back, 4);
  EXPECT(std::string(back) == "abcd");
  EXPECT(fake().calls.size() == 4 && count_calls("map_memory") == 2);
  EXPECT(count_calls("unmap_memory") == 2);

  // Larger than the memory: refused, nothing mapped.
  fake().calls.clear();
  memory.read(back, 9);
  EXPECT(ti::get_last_error() == TI_ERROR_ARGUMENT_OUT_OF_RANGE && fake().calls.empty());
  ti::set_last_error(TI_ERROR_SUCCESS);

  ti::Memory other = runtime.allocate_memory(8);
  memory.copy_to(other);
  EXPECT(fake().copy_dst.memory == other.memory() && fake().copy_src.memory == memory);
  EXPECT(fake().copy_src.size == 8 && fake().copy_dst.offset == 0);
  memory.slice(2, 3).copy_to(other.slice(5, 3));
  EXPECT(fake().copy_src.offset == 2 && fake().copy_dst.offset == 5 && fake().copy_dst.size == 3);
  runtime.copy_memory_device_to_device(other.slice(), memory.slice());
  EXPECT(fake().copy_dst.memory == other.memory() && fake().copy_src.memory == memory.memory());

  fake().fail_allocations = true;
  ti::Memory failed = runtime.allocate_memory(8);
  ti::NdArray<int> failed_array = runtime.allocate_ndarray<int>({4});
  fake().fail_allocations = false;
  EXPECT(!failed.is_valid() && !failed_array.is_valid());
  EXPECT(ti::get_last_error() == TI_ERROR_OUT_OF_MEMORY);
  failed.write(text, 8);
  ti::set_last_error(TI_ERROR_SUCCESS);
}

void test_ndarray() {
  ti::Runtime runtime(TI_ARCH_VULKAN);
  ti::NdArray<float> array = runtime.allocate_ndarray<float>({3, 4}, {2}, true);
  EXPECT(fake().memory_info.size == 96 && array.memory().size() == 96);
  EXPECT(array.elem_count() == 12 && array.scalar_count() == 24);
  EXPECT(array.elem_type() == TI_DATA_TYPE_F32);
  EXPECT(array.shape().dim_count == 2 && array.shape().dims[1] == 4);
  EXPECT(array.elem_shape().dim_count == 1 && array.elem_shape().dims[0] == 2);
  EXPECT(array.ndarray().memory == array.memory().memory());

  std::vector<float> in(24), out(24);
  in[23] = 2.5f;
  array.write(in);
  array.read(out);
  EXPECT(out == in);
  struct Pair {
    float x, y;
  };
  std::vector<Pair> pairs(12);
  array.read(pairs);
  EXPECT(pairs[11].x == 0.0f && pairs[11].y == 2.5f);
  pairs[0].x = -1.0f;
  array.write(pairs);
  array.read(out.data(), 1);
  EXPECT(out[0] == -1.0f);

  EXPECT(runtime.allocate_ndarray<double>({2}).elem_type() == TI_DATA_TYPE_F64);
  EXPECT(runtime.allocate_ndarray<int8_t>({2}).elem_type() == TI_DATA_TYPE_I8);
  EXPECT(runtime.allocate_ndarray<int64_t>({2}).elem_type() == TI_DATA_TYPE_I64);
  EXPECT(runtime.allocate_ndarray<uint8_t>({2}).elem_type() == TI_DATA_TYPE_U8);
  EXPECT(runtime.allocate_ndarray<uint16_t>({2}).elem_type() == TI_DATA_TYPE_U16);
  EXPECT(runtime.allocate_ndarray<uint64_t>({2}).elem_type() == TI_DATA_TYPE_U64);
  ti::NdArray<uint16_t> halves = runtime.allocate_ndarray<uint16_t>(TI_DATA_TYPE_F16, {5});
  EXPECT(halves.elem_type() == TI_DATA_TYPE_F16 && halves.memory().size() == 10);
  ti::NdArray<Pair> points = runtime.allocate_ndarray<Pair>(TI_DATA_TYPE_F32, {6}, {2});
  EXPECT(points.memory().size() == 48);
  points.copy_to(array);
  EXPECT(fake().copy_src.memory == points.memory().memory());

  EXPECT(!runtime.allocate_ndarray<int>(std::vector<uint32_t>(17, 1)).is_valid());
  EXPECT(ti::get_last_error() == TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  ti::set_last_error(TI_ERROR_SUCCESS);

  ti::NdArray<float> moved = std::move(array);
  EXPECT(!array.is_valid() && array.ndarray().memory == TI_NULL_HANDLE && moved.is_valid());
  EXPECT(moved.borrow().elem_count() == 12 && moved.is_valid());
}

void test_images() {
  ti::Runtime runtime(TI_ARCH_VULKAN);
  ti::Texture texture = runtime.allocate_texture2d(67, 33, TI_FORMAT_R32F);
  EXPECT(fake().image_info.dimension == TI_IMAGE_DIMENSION_2D);
  EXPECT(fake().image_info.extent.width == 67 && fake().image_info.extent.height == 33);
  EXPECT(fake().image_info.extent.depth == 1 && fake().image_info.extent.array_layer_count == 1);
  EXPECT(fake().image_info.mip_level_count == 1);
  EXPECT(fake().image_info.usage == (TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT));
  EXPECT(texture.texture().image == texture.image() && !texture.texture().sampler);
  ti::Texture other = runtime.allocate_texture2d(67, 33, TI_FORMAT_R32F);
  texture.copy_to(other);
  EXPECT(fake().image_dst.image == other.image() && fake().image_src.image == texture.image());
  EXPECT(fake().image_src.extent.width == 67 && fake().image_src.mip_level == 0);
  fake().calls.clear();
  other.image().transition_to(TI_IMAGE_LAYOUT_SHADER_READ);
  runtime.transition_image(other.image(), TI_IMAGE_LAYOUT_TRANSFER_SRC);
  EXPECT(count_calls("transition_image") == 2 && fake().calls[1].back() == '9');
  ti::Texture alias = other.borrow();
  other.destroy();
  EXPECT(count_calls("free_image") == 1 && alias.is_valid() && !other.is_valid());
}

float as_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

void test_kernel_arguments() {
  ti::Runtime runtime(TI_ARCH_VULKAN);
  ti::AotModule module = runtime.load_aot_module("m");
  EXPECT(!module.get_kernel("").is_valid());
  ti::Kernel kernel = module.get_kernel("k");
  ti::NdArray<int> array = runtime.allocate_ndarray<int>({4});
  ti::Texture texture = runtime.allocate_texture2d(2, 2, TI_FORMAT_RGBA8);
  kernel[3] = array;
  kernel[0] = 7;
  kernel[1] = 1.5f;
  kernel[2] = texture;
  kernel[4] = static_cast<uint16_t>(65535);
  kernel[5] = static_cast<int16_t>(-2);
  kernel[6].set_f16(0.25f);
  kernel[7] = std::vector<std::vector<float>>{{1, 2, 3}, {4, 5, 6}};
  kernel[8] = std::vector<int16_t>{-1, 2};
  kernel.push_arg(array);
  kernel.push_arg(9);
  kernel.push_arg(std::vector<uint64_t>(16, 5));
  kernel.launch();
  const std::vector<TiArgument>& args = fake().kernel_args;
  EXPECT(args.size() == 12);
  EXPECT(args[0].type == TI_ARGUMENT_TYPE_I32 && args[0].value.i32 == 7);
  EXPECT(args[1].type == TI_ARGUMENT_TYPE_F32 && args[1].value.f32 == 1.5f);
  EXPECT(args[2].type == TI_ARGUMENT_TYPE_TEXTURE && args[2].value.texture.image == texture.image());
  EXPECT(args[3].type == TI_ARGUMENT_TYPE_NDARRAY && args[3].value.ndarray.shape.dims[0] == 4);
  EXPECT(args[4].type == TI_ARGUMENT_TYPE_SCALAR && args[4].value.scalar.value.x16 == 65535);
  EXPECT(args[4].value.scalar.type == TI_DATA_TYPE_U16);
  EXPECT(args[5].value.scalar.type == TI_DATA_TYPE_I16 && args[5].value.scalar.value.x16 == 65534);
  EXPECT(args[6].value.scalar.type == TI_DATA_TYPE_F16);
  EXPECT(as_float(args[6].value.scalar.value.x32) == 0.25f);
  EXPECT(args[7].type == TI_ARGUMENT_TYPE_TENSOR && args[7].value.tensor.type == TI_DATA_TYPE_F32);
  EXPECT(args[7].value.tensor.contents.length == 6);
  EXPECT(as_float(args[7].value.tensor.contents.data.x32[3]) == 4.0f);
  EXPECT(args[8].value.tensor.type == TI_DATA_TYPE_I16);
  EXPECT(args[8].value.tensor.contents.length == 2);
  EXPECT(args[8].value.tensor.contents.data.x16[0] == 65535);
  EXPECT(args[10].value.i32 == 9 && args[11].value.tensor.contents.data.x64[15] == 5);

  // 136 bytes do not fit: the argument stays as it was.
  kernel[0] = std::vector<double>(17);
  EXPECT(ti::get_last_error() == TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  ti::set_last_error(TI_ERROR_SUCCESS);
  ti::Kernel moved = std::move(kernel);
  moved.launch();
  EXPECT(!kernel.is_valid() && fake().kernel_args.size() == 12);
  EXPECT(fake().kernel_args[0].type == TI_ARGUMENT_TYPE_I32);
  moved.clear_args();
  moved.launch();
  EXPECT(fake().kernel_args.empty());
  moved.launch(std::vector<TiArgument>(3));
  EXPECT(fake().kernel_args.size() == 3);
}

void test_graph_arguments() {
  ti::Runtime runtime(TI_ARCH_VULKAN);
  ti::AotModule module = runtime.load_aot_module("m");
  ti::ComputeGraph graph = module.get_compute_graph("g");
  for (int i = 0; i < 40; ++i) {
    graph[std::string("n").append(std::to_string(i))] = i;
  }
  graph["n0"] = 2.5f;
  ti::ComputeGraph other = module.get_compute_graph("h");
  other["left behind"] = 1;
  other = std::move(graph);
  other.launch();
  runtime.flush();
  runtime.wait();
  EXPECT(fake().graph_args.size() == 40 && fake().graph_arg_names[39] == "n39");
  EXPECT(fake().graph_args[0].argument.type == TI_ARGUMENT_TYPE_F32);
  EXPECT(fake().graph_args[17].argument.value.i32 == 17 && fake().graph_arg_names[17] == "n17");
  EXPECT(!graph.is_valid() && other.is_valid() && !module.get_compute_graph("").is_valid());
}

}  // namespace

int main() {
  test_version();
  test_archs();
  test_errors();
  test_capabilities();
  test_detail();
  test_ownership();
  test_memory();
  test_ndarray();
  test_images();
  test_kernel_arguments();
  test_graph_arguments();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
