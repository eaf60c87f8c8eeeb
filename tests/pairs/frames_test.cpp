// 300 frames with each peer: a kernel stamps the frame's number into every texel and the peer looks at all of them,
// then the peer stamps and a kernel looks. A torn or stale frame differs.
#include "contents.h"
#include "peer.h"

namespace pairs {
namespace {

constexpr uint32_t kFrames = 300;

class Frames : public testing::TestWithParam<Kind> {};

TEST_P(Frames, EachSideSeesEveryFrameOfTheOther) {
  const Shape shape{"frame", TI_FORMAT_R32F, TI_IMAGE_DIMENSION_2D, 31, 29};
  conformance::OwnRuntime runtime(TI_ARCH_VULKAN);
  const conformance::Module formats(runtime.handle(), "formats");
  const TiImage image = make_image(runtime.handle(), shape);
  const auto peer = make_peer(runtime.handle(), GetParam());
  ASSERT_FALSE(HasFailure());
  peer->open(image, shape);
  for (uint32_t frame = 0; frame < kFrames && !HasFailure(); ++frame) {
    SCOPED_TRACE(frame);
    store_by_kernel(runtime.handle(), formats, image, shape, 2 * frame);
    peer->lend(Use::read);
    gl_host::expect_same(peer->read(0), stored_texels(shape, 2 * frame), shape, 0);
    peer->take_back();
    peer->lend(Use::write);
    peer->write(0, stored_texels(shape, 2 * frame + 1));
    peer->take_back();
    gl_host::expect_same(fetch_by_kernel(runtime.handle(), formats, image, shape), stored_texels(shape, 2 * frame + 1),
                         shape, 0);
  }
  peer->close();
  ti_free_image(runtime.handle(), image);
  conformance::expect_no_error("free");
  IstCounters counted{};
  counted.size = sizeof counted;
  ASSERT_EQ(ist_counters(runtime.handle(), &counted), TI_ERROR_SUCCESS);
  EXPECT_EQ(counted.lends, 2 * kFrames);
  EXPECT_EQ(counted.takes, 2 * kFrames);
  EXPECT_EQ(counted.share_bytes, 0u);
}

std::string name_of(const testing::TestParamInfo<Kind>& info) {
  static constexpr const char* kNames[] = {"Gl", "Gles", "OtherDevice", "OtherProcess"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Pairs, Frames, testing::Values(Kind::gl, Kind::gles, Kind::device, Kind::process), name_of);

}  // namespace
}  // namespace pairs
