// Images of the backend in a context that is always current, each with a model of its texels in plain C++.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "driver.h"
#include "gl/gl_buffer.h"
#include "gl/gl_image.h"
#include "gl/gl_image_formats.h"
#include "gl/gl_texel_copies.h"

namespace gl_test {

using ist::Extent;
using ist::Format;
using ist::format_info;
using ist::FormatInfo;
using ist::FormatKind;
using ist::FormatSupport;
using ist::ImageDesc;
using ist::ImageDimension;
using ist::ImageRegion;
using ist::Status;
using ist::gl::Image;
using Bytes = std::vector<uint8_t>;

inline constexpr uint32_t kAllUsages = 7;

inline Format format_named(const std::string& name) {
  for (Format format = 1; format < ist::kFormatCount; ++format)
    if (name == format_info(format).name) return format;
  ADD_FAILURE() << name;
  return 0;
}

// Sides that are no powers of two, and all their mips.
inline ImageDesc small_image(Format format, ImageDimension dimension, uint32_t usage = 0) {
  ImageDesc desc;
  desc.dimension = dimension;
  desc.format = format;
  desc.usage = usage;
  const bool line = dimension == ImageDimension::d1 || dimension == ImageDimension::d1_array;
  desc.extent = {13, line ? 1u : 7u, 1};
  desc.mip_count = 4;
  if (dimension == ImageDimension::d3) desc.extent = {5, 3, 7}, desc.mip_count = 3;
  if (dimension == ImageDimension::cube) desc.extent = {9, 9, 1}, desc.layer_count = 6;
  if (dimension == ImageDimension::d1_array || dimension == ImageDimension::d2_array) desc.layer_count = 3;
  return desc;
}

class ImageTest : public testing::TestWithParam<gl_host::Api> {
 protected:
  struct Always final : ist::gl::Context {
    Status enter() override { return {}; }
    void leave() override {}
  };

  void SetUp() override {
    host_ = std::make_unique<gl_host::GlHost>(GetParam());
    ASSERT_EQ(host_->problem(), "");
    const bool es = GetParam() == gl_host::Api::gles;
    auto facts = ist::gl::read_context(gl_host::get_proc_addr, es ? ist::Arch::gles : ist::Arch::opengl, true);
    ASSERT_TRUE(facts.ok()) << facts.status().message();
    gpu_ = std::make_unique<ist::gl::Gpu>();
    gpu_->facts = *std::move(facts);
    gpu_->work = std::make_unique<Always>();
    change_facts(gpu_->facts);
    copies_ = std::make_unique<ist::gl::TexelCopies>(*gpu_);
  }
  void TearDown() override {
    models_.clear();
    if (!gpu_) return;
    copies_.reset();
    gpu_->graveyard.dig(gl());
    EXPECT_EQ(gl().GetError(), 0u);
    EXPECT_EQ(host_->take_messages(), std::vector<std::string>());
  }
  // For contexts that can do less than the driver's.
  virtual void change_facts(ist::gl::ContextFacts&) {}

  const ist::gl::Functions& gl() const { return gpu_->gl(); }
  bool es() const { return gpu_->es(); }
  FormatSupport support(Format format, ImageDimension dimension) const {
    return ist::gl::format_support(gpu_->facts, format, dimension);
  }
  std::unique_ptr<Image> make(const ImageDesc& desc) {
    auto image = Image::create(*gpu_, desc);
    EXPECT_TRUE(image.ok()) << image.status().message();
    return image.ok() ? *std::move(image) : nullptr;
  }

  // Texels by mip and slice: layers and faces are slices too.
  struct Model {
    std::unique_ptr<Image> image;
    std::map<std::pair<uint32_t, uint32_t>, Bytes> texels;

