// Bad input: each gives a TiError and a sentence that names what is wrong, changes nothing, and the runtime
// works on. Also how the last error itself behaves.
#include "conformance/devices.h"
#include "support.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace conformance {
namespace {

class ErrorsTest : public ArchTest {
 protected:
  // Whatever went wrong before, a kernel still runs.
  void TearDown() override {
    if (runtime()) {
      Module module(runtime(), "scalars");
      Array<int32_t> out(runtime(), {2});
      module.launch("write_i32", {i32(31), out.arg()});
      EXPECT_EQ(out.read(), std::vector<int32_t>(2, 31)) << "the runtime works on";
    }
    ArchTest::TearDown();
  }
  void launch(TiKernel kernel, const std::vector<TiArgument>& args) {
    ti_launch_kernel(runtime(), kernel, static_cast<uint32_t>(args.size()), args.data());
  }
  void run(TiComputeGraph graph, const std::vector<TiNamedArgument>& args) {
    ti_launch_compute_graph(runtime(), graph, static_cast<uint32_t>(args.size()), args.data());
  }
};
IST_CONFORMANCE_SUITE(ErrorsTest);

constexpr auto kNotFound = {TI_ERROR_ARGUMENT_NOT_FOUND, TI_ERROR_INVALID_ARGUMENT};
// A handle that is not what the call needs: which code depends on what the library can tell about it.
constexpr auto kBadHandle = {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_INVALID_STATE, TI_ERROR_INVALID_INTEROP,
                             TI_ERROR_ARGUMENT_OUT_OF_RANGE, TI_ERROR_ARGUMENT_NOT_FOUND};
constexpr auto kBadSize = {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE};

TEST_P(ErrorsTest, TheLastFailureStaysUntilTheNext) {
  ti_get_aot_module_kernel(nullptr, "x");
  EXPECT_EQ(ti_get_last_error(nullptr, nullptr), TI_ERROR_ARGUMENT_NULL);
  ti_load_aot_module(runtime(), "no/such/module.tcm");
  EXPECT_EQ(ti_get_last_error(nullptr, nullptr), TI_ERROR_CORRUPTED_DATA) << "the last failure wins";
  ti_flush(runtime());
  EXPECT_EQ(ti_get_last_error(nullptr, nullptr), TI_ERROR_CORRUPTED_DATA) << "a success leaves it";
  EXPECT_EQ(ti_get_last_error(nullptr, nullptr), TI_ERROR_CORRUPTED_DATA) << "reading leaves it";
  take_error();
}

TEST_P(ErrorsTest, TheLastErrorBelongsToItsThread) {
  ti_set_last_error(TI_ERROR_INVALID_STATE, "mine");
  std::thread([] {
    EXPECT_EQ(ti_get_last_error(nullptr, nullptr), TI_ERROR_SUCCESS);
    ti_set_last_error(TI_ERROR_OUT_OF_MEMORY, "theirs");
  }).join();
  expect_error({TI_ERROR_INVALID_STATE}, {"mine"});
}

TEST_P(ErrorsTest, MessagesAreCutToTheRoomGiven) {
  ti_set_last_error(TI_ERROR_INVALID_ARGUMENT, "argument");
  uint64_t size_bytes = 0;
  EXPECT_EQ(ti_get_last_error(&size_bytes, nullptr), TI_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(size_bytes, 9u);
  std::array<char, 16> text;
  text.fill('#');
  size_bytes = 3;
  ti_get_last_error(&size_bytes, text.data());
  EXPECT_EQ(size_bytes, 9u) << "always the full size";
  EXPECT_STREQ(text.data(), "ar");
  EXPECT_EQ(text[3], '#');
  text.fill('#');
  size_bytes = 0;
  ti_get_last_error(&size_bytes, text.data());
  EXPECT_EQ(text[0], '#');
  ti_get_last_error(nullptr, text.data());
  EXPECT_EQ(text[0], '#');
  ti_set_last_error(TI_ERROR_SUCCESS, "dropped");
  size_bytes = 16;
  EXPECT_EQ(ti_get_last_error(&size_bytes, text.data()), TI_ERROR_SUCCESS);
  EXPECT_EQ(size_bytes, 1u);
  EXPECT_STREQ(text.data(), "");
}

TEST_P(ErrorsTest, SettingTheLastErrorKeepsNegativeCodes) {
  ti_set_last_error(static_cast<TiError>(-77), "odd");
  expect_error({static_cast<TiError>(-77)}, {"odd"});
  ti_set_last_error(static_cast<TiError>(INT32_MIN), "least");
  expect_error({static_cast<TiError>(INT32_MIN)}, {"least"});
  ti_set_last_error(static_cast<TiError>(5), "positive");
  expect_no_error("a positive code means success");
  ti_set_last_error(TI_ERROR_NAME_NOT_FOUND, nullptr);
  expect_error({TI_ERROR_NAME_NOT_FOUND});
}

TEST_P(ErrorsTest, NullHandlesAreNamed) {
  const TiMemoryAllocateInfo memory_info{64, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
  Module module(runtime(), "scalars");
  Memory memory(runtime(), 64);
  const TiMemorySlice slice = memory.slice(0, 64);
  const TiMemorySlice none{nullptr, 0, 64};
  const std::pair<const char*, std::function<void()>> calls[] = {
      {"runtime", [&] { EXPECT_EQ(ti_allocate_memory(nullptr, &memory_info), nullptr); }},
      {"allocate_info", [&] { EXPECT_EQ(ti_allocate_memory(runtime(), nullptr), nullptr); }},
      {"runtime", [] { ti_flush(nullptr); }},
      {"runtime", [] { ti_wait(nullptr); }},
      {"runtime", [] { ti_destroy_runtime(nullptr); }},
      {"memory", [&] { EXPECT_EQ(ti_map_memory(runtime(), nullptr), nullptr); }},
      {"memory", [&] { ti_unmap_memory(runtime(), nullptr); }},
      {"memory", [&] { ti_free_memory(runtime(), nullptr); }},
      {"image", [&] { ti_free_image(runtime(), nullptr); }},
      {"allocate_info", [&] { EXPECT_EQ(ti_allocate_image(runtime(), nullptr), nullptr); }},
      {"memory", [&] { ti_copy_memory_device_to_device(runtime(), &slice, &none); }},
      {"memory", [&] { ti_copy_memory_device_to_device(runtime(), &slice, nullptr); }},
      {"image", [&] { ti_copy_image_device_to_device(runtime(), nullptr, nullptr); }},
      {"image", [&] { ti_transition_image(runtime(), nullptr, TI_IMAGE_LAYOUT_SHADER_READ); }},
      {"image", [&] { ti_track_image_ext(runtime(), nullptr, TI_IMAGE_LAYOUT_SHADER_READ); }},
      {"path", [&] { EXPECT_EQ(ti_load_aot_module(runtime(), nullptr), nullptr); }},
      {"runtime", [] { EXPECT_EQ(ti_load_aot_module(nullptr, "x"), nullptr); }},
      {"tcm", [&] { EXPECT_EQ(ti_create_aot_module(runtime(), nullptr, 10), nullptr); }},
      {"module", [] { EXPECT_EQ(ti_get_aot_module_kernel(nullptr, "x"), nullptr); }},
      {"module", [] { EXPECT_EQ(ti_get_aot_module_compute_graph(nullptr, "x"), nullptr); }},
      {"name", [&] { EXPECT_EQ(ti_get_aot_module_kernel(module.handle(), nullptr), nullptr); }},
      {"module", [] { ti_destroy_aot_module(nullptr); }},
      {"kernel", [&] { ti_launch_kernel(runtime(), nullptr, 0, nullptr); }},
      {"args", [&] { ti_launch_kernel(runtime(), module.kernel("write_i32"), 2, nullptr); }},
      {"graph", [&] { ti_launch_compute_graph(runtime(), nullptr, 0, nullptr); }},
  };
  int index = 0;
  for (const auto& [word, call] : calls) {
    SCOPED_TRACE("call " + std::to_string(index++));
    call();
    expect_error({TI_ERROR_ARGUMENT_NULL}, {word});
  }
}

TEST_P(ErrorsTest, UnknownArchsAndDevicesGiveNoRuntime) {
  for (int arch : {0, 2, 999}) {
    EXPECT_EQ(ti_create_runtime(static_cast<TiArch>(arch), 0), nullptr);
    expect_error({TI_ERROR_NOT_SUPPORTED, TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE});
  }
  EXPECT_EQ(ti_create_runtime(arch(), 1000), nullptr);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"1000"});
  EXPECT_EQ(ti_create_runtime(arch(), 0xffffffffu), nullptr);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE});
}

