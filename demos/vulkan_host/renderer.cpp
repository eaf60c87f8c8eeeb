// Two pipelines, and the tables from the runtime's handles to Vulkan's.
#include "renderer.h"

#include <ist/vulkan.h>
#include <taichi/taichi_vulkan.h>

#include <algorithm>
#include <stdexcept>

#include "host_device.h"

// Compiled from shaders/ by the build; each defines one array of words.
#include "disc_frag.h"
#include "disc_vert.h"
#include "texture_frag.h"
#include "texture_vert.h"

namespace demo {
namespace {

constexpr float kDiscDiameter = 0.011f;  // of the picture's height

template <size_t kCount>
constexpr SpirV spirv(const uint32_t (&words)[kCount]) {
  return {words, sizeof(words)};
}

VkRect2D centred_square(VkExtent2D extent) {
  const uint32_t side = std::min(extent.width, extent.height);
  return {{int32_t(extent.width - side) / 2, int32_t(extent.height - side) / 2}, {side, side}};
}

// The same block as in disc.vert.
struct DiscSize {
  float radius_pixels;
  float side_pixels;
};

OwnedPipeline texture_pipeline(const Gpu& gpu, const Pass& pass, VkPipelineLayout layout) {
  return create_pipeline(gpu, pass,
                         {.vertex = spirv(texture_vert),
                          .fragment = spirv(texture_frag),
                          .layout = layout,
                          .bindings = {},
                          .attributes = {}});
}

OwnedPipeline points_pipeline(const Gpu& gpu, const Pass& pass, VkPipelineLayout layout) {
  const VkVertexInputBindingDescription bindings[] = {{0, 2 * sizeof(float), VK_VERTEX_INPUT_RATE_INSTANCE},
                                                      {1, sizeof(int32_t), VK_VERTEX_INPUT_RATE_INSTANCE}};
  const VkVertexInputAttributeDescription attributes[] = {{0, 0, VK_FORMAT_R32G32_SFLOAT, 0},
                                                          {1, 1, VK_FORMAT_R32_SINT, 0}};
  return create_pipeline(gpu, pass,
                         {.vertex = spirv(disc_vert),
                          .fragment = spirv(disc_frag),
                          .layout = layout,
                          .bindings = bindings,
                          .attributes = attributes,
                          .blend = Blend::over});
}

}  // namespace

Renderer::Renderer(const Gpu& gpu, TiRuntime runtime, const Scene& scene, const Pass& pass) : gpu_(&gpu) {
  const std::vector<Scene::Object> objects = scene.objects();
  sets_.emplace(gpu, uint32_t(objects.size()), 1);
  for (const Scene::Object& object : objects) {
    if (object.image) add_texture(runtime, object.image);
    if (object.memory) add_buffer(runtime, object.memory);
  }
  texture_layout_ = create_pipeline_layout(gpu, sets_->layout(), {VK_SHADER_STAGE_VERTEX_BIT, 0, sizeof(DiscSize)});
  points_layout_ = create_pipeline_layout(gpu, VK_NULL_HANDLE, {VK_SHADER_STAGE_VERTEX_BIT, 0, sizeof(DiscSize)});
  texture_pipeline_ = texture_pipeline(gpu, pass, texture_layout_.get());
  points_pipeline_ = points_pipeline(gpu, pass, points_layout_.get());
}

void Renderer::add_texture(TiRuntime runtime, TiImage image) {
  VkImageView view = VK_NULL_HANDLE;
  expect_taichi(ist_vulkan_image_view(runtime, image, VK_FORMAT_UNDEFINED, VK_IMAGE_VIEW_TYPE_2D, &view),
                "ist_vulkan_image_view");
  const VkImageView views[] = {view};
  textures_.emplace(image, sets_->allocate(views));
}

void Renderer::add_buffer(TiRuntime runtime, TiMemory memory) {
  TiVulkanMemoryInteropInfo native{};
  ti_export_vulkan_memory(runtime, memory, &native);
  if (!native.buffer) throw std::runtime_error("A memory of the scene has no VkBuffer.");
  buffers_.emplace(memory, native.buffer);
}

void Renderer::draw(VkCommandBuffer commands, VkExtent2D extent, const SceneView& view) const {
  const VkRect2D square = centred_square(extent);
  const float side = float(square.extent.width);
  const VkViewport viewport{float(square.offset.x), float(square.offset.y), side, side, 0, 1};
  gpu_->vk.vkCmdSetViewport(commands, 0, 1, &viewport);
  gpu_->vk.vkCmdSetScissor(commands, 0, 1, &square);
  if (view.texture.image) draw_texture(commands, view.texture);
  if (view.points.count) draw_points(commands, view.points, side);
}

void Renderer::draw_texture(VkCommandBuffer commands, const TextureView& texture) const {
  const VulkanTable& vk = gpu_->vk;
  vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, texture_pipeline_.get());
  vk.vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, texture_layout_.get(), 0, 1,
                             &textures_.at(texture.image), 0, nullptr);
  vk.vkCmdDraw(commands, 3, 1, 0, 0);
}

// One small square for each particle; the fragment shader makes it round.
void Renderer::draw_points(VkCommandBuffer commands, const PointsView& points, float side_pixels) const {
  const VulkanTable& vk = gpu_->vk;
  const VkBuffer buffers[] = {buffers_.at(points.positions), buffers_.at(points.materials)};
  const VkDeviceSize offsets[] = {0, 0};
  const DiscSize size{side_pixels * kDiscDiameter / 2, side_pixels};
  vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, points_pipeline_.get());
  vk.vkCmdPushConstants(commands, points_layout_.get(), VK_SHADER_STAGE_VERTEX_BIT, 0, sizeof size, &size);
  vk.vkCmdBindVertexBuffers(commands, 0, 2, buffers, offsets);
  vk.vkCmdDraw(commands, 4, points.count, 0, 0);
}

}  // namespace demo