    const ImageDesc& desc() const { return image->desc(); }
    uint32_t texel_bytes() const { return format_info(desc().format).texel_bytes; }
    Extent level(uint32_t mip) const {
      const auto side = [mip](uint32_t size) { return std::max(size >> mip, 1u); };
      return {side(desc().extent.width), side(desc().extent.height), side(desc().extent.depth)};
    }
    uint32_t slices(uint32_t mip) const { return desc().layer_count * level(mip).depth; }
    bool deep() const { return desc().dimension == ImageDimension::d3; }
    ImageRegion region(uint32_t mip, uint32_t x, uint32_t y, uint32_t slice, Extent box) const {
      ImageRegion region{mip, 0, 1, {x, y, 0}, {box.width, box.height, 1}};
      (deep() ? region.offset.z : region.base_layer) = slice;
      (deep() ? region.extent.depth : region.layer_count) = box.depth;
      return region;
    }
    ImageRegion whole(uint32_t mip) const {
      const Extent size = level(mip);
      return region(mip, 0, 0, 0, {size.width, size.height, slices(mip)});
    }
    // Where each row of a region is in the model: visit(bytes of its slice, offset, number of the row).
    template <class Visit>
    void rows(const ImageRegion& region, Visit&& visit) {
      const uint32_t first = region.base_layer + region.offset.z, count = region.layer_count * region.extent.depth;
      size_t row = 0;
      for (uint32_t slice = first; slice < first + count; ++slice)
        for (uint32_t y = 0; y < region.extent.height; ++y, ++row)
          visit(texels[{region.mip, slice}],
                ((region.offset.y + y) * size_t{level(region.mip).width} + region.offset.x) * texel_bytes(), row);
    }
  };

  Model& model(const ImageDesc& desc, bool finite = false) {
    models_.push_back(std::make_unique<Model>());
    Model& model = *models_.back();
    model.image = make(desc);
    if (!model.image) return model;
    for (uint32_t mip = 0; mip < desc.mip_count; ++mip) {
      const Extent size = model.level(mip);
      for (uint32_t slice = 0; slice < model.slices(mip); ++slice)
        model.texels[{mip, slice}].resize(size_t{size.width} * size.height * model.texel_bytes());
      upload(model, model.whole(mip), 0, 0, finite);
    }
    return model;
  }
  static size_t row_count(const ImageRegion& region) {
    return size_t{region.extent.height} * region.extent.depth * region.layer_count;
  }
  // Fresh texels; the model has them too.
  void upload(Model& model, const ImageRegion& region, uint32_t row_length, uint64_t offset, bool finite = false) {
    const size_t pitch = size_t{row_length ? row_length : region.extent.width} * model.texel_bytes();
    const size_t row_bytes = size_t{region.extent.width} * model.texel_bytes();
    const Bytes texels = random_texels(model.desc().format, row_count(region) * pitch / model.texel_bytes(), finite);
    Bytes bytes(offset);
    bytes.insert(bytes.end(), texels.begin(), texels.end());
    const auto buffer = buffer_of(bytes);
    check(copies_->upload({model.image.get(), buffer.get(), region, offset, row_length}));
    gl().Finish();
    model.rows(region, [&](Bytes& slice, size_t at, size_t row) {
      std::memcpy(&slice.at(at), &texels.at(row * pitch), row_bytes);
    });
  }
  // Whether a region is as in the model, and nothing but its rows is written.
  void expect(Model& model, const ImageRegion& region, uint32_t row_length, uint64_t offset) {
    const size_t pitch = size_t{row_length ? row_length : region.extent.width} * model.texel_bytes();
    const size_t row_bytes = size_t{region.extent.width} * model.texel_bytes();
    Bytes wanted(offset + row_count(region) * pitch + 8, 0xcd);
    const auto buffer = buffer_of(wanted);
    check(copies_->download({model.image.get(), buffer.get(), region, offset, row_length}));
    Bytes got = bytes_of(*buffer);
    model.rows(region, [&](Bytes& slice, size_t at, size_t row) {
      std::memcpy(&wanted.at(offset + row * pitch), &slice.at(at), row_bytes);
      if (!format_info(model.desc().format).has_stencil) return;
      for (size_t k = 3; k < row_bytes; k += 4) got[offset + row * pitch + k] = wanted[offset + row * pitch + k] = 0;
    });
    if (got == wanted) return;
    const auto [at, other] = std::mismatch(got.begin(), got.end(), wanted.begin());
    ADD_FAILURE() << model.image->text() << ", mip " << region.mip << ": byte " << at - got.begin() << " of "
                  << got.size() << " (from " << offset << ", rows of " << row_bytes << " every " << pitch << ") is "
                  << int{*at} << " and not " << int{*other};
  }
  void expect_all(Model& model) {
    for (uint32_t mip = 0; mip < model.desc().mip_count; ++mip) expect(model, model.whole(mip), 0, 0);
  }
  void copy(Model& dst, const ImageRegion& to, Model& src, const ImageRegion& from) {
    check(copies_->copy({dst.image.get(), src.image.get(), to, from}));
    std::vector<Bytes> rows;
    const size_t row_bytes = size_t{from.extent.width} * src.texel_bytes();
    src.rows(from, [&](Bytes& slice, size_t at, size_t) {
      rows.emplace_back(slice.begin() + static_cast<ptrdiff_t>(at),
                        slice.begin() + static_cast<ptrdiff_t>(at + row_bytes));
    });
    dst.rows(to, [&](Bytes& slice, size_t at, size_t row) { std::memcpy(&slice.at(at), rows[row].data(), row_bytes); });
  }
  // A box of any size that both levels have room for.
  void copy_box(Model& dst, uint32_t to_mip, Model& src, uint32_t from_mip) {
    const Extent to = dst.level(to_mip), from = src.level(from_mip);
    const uint32_t to_slices = dst.slices(to_mip), from_slices = src.slices(from_mip);
    const Extent box{1 + below(std::min(to.width, from.width)), 1 + below(std::min(to.height, from.height)),
                     1 + below(std::min(to_slices, from_slices))};
    const auto place = [&](const Model& model, uint32_t mip, Extent size, uint32_t slices) {
      return model.region(mip, below(size.width - box.width + 1), below(size.height - box.height + 1),
                          below(slices - box.depth + 1), box);
    };
    const ImageRegion target = place(dst, to_mip, to, to_slices), source = place(src, from_mip, from, from_slices);
    copy(dst, target, src, source);
  }
  // A box somewhere in the level, at least one texel large.
  ImageRegion some_box(const Model& model, uint32_t mip) {
    const Extent size = model.level(mip);
    const Extent box{1 + below(size.width), 1 + below(size.height), 1 + below(model.slices(mip))};
    return model.region(mip, below(size.width - box.width + 1), below(size.height - box.height + 1),
                        below(model.slices(mip) - box.depth + 1), box);
  }

