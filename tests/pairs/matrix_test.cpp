// The matrix: every pair, in both directions, with every shape and format, texel by texel and without a copy.
#include <array>

#include "contents.h"
#include "peer.h"

namespace pairs {
namespace {

using conformance::expect_no_error;
using conformance::take_error;
using gl_host::expect_same;

struct PairName {
  Kind kind;
  const char* to;
  const char* from;
};
constexpr PairName kPairs[] = {
    {Kind::gl, "VulkanToGl", "GlToVulkan"},
    {Kind::gles, "VulkanToGles", "GlesToVulkan"},
    {Kind::device, "VulkanToOtherDevice", "OtherDeviceToVulkan"},
    {Kind::process, "VulkanToOtherProcess", "OtherProcessToVulkan"},
};

struct ShapeName {
  Shape shape;
  // Kernels make and look at the contents, else host copies.
  bool kernels = false;
};
constexpr auto k2D = TI_IMAGE_DIMENSION_2D;
constexpr auto k3D = TI_IMAGE_DIMENSION_3D;
const ShapeName kShapes[] = {
    {{"Odd", {}, k2D, 61, 37}},
    {{"Mips", {}, k2D, 61, 37, 1, 1, 6}},
    {{"Layers", {}, TI_IMAGE_DIMENSION_2D_ARRAY, 61, 37, 1, 5}},
    {{"MipsAndLayers", {}, TI_IMAGE_DIMENSION_2D_ARRAY, 29, 43, 1, 3, 6}},
    {{"Volume", {}, k3D, 13, 9, 7}},
    {{"VolumeMips", {}, k3D, 13, 9, 7, 1, 4}},
    {{"Cube", {}, TI_IMAGE_DIMENSION_CUBE, 33, 33, 1, 6, 6}},
    {{"OddByKernels", {}, k2D, 31, 29}, true},
    {{"VolumeByKernels", {}, k3D, 7, 5, 3}, true},
};

struct FormatName {
  const char* name;
  TiFormat format;
};
constexpr FormatName kFormats[] = {
    {"RGBA8", TI_FORMAT_RGBA8}, {"RGBA16F", TI_FORMAT_RGBA16F}, {"R32F", TI_FORMAT_R32F}};

struct Case {
  Kind kind;
  bool to_peer;
  Shape shape;
  bool kernels;
};

class PairTest : public testing::Test {
 public:
  explicit PairTest(const Case& given) : case_(given) {}

 private:
  void TestBody() override {
    ASSERT_NE(runtime_.handle(), nullptr);
    image_ = make_image(runtime_.handle(), case_.shape);
    ASSERT_NE(image_, nullptr);
    const auto peer = make_peer(runtime_.handle(), case_.kind);
    if (HasFailure()) return;
    peer->open(image_, case_.shape);
    if (HasFailure()) return;
    for (uint32_t seed = 1; seed <= 3; ++seed) case_.to_peer ? forth(*peer, seed) : back(*peer, seed);
    peer->close();
    ti_free_image(runtime_.handle(), image_);
    expect_no_error("free");
    IstCounters counted{};
    counted.size = sizeof counted;
    EXPECT_EQ(ist_counters(runtime_.handle(), &counted), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(counted.share_copies, 0u);
    EXPECT_EQ(counted.share_bytes, 0u);
    EXPECT_EQ(counted.lends, 3u);
    EXPECT_EQ(counted.takes, 3u);
    EXPECT_EQ(counted.gpu_signals, peer->to_peer() == IST_RUNG_BINARY ? 3u : 0u);
  }

  std::vector<uint8_t> ours(uint32_t mip, uint32_t seed) const {
    return case_.kernels ? stored_texels(case_.shape, seed) : gl_host::pattern(case_.shape, mip, seed);
  }
  void forth(Peer& peer, uint32_t seed) {
    case_.kernels ? store_by_kernel(runtime_.handle(), formats(), image_, case_.shape, seed)
                  : write_image(runtime_.handle(), image_, case_.shape, seed);
    peer.lend(Use::read);
    for (uint32_t mip = 0; mip < case_.shape.mips; ++mip)
      expect_same(peer.read(mip), ours(mip, seed), case_.shape, mip);
    peer.take_back();
    for (uint32_t mip = 0; mip < case_.shape.mips; ++mip)
      expect_same(read_level(runtime_.handle(), image_, case_.shape, mip), ours(mip, seed), case_.shape, mip);
  }
  void back(Peer& peer, uint32_t seed) {
    peer.lend(Use::write);
    for (uint32_t mip = 0; mip < case_.shape.mips; ++mip) peer.write(mip, gl_host::pattern(case_.shape, mip, seed));
    peer.take_back();
    for (uint32_t mip = 0; mip < case_.shape.mips; ++mip)
      expect_same(case_.kernels ? fetch_by_kernel(runtime_.handle(), formats(), image_, case_.shape)
                                : read_level(runtime_.handle(), image_, case_.shape, mip),
                  gl_host::pattern(case_.shape, mip, seed), case_.shape, mip);
  }
  const conformance::Module& formats() {
    if (!formats_) formats_ = std::make_unique<conformance::Module>(runtime_.handle(), "formats");
    return *formats_;
  }

  const Case case_;
  conformance::OwnRuntime runtime_{TI_ARCH_VULKAN};
  std::unique_ptr<conformance::Module> formats_;
  TiImage image_ = nullptr;
};

const bool registered = [] {
  for (const PairName& pair : kPairs) {
    for (const bool to_peer : {true, false}) {
      for (const ShapeName& shape : kShapes) {
        for (const FormatName& format : kFormats) {
          Case made{pair.kind, to_peer, shape.shape, shape.kernels};
          made.shape.format = format.format;
          const std::string suite = std::string("Pairs/") + (to_peer ? pair.to : pair.from);
          const std::string name = std::string(shape.shape.name) + "/" + format.name;
          testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                                [made]() -> PairTest* { return new PairTest(made); });
        }
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace pairs
