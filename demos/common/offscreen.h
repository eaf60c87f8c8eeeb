// Building blocks of an offscreen renderer on a borrowed device: images to draw into and sample, passes that fill
// them, pipelines, and one way back to the host. Knows nothing of what is drawn.
#pragma once

#include "gpu.h"

#include <cstddef>
#include <span>
#include <vector>

namespace demo {

struct SpirV {
  const uint32_t* words;
  size_t size_bytes;
};

struct RenderTarget {
  VkExtent2D extent{};
  VkFormat format = VK_FORMAT_UNDEFINED;
  OwnedMemory memory;
  OwnedImage image;
  OwnedView view;
};

// Of the whole of a colour image of one level and layer, which must outlive it.
OwnedView create_view(const Gpu& gpu, VkImage image, VkFormat format);

// A binary one.
OwnedSemaphore create_semaphore(const Gpu& gpu);

// A colour image of one level that can be drawn into, sampled and copied from. Its content is undefined.
RenderTarget create_target(const Gpu& gpu, VkExtent2D extent, VkFormat format);

// What happens to the targets of a pass once it has drawn them.
enum class NextUse { sampled, copied, presented };

// A render pass over whole targets and its framebuffer. The targets start cleared, and are left visible to
// fragment shaders or copies recorded later, or to the presentation engine. The targets must outlive it.
class Pass {
 public:
  Pass(const Gpu& gpu, std::span<const RenderTarget* const> targets, NextUse next);
  void begin(VkCommandBuffer commands, const VkClearColorValue& clear = {}) const;
  void end(VkCommandBuffer commands) const { gpu_->vk.vkCmdEndRenderPass(commands); }
  VkRenderPass render_pass() const { return render_pass_.get(); }
  uint32_t target_count() const { return target_count_; }

 private:
  const Gpu* gpu_;
  VkExtent2D extent_;
  uint32_t target_count_;
  OwnedRenderPass render_pass_;
  OwnedFramebuffer framebuffer_;
};

// One set of images (none: null) and one block of push constants, both visible to all stages that use them.
OwnedPipelineLayout create_pipeline_layout(const Gpu& gpu, VkDescriptorSetLayout set_layout,
                                           const VkPushConstantRange& range);

// How the colour of a fragment meets what is there: instead of it, added to it, or over it by its alpha.
enum class Blend { replace, add, over };

struct PipelineInfo {
  SpirV vertex;
  SpirV fragment;
  VkPipelineLayout layout;
  std::span<const VkVertexInputBindingDescription> bindings;
  std::span<const VkVertexInputAttributeDescription> attributes;
  Blend blend = Blend::replace;
};

// Triangle strips without depth or culling; the viewport is set when the pass begins.
OwnedPipeline create_pipeline(const Gpu& gpu, const Pass& pass, const PipelineInfo& info);

// Fixed number of combined image samplers per set, one set per fullscreen pass; clamped and linear.
class SampledSets {
 public:
  SampledSets(const Gpu& gpu, uint32_t set_count, uint32_t images_per_set);
  // Targets must outlive the set. Not while work that uses the set is pending.
  VkDescriptorSet allocate(std::span<const RenderTarget* const> images);
  // The same for views of any image that is in SHADER_READ_ONLY_OPTIMAL when it is drawn.
  VkDescriptorSet allocate(std::span<const VkImageView> views);
  VkDescriptorSetLayout layout() const { return layout_.get(); }

 private:
  const Gpu* gpu_;
  OwnedSampler sampler_;
  OwnedSetLayout layout_;
  OwnedDescriptorPool pool_;
};

// One command buffer recorded anew for each submit; `run` returns when the device has finished.
class Commands {
 public:
  explicit Commands(const Gpu& gpu);
  template <class Record>
  void run(Record&& record) {
    record(begin());
    submit_and_wait();
  }

 private:
  VkCommandBuffer begin();
  void submit_and_wait();

  const Gpu* gpu_;
  OwnedCommandPool pool_;
  OwnedFence fence_;
  VkCommandBuffer commands_ = VK_NULL_HANDLE;
};

// Room on the host for the pixels of one image of 4 bytes per pixel.
class PixelBuffer {
 public:
  PixelBuffer(const Gpu& gpu, VkExtent2D extent);
  // Records the copy of an image of that extent in TRANSFER_SRC_OPTIMAL.
  void record(VkCommandBuffer commands, VkImage image) const;
  // Rows tight from the top, once the recorded copy has finished.
  std::vector<uint8_t> read() const;

 private:
  const Gpu* gpu_;
  VkExtent2D extent_;
  OwnedMemory memory_;
  OwnedBuffer buffer_;
};

// Copies a 4-byte-per-pixel target that a Pass left as NextUse::copied to the host, rows tight from the top.
std::vector<uint8_t> read_back(const Gpu& gpu, Commands& commands, const RenderTarget& target);

}  // namespace demo
