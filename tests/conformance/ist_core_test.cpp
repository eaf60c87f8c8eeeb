// ist/core.h beside modules and copies: version, devices, structs with a size, formats, names, options, log.
#include "support.h"

#include <ist/core.h>

#include <mutex>
#include <utility>

namespace conformance {
namespace {

class IstCoreTest : public ArchTest {
 protected:
  IstDeviceInfo device(uint32_t index = 0) {
    IstDeviceInfo info{};
    info.size = sizeof(info);
    EXPECT_EQ(ist_device_info(arch(), index, &info), TI_ERROR_SUCCESS) << take_error().message;
    return info;
  }
  IstDeviceInfo device_of(TiRuntime of) {
    IstDeviceInfo info{};
    info.size = sizeof(info);
    EXPECT_EQ(ist_runtime_info(of, &info), TI_ERROR_SUCCESS) << take_error().message;
    return info;
  }
  uint32_t device_count() {
    uint32_t count = 0;
    EXPECT_EQ(ist_device_count(arch(), &count), TI_ERROR_SUCCESS) << take_error().message;
    return count;
  }
};
IST_CONFORMANCE_SUITE(IstCoreTest);

TEST_P(IstCoreTest, TheLibraryIsOfTheHeadersVersion) { EXPECT_EQ(ist_version(), uint32_t{IST_VERSION}); }

TEST_P(IstCoreTest, EveryCountedDeviceIsDescribed) {
  const uint32_t count = device_count();
  ASSERT_GE(count, 1u);
  for (uint32_t i = 0; i < count; ++i) {
    const IstDeviceInfo info = device(i);
    EXPECT_EQ(info.size, sizeof(info));
    EXPECT_EQ(info.index, i);
    EXPECT_EQ(info.arch, arch());
    EXPECT_LE(info.is_cpu, 1u);
    EXPECT_NE(info.name[0], '\0');
    EXPECT_NE(std::memchr(info.name, 0, sizeof(info.name)), nullptr);
    EXPECT_NE(std::memchr(info.driver, 0, sizeof(info.driver)), nullptr);
  }
  const IstDeviceInfo first = device(), again = device();
  EXPECT_NE(first.api_version, 0u);
  EXPECT_NE(first.driver[0], '\0');
  EXPECT_EQ(std::memcmp(&first, &again, sizeof(first)), 0) << "two readings are equal";
  const uint8_t none[16] = {};
  EXPECT_NE(std::memcmp(first.device_uuid, none, 16), 0);
  EXPECT_NE(std::memcmp(first.driver_uuid, none, 16), 0);
}

TEST_P(IstCoreTest, ARuntimeIsOnTheDeviceOfItsIndex) {
  const IstDeviceInfo listed = device(), used = device_of(runtime());
  EXPECT_EQ(used.index, 0u);
  EXPECT_EQ(used.arch, arch());
  EXPECT_EQ(used.is_cpu, listed.is_cpu);
  EXPECT_EQ(used.vendor_id, listed.vendor_id);
  EXPECT_EQ(used.device_id, listed.device_id);
  EXPECT_EQ(used.driver_version, listed.driver_version);
  EXPECT_STREQ(used.name, listed.name);
  EXPECT_STREQ(used.driver, listed.driver);
  EXPECT_EQ(std::memcmp(used.device_uuid, listed.device_uuid, 16), 0);
  EXPECT_EQ(std::memcmp(used.driver_uuid, listed.driver_uuid, 16), 0);
}

TEST_P(IstCoreTest, IndicesAndArchsThatAreNotThere) {
  const uint32_t count = device_count();
  IstDeviceInfo info{};
  info.size = sizeof(info);
  for (uint32_t index : {count, count + 1, UINT32_MAX}) {
    EXPECT_EQ(ist_device_info(arch(), index, &info), TI_ERROR_ARGUMENT_OUT_OF_RANGE) << index;
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(index).c_str(), std::to_string(count).c_str()});
  }
  for (uint32_t unknown : {0u, 8u, 999u}) {
    uint32_t kept = 77;
    EXPECT_EQ(ist_device_count(static_cast<TiArch>(unknown), &kept), TI_ERROR_ARGUMENT_OUT_OF_RANGE) << unknown;
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(unknown).c_str()});
    EXPECT_EQ(kept, 77u) << "nothing is written on failure";
    EXPECT_EQ(ist_device_info(static_cast<TiArch>(unknown), 0, &info), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE});
  }
  uint32_t kept = 77;
  EXPECT_EQ(ist_device_count(TI_ARCH_METAL, &kept), TI_ERROR_NOT_SUPPORTED);
  expect_error({TI_ERROR_NOT_SUPPORTED});
  EXPECT_EQ(kept, 77u) << "nothing is written on failure";
  EXPECT_EQ(ist_device_info(TI_ARCH_METAL, 0, &info), TI_ERROR_NOT_SUPPORTED);
  expect_error({TI_ERROR_NOT_SUPPORTED});
  EXPECT_EQ(info.name[0], '\0');
  EXPECT_EQ(ti_create_runtime(TI_ARCH_METAL, 0), nullptr);
  expect_error({TI_ERROR_NOT_SUPPORTED}, {"Metal", "TI_ARCH_VULKAN", "MoltenVK"});
  EXPECT_EQ(ist_device_count(arch(), nullptr), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_device_info(arch(), 0, nullptr), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_runtime_info(nullptr, &info), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_runtime_info(runtime(), nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

// One out struct under callers of every age. `fill` asks the library, given the struct's address.
template <class T, class Fill>
void check_sizes(const char* name, Fill&& fill) {
  constexpr size_t kRoom = 2 * sizeof(T) + 64;
  constexpr uint8_t kMark = 0xa5;
  T whole{};
  whole.size = sizeof(T);
  ASSERT_EQ(fill(&whole), TI_ERROR_SUCCESS) << name << ": " << take_error().message;
  const auto call = [&](uint32_t size, std::vector<uint8_t>& bytes) {
    bytes.assign(kRoom, kMark);
    std::memcpy(bytes.data(), &size, sizeof(size));
    // A caller's struct is aligned as its first member with pointers wants it.
    std::vector<uint64_t> words(kRoom / 8);
    std::memcpy(words.data(), bytes.data(), words.size() * 8);
    const TiError error = fill(reinterpret_cast<T*>(words.data()));
    std::memcpy(bytes.data(), words.data(), words.size() * 8);
    return error;
  };
  std::vector<uint8_t> bytes;
  for (uint32_t size = 4; size < sizeof(T); size += 4) {
    ASSERT_EQ(call(size, bytes), TI_ERROR_SUCCESS) << name << " of " << size << " bytes: " << take_error().message;
    uint32_t kept = 0;
    std::memcpy(&kept, bytes.data(), 4);
    EXPECT_EQ(kept, size) << name;
    EXPECT_EQ(std::memcmp(bytes.data() + 4, reinterpret_cast<const uint8_t*>(&whole) + 4, size - 4), 0)
        << name << " of " << size << " bytes";
    for (size_t i = size; i < sizeof(T) + 64; ++i)
      ASSERT_EQ(bytes[i], kMark) << name << " of " << size << ", byte " << i;
  }
  for (uint32_t more : {4u, 8u, 60u}) {
    const uint32_t size = static_cast<uint32_t>(sizeof(T)) + more;
    ASSERT_EQ(call(size, bytes), TI_ERROR_SUCCESS) << name << ": " << take_error().message;
    EXPECT_EQ(std::memcmp(bytes.data() + 4, reinterpret_cast<const uint8_t*>(&whole) + 4, sizeof(T) - 4), 0) << name;
    for (size_t i = sizeof(T); i < size; ++i) ASSERT_EQ(bytes[i], 0) << name << ", byte " << i;
    for (size_t i = size; i < sizeof(T) + 64; ++i) ASSERT_EQ(bytes[i], kMark) << name << ", byte " << i;
  }
  for (uint32_t size :
       {0u, 1u, 2u, 3u, 5u, static_cast<uint32_t>(sizeof(T)) - 1, static_cast<uint32_t>(sizeof(T)) + 1, UINT32_MAX}) {
    EXPECT_EQ(call(size, bytes), TI_ERROR_INVALID_ARGUMENT) << name << " of " << size;
    expect_error({TI_ERROR_INVALID_ARGUMENT}, {std::to_string(size).c_str(), std::to_string(sizeof(T)).c_str()});
    for (size_t i = 4; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], kMark) << name << " of " << size << ", byte " << i;
  }
}

TEST_P(IstCoreTest, StructsOfEverySize) {
  Module module(runtime(), "graphs");
  TiKernel kernel = module.kernel("add_to");
  TiComputeGraph graph = module.graph("chain");
  check_sizes<IstDeviceInfo>("device", [&](IstDeviceInfo* info) { return ist_device_info(arch(), 0, info); });
  check_sizes<IstDeviceInfo>("runtime", [&](IstDeviceInfo* info) { return ist_runtime_info(runtime(), info); });
  check_sizes<IstFormatInfo>("format", [&](IstFormatInfo* info) {
    return ist_format_info(runtime(), TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, info);
  });
  check_sizes<IstModuleInfo>("module", [&](IstModuleInfo* info) { return ist_module_info(module.handle(), info); });
  check_sizes<IstKernelInfo>("kernel", [&](IstKernelInfo* info) { return ist_kernel_info(kernel, info); });
  check_sizes<IstGraphInfo>("graph", [&](IstGraphInfo* info) { return ist_graph_info(graph, info); });
}

// Failures count themselves, so the reading to compare with is taken anew for each size.
TEST_P(IstCoreTest, ShortCountersGetTheirBytesOnly) {
  for (uint32_t size = 4; size < sizeof(IstCounters); size += 4) {
    IstCounters whole{}, part;
    std::memset(&part, 0xa5, sizeof(part));
    whole.size = sizeof(whole);
    part.size = size;
    ASSERT_EQ(ist_counters(runtime(), &whole), TI_ERROR_SUCCESS);
    ASSERT_EQ(ist_counters(runtime(), &part), TI_ERROR_SUCCESS);
    EXPECT_EQ(part.size, size);
    const auto* bytes = reinterpret_cast<const uint8_t*>(&part);
    EXPECT_EQ(std::memcmp(bytes + 4, reinterpret_cast<const uint8_t*>(&whole) + 4, size - 4), 0) << size;
    for (size_t i = size; i < sizeof(part); ++i) ASSERT_EQ(bytes[i], 0xa5) << size << ", byte " << i;
  }
}

struct Made {
  bool ok;
  LastError error;
};
Made make_image(TiRuntime runtime, TiFormat format, TiImageDimension dimension, TiImageUsageFlags usage) {
  TiImageAllocateInfo info{};
  const bool line = dimension == TI_IMAGE_DIMENSION_1D || dimension == TI_IMAGE_DIMENSION_1D_ARRAY;
  const bool array = dimension == TI_IMAGE_DIMENSION_1D_ARRAY || dimension == TI_IMAGE_DIMENSION_2D_ARRAY;
  info.dimension = dimension;
  info.extent = {8, line ? 1u : 8u, dimension == TI_IMAGE_DIMENSION_3D ? 8u : 1u,
                 dimension == TI_IMAGE_DIMENSION_CUBE ? 6u
                 : array                              ? 3u
                                                      : 1u};
  info.mip_level_count = 1;
  info.format = format;
  info.usage = usage;
  TiImage image = ti_allocate_image(runtime, &info);
  if (image) ti_free_image(runtime, image);
  return {image != nullptr, take_error()};
}

TEST_P(IstCoreTest, FormatsSayWhatCanBeMade) {
  static constexpr uint32_t kTexelBytes[] = {0, 1, 2, 4, 4, 4, 4, 1, 2, 4,  1,  2, 4, 2,  4,  6, 8, 2,  4,  6, 8, 2,
                                             4, 6, 8, 2, 4, 6, 8, 4, 8, 12, 16, 4, 8, 12, 16, 4, 8, 12, 16, 2, 4, 4};
  static_assert(std::size(kTexelBytes) == TI_FORMAT_DEPTH32F + 1);
  for (uint32_t f = TI_FORMAT_R8; f <= TI_FORMAT_DEPTH32F; ++f) {
    for (uint32_t d = TI_IMAGE_DIMENSION_1D; d <= TI_IMAGE_DIMENSION_CUBE; ++d) {
      SCOPED_TRACE("format " + std::to_string(f) + ", dimension " + std::to_string(d));
      const auto format = static_cast<TiFormat>(f);
      const auto dimension = static_cast<TiImageDimension>(d);
      IstFormatInfo info{};
      info.size = sizeof(info);
      info.texel_bytes = 99;
      ASSERT_EQ(ist_format_info(runtime(), format, dimension, &info), TI_ERROR_SUCCESS) << take_error().message;
      EXPECT_EQ(info.usage & ~7u, 0u);
      EXPECT_LE(info.linear_filter, 1u);
      if (info.usage == 0) {
        EXPECT_EQ(info.linear_filter + info.max_mips + info.max_layers + info.texel_bytes, 0u);
      } else {
        EXPECT_EQ(info.texel_bytes, kTexelBytes[f]);
        EXPECT_GE(info.max_mips, 4u) << "enough for 8 x 8";
        EXPECT_GE(info.max_layers, d == TI_IMAGE_DIMENSION_CUBE ? 6u : d < TI_IMAGE_DIMENSION_1D_ARRAY ? 1u : 3u);
      }
      for (TiImageUsageFlags usage = 1; usage < 8; ++usage) {
        const bool promised = info.usage != 0 && (usage & ~info.usage) == 0;
        const Made made = make_image(runtime(), format, dimension, usage);
        EXPECT_EQ(made.ok, promised) << "usage " << usage << " of " << info.usage << ": " << made.error.message;
        EXPECT_EQ(made.error.code, made.ok ? TI_ERROR_SUCCESS : TI_ERROR_NOT_SUPPORTED) << made.error.message;
      }
    }
  }
}

TEST_P(IstCoreTest, FormatsThatEveryDeviceHas) {
  constexpr TiImageUsageFlags kKernels = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  for (TiFormat format : {TI_FORMAT_RGBA8, TI_FORMAT_RGBA16F, TI_FORMAT_R32F, TI_FORMAT_RGBA32F}) {
    for (TiImageDimension dimension : {TI_IMAGE_DIMENSION_1D, TI_IMAGE_DIMENSION_2D, TI_IMAGE_DIMENSION_3D}) {
      IstFormatInfo info{};
      info.size = sizeof(info);
      ASSERT_EQ(ist_format_info(runtime(), format, dimension, &info), TI_ERROR_SUCCESS);
      EXPECT_EQ(info.usage & kKernels, kKernels) << format << ", " << dimension;
    }
  }
}

TEST_P(IstCoreTest, FormatsAndDimensionsThatAreNone) {
  IstFormatInfo info{};
  info.size = sizeof(info);
  for (uint32_t format : {0u, 44u, 1000u, UINT32_MAX}) {
    EXPECT_EQ(ist_format_info(runtime(), static_cast<TiFormat>(format), TI_IMAGE_DIMENSION_2D, &info),
              TI_ERROR_ARGUMENT_OUT_OF_RANGE);
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(format).c_str()});
  }
  for (uint32_t dimension : {6u, 7u, UINT32_MAX}) {
    EXPECT_EQ(ist_format_info(runtime(), TI_FORMAT_RGBA8, static_cast<TiImageDimension>(dimension), &info),
              TI_ERROR_ARGUMENT_OUT_OF_RANGE);
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(dimension).c_str()});
  }
  EXPECT_EQ(ist_format_info(runtime(), TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

class NamesTest : public IstCoreTest {};
IST_CONFORMANCE_SUITE(NamesTest);

TEST_P(NamesTest, OfMemoryStandInMessages) {
  Memory memory(runtime(), 64);
  std::string name = "particle positions";
  ASSERT_EQ(ist_set_name(runtime(), memory.handle(), name.c_str()), TI_ERROR_SUCCESS) << take_error().message;
  name.assign("overwritten by the caller");  // the library has its own copy
  const TiMemorySlice beyond = memory.slice(32, 64);
  uint8_t bytes[64] = {};
  EXPECT_EQ(ist_read_memory(runtime(), &beyond, bytes), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"'particle positions'", "64", "32"});
  ASSERT_EQ(ist_set_name(runtime(), memory.handle(), nullptr), TI_ERROR_SUCCESS);
  EXPECT_EQ(ist_read_memory(runtime(), &beyond, bytes), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  EXPECT_EQ(take_error().message.find("particle"), std::string::npos) << "null takes the name away";
}

TEST_P(NamesTest, OfArgumentsStandInMessages) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> array(runtime(), {4});
  ASSERT_EQ(ist_set_name(runtime(), array.memory().handle(), "densities"), TI_ERROR_SUCCESS);
  TiArgument larger = array.arg();
  larger.value.ndarray.shape.dims[0] = 5;
  ti_launch_kernel(runtime(), module.kernel("rank1"), 1, &larger);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE, TI_ERROR_INVALID_ARGUMENT}, {"rank1", "densities"});
}