TEST_P(ErrorsTest, AllocationsOfImpossibleSizesFail) {
  TiMemoryAllocateInfo info{0, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
  EXPECT_EQ(ti_allocate_memory(runtime(), &info), nullptr);
  expect_error({TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"size", "0"});
  for (uint64_t size : {uint64_t{1} << 40, uint64_t{1} << 62, UINT64_MAX}) {
    info.size = size;
    EXPECT_EQ(ti_allocate_memory(runtime(), &info), nullptr);
    expect_error({TI_ERROR_OUT_OF_MEMORY});
  }
}

TEST_P(ErrorsTest, ImagesOfImpossibleShapesFail) {
  TiImageAllocateInfo good{};
  good.dimension = TI_IMAGE_DIMENSION_2D;
  good.extent = {8, 8, 1, 1};
  good.mip_level_count = 1;
  good.format = TI_FORMAT_R32F;
  good.usage = Image::kUsage;
  TiImageAllocateInfo flat = good, unknown = good, huge = good, odd = good;
  flat.extent.width = 0;
  unknown.format = TI_FORMAT_UNKNOWN;
  huge.extent.height = 1u << 30;
  odd.dimension = static_cast<TiImageDimension>(77);
  for (const TiImageAllocateInfo* info : {&flat, &unknown, &huge, &odd}) {
    EXPECT_EQ(ti_allocate_image(runtime(), info), nullptr);
    expect_error(
        {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE, TI_ERROR_NOT_SUPPORTED, TI_ERROR_OUT_OF_MEMORY});
  }
}

TEST_P(ErrorsTest, CopiesOutOfBoundsAreRefused) {
  Memory a(runtime(), 64), b(runtime(), 64);
  const TiMemorySlice good = b.slice(0, 32), beyond = a.slice(40, 32), wrapping = a.slice(UINT64_MAX - 15, 32),
                      shorter = a.slice(0, 16);
  ti_copy_memory_device_to_device(runtime(), &beyond, &good);
  expect_error(kBadSize, {"64"});
  ti_copy_memory_device_to_device(runtime(), &good, &wrapping);
  expect_error(kBadSize);
  ti_copy_memory_device_to_device(runtime(), &good, &shorter);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"16", "32"});

  Image image(runtime(), TI_IMAGE_DIMENSION_2D, {8, 8}, TI_FORMAT_R32F),
      other(runtime(), TI_IMAGE_DIMENSION_2D, {8, 8}, TI_FORMAT_R32F);
  const TiImageSlice whole = image.whole(), outside = other.region({1, 0, 0, 0}, {8, 8, 1}),
                     small = other.region({}, {4, 8, 1});
  ti_copy_image_device_to_device(runtime(), &whole, &outside);
  expect_error(kBadSize, {"8"});
  ti_copy_image_device_to_device(runtime(), &whole, &small);
  expect_error(kBadSize, {"4", "8"});
}

