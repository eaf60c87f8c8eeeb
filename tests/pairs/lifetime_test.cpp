// The ends of images, of their twins, contexts and runtimes in every order, in sizes that change: what is still there
// works, what is gone is named.
#include <ist/gl.h>

#include <algorithm>

#include "contents.h"
#include "gl_host/gl_host.h"
#include "gl_host/texels.h"
#include "peer.h"

namespace pairs {
namespace {

using conformance::expect_error;
using conformance::expect_no_error;
using conformance::take_error;

// Success, or this code.
void expect_result(TiError result, TiError wanted, const char* what) {
  EXPECT_EQ(result, wanted) << what << ": " << take_error().message;
  if (wanted != TI_ERROR_SUCCESS) take_error();
}

std::string names_of(const std::vector<int>& steps, std::initializer_list<const char*> names) {
  std::string text;
  for (const int step : steps) text += std::string(names.begin()[step]) + " ";
  return text;
}

class GlEnds : public testing::TestWithParam<bool> {
 protected:
  enum Step { use, unshare, free_image, detach, destroy_runtime };

  void begin(uint32_t round) {
    shape_ = {"resized", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 1 + round * 7 % 61, 1 + round * 5 % 37};
    runtime_ = ti_create_runtime(TI_ARCH_VULKAN, 0);
    ASSERT_NE(runtime_, nullptr);
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = gl_host::get_proc_addr;
    ASSERT_EQ(ist_gl_attach(runtime_, &info, &joined_), TI_ERROR_SUCCESS) << take_error().message;
    image_ = make_image(runtime_, shape_);
    write_image(runtime_, image_, shape_, round);
    round_ = round;
    texture_ = {};
    texture_.size = sizeof texture_;
    ASSERT_EQ(ist_gl_share_image(joined_, image_, &texture_), TI_ERROR_SUCCESS) << take_error().message;
    has_runtime_ = has_joined_ = has_image_ = shared_ = true;
  }

  void act(Step step) {
    const TiError without_gl = has_runtime_ && has_joined_ ? TI_ERROR_SUCCESS : TI_ERROR_INVALID_ARGUMENT;
    switch (step) {
      case use: {
        const IstHandover object = handover(image_, Use::read, IST_PEER_SAME_DEVICE);
        const TiError wanted = without_gl    ? without_gl
                               : !has_image_ ? TI_ERROR_INVALID_ARGUMENT
                               : !shared_    ? TI_ERROR_INVALID_STATE
                                             : TI_ERROR_SUCCESS;
        expect_result(ist_gl_lend(joined_, 1, &object), wanted, "lend");
        if (wanted == TI_ERROR_SUCCESS)
          gl_host::expect_same(gl_host::read_texture(gl_, texture_, shape_, 0), gl_host::pattern(shape_, 0, round_),
                               shape_, 0);
        expect_result(ist_gl_take_back(joined_, 1, &object), wanted, "take back");
        break;
      }
      case unshare:
        expect_result(ist_gl_unshare(joined_, image_), without_gl, "unshare");
        shared_ &= without_gl != TI_ERROR_SUCCESS;
        break;
      case free_image:
        ti_free_image(runtime_, image_);
        has_runtime_ ? expect_no_error("free") : expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
        has_image_ = false;
        break;
      case detach:
        expect_result(ist_gl_detach(joined_, TI_FALSE), without_gl, "detach");
        if (has_runtime_) shared_ = false;
        has_joined_ = false;
        break;
      case destroy_runtime:
        ti_destroy_runtime(runtime_);
        expect_no_error("destroy");
        has_runtime_ = has_image_ = false;
        break;
    }
    // A twin lives until it is unshared or the context is left; a runtime that goes first forgets it.
    EXPECT_EQ(gl_.IsTexture(texture_.name) != 0, shared_);
  }

