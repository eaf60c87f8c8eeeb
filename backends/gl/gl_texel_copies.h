// Carries out the commands that touch images, but for dispatches. Whatever it binds or sets in the context is as
// before after each call.
#pragma once

#include "gl/gl_commands.h"
#include "gl/gl_texel_reader.h"

namespace ist::gl {

class TexelCopies {
 public:
  explicit TexelCopies(const Gpu& gpu) : gpu_(gpu), reader_(gpu) {}

  // The context is current. A failure is one of the driver: out of memory, or a framebuffer that it refuses.
  Status copy(const CopyImageCommand& command);
  Status upload(const TexelCommand& command);
  Status download(const TexelCommand& command);
  Status blit(const BlitMipCommand& command);
  // What it has made goes.
  void release() { reader_.release(); }

 private:
  Status copy_by_buffer(const CopyImageCommand& command);
  Status write(Image& image, const TexelBox& box, const TexelRows& from);
  Status read(Image& image, const TexelBox& box, const TexelRows& to);
  void put(Image& image, const TexelBox& box, const TexelRows& from, TexelsInMemory in);
  bool needs_stage(Image& image) const;
  Result<std::unique_ptr<Image>> make_stage(const Image& image, const TexelBox& box) const;
  Status write_staged(Image& image, const TexelBox& box, const TexelRows& from);
  Status read_staged(Image& image, const TexelBox& box, const TexelRows& to);
  void copy_slices(const Image& dst, const TexelBox& to, const Image& src, const TexelBox& from);
  Status read_framebuffer(Image& image, const TexelBox& box, const TexelRows& to);
  bool reads_as(const Image::Texels& texels) const;
  Status write_depth_stencil(Image& image, const TexelBox& box, const TexelRows& from);
  void get_depth_stencil(Image& image, const TexelBox& box, Name into_buffer);
  Status merge_depths(Image& image, const TexelBox& band, const TexelRows& from);
  void read_depth_stencil(Image& image, const TexelBox& box, const TexelRows& to);
  Status blit_layers(Image& image, uint32_t from_mip);
  void average_slices(Image& image, uint32_t from_mip);
  bool converts_srgb_on_demand();
  // Of what was done since drain_errors().
  Status outcome(const char* verb, const Image& image, const TexelBox& box) const;

  const Gpu& gpu_;
  TexelReader reader_;
  int srgb_switch_ = -1;  // whether the context has one; -1: not asked yet
};

}  // namespace ist::gl
