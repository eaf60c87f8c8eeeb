// A texture with immutable storage, ours or the host's, and a sampler object.
#pragma once

#include <memory>

#include "contract/formats.h"
#include "contract/image_ops.h"
#include "gl/gl_gpu.h"

namespace ist::gl {

class Image final : public ist::Image {
 public:
  // As ImageOps::create_image(). Binds the context.
  static Result<std::unique_ptr<Image>> create(const Gpu& gpu, const ImageDesc& desc);
  // A texture of the host, which stays its owner. The context is current.
  static std::unique_ptr<Image> wrap(const Gpu& gpu, Name name, Enum target, Enum internal_format,
                                     const ImageDesc& desc);
  ~Image() override;

  const ImageDesc& desc() const { return desc_; }
  Name name() const { return name_; }
  Enum target() const { return target_; }  // ES has no 1D textures: 2D ones of height 1
  Enum internal_format() const { return internal_format_; }
  // What image units take: the texture, or a view of it without sRGB.
  Name storage_name() const { return view_ ? view_ : name_; }
  bool layered() const;  // image units see all slices

 private:
  Image(const Gpu& gpu, const ImageDesc& desc) : gpu_(gpu), desc_(desc) {}

  const Gpu& gpu_;
  ImageDesc desc_;
  Name name_ = 0;
  Name view_ = 0;
  Enum target_ = 0;
  Enum internal_format_ = 0;
  bool owned_ = true;
};

class Sampler final : public ist::Sampler {
 public:
  // Binds the context.
  static Result<std::unique_ptr<Sampler>> create(const Gpu& gpu, const SamplerDesc& desc);
  ~Sampler() override;
  Name name() const { return name_; }

 private:
  explicit Sampler(const Gpu& gpu) : gpu_(gpu) {}
  const Gpu& gpu_;
  Name name_ = 0;
};

// What the context can do with the format and dimension.
FormatSupport format_support(const Gpu& gpu, Format format, ImageDimension dimension);

}  // namespace ist::gl
