// Creation of targets, passes and pipelines: the long Vulkan structures live here and nowhere else.
#include "offscreen.h"

#include <cstring>

namespace demo {
namespace {

template <class Owner, class Info, class Create>
Owner create(const Gpu& gpu, Create function, const char* call, const Info& info) {
  decltype(std::declval<Owner>().get()) handle = VK_NULL_HANDLE;
  expect_vulkan(function(gpu.device(), &info, nullptr, &handle), call);
  return Owner(gpu, handle);
}

#define DEMO_CREATE(Owner, gpu, call, info) create<Owner>(gpu, (gpu).vk.call, #call, info)

OwnedMemory allocate(const Gpu& gpu, const VkMemoryRequirements& needs, VkMemoryPropertyFlags required,
                     VkMemoryPropertyFlags preferred) {
  auto info = typed<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
  info.allocationSize = needs.size;
  info.memoryTypeIndex = gpu.memory_type(needs.memoryTypeBits, required, preferred);
  return DEMO_CREATE(OwnedMemory, gpu, vkAllocateMemory, info);
}

OwnedImage create_image(const Gpu& gpu, VkExtent2D extent, VkFormat format) {
  auto info = typed<VkImageCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO);
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = format;
  info.extent = {extent.width, extent.height, 1};
  info.mipLevels = 1;
  info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.tiling = VK_IMAGE_TILING_OPTIMAL;
  info.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  info.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED;
  return DEMO_CREATE(OwnedImage, gpu, vkCreateImage, info);
}

VkImageLayout layout_for(NextUse next) {
  switch (next) {
    case NextUse::sampled:
      return VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
    case NextUse::copied:
      return VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
    case NextUse::presented:
      return VK_IMAGE_LAYOUT_PRESENT_SRC_KHR;
  }
  return VK_IMAGE_LAYOUT_UNDEFINED;
}

VkAttachmentDescription describe(const RenderTarget& target, NextUse next) {
  VkAttachmentDescription description{};
  description.format = target.format;
  description.samples = VK_SAMPLE_COUNT_1_BIT;
  description.loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR;
  description.storeOp = VK_ATTACHMENT_STORE_OP_STORE;
  description.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE;
  description.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE;
  description.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED;
  description.finalLayout = layout_for(next);
  return description;
}

// Before: whoever sampled, copied or drew the target earlier. After: whoever reads it next.
std::vector<VkSubpassDependency> dependencies(NextUse next) {
  VkSubpassDependency before{};
  before.srcSubpass = VK_SUBPASS_EXTERNAL;
  before.srcStageMask = VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT |
                        VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
  before.srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
  before.dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
  before.dstAccessMask = VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
  VkSubpassDependency after{};
  after.dstSubpass = VK_SUBPASS_EXTERNAL;
  after.srcStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
  after.srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
  const bool sampled = next == NextUse::sampled;
  after.dstStageMask = sampled ? VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT : VK_PIPELINE_STAGE_TRANSFER_BIT;
  after.dstAccessMask = sampled ? VK_ACCESS_SHADER_READ_BIT : VK_ACCESS_TRANSFER_READ_BIT;
  // The semaphore that the presentation engine waits for orders what follows.
  if (next == NextUse::presented) {
    after.dstStageMask = VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT;
    after.dstAccessMask = 0;
  }
  return {before, after};
}

OwnedRenderPass create_render_pass(const Gpu& gpu, std::span<const RenderTarget* const> targets, NextUse next) {
  std::vector<VkAttachmentDescription> descriptions;
  std::vector<VkAttachmentReference> references;
  for (const RenderTarget* target : targets) {
    references.push_back({uint32_t(references.size()), VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL});
    descriptions.push_back(describe(*target, next));
  }
  VkSubpassDescription subpass{};
  subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
  subpass.colorAttachmentCount = uint32_t(references.size());
  subpass.pColorAttachments = references.data();
  const auto order = dependencies(next);
  auto info = typed<VkRenderPassCreateInfo>(VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO);
  info.attachmentCount = uint32_t(descriptions.size());
  info.pAttachments = descriptions.data();
  info.subpassCount = 1;
  info.pSubpasses = &subpass;
  info.dependencyCount = uint32_t(order.size());
  info.pDependencies = order.data();
  return DEMO_CREATE(OwnedRenderPass, gpu, vkCreateRenderPass, info);
}

OwnedFramebuffer create_framebuffer(const Gpu& gpu, VkRenderPass render_pass,
                                    std::span<const RenderTarget* const> targets) {
  std::vector<VkImageView> views;
  for (const RenderTarget* target : targets) views.push_back(target->view.get());
  auto info = typed<VkFramebufferCreateInfo>(VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO);
  info.renderPass = render_pass;
  info.attachmentCount = uint32_t(views.size());
  info.pAttachments = views.data();
  info.width = targets[0]->extent.width;
  info.height = targets[0]->extent.height;
  info.layers = 1;
  return DEMO_CREATE(OwnedFramebuffer, gpu, vkCreateFramebuffer, info);
}

OwnedShader create_shader(const Gpu& gpu, const SpirV& code) {
  auto info = typed<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
  info.codeSize = code.size_bytes;
  info.pCode = code.words;
  return DEMO_CREATE(OwnedShader, gpu, vkCreateShaderModule, info);
}

VkPipelineShaderStageCreateInfo stage(VkShaderStageFlagBits bit, const OwnedShader& shader) {
  auto info = typed<VkPipelineShaderStageCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO);
  info.stage = bit;
  info.module = shader.get();
  info.pName = "main";
  return info;
}