  gl_host::GlHost gl_{GetParam() ? gl_host::Api::gles : gl_host::Api::gl};
  Shape shape_{};
  uint32_t round_ = 0;
  TiRuntime runtime_ = nullptr;
  IstGl joined_ = nullptr;
  TiImage image_ = nullptr;
  IstGlObject texture_{};
  bool has_runtime_ = false, has_joined_ = false, has_image_ = false, shared_ = false;
};

TEST_P(GlEnds, InEveryOrder) {
  ASSERT_EQ(gl_.problem(), "");
  std::vector<int> steps = {use, unshare, free_image, detach, destroy_runtime};
  uint32_t round = 0;
  do {
    SCOPED_TRACE(names_of(steps, {"use", "unshare", "free", "detach", "destroy"}));
    begin(round++);
    for (const int step : steps) act(static_cast<Step>(step));
    if (shared_) gl_.DeleteTextures(1, &texture_.name);
    for (const std::string& message : gl_.take_messages()) ADD_FAILURE() << message;
  } while (std::next_permutation(steps.begin(), steps.end()) && !HasFailure());
  EXPECT_EQ(round, 120u);
}

INSTANTIATE_TEST_SUITE_P(Pairs, GlEnds, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) { return info.param ? "Gles" : "Gl"; });

// Importers keep what exporters give up, and the other way round.
TEST(ExportEnds, InEveryOrder) {
  enum Step { free_ours, destroy_ours, read_theirs, free_theirs, destroy_theirs };
  std::vector<int> steps = {free_ours, destroy_ours, read_theirs, free_theirs, destroy_theirs};
  uint32_t round = 0;
  do {
    SCOPED_TRACE(names_of(steps, {"free ours", "destroy ours", "read theirs", "free theirs", "destroy theirs"}));
    const Shape shape{"resized", TI_FORMAT_RGBA16F, TI_IMAGE_DIMENSION_2D, 1 + round * 7 % 61, 1 + round * 5 % 37};
    const TiRuntime ours = ti_create_runtime(TI_ARCH_VULKAN, 0), theirs = ti_create_runtime(TI_ARCH_VULKAN, 0);
    ASSERT_TRUE(ours && theirs);
    const TiImage image = make_image(ours, shape);
    write_image(ours, image, shape, round);
    const IstHandover loan = handover(image, Use::read, IST_PEER_EXTERNAL);
    ASSERT_EQ(ist_lend(ours, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    auto exported = std::make_unique<Exported>(ours, image);
    TiImage imported = nullptr;
    ASSERT_EQ(ist_import_image(theirs, exported->handle, &exported->record, &imported), TI_ERROR_SUCCESS)
        << take_error().message;
    if (round % 2) exported.reset();  // else the file is closed last
    const IstHandover in = handover(imported, Use::read, IST_PEER_EXTERNAL);
    ASSERT_EQ(ist_take_back(theirs, 1, &in, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    ASSERT_EQ(ist_take_back(ours, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    bool has_ours = true, has_theirs = true, has_imported = true;
    for (const int step : steps) {
      if (step == free_ours) {
        ti_free_image(ours, image);
        has_ours ? expect_no_error("free") : expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
      } else if (step == destroy_ours) {
        ti_destroy_runtime(ours);
        has_ours = false;
      } else if (step == free_theirs) {
        ti_free_image(theirs, imported);
        has_theirs ? expect_no_error("free") : expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
        has_imported = false;
      } else if (step == destroy_theirs) {
        ti_destroy_runtime(theirs);
        has_theirs = has_imported = false;
      } else if (has_imported) {
        gl_host::expect_same(read_level(theirs, imported, shape, 0), gl_host::pattern(shape, 0, round), shape, 0);
      } else {
        const TiImageSlice level = level_of(imported, shape, 0);
        std::vector<uint8_t> texels(gl_host::pattern(shape, 0, 0).size());
        expect_result(ist_read_image(theirs, &level, texels.data(), texels.size(), 0), TI_ERROR_INVALID_ARGUMENT,
                      "read");
      }
    }
    ++round;
  } while (std::next_permutation(steps.begin(), steps.end()) && !testing::Test::HasFailure());
  EXPECT_EQ(round, 120u);
}

}  // namespace
}  // namespace pairs
