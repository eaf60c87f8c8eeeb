// Texels in, out, across and averaged, in every format and dimension that the context offers, byte for byte.
#include "images.h"

#include <cmath>
#include <numeric>

namespace gl_test {
namespace {

using gl_host::Api;

constexpr ImageDimension kDimensions[] = {ImageDimension::d1,       ImageDimension::d2,       ImageDimension::d3,
                                          ImageDimension::d1_array, ImageDimension::d2_array, ImageDimension::cube};

class GlImages : public ImageTest {};
INSTANTIATE_TEST_SUITE_P(, GlImages, testing::Values(Api::gl, Api::gles), api_name);

// A context without what newer versions and extensions bring.
class GlPlainImages : public ImageTest {
  void change_facts(ist::gl::ContextFacts& facts) override {
    facts.compute.copy_image = facts.compute.texture_sub_image = facts.compute.buffer_storage = false;
    if (facts.caps.es) facts.compute.texture_view = facts.compute.format_views = false;
  }
};
INSTANTIATE_TEST_SUITE_P(, GlPlainImages, testing::Values(Api::gl, Api::gles), api_name);

template <class Test>
void each_image(Test&& test) {
  for (Format format = 1; format < ist::kFormatCount; ++format)
    for (const ImageDimension dimension : kDimensions) test(format, dimension);
}

TEST_P(GlImages, TexelsComeOutAsTheyWentIn) {
  int tried = 0;
  each_image([&](Format format, ImageDimension dimension) {
    const FormatSupport offered = support(format, dimension);
    if (!offered.usage) return;
    ++tried;
    Model& image = model(small_image(format, dimension, offered.usage));
    if (!image.image) return;
    expect_all(image);
    const uint32_t unit = std::lcm(image.texel_bytes(), 4u);
    for (uint32_t mip = 0; mip < image.desc().mip_count; ++mip) {
      const ImageRegion box = some_box(image, mip);
      upload(image, box, box.extent.width + 3, unit);
      expect(image, box, box.extent.width + 2, 3 * unit);
      expect(image, some_box(image, mip), 0, unit);
    }
    expect_all(image);
  });
  EXPECT_GT(tried, 150);
}

TEST_P(GlPlainImages, TexelsComeOutAsTheyWentIn) {
  each_image([&](Format format, ImageDimension dimension) {
    const FormatSupport offered = support(format, dimension);
    if (!offered.usage) return;
    ImageDesc desc = small_image(format, dimension, offered.usage);
    const bool finite = !gpu_->caps().format_views;  // without views, halves that are no numbers lose their bits
    Model& image = model(desc, finite);
    if (image.image) expect_all(image);
  });
}

TEST_P(GlImages, CopiesAmongAllShapes) {
  for (const char* name : {"r8", "rgba8", "bgra8", "rgba8srgb", "rg16i", "rgba16f", "r32f", "rgba32u", "depth16"}) {
    const Format format = format_named(name);
    for (const ImageDimension to : kDimensions) {
      for (const ImageDimension from : kDimensions) {
        if (!support(format, to).usage || !support(format, from).usage) continue;
        SCOPED_TRACE(std::string(name) + ": " + dimension_name(from) + " to " + dimension_name(to));
        Model& dst = model(small_image(format, to));
        Model& src = model(small_image(format, from));
        for (uint32_t mip = 0; mip < 3; ++mip) copy_box(dst, mip, src, 2 - mip);
        expect_all(dst);
        expect_all(src);
      }
    }
  }
}

TEST_P(GlImages, CopiesToEveryFormatOfTheirSize) {
  for (Format to = 1; to < ist::kFormatCount; ++to) {
    for (Format from = 1; from < ist::kFormatCount; ++from) {
      const FormatInfo &a = format_info(to), &b = format_info(from);
      const bool depth = a.kind == FormatKind::depth || b.kind == FormatKind::depth;
      if (depth ? to != from : a.texel_bytes != b.texel_bytes) continue;
      if (!support(to, ImageDimension::d2).usage || !support(from, ImageDimension::d2).usage) continue;
      SCOPED_TRACE(std::string(b.name) + " to " + a.name);
      Model& dst = model(small_image(to, ImageDimension::d2));
      Model& src = model(small_image(from, ImageDimension::d2));
      copy_box(dst, 1, src, 0);
      expect_all(dst);
    }
  }
}

TEST_P(GlImages, CopiesWithinOneImage) {
  for (const char* name : {"rgba8", "r16f", "rgba32f", "bgra8srgb", "depth32f"}) {
    for (const ImageDimension dimension : kDimensions) {
      const Format format = format_named(name);
      if (!support(format, dimension).usage) continue;
      Model& image = model(small_image(format, dimension));
      for (int i = 0; i < 12; ++i) copy_box(image, below(2), image, below(2));
      // By one texel, onto itself.
      const Extent size = image.level(0);
      const Extent box{size.width - 1, size.height, image.slices(0)};
      copy(image, image.region(0, 1, 0, 0, box), image, image.region(0, 0, 0, 0, box));
      expect_all(image);
    }
  }
}

TEST_P(GlPlainImages, Copies) {
  for (const char* name : {"rgba8", "rg32u", "depth16"}) {
    const Format format = format_named(name);
    Model& dst = model(small_image(format, ImageDimension::d2_array));
    Model& src = model(small_image(format, ImageDimension::d2_array));
    for (uint32_t mip = 0; mip < 3; ++mip) copy_box(dst, mip, src, 2 - mip);
    expect_all(dst);
  }
}

// Averages of a channel: bytes as they are, or as light where they are sRGB.
double decoded(const FormatInfo& info, const uint8_t* texel, uint32_t channel) {
  const bool byte = info.texel_bytes == info.channels, wide = info.texel_bytes == 4 * info.channels;
  if (byte && info.kind == FormatKind::srgb && channel < 3) {
    const double value = texel[channel] / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  }
  if (byte) return texel[channel] / 255.0;
  if (wide) {
    float value;
    std::memcpy(&value, texel + 4 * channel, 4);
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, texel + 2 * channel, 2);
  if (info.kind == FormatKind::unorm) return bits / 65535.0;
  return std::ldexp(1024 + (bits & 1023), ((bits >> 10) & 31) - 25);
}

double steps(const FormatInfo& info, double value, uint32_t channel) {
  if (info.kind == FormatKind::srgb && channel < 3)
    value = value <= 0.0031308 ? 12.92 * value : 1.055 * std::pow(value, 1 / 2.4) - 0.055;
  if (info.kind == FormatKind::sfloat) return value * (info.texel_bytes == 4 * info.channels ? 1e6 : 512);
  return value * (info.texel_bytes == info.channels ? 255 : 65535);
}

TEST_P(GlImages, MipsAreAverages) {
  int tried = 0;
  each_image([&](Format format, ImageDimension dimension) {
    if (!support(format, dimension).blit) return;
    ++tried;
    ImageDesc desc = small_image(format, dimension);
    const bool line = desc.extent.height == 1, deep = dimension == ImageDimension::d3;
    desc.extent = {8, line ? 1u : 8u, deep ? 4u : 1u};
    desc.mip_count = 4;
    Model& image = model(desc, true);
    const FormatInfo& info = format_info(format);
    const double tolerance = (deep ? 1.5 : 1) + 0.001;  // half a step for each dimension, one after another
    for (uint32_t mip = 1; mip < desc.mip_count; ++mip) {
      check(copies_->blit({image.image.get(), mip - 1}));
      const auto above = image.texels;
      const auto buffer = buffer_of(Bytes(size_t{64} * 6 * image.texel_bytes()));
      check(copies_->download({image.image.get(), buffer.get(), image.whole(mip), 0, 0}));
      const Bytes got = bytes_of(*buffer);
      const Extent from = image.level(mip - 1), to = image.level(mip);
      const uint32_t sx = from.width / to.width, sy = from.height / to.height, sz = from.depth / to.depth;
      const uint32_t count = sx * sy * sz;
      size_t texel = 0;
      for (uint32_t slice = 0; slice < image.slices(mip); ++slice) {
        Bytes& here = image.texels[{mip, slice}];
        std::memcpy(here.data(), &got[texel * image.texel_bytes()], here.size());
        for (uint32_t y = 0; y < to.height; ++y) {
          for (uint32_t x = 0; x < to.width; ++x, ++texel) {
            for (uint32_t c = 0; c < info.channels; ++c) {
              double sum = 0;
              for (uint32_t k = 0; k < count; ++k) {
                const Bytes& source = above.at({mip - 1, slice * sz + k / (sx * sy)});
                const size_t at = (y * sy + k / sx % sy) * from.width + x * sx + k % sx;
                sum += decoded(info, &source[at * info.texel_bytes], c);
              }
              const double mean = decoded(info, &got[texel * info.texel_bytes], c);
              ASSERT_NEAR(steps(info, mean, c), steps(info, sum / count, c), tolerance)
                  << image.image->text() << ": mip " << mip << ", (" << x << ", " << y << ", " << slice << "), channel "
                  << c;
            }
          }
        }
      }
    }
    expect_all(image);  // level 0 among them
  });
  EXPECT_GT(tried, 60);
}

TEST_P(GlImages, AreMadeAsOfferedOrRefusedByName) {
  each_image([&](Format format, ImageDimension dimension) {
    const FormatSupport offered = support(format, dimension);
    for (uint32_t usage = 0; usage <= kAllUsages; ++usage) {
      const bool possible = offered.usage && !(usage & ~offered.usage);
      const ImageDesc desc = small_image(format, dimension, usage);
      auto image = Image::create(*gpu_, desc);
      ASSERT_EQ(image.ok(), possible) << format_info(format).name << " " << dimension_name(dimension) << " " << usage;
      if (possible) continue;
      EXPECT_EQ(image.status().code(), ist::Code::not_supported);
      const std::string_view text = image.status().message();
      EXPECT_NE(text.find(format_info(format).name), text.npos) << text;
      EXPECT_NE(text.find(dimension_name(dimension)), text.npos) << text;
    }
    if (!offered.usage) return;
    EXPECT_FALSE((offered.usage & ist::image_usage::kStorage) && format_info(format).channels == 3);
    ImageDesc desc = small_image(format, dimension);
    if (desc.layer_count == 3) {
      desc.mip_count = 1;
      desc.layer_count = offered.max_layers;
      EXPECT_TRUE(Image::create(*gpu_, desc).ok());
      ++desc.layer_count;
      auto refused = Image::create(*gpu_, desc);
      ASSERT_FALSE(refused.ok());
      EXPECT_NE(refused.status().message().find(std::to_string(desc.layer_count)), std::string_view::npos);
    }
    desc = small_image(format, dimension);
    desc.extent.width = offered.max_extent.width + 1;
    EXPECT_FALSE(Image::create(*gpu_, desc).ok());
  });
  ImageDesc shared = small_image(format_named("rgba8"), ImageDimension::d2);
  shared.export_sharing = true;
  EXPECT_EQ(Image::create(*gpu_, shared).status().code(), ist::Code::not_supported);
  ImageDesc huge = small_image(format_named("rgba32f"), ImageDimension::d2_array);
  huge.extent = {8192, 8192, 1};
  huge.layer_count = 64;
  huge.mip_count = 1;
  EXPECT_EQ(Image::create(*gpu_, huge).status().code(), ist::Code::out_of_memory);
}

// The stencil that a host has put there, where OpenGL can be asked for it.
TEST_P(GlImages, UploadsOfDepthLeaveTheStencil) {
  const Format format = format_named("depth24stencil8");
  if (!support(format, ImageDimension::d2).usage) return;
  auto image = make(small_image(format, ImageDimension::d2));
  constexpr size_t kTexels = 13 * 7;
  std::vector<uint32_t> words(kTexels), depths(kTexels);
  for (size_t k = 0; k < kTexels; ++k) words[k] = static_cast<uint32_t>(k * 2654435761u), depths[k] = below(1u << 24);
  gl().BindTexture(GL_TEXTURE_2D, image->name());
  gl().TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 13, 7, GL_DEPTH_STENCIL, GL_UNSIGNED_INT_24_8, words.data());
  gl().BindTexture(GL_TEXTURE_2D, 0);
  Bytes bytes(kTexels * 4);
  std::memcpy(bytes.data(), depths.data(), bytes.size());
  const auto buffer = buffer_of(bytes);
  check(copies_->upload({image.get(), buffer.get(), {0, 0, 1, {}, {13, 7, 1}}, 0, 0}));
  std::vector<uint32_t> got(kTexels);
  gl().GetTextureSubImage(image->name(), 0, 0, 0, 0, 13, 7, 1, GL_DEPTH_STENCIL, GL_UNSIGNED_INT_24_8, kTexels * 4,
                          got.data());
  for (size_t k = 0; k < kTexels; ++k) ASSERT_EQ(got[k], (depths[k] << 8) | (words[k] & 255)) << k;
}

TEST_P(GlImages, AFailureOfTheDriverNamesTheImage) {
  auto image = make(small_image(format_named("rgba8"), ImageDimension::d2));
  const auto small = buffer_of(Bytes(16));
  const Status status = copies_->upload({image.get(), small.get(), {0, 0, 1, {}, {13, 7, 1}}, 0, 0});
  ASSERT_FALSE(status.ok());
  for (const char* part : {"rgba8", "13 x 7 x 1", "GL_INVALID_OPERATION"})
    EXPECT_NE(status.message().find(part), std::string_view::npos) << status.message();
  EXPECT_FALSE(host_->take_messages().empty());
}

// What tells whoever reads the log of this test: one line a format.
TEST_P(GlImages, EveryBasicFormatIsOffered) {
  std::string table;
  for (Format format = 1; format < ist::kFormatCount; ++format) {
    const FormatSupport flat = support(format, ImageDimension::d2), deep = support(format, ImageDimension::d3);
    table += std::string(format_info(format).name) + ":" + std::to_string(flat.usage) + "/" +
             std::to_string(deep.usage) + (flat.linear_filter ? "L" : "") + (flat.blit ? "B" : "") + " ";
  }
  RecordProperty("formats", table);
  for (const char* name : {"r8", "rgba8", "rgba8u", "r32u", "r32f", "rgba16f", "rgba32f"})
    for (const ImageDimension dimension : kDimensions)
      EXPECT_TRUE(support(format_named(name), dimension).usage & ist::image_usage::kSampled) << name;
}

}  // namespace
}  // namespace gl_test