VkPipelineColorBlendAttachmentState blend_state(Blend blend) {
  VkPipelineColorBlendAttachmentState state{};
  state.blendEnable = blend != Blend::replace;
  state.srcColorBlendFactor = state.dstColorBlendFactor = VK_BLEND_FACTOR_ONE;
  state.srcAlphaBlendFactor = state.dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE;
  if (blend == Blend::over) {
    state.srcColorBlendFactor = VK_BLEND_FACTOR_SRC_ALPHA;
    state.dstColorBlendFactor = state.dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA;
  }
  state.colorBlendOp = state.alphaBlendOp = VK_BLEND_OP_ADD;
  state.colorWriteMask =
      VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT | VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT;
  return state;
}

}  // namespace

OwnedView create_view(const Gpu& gpu, VkImage image, VkFormat format) {
  auto info = typed<VkImageViewCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO);
  info.image = image;
  info.viewType = VK_IMAGE_VIEW_TYPE_2D;
  info.format = format;
  info.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  return DEMO_CREATE(OwnedView, gpu, vkCreateImageView, info);
}

OwnedSemaphore create_semaphore(const Gpu& gpu) {
  const auto info = typed<VkSemaphoreCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO);
  return DEMO_CREATE(OwnedSemaphore, gpu, vkCreateSemaphore, info);
}