TEST_P(NamesTest, OfImagesStandInMessages) {
  Image image(runtime(), TI_IMAGE_DIMENSION_2D, {8, 8}, TI_FORMAT_RGBA8);
  ASSERT_EQ(ist_set_name(runtime(), image.handle(), "frame"), TI_ERROR_SUCCESS);
  const TiImageSlice beyond = image.region({4, 0, 0, 0}, {8, 8, 1});
  std::vector<uint8_t> texels(256);
  EXPECT_EQ(ist_read_image(runtime(), &beyond, texels.data(), texels.size(), 0), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"'frame'"});
}

TEST_P(NamesTest, EveryKindThatMayHaveOne) {
  Module module(runtime(), "fields");
  TiSamplerCreateInfo info{};
  TiSampler sampler = ti_create_sampler(runtime(), &info);
  ASSERT_NE(sampler, nullptr) << take_error().message;
  for (const void* object : {static_cast<const void*>(module.handle()), static_cast<const void*>(sampler),
                             static_cast<const void*>(runtime())}) {
    EXPECT_EQ(ist_set_name(runtime(), object, "it"), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(ist_set_name(runtime(), object, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  }
  ti_destroy_sampler(runtime(), sampler);
  EXPECT_EQ(ist_set_name(runtime(), sampler, "gone"), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  EXPECT_EQ(ist_set_name(runtime(), nullptr, "nothing"), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
  EXPECT_EQ(ist_set_name(runtime(), module.kernel("fill"), "kernel"), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT});
  OwnRuntime other(arch());
  Memory foreign(other.handle(), 16);
  EXPECT_EQ(ist_set_name(runtime(), foreign.handle(), "foreign"), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"runtime"});
  EXPECT_EQ(ist_set_name(runtime(), other.handle(), "foreign"), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT});
}

class OptionsTest : public IstCoreTest {
 protected:
  static IstKernelInfo info_of(TiKernel kernel) {
    IstKernelInfo info{};
    info.size = sizeof(info);
    EXPECT_EQ(ist_kernel_info(kernel, &info), TI_ERROR_SUCCESS) << take_error().message;
    return info;
  }
};
IST_CONFORMANCE_SUITE(OptionsTest);

TEST_P(OptionsTest, UnknownOnesAndBadValues) {
  for (uint32_t option : {0u, 4u, UINT32_MAX}) {
    for (uint64_t value : {uint64_t{0}, uint64_t{1}, UINT64_MAX}) {
      EXPECT_EQ(ist_set_option(runtime(), static_cast<IstOption>(option), value), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
      expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(option).c_str()});
    }
  }
  for (IstOption option : {IST_OPTION_REQUIRE_ZERO_COPY, IST_OPTION_KERNEL_TIMING}) {
    for (uint64_t value : {uint64_t{2}, uint64_t{1} << 32, UINT64_MAX}) {
      EXPECT_EQ(ist_set_option(runtime(), option, value), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
      expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(value).c_str()});
    }
  }
  EXPECT_EQ(ist_set_option(runtime(), IST_OPTION_FORCE_RUNG, IST_RUNG_HOST + 1), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"7"});
  EXPECT_EQ(ist_set_option(nullptr, IST_OPTION_KERNEL_TIMING, 1), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

TEST_P(OptionsTest, SwitchesTakeOnAndOff) {
  OwnRuntime own(arch());
  for (uint64_t value : {1, 0}) {
    EXPECT_EQ(ist_set_option(own.handle(), IST_OPTION_REQUIRE_ZERO_COPY, value), TI_ERROR_SUCCESS);
    EXPECT_EQ(ist_set_option(own.handle(), IST_OPTION_KERNEL_TIMING, value), TI_ERROR_SUCCESS);
  }
  EXPECT_EQ(ist_set_option(own.handle(), IST_OPTION_FORCE_RUNG, IST_RUNG_AUTO), TI_ERROR_SUCCESS);
}

TEST_P(OptionsTest, KernelsAreTimedWhileItIsOn) {
  OwnRuntime own(arch());
  Module module(own.handle(), "ndarrays");
  Array<int32_t> array(own.handle(), {100000});
  TiKernel kernel = module.kernel("rank1");
  const auto launch_and_wait = [&] {
    module.launch("rank1", {array.arg()});
    ti_wait(own.handle());
  };
  launch_and_wait();
  EXPECT_EQ(info_of(kernel).gpu_ns_last, 0u) << "off at the start";
  ASSERT_EQ(ist_set_option(own.handle(), IST_OPTION_KERNEL_TIMING, 1), TI_ERROR_SUCCESS);
  launch_and_wait();
  const IstKernelInfo first = info_of(kernel);
  EXPECT_GT(first.gpu_ns_last, 0u);
  EXPECT_EQ(first.gpu_ns_total, first.gpu_ns_last);
  launch_and_wait();
  const IstKernelInfo second = info_of(kernel);
  EXPECT_GT(second.gpu_ns_last, 0u);
  EXPECT_EQ(second.gpu_ns_total, first.gpu_ns_total + second.gpu_ns_last);
  EXPECT_EQ(info_of(module.kernel("rank2")).gpu_ns_total, 0u) << "never launched";
  ASSERT_EQ(ist_set_option(own.handle(), IST_OPTION_KERNEL_TIMING, 0), TI_ERROR_SUCCESS);
  launch_and_wait();
  const IstKernelInfo off = info_of(kernel);
  EXPECT_EQ(off.gpu_ns_last, 0u) << "0 unless it is on";
  EXPECT_EQ(off.gpu_ns_total, 0u) << "0 unless it is on";
  EXPECT_EQ(off.launches, 4u);
}

TEST_P(OptionsTest, ManyTimedLaunchesInOneBatchAllCount) {
  OwnRuntime own(arch());
  Module module(own.handle(), "ndarrays");
  Array<int32_t> array(own.handle(), {1000});
  TiKernel kernel = module.kernel("rank1");
  ASSERT_EQ(ist_set_option(own.handle(), IST_OPTION_KERNEL_TIMING, 1), TI_ERROR_SUCCESS);
  uint64_t previous = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 1000; ++i) module.launch("rank1", {array.arg()});
    ti_wait(own.handle());
    const IstKernelInfo info = info_of(kernel);
    EXPECT_GT(info.gpu_ns_last, 0u);
    EXPECT_GE(info.gpu_ns_total - previous, info.gpu_ns_last);
    previous = info.gpu_ns_total;
  }
  EXPECT_EQ(info_of(kernel).launches, 3000u);
}

