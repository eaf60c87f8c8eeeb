// The same program on the library's own device, on a host's device that has as little as possible, and on one
// that has much; and what a device of Vulkan 1.0 can still do.
#include "host_test.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace host {
namespace {

// Everything the program computes. Atomics of floats in any order make particles differ by roundings.
struct Results {
  std::vector<int32_t> line, sums, bins;
  std::vector<float> plane, texels, particles;
  std::vector<uint8_t> picture;
};

std::vector<float> particles_after(TiRuntime runtime, int steps) {
  constexpr uint32_t kParticles = 8192, kGrid = 128;
  Module module(runtime, "mpm88");
  Array<float> x(runtime, {kParticles}, {2}), v(runtime, {kParticles}, {2}), C(runtime, {kParticles}, {2, 2}),
      F(runtime, {kParticles}, {2, 2}), J(runtime, {kParticles}), grid_v(runtime, {kGrid, kGrid}, {2}),
      grid_m(runtime, {kGrid, kGrid});
  Array<int32_t> material(runtime, {kParticles});
  module.launch("init", {conformance::i32(3), x.arg(), v.arg(), C.arg(), F.arg(), J.arg(), material.arg()});
  const auto named = conformance::named;
  for (int step = 0; step < steps; ++step) {
    module.run_graph("substep", {named("x", x.arg()), named("v", v.arg()), named("C", C.arg()), named("F", F.arg()),
                                 named("J", J.arg()), named("material", material.arg()), named("grid_v", grid_v.arg()),
                                 named("grid_m", grid_m.arg())});
  }
  return x.read();
}

void run_arrays(TiRuntime runtime, Results& results) {
  Module fields(runtime, "fields"), shared(runtime, "shared"), atomics(runtime, "atomics");
  fields.launch("fill", {conformance::i32(-7)});
  fields.launch("scale", {conformance::i32(5)});
  Array<int32_t> line(runtime, {20}), values(runtime, {512}), sums(runtime, {4}), bins(runtime, {13});
  Array<float> plane(runtime, {7, 5});
  fields.launch("read_line", {line.arg()});
  fields.launch("read_plane", {plane.arg()});
  std::vector<int32_t> words(512);
  for (size_t k = 0; k < 512; ++k) words[k] = static_cast<int32_t>(k * k % 13);
  values.write(words);
  shared.launch("block_sums", {conformance::i32(4), values.arg(), sums.arg()});
  atomics.launch("histogram", {values.arg(), bins.arg()});
  results.line = line.read();
  results.plane = plane.read();
  results.sums = sums.read();
  results.bins = bins.read();
}

void run_fractal(TiRuntime runtime, Results& results) {
  const TiArgument width = conformance::i32(67), height = conformance::i32(33);
  Module fractal(runtime, "fractal");
  conformance::Image painted(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA8);
  conformance::Image copy(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA8);
  fractal.launch("paint", {painted.arg(), width, height, conformance::f32(-0.8f), conformance::f32(0.156f),
                           conformance::f32(1.5f), conformance::i32(60)});
  const TiImageSlice to = copy.whole(), from = painted.whole();
  ti_copy_image_device_to_device(runtime, &to, &from);
  results.picture.resize(67 * 33 * 4);
  EXPECT_EQ(ist_read_image(runtime, &to, results.picture.data(), results.picture.size(), 0), TI_ERROR_SUCCESS);
}

// This module has storage formats that only a feature allows.
void run_textures(TiRuntime runtime, Results& results) {
  const TiArgument width = conformance::i32(67), height = conformance::i32(33);
  Module textures(runtime, "textures");
  conformance::Image image(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA8);
  conformance::Image flipped(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA32F);
  textures.launch("store_2d_rgba8", {image.arg(), width, height, conformance::i32(4)});
  textures.launch("flip_2d", {image.arg(), flipped.arg(), width, height});
  Array<float> texels(runtime, {67, 33}, {4});
  textures.launch("fetch_2d", {flipped.arg(), texels.arg()});
  results.texels = texels.read();
}

Results run_program(TiRuntime runtime, bool with_textures = true) {
  Results results;
  run_arrays(runtime, results);
  run_fractal(runtime, results);
  if (with_textures) run_textures(runtime, results);
  results.particles = particles_after(runtime, 20);
  return results;
}

void expect_same(const Results& got, const Results& expected) {
  EXPECT_EQ(got.line, expected.line);
  EXPECT_EQ(got.plane, expected.plane);
  EXPECT_EQ(got.sums, expected.sums);
  EXPECT_EQ(got.bins, expected.bins);
  EXPECT_EQ(got.picture, expected.picture);
  if (!got.texels.empty()) {
    EXPECT_EQ(got.texels, expected.texels);
  }
  ASSERT_EQ(got.particles.size(), expected.particles.size());
  float largest = 0;
  for (size_t k = 0; k < got.particles.size(); ++k) {
    largest = std::max(largest, std::abs(got.particles[k] - expected.particles[k]));
  }
  EXPECT_LE(largest, 2e-5f) << "20 substeps with atomics in any order";
}

const Results& on_our_own_device() {
  static const Results results = [] {
    conformance::OwnRuntime runtime(TI_ARCH_VULKAN);
    return run_program(runtime.handle());
  }();
  return results;
}

class HostLeast : public HostTest {
 protected:
  bool has_push_descriptors() {
    const IstVulkanDevice declared = host().declared();
    return std::any_of(declared.device_extensions, declared.device_extensions + declared.device_extension_count,
                       [](const char* name) { return !std::strcmp(name, VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME); });
  }
};

TEST_F(HostLeast, TheProgramIsRightOnOurOwnDevice) {
  const Results& results = on_our_own_device();
  for (int32_t i = 0; i < 20; ++i) EXPECT_EQ(results.line[static_cast<size_t>(i)], 5 * (i - 7));
  std::vector<int32_t> sums(4), bins(13);
  for (size_t k = 0; k < 512; ++k) {
    const size_t value = k * k % 13;
    sums[k / 128] += static_cast<int32_t>(value);
    ++bins[value];
  }
  EXPECT_EQ(results.sums, sums);
  EXPECT_EQ(results.bins, bins);
  // Texel (x, y) of the copy is texel (66 - x, 32 - y) of the pattern; arrays are x-major here.
  EXPECT_FLOAT_EQ(results.texels[0], static_cast<float>((37 * 66 + 59 * 32 + 28) % 256) / 255.0f);
}

TEST_F(HostLeast, ADeviceOfVulkan11WithoutAnythingGivesTheSame) {
  start();
  {
    Runtime runtime = import();
    expect_same(run_program(runtime), on_our_own_device());
  }
  {
    Runtime runtime = adopt();
    expect_same(run_program(runtime, false), on_our_own_device());
  }
  for (const char* newer : {"vkWaitSemaphores", "vkQueueSubmit2", "vkCmdPipelineBarrier2", "vkCmdPushDescriptorSetKHR",
                            "vkGetBufferDeviceAddress"}) {
    EXPECT_EQ(spy().calls(newer), 0u) << newer;
  }
}

TEST_F(HostLeast, DevicesWithMoreGiveTheSame) {
  for (const HostOptions& options :
       {with(FeatureSet::core, VK_API_VERSION_1_1), with(FeatureSet::versions, VK_API_VERSION_1_2),
        with(FeatureSet::versions, VK_API_VERSION_1_3), as_needed(VK_API_VERSION_1_1), as_needed(VK_API_VERSION_1_3)}) {
    SCOPED_TRACE(testing::Message() << VK_API_VERSION_MINOR(options.api_version) << " features "
                                    << static_cast<int>(options.features));
    start(options);
    {
      Runtime runtime = adopt();
      const bool textures = host().declared().features->features.shaderStorageImageExtendedFormats;
      expect_same(run_program(runtime, textures), on_our_own_device());
    }
    const bool declares_timeline = options.api_version >= VK_API_VERSION_1_2 || options.features == FeatureSet::needs;
    EXPECT_EQ(spy().calls("vkWaitSemaphores") + spy().calls("vkWaitSemaphoresKHR") > 0, declares_timeline);
    const uint64_t pushes =
        spy().calls("vkCmdPushDescriptorSetKHR") + spy().calls("vkCmdPushDescriptorSetWithTemplateKHR");
    EXPECT_EQ(pushes > 0, options.features == FeatureSet::needs && has_push_descriptors());
    TearDown();
  }
}

TEST_F(HostLeast, AnImportClaimsNoMoreThanItsVersion) {
  start(with(FeatureSet::versions, VK_API_VERSION_1_3));
  spy().allow_only(VK_API_VERSION_1_1, {});
  TiVulkanRuntimeInteropInfo info = imported();
  info.api_version = VK_API_VERSION_1_1;
  Runtime runtime(ti_import_vulkan_runtime(&info));
  ASSERT_NE(runtime, nullptr) << take_error().message;
  run_fields(runtime);
}

TEST_F(HostLeast, AnImportUsesNothingThatHasToBeEnabled) {
  HostOptions options = with(FeatureSet::versions, VK_API_VERSION_1_3);
  options.device_extensions = {VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME};
  start(options);
  {
    Runtime runtime = import();
    expect_same(run_program(runtime), on_our_own_device());
  }
  for (const char* optional :
       {"vkWaitSemaphores", "vkGetSemaphoreCounterValue", "vkQueueSubmit2", "vkCmdPipelineBarrier2",
        "vkCmdPushDescriptorSetKHR", "vkCmdPushDescriptorSetWithTemplateKHR", "vkGetBufferDeviceAddress"}) {
    EXPECT_EQ(spy().calls(optional), 0u) << optional;
  }
}

class HostOfVulkan10 : public HostTest {
 protected:
  void SetUp() override { start(with(FeatureSet::none, VK_API_VERSION_1_0)); }
};

TEST_F(HostOfVulkan10, CopiesMemory) {
  Runtime runtime = import();
  constexpr uint64_t kBytes = 5000;
  conformance::Memory a(runtime, kBytes), b(runtime, kBytes);
  std::vector<uint8_t> bytes(kBytes), back(kBytes);
  for (size_t k = 0; k < kBytes; ++k) bytes[k] = static_cast<uint8_t>(11 * k);
  a.store(bytes.data(), kBytes);
  const TiMemorySlice to = b.slice(0, kBytes), from = a.slice(0, kBytes);
  ti_copy_memory_device_to_device(runtime, &to, &from);
  ti_wait(runtime);
  b.load(back.data(), kBytes);
  EXPECT_EQ(back, bytes);
}

TEST_F(HostOfVulkan10, CopiesImages) {
  Runtime runtime = import();
  conformance::Image a(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA8);
  conformance::Image b(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA8);
  std::vector<uint32_t> texels(67 * 33), back(67 * 33);
  for (size_t k = 0; k < texels.size(); ++k) texels[k] = static_cast<uint32_t>(2654435761u * k);
  const TiImageSlice to = b.whole(), from = a.whole();
  EXPECT_EQ(ist_write_image(runtime, &from, texels.data(), 4 * texels.size(), 0), TI_ERROR_SUCCESS);
  ti_copy_image_device_to_device(runtime, &to, &from);
  EXPECT_EQ(ist_read_image(runtime, &to, back.data(), 4 * back.size(), 0), TI_ERROR_SUCCESS);
  EXPECT_EQ(back, texels);
}

TEST_F(HostOfVulkan10, ACompiledModuleNamesBothVersions) {
  for (const bool adopting : {false, true}) {
    Runtime runtime = adopting ? adopt() : import();
    EXPECT_EQ(ti_load_aot_module(runtime, conformance::module_path("fields").c_str()), nullptr);
    expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {"1.3", "1.0"});
  }
}

}  // namespace
}  // namespace host
