// The host's GL state is what it was, whatever was shared and handed over.
#include <map>

#include "gl_test.h"

namespace gl_host {
namespace {

class GlState : public GlTest {
 protected:
  std::map<GLenum, GLint> state() {
    std::vector<GLenum> asked = {GL_ACTIVE_TEXTURE,
                                 GL_TEXTURE_BINDING_2D,
                                 GL_TEXTURE_BINDING_3D,
                                 GL_TEXTURE_BINDING_2D_ARRAY,
                                 GL_TEXTURE_BINDING_CUBE_MAP,
                                 GL_ARRAY_BUFFER_BINDING,
                                 GL_COPY_READ_BUFFER_BINDING,
                                 GL_COPY_WRITE_BUFFER_BINDING,
                                 GL_PIXEL_PACK_BUFFER_BINDING,
                                 GL_PIXEL_UNPACK_BUFFER_BINDING,
                                 GL_UNIFORM_BUFFER_BINDING,
                                 GL_SHADER_STORAGE_BUFFER_BINDING,
                                 GL_DRAW_FRAMEBUFFER_BINDING,
                                 GL_READ_FRAMEBUFFER_BINDING,
                                 GL_VERTEX_ARRAY_BINDING,
                                 GL_CURRENT_PROGRAM,
                                 GL_UNPACK_ALIGNMENT,
                                 GL_UNPACK_ROW_LENGTH,
                                 GL_UNPACK_SKIP_ROWS,
                                 GL_UNPACK_SKIP_PIXELS,
                                 GL_UNPACK_IMAGE_HEIGHT,
                                 GL_UNPACK_SKIP_IMAGES,
                                 GL_PACK_ALIGNMENT,
                                 GL_PACK_ROW_LENGTH,
                                 GL_PACK_SKIP_ROWS,
                                 GL_PACK_SKIP_PIXELS};
    if (!es())
      asked.insert(asked.end(),
                   {GL_TEXTURE_BINDING_1D, GL_TEXTURE_BINDING_1D_ARRAY, GL_UNPACK_SWAP_BYTES, GL_UNPACK_LSB_FIRST,
                    GL_PACK_SWAP_BYTES, GL_PACK_LSB_FIRST, GL_PACK_IMAGE_HEIGHT, GL_PACK_SKIP_IMAGES});
    std::map<GLenum, GLint> values;
    for (const GLenum what : asked) gl().GetIntegerv(what, &values[what]);
    return values;
  }

  // Everything the library might touch is set to something unusual.
  void disturb() {
    GlHost& g = gl();
    g.ActiveTexture(GL_TEXTURE3);
    std::vector<GLenum> targets = {GL_TEXTURE_2D, GL_TEXTURE_3D, GL_TEXTURE_2D_ARRAY, GL_TEXTURE_CUBE_MAP};
    if (!es()) targets.insert(targets.end(), {GL_TEXTURE_1D, GL_TEXTURE_1D_ARRAY});
    for (const GLenum target : targets) {
      GLuint texture = 0;
      g.GenTextures(1, &texture);
      g.BindTexture(target, texture);
    }
    for (const GLenum target : {GL_ARRAY_BUFFER, GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER, GL_PIXEL_PACK_BUFFER,
                                GL_PIXEL_UNPACK_BUFFER, GL_UNIFORM_BUFFER}) {
      GLuint buffer = 0;
      g.GenBuffers(1, &buffer);
      g.BindBuffer(static_cast<GLenum>(target), buffer);
    }
    GLuint framebuffers[2], vertices = 0;
    g.GenFramebuffers(2, framebuffers);
    g.BindFramebuffer(GL_DRAW_FRAMEBUFFER, framebuffers[0]);
    g.BindFramebuffer(GL_READ_FRAMEBUFFER, framebuffers[1]);
    g.GenVertexArrays(1, &vertices);
    g.BindVertexArray(vertices);
    g.PixelStorei(GL_UNPACK_ALIGNMENT, 2);
    g.PixelStorei(GL_UNPACK_ROW_LENGTH, 300);
    g.PixelStorei(GL_UNPACK_SKIP_ROWS, 3);
    g.PixelStorei(GL_UNPACK_SKIP_PIXELS, 5);
    g.PixelStorei(GL_UNPACK_IMAGE_HEIGHT, 99);
    g.PixelStorei(GL_UNPACK_SKIP_IMAGES, 1);
    g.PixelStorei(GL_PACK_ALIGNMENT, 8);
    g.PixelStorei(GL_PACK_ROW_LENGTH, 400);
    g.PixelStorei(GL_PACK_SKIP_ROWS, 2);
    g.PixelStorei(GL_PACK_SKIP_PIXELS, 7);
    if (!es()) {
      g.PixelStorei(GL_UNPACK_SWAP_BYTES, GL_TRUE);
      g.PixelStorei(GL_UNPACK_LSB_FIRST, GL_TRUE);
      g.PixelStorei(GL_PACK_SWAP_BYTES, GL_TRUE);
      g.PixelStorei(GL_PACK_LSB_FIRST, GL_TRUE);
      g.PixelStorei(GL_PACK_IMAGE_HEIGHT, 50);
      g.PixelStorei(GL_PACK_SKIP_IMAGES, 1);
    }
  }
};

TEST_P(GlState, IsLeftAsItWas) {
  disturb();
  const auto before = state();
  const Shape shapes[] = {
      {"2d", TI_FORMAT_RGBA16F, TI_IMAGE_DIMENSION_2D, 19, 7, 1, 1, 3},
      {"array", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D_ARRAY, 19, 7, 1, 3, 2},
      {"cube", TI_FORMAT_R32F, TI_IMAGE_DIMENSION_CUBE, 9, 9, 1, 6},
      {"3d", TI_FORMAT_R8U, TI_IMAGE_DIMENSION_3D, 9, 5, 4},
      {"1d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_1D, 9, 1},
      {"1d array", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_1D_ARRAY, 9, 1, 1, 2},
  };
  for (const Shape& shape : shapes) {
    const bool flat = shape.dimension == TI_IMAGE_DIMENSION_1D || shape.dimension == TI_IMAGE_DIMENSION_1D_ARRAY;
    if (es() && flat) continue;
    for (const bool shared : {true, false}) {
      SCOPED_TRACE(shape.name);
      const TiImage image = make_image(shape, shared);
      write_image(image, shape, 4);
      share(image);
      EXPECT_EQ(state(), before);
      const IstHandover object = handover(image, false);
      lend(object);
      EXPECT_EQ(state(), before);
      take_back(object);
      EXPECT_EQ(state(), before);
      expect_image(image, shape, 4);  // so nothing of the state has disturbed the library either
      lend(object);
      take_back(object);
      expect_image(image, shape, 4);
      EXPECT_EQ(ist_gl_unshare(joined(), image), TI_ERROR_SUCCESS) << error();
      EXPECT_EQ(state(), before);
    }
  }
  for (const bool shared : {true, false}) {
    const TiMemory memory = make_memory(1000, shared);
    share(memory);
    lend(handover(memory, false));
    take_back(handover(memory, false));
    EXPECT_EQ(state(), before);
  }
  EXPECT_EQ(ist_gl_detach(joined_, TI_FALSE), TI_ERROR_SUCCESS) << error();
  joined_ = nullptr;
  EXPECT_EQ(state(), before);
  EXPECT_EQ(gl().GetError(), GLenum{GL_NO_ERROR});
}

GL_HOST_SUITE(GlState);

}  // namespace
}  // namespace gl_host