TEST_P(ErrorsTest, LayoutsThatNoImageCanHaveAreRefused) {
  Image image(runtime(), TI_IMAGE_DIMENSION_2D, {8, 8}, TI_FORMAT_R32F);
  ti_transition_image(runtime(), image.handle(), TI_IMAGE_LAYOUT_UNDEFINED);
  expect_error({TI_ERROR_INVALID_ARGUMENT});
  ti_transition_image(runtime(), image.handle(), static_cast<TiImageLayout>(11));
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"11"});
  ti_track_image_ext(runtime(), image.handle(), static_cast<TiImageLayout>(999));
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"999"});
}

TEST_P(ErrorsTest, NamesThatAreNotThereAreNamed) {
  Module module(runtime(), "graphs");
  for (const char* name : {"no such kernel", "", "sum_of_c", "chain"}) {
    EXPECT_EQ(ti_get_aot_module_kernel(module.handle(), name), nullptr);
    expect_error({TI_ERROR_NAME_NOT_FOUND}, {name});
  }
  for (const char* name : {"no such graph", "", "add_to"}) {
    EXPECT_EQ(ti_get_aot_module_compute_graph(module.handle(), name), nullptr);
    expect_error({TI_ERROR_NAME_NOT_FOUND}, {name});
  }
}