// Receives lines until the test ends; then main.cpp's listener has the log again.
class LogTest : public IstCoreTest {
 public:
  struct Lines {
    std::mutex mutex;
    std::vector<std::pair<IstLogLevel, std::string>> all;
    size_t count(const char* word) {
      std::lock_guard lock(mutex);
      size_t found = 0;
      for (const auto& [level, line] : all) found += line.find(word) != std::string::npos;
      return found;
    }
  };

 protected:
  static void TI_API_CALL add(void* user, IstLogLevel level, const char* line) {
    auto* lines = static_cast<Lines*>(user);
    std::lock_guard lock(lines->mutex);
    lines->all.emplace_back(level, line);
  }
  void TearDown() override {
    listen_to_validation();
    IstCoreTest::TearDown();
  }
  // One line each of levels info and warn.
  void provoke() {
    EXPECT_EQ(ti_load_aot_module(runtime(), "no such module"), nullptr);
    expect_error({TI_ERROR_CORRUPTED_DATA}, {"no such module"});
    Memory memory(runtime(), 16);
    ASSERT_EQ(ist_set_name(runtime(), memory.handle(), "unmapped"), TI_ERROR_SUCCESS);
    ti_unmap_memory(runtime(), memory.handle());
  }
};
IST_CONFORMANCE_SUITE(LogTest);

