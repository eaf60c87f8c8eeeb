// Owners of a host that draws with OpenGL: names in the context and loans to it.
#include <cstring>
#include <ist/cpp/gl.hpp>

#include "cpp/owners.h"
#include "gl_host/gl_host.h"

namespace {

using isthmus::Gl;
using isthmus::GlLoan;
using isthmus::GlObject;
using owners::take_error;

class GlOwners : public owners::WithRuntime {
 protected:
  void SetUp() override {
    WithRuntime::SetUp();
    ASSERT_EQ(context_.problem(), "");
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = gl_host::get_proc_addr;
    gl_ = Gl::attach(runtime_, info);
    ASSERT_TRUE(gl_.is_valid()) << take_error().message;
  }

  gl_host::GlHost context_{gl_host::Api::gl};
  Gl gl_;
};

TEST_F(GlOwners, NamesGoWithTheirOwner) {
  ti::Image image = make_image();
  uint32_t name = 0;
  {
    GlObject texture = gl_.share(image);
    ASSERT_TRUE(texture.is_valid()) << take_error().message;
    name = texture.name();
    EXPECT_EQ(texture.target(), static_cast<uint32_t>(GL_TEXTURE_2D));
    EXPECT_FALSE(texture.copied()) << texture.info().reason;
    GlObject moved(std::move(texture));
    EXPECT_FALSE(texture.is_valid());
    EXPECT_EQ(moved.name(), name);
    EXPECT_EQ(context_.IsTexture(name), GL_TRUE);
  }
  EXPECT_EQ(context_.IsTexture(name), GL_FALSE);
}

TEST_F(GlOwners, LoansComeBack) {
  ti::Image image = make_image();
  GlObject texture = gl_.share(image);
  ASSERT_TRUE(texture.is_valid()) << take_error().message;
  {
    GlLoan loan = gl_.lend({isthmus::whole(image, TI_IMAGE_LAYOUT_SHADER_READ_WRITE)});
    ASSERT_TRUE(loan.is_valid()) << take_error().message;
    EXPECT_EQ(holder_of(image), IST_HOLDER_LENT);
    EXPECT_NE(texture.unshare(), TI_ERROR_SUCCESS);
    take_error();
    EXPECT_TRUE(texture.is_valid()) << "it is lent";
    const std::vector<uint32_t> texels(33 * 17, 0x01020304);
    context_.BindTexture(GL_TEXTURE_2D, texture.name());
    context_.TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 33, 17, GL_RGBA, GL_UNSIGNED_BYTE, texels.data());
    GlLoan moved;
    moved = std::move(loan);
    EXPECT_FALSE(loan.is_valid());
  }
  EXPECT_NE(holder_of(image), IST_HOLDER_LENT);
  expect_filled(runtime_.runtime(), image, 0x01020304);
}

TEST_F(GlOwners, WhatIsDiscardedOnTheWayComesBackAsWritten) {
  ti::Image image = make_image();
  GlObject texture = gl_.share(image);
  IstHandover handover = isthmus::whole(image, TI_IMAGE_LAYOUT_SHADER_READ_WRITE);
  handover.flags = IST_HANDOVER_DISCARD_BIT;
  GlLoan loan = gl_.lend({handover});
  ASSERT_TRUE(loan.is_valid()) << take_error().message;
  const std::vector<uint32_t> texels(33 * 17, 0x0a0b0c0d);
  context_.BindTexture(GL_TEXTURE_2D, texture.name());
  context_.TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 33, 17, GL_RGBA, GL_UNSIGNED_BYTE, texels.data());
  EXPECT_EQ(loan.take_back(), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(loan.take_back(), TI_ERROR_SUCCESS) << "once is enough";
  expect_filled(runtime_.runtime(), image, 0x0a0b0c0d);
}

TEST_F(GlOwners, DetachOnceAndMove) {
  Gl moved = std::move(gl_);
  EXPECT_FALSE(gl_.is_valid());
  ti::Image image = make_image();
  EXPECT_FALSE(gl_.share(image).is_valid());
  EXPECT_NE(take_error().error, TI_ERROR_SUCCESS);
  EXPECT_EQ(moved.detach(), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(moved.detach(), TI_ERROR_SUCCESS);
  EXPECT_FALSE(moved.is_valid());
}

TEST_F(GlOwners, ForgetsAContextThatIsGone) {
  context_.destroy();
  EXPECT_EQ(gl_.forget(), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_FALSE(gl_.is_valid());
}

}  // namespace
