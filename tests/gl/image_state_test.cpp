// What the host has bound and set is as before after every copy; and what shaders see of images.
#include <functional>

#include "images.h"

namespace gl_test {
namespace {

using gl_host::Api;

constexpr ImageDimension kDimensions[] = {ImageDimension::d1,       ImageDimension::d2,       ImageDimension::d3,
                                          ImageDimension::d1_array, ImageDimension::d2_array, ImageDimension::cube};

class GlImageState : public ImageTest {
 protected:
  // Everything that copies could touch, with the host's values in it.
  void disturb() {
    host_buffer_ = buffer_of(Bytes(4096));
    for (const GLenum target :
         {GL_PIXEL_PACK_BUFFER, GL_PIXEL_UNPACK_BUFFER, GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER})
      gl().BindBuffer(target, host_buffer_->name());
    gl().BindBufferRange(GL_SHADER_STORAGE_BUFFER, 0, host_buffer_->name(), 256, 512);
    gl().BindBufferBase(GL_SHADER_STORAGE_BUFFER, 1, host_buffer_->name());
    gl().BindBuffer(GL_SHADER_STORAGE_BUFFER, host_buffer_->name());
    for (const GLenum name : pixel_store()) gl().PixelStorei(name, is_alignment(name) ? 2 : 3);
    gl().GenTextures(static_cast<GLsizei>(std::size(textures_)), textures_);
    gl().ActiveTexture(GL_TEXTURE0 + 3);
    bind_textures(0);
    gl().ActiveTexture(GL_TEXTURE0);
    bind_textures(6);
    gl().ActiveTexture(GL_TEXTURE0 + 3);
    gl().GenSamplers(2, samplers_);
    gl().BindSampler(0, samplers_[0]);
    gl().BindSampler(3, samplers_[1]);
    gl().GenFramebuffers(2, framebuffers_);
    gl().BindFramebuffer(GL_READ_FRAMEBUFFER, framebuffers_[0]);
    gl().BindFramebuffer(GL_DRAW_FRAMEBUFFER, framebuffers_[1]);
    gl().ReadBuffer(GL_NONE);
    program_ = host_->compute("layout(local_size_x = 1) in; void main() {}");
    gl().UseProgram(program_);
    gl().Enable(GL_SCISSOR_TEST);
    es() ? gl().Enable(GL_RASTERIZER_DISCARD) : gl().Disable(GL_FRAMEBUFFER_SRGB);
    host_->Scissor(1, 1, 1, 1);
    EXPECT_EQ(gl().GetError(), 0u);
  }
  void bind_textures(size_t first) {
    size_t next = first;
    for (const GLenum target : targets()) gl().BindTexture(target, textures_[next++]);
  }
  void forget_all() {
    gl().UseProgram(0);
    host_->DeleteProgram(program_);
    gl().BindSampler(0, 0);
    gl().BindSampler(3, 0);
    gl().DeleteSamplers(2, samplers_);
    gl().DeleteFramebuffers(2, framebuffers_);
    gl().DeleteTextures(static_cast<GLsizei>(std::size(textures_)), textures_);
    host_buffer_.reset();
  }
  std::vector<GLenum> targets() const {
    std::vector<GLenum> all = {GL_TEXTURE_2D, GL_TEXTURE_3D, GL_TEXTURE_2D_ARRAY, GL_TEXTURE_CUBE_MAP};
    if (!es()) all.insert(all.end(), {GL_TEXTURE_1D, GL_TEXTURE_1D_ARRAY});
    return all;
  }
  static bool is_alignment(GLenum name) { return name == GL_PACK_ALIGNMENT || name == GL_UNPACK_ALIGNMENT; }
  std::vector<GLenum> pixel_store() const {
    std::vector<GLenum> all = {GL_PACK_ALIGNMENT,      GL_PACK_ROW_LENGTH,   GL_PACK_SKIP_ROWS,   GL_PACK_SKIP_PIXELS,
                               GL_UNPACK_ALIGNMENT,    GL_UNPACK_ROW_LENGTH, GL_UNPACK_SKIP_ROWS, GL_UNPACK_SKIP_PIXELS,
                               GL_UNPACK_IMAGE_HEIGHT, GL_UNPACK_SKIP_IMAGES};
    if (!es())
      all.insert(all.end(), {GL_PACK_IMAGE_HEIGHT, GL_PACK_SKIP_IMAGES, GL_PACK_SWAP_BYTES, GL_UNPACK_SWAP_BYTES,
                             GL_PACK_LSB_FIRST, GL_UNPACK_LSB_FIRST});
    return all;
  }
  std::vector<int64_t> snapshot() {
    std::vector<GLenum> names = pixel_store();
    names.insert(names.end(),
                 {GL_PIXEL_PACK_BUFFER_BINDING, GL_PIXEL_UNPACK_BUFFER_BINDING, GL_COPY_READ_BUFFER_BINDING,
                  GL_COPY_WRITE_BUFFER_BINDING, GL_SHADER_STORAGE_BUFFER_BINDING, GL_READ_FRAMEBUFFER_BINDING,
                  GL_DRAW_FRAMEBUFFER_BINDING, GL_CURRENT_PROGRAM, GL_ACTIVE_TEXTURE, GL_READ_BUFFER});
    std::vector<int64_t> values;
    const auto ask = [&](GLenum name) {
      GLint value[4] = {};
      gl().GetIntegerv(name, value);
      values.push_back(value[0]);
    };
    for (const GLenum name : names) ask(name);
    for (const GLuint point : {0u, 1u}) {
      for (const GLenum name :
           {GL_SHADER_STORAGE_BUFFER_BINDING, GL_SHADER_STORAGE_BUFFER_START, GL_SHADER_STORAGE_BUFFER_SIZE}) {
        int64_t value = 0;
        gl().GetInteger64i_v(name, point, &value);
        values.push_back(value);
      }
    }
    for (const GLenum unit : {GL_TEXTURE0, GL_TEXTURE0 + 3}) {
      gl().ActiveTexture(unit);
      for (const GLenum name : {GL_TEXTURE_BINDING_2D, GL_TEXTURE_BINDING_3D, GL_TEXTURE_BINDING_2D_ARRAY,
                                GL_TEXTURE_BINDING_CUBE_MAP, GL_SAMPLER_BINDING})
        ask(name);
      if (es()) continue;
      ask(GL_TEXTURE_BINDING_1D);
      ask(GL_TEXTURE_BINDING_1D_ARRAY);
    }
    gl().ActiveTexture(GL_TEXTURE0 + 3);
    values.push_back(gl().IsEnabled(GL_SCISSOR_TEST));
    values.push_back(gl().IsEnabled(es() ? GL_RASTERIZER_DISCARD : GL_FRAMEBUFFER_SRGB));
    return values;
  }
  void expect_untouched(const std::string& what, const std::function<void()>& act) {
    const auto before = snapshot();
    act();
    EXPECT_EQ(snapshot(), before) << what;
    EXPECT_EQ(gl().GetError(), 0u) << what;
  }