RenderTarget create_target(const Gpu& gpu, VkExtent2D extent, VkFormat format) {
  RenderTarget target;
  target.extent = extent;
  target.format = format;
  target.image = create_image(gpu, extent, format);
  VkMemoryRequirements needs{};
  gpu.vk.vkGetImageMemoryRequirements(gpu.device(), target.image.get(), &needs);
  target.memory = allocate(gpu, needs, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
  expect_vulkan(gpu.vk.vkBindImageMemory(gpu.device(), target.image.get(), target.memory.get(), 0),
                "vkBindImageMemory");
  target.view = create_view(gpu, target.image.get(), format);
  return target;
}

Pass::Pass(const Gpu& gpu, std::span<const RenderTarget* const> targets, NextUse next)
    : gpu_(&gpu),
      extent_(targets[0]->extent),
      target_count_(uint32_t(targets.size())),
      render_pass_(create_render_pass(gpu, targets, next)),
      framebuffer_(create_framebuffer(gpu, render_pass_.get(), targets)) {}

void Pass::begin(VkCommandBuffer commands, const VkClearColorValue& clear) const {
  const std::vector<VkClearValue> clears(target_count_, VkClearValue{clear});
  auto info = typed<VkRenderPassBeginInfo>(VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO);
  info.renderPass = render_pass_.get();
  info.framebuffer = framebuffer_.get();
  info.renderArea.extent = extent_;
  info.clearValueCount = target_count_;
  info.pClearValues = clears.data();
  gpu_->vk.vkCmdBeginRenderPass(commands, &info, VK_SUBPASS_CONTENTS_INLINE);
  const VkViewport viewport{0, 0, float(extent_.width), float(extent_.height), 0, 1};
  gpu_->vk.vkCmdSetViewport(commands, 0, 1, &viewport);
  gpu_->vk.vkCmdSetScissor(commands, 0, 1, &info.renderArea);
}

OwnedPipelineLayout create_pipeline_layout(const Gpu& gpu, VkDescriptorSetLayout set_layout,
                                           const VkPushConstantRange& range) {
  auto info = typed<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
  info.setLayoutCount = set_layout ? 1 : 0;
  info.pSetLayouts = &set_layout;
  info.pushConstantRangeCount = 1;
  info.pPushConstantRanges = &range;
  return DEMO_CREATE(OwnedPipelineLayout, gpu, vkCreatePipelineLayout, info);
}

OwnedPipeline create_pipeline(const Gpu& gpu, const Pass& pass, const PipelineInfo& info) {
  const OwnedShader vertex = create_shader(gpu, info.vertex);
  const OwnedShader fragment = create_shader(gpu, info.fragment);
  const VkPipelineShaderStageCreateInfo stages[] = {stage(VK_SHADER_STAGE_VERTEX_BIT, vertex),
                                                    stage(VK_SHADER_STAGE_FRAGMENT_BIT, fragment)};
  auto input = typed<VkPipelineVertexInputStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO);
  input.vertexBindingDescriptionCount = uint32_t(info.bindings.size());
  input.pVertexBindingDescriptions = info.bindings.data();
  input.vertexAttributeDescriptionCount = uint32_t(info.attributes.size());
  input.pVertexAttributeDescriptions = info.attributes.data();
  auto assembly =
      typed<VkPipelineInputAssemblyStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO);
  assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
  auto viewport = typed<VkPipelineViewportStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO);
  viewport.viewportCount = viewport.scissorCount = 1;
  auto raster =
      typed<VkPipelineRasterizationStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO);
  raster.lineWidth = 1;
  auto samples = typed<VkPipelineMultisampleStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO);
  samples.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT;
  const std::vector<VkPipelineColorBlendAttachmentState> attachments(pass.target_count(), blend_state(info.blend));
  auto blend = typed<VkPipelineColorBlendStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO);
  blend.attachmentCount = uint32_t(attachments.size());
  blend.pAttachments = attachments.data();
  const VkDynamicState dynamic_states[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
  auto dynamic = typed<VkPipelineDynamicStateCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO);
  dynamic.dynamicStateCount = 2;
  dynamic.pDynamicStates = dynamic_states;

  auto create_info = typed<VkGraphicsPipelineCreateInfo>(VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO);
  create_info.stageCount = 2;
  create_info.pStages = stages;
  create_info.pVertexInputState = &input;
  create_info.pInputAssemblyState = &assembly;
  create_info.pViewportState = &viewport;
  create_info.pRasterizationState = &raster;
  create_info.pMultisampleState = &samples;
  create_info.pColorBlendState = &blend;
  create_info.pDynamicState = &dynamic;
  create_info.layout = info.layout;
  create_info.renderPass = pass.render_pass();
  VkPipeline pipeline = VK_NULL_HANDLE;
  expect_vulkan(gpu.vk.vkCreateGraphicsPipelines(gpu.device(), VK_NULL_HANDLE, 1, &create_info, nullptr, &pipeline),
                "vkCreateGraphicsPipelines");
  return OwnedPipeline(gpu, pipeline);
}

SampledSets::SampledSets(const Gpu& gpu, uint32_t set_count, uint32_t images_per_set) : gpu_(&gpu) {
  auto sampler = typed<VkSamplerCreateInfo>(VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO);
  sampler.magFilter = sampler.minFilter = VK_FILTER_LINEAR;
  sampler.addressModeU = sampler.addressModeV = sampler.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
  sampler_ = DEMO_CREATE(OwnedSampler, gpu, vkCreateSampler, sampler);

  std::vector<VkDescriptorSetLayoutBinding> bindings(images_per_set);
  for (uint32_t i = 0; i < images_per_set; ++i) {
    bindings[i] = {i, VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1, VK_SHADER_STAGE_FRAGMENT_BIT, nullptr};
  }
  auto layout = typed<VkDescriptorSetLayoutCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO);
  layout.bindingCount = images_per_set;
  layout.pBindings = bindings.data();
  layout_ = DEMO_CREATE(OwnedSetLayout, gpu, vkCreateDescriptorSetLayout, layout);

  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, set_count * images_per_set};
  auto pool = typed<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
  pool.maxSets = set_count;
  pool.poolSizeCount = 1;
  pool.pPoolSizes = &size;
  pool_ = DEMO_CREATE(OwnedDescriptorPool, gpu, vkCreateDescriptorPool, pool);
}

VkDescriptorSet SampledSets::allocate(std::span<const RenderTarget* const> images) {
  std::vector<VkImageView> views;
  for (const RenderTarget* image : images) views.push_back(image->view.get());
  return allocate(views);
}

