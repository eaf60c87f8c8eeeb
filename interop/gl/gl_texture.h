// An image as a texture: on the same memory, or a copy of its own. Knows formats and GL, no runtime. With the
// context current.
#pragma once

#include <memory>
#include <vector>

#include "gl_api/gl_state.h"
#include "gl_memory.h"

namespace ist::gl_host {

using namespace gl;

class Texture {
 public:
  // On the allocation behind the handle.
  // not_supported: the driver refuses it, told by the error or by a framebuffer that is incomplete.
  static Result<std::unique_ptr<Texture>> import(std::shared_ptr<Link> link, const ImageDesc& desc,
                                                 const SharedAllocation& allocation, OwnedFd handle);
  static Result<std::unique_ptr<Texture>> copy_of(std::shared_ptr<Link> link, const ImageDesc& desc);
  // Deletes the names, unless forget() was called.
  ~Texture();
  Texture(const Texture&) = delete;
  Texture& operator=(const Texture&) = delete;
  void forget() { name_ = memory_ = 0; }

  Name name() const { return name_; }
  Enum target() const { return target_.target; }
  Enum internal_format() const { return format_.internal; }
  // Null: GL may write it, and what it wrote comes back. Else why not: "a swizzle makes ...".
  const char* read_only_reason() const { return read_only_reason_; }

  // Tight texels of whole layers of a mip level; of copies only.
  uint64_t layer_bytes(uint32_t mip) const;
  void upload(uint32_t mip, uint32_t base_layer, uint32_t layer_count, const std::byte* texels);
  // Blocks.
  void download(uint32_t mip, uint32_t base_layer, uint32_t layer_count, std::byte* texels);

 private:
  Texture(std::shared_ptr<Link> link, const ImageDesc& desc, GlTarget target, GlFormat format)
      : link_(std::move(link)), desc_(desc), target_(target), format_(format) {}
  static Result<std::unique_ptr<Texture>> create(std::shared_ptr<Link> link, const ImageDesc& desc);

  void set_parameters();
  void store_on_memory(uint64_t offset_bytes);
  void store_own();
  Status check_attaches();
  Extent extent(uint32_t mip) const;
  bool cube() const { return target_.target == k::kTextureCube; }
  Enum face(uint32_t layer) const { return k::kCubeFace0 + layer; }
  void attach(uint32_t mip, uint32_t layer_or_slice);
  void download_images(uint32_t mip, uint32_t base_layer, uint32_t layer_count, std::byte* texels);
  void download_pixels(uint32_t mip, uint32_t base_layer, uint32_t layer_count, std::byte* texels);

  std::shared_ptr<Link> link_;
  ImageDesc desc_;
  GlTarget target_;
  GlFormat format_;
  const char* read_only_reason_ = nullptr;
  Name name_ = 0;
  Name memory_ = 0;
};

}  // namespace ist::gl_host