  // The first four numbers that a shader of one invocation makes of the image on unit 0.
  std::vector<float> seen(Image& image, ImageDimension as, const ist::gl::Sampler& sampler, const std::string& text) {
    auto out = buffer_of(Bytes(16));
    std::string log;
    const GLuint program = host_->compute(
        "layout(local_size_x = 1) in;\nlayout(std430, binding = 0) writeonly buffer Out { float values[]; };\n"
        "layout(binding = 0) uniform highp sampler2D image_texels;\nvoid main() {\n  vec4 t = " +
            text + ";\n  for (int i = 0; i < 4; ++i) values[i] = t[i];\n}\n",
        &log);
    EXPECT_NE(program, 0u) << log;
    const auto shown = image.shown_as(as);
    EXPECT_TRUE(shown.ok()) << shown.status().message();
    gl().ActiveTexture(GL_TEXTURE0);
    gl().BindTexture(shown->target, shown->name);
    gl().BindSampler(0, sampler.name_for(image));
    gl().BindBufferBase(GL_SHADER_STORAGE_BUFFER, 0, out->name());
    gl().UseProgram(program);
    gl().DispatchCompute(1, 1, 1);
    const Bytes bytes = bytes_of(*out);
    gl().UseProgram(0);
    gl().BindSampler(0, 0);
    host_->DeleteProgram(program);
    std::vector<float> values(4);
    std::memcpy(values.data(), bytes.data(), 16);
    return values;
  }