TEST_P(ErrorsTest, CountsMustMatch) {
  Module module(runtime(), "scalars");
  Array<int32_t> out(runtime(), {2});
  TiKernel kernel = module.kernel("write_i32");
  launch(kernel, {i32(1)});
  expect_error(kNotFound, {"write_i32", "1", "2"});
  launch(kernel, {});
  expect_error(kNotFound, {"write_i32"});
  launch(kernel, {i32(1), out.arg(), i32(1)});
  expect_error({TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_NOT_FOUND}, {"write_i32", "3", "2"});
  launch(kernel, std::vector<TiArgument>(65, i32(1)));
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE, TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_NOT_FOUND}, {"65"});
  EXPECT_EQ(out.read(), std::vector<int32_t>(2, 0)) << "nothing ran";
}

TEST_P(ErrorsTest, KindsMustMatch) {
  Module scalars(runtime(), "scalars"), textures(runtime(), "textures"), tensors(runtime(), "tensors");
  Array<int32_t> out(runtime(), {2});
  Array<float> floats(runtime(), {9});
  Image image(runtime(), TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_RGBA8);
  launch(scalars.kernel("write_i32"), {out.arg(), i32(1)});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"write_i32", "value"});
  launch(scalars.kernel("write_i32"), {i32(1), image.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"write_i32", "out"});
  launch(scalars.kernel("write_i32"), {tensor<int32_t>({1, 2}), out.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"value"});
  launch(textures.kernel("texture_only"), {out.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"texture_only", "dst"});
  launch(tensors.kernel("vec3_f32"), {f32(1), floats.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"vec3_f32", "value"});
  TiArgument odd = i32(1);
  odd.type = static_cast<TiArgumentType>(17);
  launch(scalars.kernel("write_i32"), {odd, out.arg()});
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"17"});
  EXPECT_EQ(out.read(), std::vector<int32_t>(2, 0));
}

TEST_P(ErrorsTest, ScalarTypesMustFit) {
  Module module(runtime(), "scalars");
  Array<int32_t> ints(runtime(), {1});
  Array<float> floats(runtime(), {1});
  launch(module.kernel("write_i32"), {f32(1.5f), ints.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"value"});
  launch(module.kernel("write_f32"), {i32(1), floats.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"value"});
  launch(module.kernel("write_f32"), {scalar<int64_t>(1), floats.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"value"});
  TiArgument odd = scalar<int32_t>(1);
  odd.value.scalar.type = static_cast<TiDataType>(99);
  launch(module.kernel("write_i32"), {odd, ints.arg()});
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE, TI_ERROR_INVALID_ARGUMENT}, {"99"});
  EXPECT_EQ(ints.read()[0], 0);
}

