// A texture with immutable storage, ours or the host's, and a sampler object.
#pragma once

#include <memory>

#include "contract/formats.h"
#include "contract/image_ops.h"
#include "gl/gl_gpu.h"
#include "gl_api/gl_formats.h"

namespace ist::gl {

class Image final : public ist::Image {
 public:
  // As ImageOps::create_image(). Binds the context.
  static Result<std::unique_ptr<Image>> create(const Gpu& gpu, const ImageDesc& desc);
  // The same of what is known to be supported. The context is current.
  static Result<std::unique_ptr<Image>> create_here(const Gpu& gpu, const ImageDesc& desc);
  // A texture of the host, which stays its owner. The context is current.
  static std::unique_ptr<Image> wrap(const Gpu& gpu, Name name, Enum target, Enum internal_format,
                                     const ImageDesc& desc);
  ~Image() override;

  const ImageDesc& desc() const { return desc_; }
  Name name() const { return name_; }
  Enum target() const { return target_.target; }  // ES has no 1D textures: 2D ones of height 1
  Enum internal_format() const { return internal_format_; }
  // What image units take, and its format: the texture, or a view of it without sRGB.
  Name storage_name() const { return view_ ? view_ : name_; }
  Enum storage_format() const { return storage_format_; }                 // of image units, 0: none
  bool layered() const { return desc_.dimension == ImageDimension::d3; }  // image units see all slices
  bool filters_linearly() const { return filters_linearly_; }

  // What a sampler of this dimension is to be bound to: of arrays and cubes it sees the first layer, through a view
  // that is made once. not_supported: the texture cannot be seen like that. The context is current.
  struct Shown {
    Enum target = 0;
    Name name = 0;
  };
  Result<Shown> shown_as(ImageDimension dimension);

  // How bytes become texels and texels bytes with nothing changed: the texture itself or, where GL would convert, a
  // view of it as unsigned integers, made once. The context is current.
  struct Texels {
    Name name = 0;
    GlTarget target;
    Enum format = 0;
    Enum type = 0;
    bool raw = false;
  };
  const Texels& texels();

  // "2D image of rgba8 (13 x 7 x 1, 4 mips, 1 layers)", for messages.
  std::string text() const;

 private:
  Image(const Gpu& gpu, const ImageDesc& desc);
  Status make();
  void store();
  void set_parameters();
  // 0: the driver makes no such view.
  Name make_view(GlTarget target, Enum internal_format, uint32_t layer_count);

  const Gpu& gpu_;
  ImageDesc desc_;
  Name name_ = 0;
  Name view_ = 0;   // without sRGB
  Name shown_ = 0;  // the first layer
  Name raw_ = 0;    // as integers
  Texels texels_;   // once asked for
  GlTarget target_;
  Enum internal_format_ = 0;
  Enum storage_format_ = 0;
  bool filters_linearly_ = false;
  bool owned_ = true;
};

// With a twin for images that cannot be filtered: a texture would read as black.
class Sampler final : public ist::Sampler {
 public:
  // Binds the context.
  static Result<std::unique_ptr<Sampler>> create(const Gpu& gpu, const SamplerDesc& desc);
  ~Sampler() override;
  Name name() const { return name_; }
  Name name_for(const Image& image) const { return image.filters_linearly() ? name_ : nearest_; }

 private:
  explicit Sampler(const Gpu& gpu) : gpu_(gpu) {}
  const Gpu& gpu_;
  Name name_ = 0;
  Name nearest_ = 0;
};

}  // namespace ist::gl