  std::unique_ptr<ist::gl::Buffer> host_buffer_;
  GLuint textures_[12] = {}, samplers_[2] = {}, framebuffers_[2] = {};
  GLuint program_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, GlImageState, testing::Values(Api::gl, Api::gles), api_name);

TEST_P(GlImageState, IsAsBefore) {
  constexpr int ranks[] = {1, 2, 3, 1, 2, 2};
  disturb();
  for (Format format = 1; format < ist::kFormatCount; ++format) {
    for (const ImageDimension dimension : kDimensions) {
      const FormatSupport offered = support(format, dimension);
      if (!offered.usage) continue;
      const ImageDesc desc = small_image(format, dimension, offered.usage);
      Model *one = nullptr, *two = nullptr;
      const std::string name = std::string(format_info(format).name) + " " + dimension_name(dimension);
      expect_untouched(name + ": made and written", [&] { one = &model(desc, true), two = &model(desc, true); });
      expect_untouched(name + ": read", [&] { expect_all(*one); });
      expect_untouched(name + ": copied", [&] { copy_box(*one, 0, *two, 0); });
      expect_untouched(name + ": copied onto itself", [&] { copy(*one, one->whole(0), *one, one->whole(0)); });
      const bool seen = offered.usage & ist::image_usage::kSampled;
      for (const ImageDimension as : {ImageDimension::d1, ImageDimension::d2, ImageDimension::d3}) {
        const bool alike = ranks[static_cast<size_t>(as)] == ranks[static_cast<size_t>(dimension)];
        if (alike && seen)
          expect_untouched(name + ": shown", [&] { EXPECT_TRUE(one->image->shown_as(as).ok()) << name; });
      }
      expect_all(*one);
      if (offered.blit) expect_untouched(name + ": filtered", [&] { check(copies_->blit({one->image.get(), 0})); });
    }
  }
  forget_all();
}

// A scissor of one texel and a framebuffer without sRGB do not change what is filtered.
TEST_P(GlImageState, DoesNotChangeWhatIsFiltered) {
  for (const char* name : {"rgba8", "rgba8srgb"}) {
    ImageDesc desc = small_image(format_named(name), ImageDimension::d2);
    desc.extent = {4, 4, 1};
    desc.mip_count = 2;
    auto image = make(desc);
    Bytes texels(64);
    for (size_t k = 0; k < texels.size(); ++k) texels[k] = k / 4 % 2 ? 255 : 0;
    const auto from = buffer_of(texels);
    disturb();
    check(copies_->upload({image.get(), from.get(), {0, 0, 1, {}, {4, 4, 1}}, 0, 0}));
    check(copies_->blit({image.get(), 0}));
    const auto to = buffer_of(Bytes(16));
    check(copies_->download({image.get(), to.get(), {1, 0, 1, {}, {2, 2, 1}}, 0, 0}));
    const Bytes got = bytes_of(*to);
    for (size_t k = 0; k < 16; ++k) {
      const int wanted = std::string(name) == "rgba8" || k % 4 == 3 ? 128 : 188;  // half the light
      EXPECT_NEAR(got[k], wanted, 1) << name << " " << k;
    }
    forget_all();
  }
}

TEST_P(GlImageState, NoOtherRankIsShown) {
  auto image = make(small_image(format_named("rgba8"), ImageDimension::d3));
  const auto shown = image->shown_as(ImageDimension::d2);
  ASSERT_FALSE(shown.ok());
  EXPECT_EQ(shown.status().code(), ist::Code::not_supported);
}

TEST_P(GlImageState, ShadersSeeRedFirstAndTheFirstLayer) {
  const auto sampler = ist::gl::Sampler::create(*gpu_, {});
  ASSERT_TRUE(sampler.ok());
  for (const ImageDimension dimension : {ImageDimension::d2, ImageDimension::d2_array, ImageDimension::cube}) {
    for (const char* name : {"rgba8", "bgra8", "rgba32f", "depth32f"}) {
      const Format format = format_named(name);
      if (!(support(format, dimension).usage & ist::image_usage::kSampled)) continue;
      ImageDesc desc = small_image(format, dimension, ist::image_usage::kSampled);
      desc.mip_count = 1;
      Model& image = model(desc, true);
      const uint8_t* texel = &image.texels[{0, 0}][(2 * size_t{desc.extent.width} + 5) * image.texel_bytes()];
      std::vector<float> wanted = {0, 0, 0, 1};
      const bool bytes = image.texel_bytes() == 4 && format_info(format).kind == FormatKind::unorm;
      if (bytes)
        for (size_t c = 0; c < 4; ++c) wanted[c] = static_cast<float>(texel[c]) / 255.0f;
      else
        std::memcpy(wanted.data(), texel, image.texel_bytes());
      if (std::string(name) == "bgra8") std::swap(wanted[0], wanted[2]);
      const auto got = seen(*image.image, ImageDimension::d2, **sampler, "texelFetch(image_texels, ivec2(5, 2), 0)");
      for (size_t c = 0; c < 4; ++c) EXPECT_NEAR(got[c], wanted[c], 1e-6) << image.image->text() << " " << c;
    }
  }
}

// Floats that a context cannot filter are sampled by the nearest texel and not as black.
TEST_P(GlImageState, SamplersFilterWhereTheyCan) {
  ist::SamplerDesc clamped;
  clamped.address_mode = ist::AddressMode::clamp_to_edge;
  clamped.max_anisotropy = 4;
  const auto sampler = ist::gl::Sampler::create(*gpu_, clamped);
  ASSERT_TRUE(sampler.ok());
  for (const char* name : {"r8", "r32f"}) {
    ImageDesc desc = small_image(format_named(name), ImageDimension::d2, ist::image_usage::kSampled);
    desc.extent = {2, 1, 1};
    desc.mip_count = 1;
    auto image = make(desc);
    Bytes texels = {0, 255, 0, 0};
    const float floats[2] = {0, 1};
    if (desc.format == format_named("r32f"))
      texels.assign(reinterpret_cast<const uint8_t*>(floats), reinterpret_cast<const uint8_t*>(floats + 2));
    const auto from = buffer_of(texels);
    check(copies_->upload({image.get(), from.get(), {0, 0, 1, {}, {2, 1, 1}}, 0, 0}));
    const bool linear = support(desc.format, ImageDimension::d2).linear_filter;
    EXPECT_EQ(image->filters_linearly(), linear);
    const auto got = seen(*image, ImageDimension::d2, **sampler, "textureLod(image_texels, vec2(0.6, 0.5), 0.0)");
    EXPECT_NEAR(got[0], linear ? 0.7 : 1.0, 0.02) << name;
  }
}

}  // namespace
}  // namespace gl_test