TEST_P(ErrorsTest, TensorsMustFit) {
  Module module(runtime(), "tensors");
  Array<float> out(runtime(), {6});
  const char* value = is_llvm(arch()) ? "arg_0" : "value";
  launch(module.kernel("vec3_f32"), {tensor<float>({1, 2}), out.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"vec3_f32", value, "2", "3"});
  launch(module.kernel("vec3_f32"), {tensor<int32_t>({1, 2, 3}), out.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {value});
  TiArgument endless = tensor<float>({1, 2, 3});
  endless.value.tensor.contents.length = 1000000;
  launch(module.kernel("vec3_f32"), {endless, out.arg()});
  expect_error(kBadSize, {"1000000"});
  EXPECT_EQ(out.read(), std::vector<float>(6, 0.0f));
}

TEST_P(ErrorsTest, ArraysMustFit) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> ints(runtime(), {4});
  Array<float> floats(runtime(), {4});
  Array<int32_t> plane(runtime(), {2, 2});
  Array<float> pairs(runtime(), {4}, {2});
  launch(module.kernel("rank1"), {floats.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"rank1", "a"});
  launch(module.kernel("rank1"), {plane.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"rank1", "2", "1"});
  launch(module.kernel("vector_f32"), {pairs.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"vector_f32"});
  TiArgument larger = ints.arg();
  larger.value.ndarray.shape.dims[0] = 5;
  launch(module.kernel("rank1"), {larger});
  expect_error(kBadSize, {"rank1", "20", "16"});
  TiArgument overflowing = plane.arg();
  overflowing.value.ndarray.shape.dims[0] = overflowing.value.ndarray.shape.dims[1] = 0x80000000u;
  launch(module.kernel("rank2"), {overflowing});
  expect_error(kBadSize, {"rank2"});
  TiArgument many = ints.arg();
  many.value.ndarray.shape.dim_count = 17;
  launch(module.kernel("rank1"), {many});
  expect_error(kBadSize, {"17"});
  TiArgument none = ints.arg();
  none.value.ndarray.memory = nullptr;
  launch(module.kernel("rank1"), {none});
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"rank1"});
  EXPECT_EQ(ints.read(), std::vector<int32_t>(4, 0));
}

TEST_P(ErrorsTest, TexturesMustFit) {
  Module module(runtime(), "textures");
  TiArgument none{};
  none.type = TI_ARGUMENT_TYPE_TEXTURE;
  launch(module.kernel("texture_only"), {none});
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"texture_only"});
  Image sampled(runtime(), TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_RGBA8, TI_IMAGE_USAGE_SAMPLED_BIT);
  launch(module.kernel("texture_only"), {sampled.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT, TI_ERROR_INVALID_STATE}, {"texture_only", "dst"});
  Image block(runtime(), TI_IMAGE_DIMENSION_3D, {16, 8, 2}, TI_FORMAT_RGBA8);
  launch(module.kernel("texture_only"), {block.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"texture_only", "dst"});
  Image floats(runtime(), TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_R32F);
  launch(module.kernel("texture_only"), {floats.arg()});
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"texture_only", "dst"});
}

