// Makes pipelines; equal binding lists share one layout.
#include "vulkan/vk_pipeline.h"

#include <algorithm>
#include <cassert>

#include "vulkan/vk_debug.h"
#include "vulkan/vk_text.h"

namespace ist::vk {

Result<std::unique_ptr<PipelineFactory>> PipelineFactory::create(const Gpu& gpu) {
  std::unique_ptr<PipelineFactory> factory(new PipelineFactory(gpu));
  IST_TRY(factory->cache_, PipelineCache::create(gpu));
  return factory;
}

PipelineFactory::~PipelineFactory() {
  for (const auto& layout : layouts_) destroy(*layout);
}

void PipelineFactory::destroy(BindingLayout& layout) {
  if (layout.update) gpu_.vk.DestroyDescriptorUpdateTemplate(gpu_.device, layout.update, nullptr);
  gpu_.vk.DestroyPipelineLayout(gpu_.device, layout.pipeline, nullptr);
  gpu_.vk.DestroyDescriptorSetLayout(gpu_.device, layout.set, nullptr);
}

Result<std::unique_ptr<Pipeline>> PipelineFactory::create_pipeline(const PipelineDesc& desc) {
  assert(desc.bindings.size() <= gpu_.info().limits.max_bindings);
  IST_TRY(const BindingLayout* layout, layout_for(desc.bindings));
  const auto refused = [&](VkResult result, const char* call) {
    return fail(code_of(result), "The driver refuses kernel '%.*s': %s returns %s.", static_cast<int>(desc.name.size()),
                desc.name.data(), call, result_name(result));
  };
  VkShaderModuleCreateInfo module_info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  module_info.codeSize = desc.words.size_bytes();
  module_info.pCode = desc.words.data();
  VkShaderModule module = VK_NULL_HANDLE;
  VkResult result = gpu_.vk.CreateShaderModule(gpu_.device, &module_info, nullptr, &module);
  if (result != VK_SUCCESS) return refused(result, "vkCreateShaderModule");

  VkComputePipelineCreateInfo info{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module;
  info.stage.pName = "main";
  info.layout = layout->pipeline;
  VkPipeline pipeline = VK_NULL_HANDLE;
  result = cache_->create_pipeline(info, &pipeline);
  gpu_.vk.DestroyShaderModule(gpu_.device, module, nullptr);
  if (result != VK_SUCCESS || !pipeline)
    return refused(result == VK_SUCCESS ? VK_ERROR_UNKNOWN : result, "vkCreateComputePipelines");
  set_name(gpu_, VK_OBJECT_TYPE_PIPELINE, pipeline, desc.name);
  return std::make_unique<Pipeline>(gpu_, pipeline, *layout);
}

Result<const BindingLayout*> PipelineFactory::layout_for(std::span<const PipelineBinding> bindings) {
  const auto same = [&](const std::unique_ptr<BindingLayout>& layout) {
    return std::equal(
        bindings.begin(), bindings.end(), layout->bindings.begin(), layout->bindings.end(),
        [](const PipelineBinding& a, const PipelineBinding& b) { return a.binding == b.binding && a.kind == b.kind; });
  };
  const auto known = std::find_if(layouts_.begin(), layouts_.end(), same);
  if (known != layouts_.end()) return const_cast<const BindingLayout*>(known->get());

  auto layout = std::make_unique<BindingLayout>();
  layout->bindings.assign(bindings.begin(), bindings.end());
  layout->push = bindings.size() <= gpu_.physical->max_push_descriptors;
  if (!layout->push) {
    const auto args = std::find_if(bindings.begin(), bindings.end(),
                                   [](const PipelineBinding& b) { return b.kind == DescriptorKind::uniform_buffer; });
    if (args != bindings.end()) layout->dynamic = static_cast<uint32_t>(args - bindings.begin());
  }
  Status status = create_layout(*layout);
  if (!status.ok()) {
    destroy(*layout);
    return status;
  }
  layouts_.push_back(std::move(layout));
  return const_cast<const BindingLayout*>(layouts_.back().get());
}

VkDescriptorType native_kind(const BindingLayout& layout, uint32_t element) {
  switch (layout.bindings[element].kind) {
    case DescriptorKind::uniform_buffer:
      return element == layout.dynamic ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC : VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
    case DescriptorKind::storage_buffer:
      return VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    case DescriptorKind::sampled_image:
      return VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    case DescriptorKind::storage_image:
      break;
  }
  return VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
}

Status PipelineFactory::create_layout(BindingLayout& layout) {
  VkDescriptorSetLayoutBinding native[kMaxBindings];
  const auto count = static_cast<uint32_t>(layout.bindings.size());
  for (uint32_t i = 0; i < count; ++i)
    native[i] = {layout.bindings[i].binding, native_kind(layout, i), 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr};
  VkDescriptorSetLayoutCreateInfo set{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};
  if (layout.push && count > 0) set.flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR;
  set.bindingCount = count;
  set.pBindings = native;
  IST_CHECK(vk_status(gpu_.vk.CreateDescriptorSetLayout(gpu_.device, &set, nullptr, &layout.set),
                      "vkCreateDescriptorSetLayout"));
  VkPipelineLayoutCreateInfo pipeline{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  pipeline.setLayoutCount = 1;
  pipeline.pSetLayouts = &layout.set;
  IST_CHECK(vk_status(gpu_.vk.CreatePipelineLayout(gpu_.device, &pipeline, nullptr, &layout.pipeline),
                      "vkCreatePipelineLayout"));
  return count > 0 && gpu_.vk.CreateDescriptorUpdateTemplate ? create_template(layout) : Status();
}

Status PipelineFactory::create_template(BindingLayout& layout) {
  VkDescriptorUpdateTemplateEntry entries[kMaxBindings];
  const auto count = static_cast<uint32_t>(layout.bindings.size());
  for (uint32_t i = 0; i < count; ++i)
    entries[i] = {layout.bindings[i].binding, 0, 1, native_kind(layout, i), i * sizeof(Descriptor), 0};
  VkDescriptorUpdateTemplateCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO};
  info.descriptorUpdateEntryCount = count;
  info.pDescriptorUpdateEntries = entries;
  info.templateType = layout.push ? VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_PUSH_DESCRIPTORS_KHR
                                  : VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_DESCRIPTOR_SET;
  info.descriptorSetLayout = layout.set;
  info.pipelineBindPoint = VK_PIPELINE_BIND_POINT_COMPUTE;
  info.pipelineLayout = layout.pipeline;
  info.set = 0;
  return vk_status(gpu_.vk.CreateDescriptorUpdateTemplate(gpu_.device, &info, nullptr, &layout.update),
                   "vkCreateDescriptorUpdateTemplate");
}

}  // namespace ist::vk