TEST_P(LogTest, SaysNoMoreThanItsLevel) {
  for (IstLogLevel level : {IST_LOG_OFF, IST_LOG_ERROR, IST_LOG_WARN, IST_LOG_INFO, IST_LOG_DEBUG}) {
    Lines lines;
    ASSERT_EQ(ist_set_log(add, &lines, level), TI_ERROR_SUCCESS);
    provoke();
    ASSERT_EQ(ist_set_log(nullptr, nullptr, IST_LOG_OFF), TI_ERROR_SUCCESS);
    EXPECT_EQ(lines.count("no such module"), level >= IST_LOG_INFO ? 1u : 0u) << level;
    EXPECT_EQ(lines.count("'unmapped'"), level >= IST_LOG_WARN ? 1u : 0u) << level;
    for (const auto& [of, line] : lines.all) {
      EXPECT_GE(of, IST_LOG_ERROR) << line;
      EXPECT_LE(of, level) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
      if (line.find("'unmapped'") != std::string::npos) {
        EXPECT_EQ(of, IST_LOG_WARN);
      }
      if (line.find("no such module") != std::string::npos) {
        EXPECT_EQ(of, IST_LOG_INFO);
      }
    }
  }
}

TEST_P(LogTest, GoesToTheLatestFunction) {
  Lines first, second;
  ASSERT_EQ(ist_set_log(add, &first, IST_LOG_INFO), TI_ERROR_SUCCESS);
  provoke();
  ASSERT_EQ(ist_set_log(add, &second, IST_LOG_INFO), TI_ERROR_SUCCESS);
  provoke();
  EXPECT_EQ(first.count("'unmapped'"), 1u);
  EXPECT_EQ(second.count("'unmapped'"), 1u);
}

TEST_P(LogTest, NullIsSilence) {
  Lines lines;
  ASSERT_EQ(ist_set_log(add, &lines, IST_LOG_DEBUG), TI_ERROR_SUCCESS);
  ASSERT_EQ(ist_set_log(nullptr, &lines, IST_LOG_DEBUG), TI_ERROR_SUCCESS);
  testing::internal::CaptureStderr();
  provoke();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(lines.all.empty());
}

TEST_P(LogTest, AnUnknownLevelChangesNothing) {
  Lines lines;
  ASSERT_EQ(ist_set_log(add, &lines, IST_LOG_INFO), TI_ERROR_SUCCESS);
  EXPECT_EQ(ist_set_log(nullptr, nullptr, static_cast<IstLogLevel>(5)), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"5"});
  provoke();
  EXPECT_EQ(lines.count("'unmapped'"), 1u);
}

}  // namespace
}  // namespace conformance