TEST_P(ErrorsTest, GraphArgumentsMustFit) {
  Module module(runtime(), "graphs");
  Array<int32_t> a(runtime(), {4}), out(runtime(), {4});
  Array<float> floats(runtime(), {4});
  TiComputeGraph graph = module.graph("twice");
  a.fill(1);
  run(graph, {named("a", a.arg())});
  expect_error({TI_ERROR_INVALID_STATE, TI_ERROR_ARGUMENT_NOT_FOUND}, {"out"});
  run(graph, {named("a", a.arg()), named("out", i32(3))});
  expect_error({TI_ERROR_INVALID_STATE, TI_ERROR_INVALID_ARGUMENT}, {is_llvm(arch()) ? "arg_2" : "out"});
  run(graph, {named("a", floats.arg()), named("out", out.arg())});
  expect_error({TI_ERROR_INVALID_STATE, TI_ERROR_INVALID_ARGUMENT}, {"a"});
  run(graph, {named(nullptr, a.arg()), named("out", out.arg())});
  expect_error({TI_ERROR_ARGUMENT_NULL, TI_ERROR_INVALID_STATE, TI_ERROR_ARGUMENT_NOT_FOUND});
  ti_launch_compute_graph(runtime(), graph, 2, nullptr);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"args"});
  EXPECT_EQ(out.read(), std::vector<int32_t>(4, 0));
}

TEST_P(ErrorsTest, ABadGraphArgumentStopsAllDispatches) {
  Module module(runtime(), "graphs");
  Array<int32_t> a(runtime(), {4});
  a.fill(1);
  // The first four dispatches have all they need; the last lacks b and out.
  run(module.graph("chain"), {named("a", a.arg()), named("step", i32(2)), named("factor", i32(5))});
  expect_error({TI_ERROR_INVALID_STATE, TI_ERROR_ARGUMENT_NOT_FOUND}, {"b"});
  EXPECT_EQ(a.read(), std::vector<int32_t>(4, 1));
}

TEST_P(ErrorsTest, StaleHandlesAreRefused) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> array(runtime(), {4});
  const TiArgument stale = array.arg();
  array.memory().free_now();
  launch(module.kernel("rank1"), {stale});
  expect_error(kBadHandle, {"rank1"});
  EXPECT_EQ(ti_map_memory(runtime(), stale.value.ndarray.memory), nullptr);
  expect_error(kBadHandle, {"memory"});
  ti_free_memory(runtime(), stale.value.ndarray.memory);
  expect_error(kBadHandle, {"memory"});

  TiAotModule gone = ti_load_aot_module(runtime(), module_path("ndarrays").c_str());
  TiKernel kernel = ti_get_aot_module_kernel(gone, "rank1");
  ti_destroy_aot_module(gone);
  EXPECT_EQ(ti_get_aot_module_kernel(gone, "rank1"), nullptr);
  expect_error(kBadHandle, {"module"});
  ti_destroy_aot_module(gone);
  expect_error(kBadHandle, {"module"});
  Array<int32_t> other(runtime(), {4});
  launch(kernel, {other.arg()});
  expect_error(kBadHandle, {"kernel"});

  TiRuntime closed = create_runtime(arch());
  ti_destroy_runtime(closed);
  ti_flush(closed);
  expect_error(kBadHandle, {"runtime"});
  ti_destroy_runtime(closed);
  expect_error(kBadHandle, {"runtime"});
}

TEST_P(ErrorsTest, ForeignHandlesAreRefused) {
  OwnRuntime other(arch());
  Module module(runtime(), "ndarrays"), theirs(other.handle(), "ndarrays");
  Array<int32_t> here(runtime(), {4}), there(other.handle(), {4});
  launch(module.kernel("rank1"), {there.arg()});
  expect_error(kBadHandle, {"rank1"});
  launch(theirs.kernel("rank1"), {here.arg()});
  expect_error(kBadHandle, {"kernel"});
  EXPECT_EQ(ti_map_memory(runtime(), there.memory().handle()), nullptr);
  expect_error(kBadHandle, {"memory"});
  const TiMemorySlice from = here.memory().slice(0, 16), to = there.memory().slice(0, 16);
  ti_copy_memory_device_to_device(runtime(), &to, &from);
  expect_error(kBadHandle);
  Image image(other.handle(), TI_IMAGE_DIMENSION_2D, {8, 8}, TI_FORMAT_R32F);
  ti_transition_image(runtime(), image.handle(), TI_IMAGE_LAYOUT_SHADER_READ);
  expect_error(kBadHandle, {"image"});
  EXPECT_EQ(here.read(), std::vector<int32_t>(4, 0));
}

