// A VkImage with its views and its memory, own or imported, or one that the host owns; samplers. Tracks no layout.
#pragma once

#include <vector>

#include "contract/image_ops.h"
#include "vulkan/vk_memory.h"

namespace ist::vk {

// Which mips a view shows: storage images have one level only.
enum class MipMode : uint8_t { all, first };

// The native facts of an image, as given at its creation.
struct ImageFacts {
  VkImage image = VK_NULL_HANDLE;
  VkImageType type = VK_IMAGE_TYPE_2D;
  VkFormat format = VK_FORMAT_UNDEFINED;
  VkExtent3D extent{1, 1, 1};
  uint32_t mip_count = 1;
  uint32_t layer_count = 1;
  VkSampleCountFlagBits samples = VK_SAMPLE_COUNT_1_BIT;
  VkImageTiling tiling = VK_IMAGE_TILING_OPTIMAL;
  VkImageUsageFlags usage = 0;
  VkImageCreateFlags flags = 0;
};

class Image final : public ist::Image {
 public:
  static Result<std::unique_ptr<Image>> create(const Gpu& gpu, Memory& memory, const ImageDesc& desc);
  // On an allocation of somebody else's; errors as those of Memory::import.
  static Result<std::unique_ptr<Image>> import(const Gpu& gpu, Memory& memory, const ImageDesc& desc,
                                               const MemoryImport& source);
  // Wraps an image of the host, which stays its owner and keeps it alive.
  static std::unique_ptr<Image> wrap(const Gpu& gpu, const ImageFacts& facts);
  ~Image() override;

  VkImage handle() const { return facts_.image; }
  const ImageFacts& facts() const { return facts_; }
  Format format() const { return format_; }
  const MemoryPiece& piece() const { return piece_; }
  // What handles it can be exported as: none unless it was made for that.
  VkExternalMemoryHandleTypeFlags export_types() const { return export_types_; }
  const MemoryOrigin& origin() const { return origin_; }
  bool concurrent() const { return memory_ && gpu_.sharing_mode() == VK_SHARING_MODE_CONCURRENT; }
  bool filters_linearly() const { return filters_linearly_; }

  // The view a shader sees that declares `dimension`; made at first use, owned by the image.
  VkResult view(ImageDimension dimension, MipMode mips, VkImageView& view);
  // All mips and, as far as the type shows them, all layers, for the host; the same handle each time, owned by the
  // image. format 0: the image's own. not_supported: no view like that can be made of this image.
  Result<VkImageView> host_view(VkFormat format, VkImageViewType type);

 private:
  Image(const Gpu& gpu, Memory* memory) : gpu_(gpu), memory_(memory) {}
  Status check_view(VkFormat format, VkImageViewType type) const;
  Status make(const VkImageCreateInfo& info, Format format, VkExternalMemoryHandleTypeFlags handle_types);
  Result<MemoryPiece> own_memory();
  Status bind(const MemoryPiece& piece);
  void ask_filter();

  const Gpu& gpu_;
  Memory* memory_;  // null: the host owns the handle
  ImageFacts facts_;
  Format format_ = 0;
  MemoryPiece piece_;
  VkExternalMemoryHandleTypeFlags export_types_ = 0;
  MemoryOrigin origin_;
  bool filters_linearly_ = false;
  VkImageView views_[6][2] = {};
  struct HostView {
    VkFormat format;
    VkImageViewType type;
    VkImageView view;
  };
  std::vector<HostView> host_views_;
};

class Sampler final : public ist::Sampler {
 public:
  static Result<std::unique_ptr<Sampler>> create(const Gpu& gpu, const SamplerDesc& desc);
  ~Sampler() override;

  VkSampler handle() const { return handle_; }
  // Formats that cannot be filtered get the same sampler with nearest filters.
  VkSampler handle_for(const Image& image) const { return image.filters_linearly() ? handle_ : nearest_; }

 private:
  explicit Sampler(const Gpu& gpu) : gpu_(gpu) {}

  const Gpu& gpu_;
  VkSampler handle_ = VK_NULL_HANDLE;
  VkSampler nearest_ = VK_NULL_HANDLE;  // handle_ itself when that filters nothing
};

// The driver's word on images; usage 0: none.
VkImageUsageFlags native_usage(uint32_t usage, Format format);
VkImageCreateInfo image_create_info(const Gpu& gpu, const ImageDesc& desc);
FormatSupport query_support(const Gpu& gpu, Format format, ImageDimension dimension);

}  // namespace ist::vk