VkDescriptorSet SampledSets::allocate(std::span<const VkImageView> views) {
  const VkDescriptorSetLayout layout = layout_.get();
  auto info = typed<VkDescriptorSetAllocateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
  info.descriptorPool = pool_.get();
  info.descriptorSetCount = 1;
  info.pSetLayouts = &layout;
  VkDescriptorSet set = VK_NULL_HANDLE;
  expect_vulkan(gpu_->vk.vkAllocateDescriptorSets(gpu_->device(), &info, &set), "vkAllocateDescriptorSets");
  for (uint32_t i = 0; i < views.size(); ++i) {
    const VkDescriptorImageInfo image{sampler_.get(), views[i], VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
    auto write = typed<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
    write.dstSet = set;
    write.dstBinding = i;
    write.descriptorCount = 1;
    write.descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    write.pImageInfo = &image;
    gpu_->vk.vkUpdateDescriptorSets(gpu_->device(), 1, &write, 0, nullptr);
  }
  return set;
}

Commands::Commands(const Gpu& gpu) : gpu_(&gpu) {
  auto pool = typed<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = gpu.queue_family();
  pool_ = DEMO_CREATE(OwnedCommandPool, gpu, vkCreateCommandPool, pool);
  const auto fence = typed<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
  fence_ = DEMO_CREATE(OwnedFence, gpu, vkCreateFence, fence);
  auto info = typed<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
  info.commandPool = pool_.get();
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  expect_vulkan(gpu.vk.vkAllocateCommandBuffers(gpu.device(), &info, &commands_), "vkAllocateCommandBuffers");
}

VkCommandBuffer Commands::begin() {
  auto info = typed<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  expect_vulkan(gpu_->vk.vkBeginCommandBuffer(commands_, &info), "vkBeginCommandBuffer");
  return commands_;
}

void Commands::submit_and_wait() {
  expect_vulkan(gpu_->vk.vkEndCommandBuffer(commands_), "vkEndCommandBuffer");
  auto info = typed<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands_;
  const VkFence fence = fence_.get();
  expect_vulkan(gpu_->vk.vkQueueSubmit(gpu_->queue(), 1, &info, fence), "vkQueueSubmit");
  expect_vulkan(gpu_->vk.vkWaitForFences(gpu_->device(), 1, &fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
  expect_vulkan(gpu_->vk.vkResetFences(gpu_->device(), 1, &fence), "vkResetFences");
}

PixelBuffer::PixelBuffer(const Gpu& gpu, VkExtent2D extent) : gpu_(&gpu), extent_(extent) {
  auto info = typed<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
  info.size = VkDeviceSize(extent.width) * extent.height * 4;
  info.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  buffer_ = DEMO_CREATE(OwnedBuffer, gpu, vkCreateBuffer, info);
  VkMemoryRequirements needs{};
  gpu.vk.vkGetBufferMemoryRequirements(gpu.device(), buffer_.get(), &needs);
  memory_ = allocate(gpu, needs, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT, VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
  expect_vulkan(gpu.vk.vkBindBufferMemory(gpu.device(), buffer_.get(), memory_.get(), 0), "vkBindBufferMemory");
}

void PixelBuffer::record(VkCommandBuffer commands, VkImage image) const {
  VkBufferImageCopy region{};
  region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  region.imageExtent = {extent_.width, extent_.height, 1};
  gpu_->vk.vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, buffer_.get(), 1, &region);
  auto to_host = typed<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  to_host.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  to_host.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  gpu_->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0,
                                nullptr, 0, nullptr);
}

std::vector<uint8_t> PixelBuffer::read() const {
  std::vector<uint8_t> pixels(size_t(extent_.width) * extent_.height * 4);
  void* mapped = nullptr;
  expect_vulkan(gpu_->vk.vkMapMemory(gpu_->device(), memory_.get(), 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
  auto range = typed<VkMappedMemoryRange>(VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE);
  range.memory = memory_.get();
  range.size = VK_WHOLE_SIZE;
  expect_vulkan(gpu_->vk.vkInvalidateMappedMemoryRanges(gpu_->device(), 1, &range), "vkInvalidateMappedMemoryRanges");
  std::memcpy(pixels.data(), mapped, pixels.size());
  gpu_->vk.vkUnmapMemory(gpu_->device(), memory_.get());
  return pixels;
}

std::vector<uint8_t> read_back(const Gpu& gpu, Commands& commands, const RenderTarget& target) {
  const PixelBuffer buffer(gpu, target.extent);
  commands.run([&](VkCommandBuffer list) { buffer.record(list, target.image.get()); });
  return buffer.read();
}

}  // namespace demo
