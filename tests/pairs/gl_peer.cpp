// An OpenGL 4.5 or OpenGL ES 3.2 context.
#include <gtest/gtest.h>
#include <ist/gl.h>

#include "conformance/support.h"
#include "gl_host/gl_host.h"
#include "gl_host/texels.h"
#include "peer.h"

namespace pairs {
namespace {

using conformance::take_error;

class GlPeer final : public Peer {
 public:
  GlPeer(TiRuntime runtime, bool es) : gl_(es ? gl_host::Api::gles : gl_host::Api::gl), runtime_(runtime) {
    EXPECT_EQ(gl_.problem(), "");
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = gl_host::get_proc_addr;
    EXPECT_EQ(ist_gl_attach(runtime_, &info, &joined_), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(ist_set_option(runtime_, IST_OPTION_REQUIRE_ZERO_COPY, 1), TI_ERROR_SUCCESS) << take_error().message;
  }
  ~GlPeer() override {
    if (joined_) {
      EXPECT_EQ(ist_gl_detach(joined_, TI_FALSE), TI_ERROR_SUCCESS) << take_error().message;
    }
    for (const std::string& message : gl_.take_messages()) ADD_FAILURE() << "OpenGL: " << message;
    gl_.destroy();
  }

  void open(TiImage image, const Shape& shape) override {
    image_ = image;
    shape_ = shape;
    texture_ = {};
    texture_.size = sizeof texture_;
    ASSERT_EQ(ist_gl_share_image(joined_, image, &texture_), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(texture_.copied, 0u) << texture_.reason;
  }
  void close() override { EXPECT_EQ(ist_gl_unshare(joined_, image_), TI_ERROR_SUCCESS) << take_error().message; }
  void lend(Use use) override {
    loan_ = handover(image_, use, IST_PEER_SAME_DEVICE);
    EXPECT_EQ(ist_gl_lend(joined_, 1, &loan_), TI_ERROR_SUCCESS) << take_error().message;
  }
  void take_back() override {
    EXPECT_EQ(ist_gl_take_back(joined_, 1, &loan_), TI_ERROR_SUCCESS) << take_error().message;
  }
  std::vector<uint8_t> read(uint32_t mip) override { return gl_host::read_texture(gl_, texture_, shape_, mip); }
  void write(uint32_t mip, const std::vector<uint8_t>& texels) override {
    gl_host::write_level(gl_, texture_, shape_, mip, texels);
  }
  IstRung to_peer() const override { return texture_.to_gl; }

 private:
  gl_host::GlHost gl_;
  TiRuntime runtime_;
  IstGl joined_ = nullptr;
  TiImage image_ = nullptr;
  Shape shape_{};
  IstGlObject texture_{};
  IstHandover loan_{};
};

}  // namespace

std::unique_ptr<Peer> make_gl_peer(TiRuntime runtime, bool es) { return std::make_unique<GlPeer>(runtime, es); }

}  // namespace pairs