TEST_P(ErrorsTest, HandlesOfAnotherKindAndGarbageAreRefused) {
  Memory memory(runtime(), 64);
  Image image(runtime(), TI_IMAGE_DIMENSION_2D, {8, 8}, TI_FORMAT_R32F);
  EXPECT_EQ(ti_map_memory(runtime(), reinterpret_cast<TiMemory>(image.handle())), nullptr);
  expect_error(kBadHandle, {"memory"});
  ti_transition_image(runtime(), reinterpret_cast<TiImage>(memory.handle()), TI_IMAGE_LAYOUT_SHADER_READ);
  expect_error(kBadHandle, {"image"});
  ti_free_memory(runtime(), reinterpret_cast<TiMemory>(uintptr_t{0x1234}));
  expect_error(kBadHandle, {"memory"});
  ti_flush(reinterpret_cast<TiRuntime>(memory.handle()));
  expect_error(kBadHandle, {"runtime"});
  ti_launch_kernel(runtime(), reinterpret_cast<TiKernel>(~uintptr_t{0}), 0, nullptr);
  expect_error(kBadHandle, {"kernel"});
}

// Files that are no modules, each made from a good one.
class BadModulesTest : public ErrorsTest {
 protected:
  void SetUp() override {
    ErrorsTest::SetUp();
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::path(testing::TempDir()) / ("ist_" + std::filesystem::path(test).parent_path().string());
    std::filesystem::remove_all(folder_);
    std::filesystem::copy(module_path("edge"), folder_, std::filesystem::copy_options::recursive);
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    ErrorsTest::TearDown();
  }
  std::string text_of(const char* name) const {
    const std::vector<uint8_t> bytes = read_file((folder_ / name).string());
    return {bytes.begin(), bytes.end()};
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string any_spv() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("read") && name.ends_with(".spv")) return name;
    }
    ADD_FAILURE() << "no .spv of kernel 'read'";
    return {};
  }
  void expect_refused(std::initializer_list<const char*> words, TiError code = TI_ERROR_CORRUPTED_DATA) {
    EXPECT_EQ(ti_load_aot_module(runtime(), folder_.string().c_str()), nullptr);
    expect_error({code}, words);
  }
  // Swaps the first `from` in the file for `to`.
  void edit(const char* name, const std::string& from, const std::string& to) const {
    std::string text = text_of(name);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    put(name, text.replace(at, from.size(), to));
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};
IST_CONFORMANCE_SUITE(BadModulesTest);

TEST_P(BadModulesTest, TheUnchangedCopyLoads) {
  TiAotModule module = ti_load_aot_module(runtime(), folder().string().c_str());
  EXPECT_NE(module, nullptr) << take_error().message;
  ti_destroy_aot_module(module);
}

TEST_P(BadModulesTest, ContentListAndVersionAreNotNeeded) {
  std::filesystem::remove(folder() / "__content__");
  std::filesystem::remove(folder() / "__version__");
  TiAotModule module = ti_load_aot_module(runtime(), folder().string().c_str());
  EXPECT_NE(module, nullptr) << take_error().message;
  ti_destroy_aot_module(module);
}

TEST_P(BadModulesTest, MissingPaths) {
  EXPECT_EQ(ti_load_aot_module(runtime(), "no/such/module.tcm"), nullptr);
  expect_error({TI_ERROR_CORRUPTED_DATA}, {"no/such/module.tcm"});
  EXPECT_EQ(ti_load_aot_module(runtime(), ""), nullptr);
  expect_error({TI_ERROR_CORRUPTED_DATA, TI_ERROR_INVALID_ARGUMENT});
}

TEST_P(BadModulesTest, MissingMetadata) {
  std::filesystem::remove(folder() / "metadata.json");
  expect_refused({"metadata.json"});
}