  std::unique_ptr<ist::gl::Buffer> buffer_of(const Bytes& bytes) {
    ist::BufferDesc desc;
    desc.size_bytes = bytes.size();
    desc.host_read = desc.host_write = true;
    auto buffer = ist::gl::Buffer::create(*gpu_, desc);
    EXPECT_TRUE(buffer.ok());
    std::memcpy((*buffer)->host(), bytes.data(), bytes.size());
    if ((*buffer)->shadowed()) (*buffer)->upload_shadow();
    return *std::move(buffer);
  }
  Bytes bytes_of(ist::gl::Buffer& buffer) {
    gl().MemoryBarrier(UINT32_MAX);
    gl().Finish();
    if (buffer.shadowed()) buffer.download_shadow();
    const auto* at = reinterpret_cast<const uint8_t*>(buffer.host());
    return {at, at + buffer.size_bytes()};
  }
  uint32_t below(uint32_t limit) { return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random_); }
  // Any bits at all, but depths from 0 to 1; `finite`: nothing that cannot be averaged.
  Bytes random_texels(Format format, size_t count, bool finite = false) {
    const FormatInfo& info = format_info(format);
    Bytes bytes(count * info.texel_bytes);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(below(256));
    const bool floats = info.kind == FormatKind::sfloat && finite;
    const bool wide = info.texel_bytes == 4 * info.channels && !info.has_stencil;
    for (size_t k = 0; wide && (floats || info.kind == FormatKind::depth) && k < bytes.size(); k += 4) {
      const float value = static_cast<float>(below(1 << 24)) / 16777216.0f;
      std::memcpy(&bytes[k], &value, 4);
    }
    for (size_t k = 1; floats && !wide && k < bytes.size(); k += 2) bytes[k] = static_cast<uint8_t>(0x30 + below(12));
    return bytes;
  }
  static void check(const Status& status) { ASSERT_TRUE(status.ok()) << status.message(); }

  std::unique_ptr<gl_host::GlHost> host_;
  std::unique_ptr<ist::gl::Gpu> gpu_;
  std::unique_ptr<ist::gl::TexelCopies> copies_;
  std::mt19937 random_{7};

 private:
  std::vector<std::unique_ptr<Model>> models_;
};

}  // namespace gl_test
