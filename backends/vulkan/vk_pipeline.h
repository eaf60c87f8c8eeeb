// Compute pipelines, and the layouts they share. Knows nothing of recording.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vulkan/vk_pipeline_cache.h"

namespace ist::vk {

// What an update template reads for one binding.
union Descriptor {
  VkDescriptorBufferInfo buffer;
  VkDescriptorImageInfo image;
};

// Set layout, pipeline layout and update template of one list of bindings; lives as long as the device.
struct BindingLayout {
  std::vector<PipelineBinding> bindings;
  VkDescriptorSetLayout set = VK_NULL_HANDLE;
  VkPipelineLayout pipeline = VK_NULL_HANDLE;
  // Null without bindings, and on a device of Vulkan 1.0.
  VkDescriptorUpdateTemplate update = VK_NULL_HANDLE;
  bool push = false;
  uint32_t dynamic = UINT32_MAX;  // element of `bindings` with a dynamic offset: the args; else none
};

VkDescriptorType native_kind(const BindingLayout& layout, uint32_t element);

class Pipeline final : public ist::Pipeline {
 public:
  Pipeline(const Gpu& gpu, VkPipeline handle, const BindingLayout& layout)
      : handle(handle), layout(layout), gpu_(gpu) {}
  ~Pipeline() override { gpu_.vk.DestroyPipeline(gpu_.device, handle, nullptr); }

  const VkPipeline handle;
  const BindingLayout& layout;

 private:
  const Gpu& gpu_;
};

class PipelineFactory {
 public:
  static Result<std::unique_ptr<PipelineFactory>> create(const Gpu& gpu);
  ~PipelineFactory();

  // The bindings are within DeviceLimits. invalid_state names kernel and VkResult when the driver refuses
  // the shader.
  Result<std::unique_ptr<Pipeline>> create_pipeline(const PipelineDesc& desc);

  size_t layout_count() const { return layouts_.size(); }
  const PipelineCache& cache() const { return *cache_; }

 private:
  explicit PipelineFactory(const Gpu& gpu) : gpu_(gpu) {}
  Result<const BindingLayout*> layout_for(std::span<const PipelineBinding> bindings);
  Status create_layout(BindingLayout& layout);
  Status create_template(BindingLayout& layout);
  void destroy(BindingLayout& layout);

  const Gpu& gpu_;
  std::unique_ptr<PipelineCache> cache_;
  std::vector<std::unique_ptr<BindingLayout>> layouts_;  // few: kernels share shapes
};

}  // namespace ist::vk