TEST_P(BadModulesTest, MissingGraphs) {
  std::filesystem::remove(folder() / "graphs.json");
  expect_refused({"graphs.json"});
}

TEST_P(BadModulesTest, MissingShader) {
  const std::string name = any_spv();
  std::filesystem::remove(folder() / name);
  expect_refused({name.c_str()});
}

TEST_P(BadModulesTest, TruncatedJson) {
  const std::string metadata = text_of("metadata.json");
  for (size_t size : {size_t{0}, size_t{1}, metadata.size() / 2, metadata.size() - 1}) {
    put("metadata.json", metadata.substr(0, size));
    expect_refused({"metadata.json"});
  }
  put("metadata.json", metadata);
  put("graphs.json", "[{");
  expect_refused({"graphs.json"});
}

TEST_P(BadModulesTest, JsonOfTheWrongShape) {
  const std::string metadata = text_of("metadata.json");
  for (const char* text : {"[]", "7", "{\"kernels\":{}}", "{\"kernels\":[7]}", "{\"kernels\":[{\"name\":5}]}"}) {
    put("metadata.json", text);
    expect_refused({"metadata.json"});
  }
  put("metadata.json", metadata);
  edit("metadata.json", "\"task_type\":1", "\"task_type\":4");
  expect_refused({"task_type", "4"}, TI_ERROR_INCOMPATIBLE_MODULE);
  put("metadata.json", metadata);
  edit("metadata.json", "\"task_type\":1", "\"task_type\":99");
  expect_refused({"task_type", "99"});
  put("metadata.json", metadata);
  edit("metadata.json", "\"args_bytes_\":32", "\"args_bytes_\":-32");
  expect_refused({"args_bytes_"});
}

TEST_P(BadModulesTest, ShadersThatAreNone) {
  const std::string name = any_spv(), shader = text_of(name.c_str());
  put(name, "");
  expect_refused({name.c_str()});
  std::string magic = shader;
  magic[0] = 'X';
  put(name, magic);
  expect_refused({name.c_str(), "0x07230203"});
  // Within the header; within an instruction; after one, so that the function has no end; and half a word too much.
  for (const std::string& text : {shader.substr(0, 19), shader.substr(0, shader.size() - 12),
                                  shader.substr(0, shader.size() - 8), shader + "ab"}) {
    put(name, text);
    SCOPED_TRACE(text.size());
    expect_refused({name.c_str()});
  }
}

TEST_P(BadModulesTest, ArchivesThatAreNone) {
  const std::vector<uint8_t> good = read_file(module_path("bounds"));
  for (size_t size : {size_t{1}, size_t{4}, size_t{100}, good.size() / 2, good.size() - 1}) {
    const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(ti_create_aot_module(runtime(), cut.data(), cut.size()), nullptr) << size;
    expect_error({TI_ERROR_CORRUPTED_DATA});
  }
  EXPECT_EQ(ti_create_aot_module(runtime(), good.data(), 0), nullptr);
  expect_error({TI_ERROR_CORRUPTED_DATA, TI_ERROR_INVALID_ARGUMENT});
  const std::string text = "this is no archive at all, but it is long enough to hold the end record of one";
  EXPECT_EQ(ti_create_aot_module(runtime(), text.data(), text.size()), nullptr);
  expect_error({TI_ERROR_CORRUPTED_DATA});
}

TEST_P(BadModulesTest, CapabilitiesThatNoDeviceHas) {
  edit("metadata.json", "\"spirv_version\",\"value\":66304", "\"spirv_version\",\"value\":16711680");
  EXPECT_EQ(ti_load_aot_module(runtime(), folder().string().c_str()), nullptr);
  expect_error({TI_ERROR_INCOMPATIBLE_MODULE, TI_ERROR_CORRUPTED_DATA}, {"spirv_version"});
}

}  // namespace
}  // namespace conformance
