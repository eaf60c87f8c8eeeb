// The four passes of the picture: splat, blur along x, blur along y, compose.
#include "jelly_renderer.h"

#include <algorithm>
#include <array>

// Compiled from shaders/ by the build; each defines one array of words.
#include "blur_frag.h"
#include "compose_frag.h"
#include "fullscreen_vert.h"
#include "splat_frag.h"
#include "splat_vert.h"

namespace demo {
namespace {

constexpr VkFormat kFieldFormat = VK_FORMAT_R16G16B16A16_SFLOAT;  // the widest that must blend
constexpr VkFormat kPictureFormat = VK_FORMAT_R8G8B8A8_SRGB;
constexpr uint32_t kSoftDivisor = 4;
constexpr float kMargin = 0.05f;               // around the simulated square, in its units
constexpr float kSplatSpacings = 3.0f;         // radius of a splat in particle spacings
constexpr float kSoftSigma = 0.016f;           // of the blur, in units of the square
constexpr float kBlurSigmaTaps = 7.0f / 2.4f;  // taps per sigma in blur.frag
constexpr float kPi = 3.14159265f;

template <size_t kCount>
constexpr SpirV spirv(const uint32_t (&words)[kCount]) {
  return {words, sizeof(words)};
}

VkExtent2D reduced(VkExtent2D extent) {
  return {std::max(extent.width / kSoftDivisor, 1u), std::max(extent.height / kSoftDivisor, 1u)};
}

std::array<const RenderTarget*, 1> one(const RenderTarget& target) { return {&target}; }

}  // namespace

JellyRenderer::JellyRenderer(const Gpu& gpu, VkExtent2D extent, const ParticleBuffers& particles)
    : gpu_(&gpu),
      particles_(particles),
      density_(create_target(gpu, extent, kFieldFormat)),
      traits_(create_target(gpu, extent, kFieldFormat)),
      half_blurred_(create_target(gpu, reduced(extent), kFieldFormat)),
      soft_(create_target(gpu, reduced(extent), kFieldFormat)),
      picture_(create_target(gpu, extent, kPictureFormat)),
      splat_pass_(gpu, std::array<const RenderTarget*, 2>{&density_, &traits_}, NextUse::sampled),
      blur_x_pass_(gpu, one(half_blurred_), NextUse::sampled),
      blur_y_pass_(gpu, one(soft_), NextUse::sampled),
      compose_pass_(gpu, one(picture_), NextUse::copied),
      sets_(gpu, 3, 3),
      layout_(create_layout()),
      splat_pipeline_(create_splat_pipeline()),
      blur_pipeline_(create_screen_pipeline(blur_x_pass_, spirv(blur_frag))),
      compose_pipeline_(create_screen_pipeline(compose_pass_, spirv(compose_frag))),
      commands_(gpu) {
  const auto images = [&](const RenderTarget& first) {
    return sets_.allocate(std::array<const RenderTarget*, 3>{&first, &traits_, &soft_});
  };
  const auto unread = [&](const RenderTarget& first) {
    return sets_.allocate(std::array<const RenderTarget*, 3>{&first, &first, &first});
  };
  const float tap = kSoftSigma / kBlurSigmaTaps;
  Frame along_x = frame_for(soft_);
  along_x.blur_step[0] = tap / along_x.units_per_pixel / along_x.size_pixels[0];
  Frame along_y = frame_for(soft_);
  along_y.blur_step[1] = tap / along_y.units_per_pixel / along_y.size_pixels[1];
  screen_steps_ = {{&blur_x_pass_, blur_pipeline_.get(), unread(density_), along_x},
                   {&blur_y_pass_, blur_pipeline_.get(), unread(half_blurred_), along_y},
                   {&compose_pass_, compose_pipeline_.get(), images(density_), frame_for(picture_)}};
}

void JellyRenderer::draw() {
  commands_.run([&](VkCommandBuffer commands) { record(commands); });
}

std::vector<uint8_t> JellyRenderer::read_pixels() { return read_back(*gpu_, commands_, picture_); }

// The square with its margin is centred and fits the shorter side of the picture.
JellyRenderer::Frame JellyRenderer::frame_for(const RenderTarget& target) const {
  const float width = float(target.extent.width);
  const float height = float(target.extent.height);
  Frame frame{};
  frame.size_pixels[0] = width;
  frame.size_pixels[1] = height;
  frame.units_per_pixel = (1 + 2 * kMargin) / std::min(width, height);
  frame.origin[0] = 0.5f - 0.5f * width * frame.units_per_pixel;
  frame.origin[1] = 0.5f + 0.5f * height * frame.units_per_pixel;
  frame.radius = kSplatSpacings * particles_.spacing;
  // A splat (1 - r^2)^3 has the integral pi/4, so a body at rest adds up to 1.
  frame.weight = 4 / (kPi * kSplatSpacings * kSplatSpacings);
  return frame;
}

OwnedPipelineLayout JellyRenderer::create_layout() const {
  const VkDescriptorSetLayout set_layout = sets_.layout();
  const VkPushConstantRange range{VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(Frame)};
  return create_pipeline_layout(*gpu_, set_layout, range);
}

OwnedPipeline JellyRenderer::create_splat_pipeline() const {
  std::array<VkVertexInputBindingDescription, 4> bindings{};
  std::array<VkVertexInputAttributeDescription, 4> attributes{};
  for (uint32_t i = 0; i < 4; ++i) {
    const bool integer = i == 3;
    const auto stride = uint32_t(integer ? sizeof(int32_t) : 2 * sizeof(float));
    bindings[i] = {i, stride, VK_VERTEX_INPUT_RATE_INSTANCE};
    attributes[i] = {i, i, integer ? VK_FORMAT_R32_SINT : VK_FORMAT_R32G32_SFLOAT, 0};
  }
  return create_pipeline(*gpu_, splat_pass_,
                         {.vertex = spirv(splat_vert),
                          .fragment = spirv(splat_frag),
                          .layout = layout_.get(),
                          .bindings = bindings,
                          .attributes = attributes,
                          .blend = Blend::add});
}

OwnedPipeline JellyRenderer::create_screen_pipeline(const Pass& pass, SpirV fragment) const {
  return create_pipeline(*gpu_, pass,
                         {.vertex = spirv(fullscreen_vert),
                          .fragment = fragment,
                          .layout = layout_.get(),
                          .bindings = {},
                          .attributes = {}});
}

void JellyRenderer::record(VkCommandBuffer commands) const {
  order_after_simulation(commands);
  record_splats(commands);
  for (const Step& step : screen_steps_) record_screen(commands, step);
}

// The simulation wrote the particles on this very queue; a barrier is all it takes to see them.
void JellyRenderer::order_after_simulation(VkCommandBuffer commands) const {
  auto barrier = typed<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_VERTEX_ATTRIBUTE_READ_BIT;
  gpu_->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                                VK_PIPELINE_STAGE_VERTEX_INPUT_BIT, 0, 1, &barrier, 0, nullptr, 0, nullptr);
}

void JellyRenderer::record_splats(VkCommandBuffer commands) const {
  const VulkanTable& vk = gpu_->vk;
  const VkBuffer buffers[] = {particles_.position, particles_.velocity, particles_.rest_position, particles_.material};
  const VkDeviceSize offsets[4] = {};
  const Frame frame = frame_for(density_);
  splat_pass_.begin(commands);
  vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, splat_pipeline_.get());
  vk.vkCmdPushConstants(commands, layout_.get(), VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0,
                        sizeof(frame), &frame);
  vk.vkCmdBindVertexBuffers(commands, 0, 4, buffers, offsets);
  vk.vkCmdDraw(commands, 4, particles_.count, 0, 0);
  splat_pass_.end(commands);
}

void JellyRenderer::record_screen(VkCommandBuffer commands, const Step& step) const {
  const VulkanTable& vk = gpu_->vk;
  step.pass->begin(commands);
  vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, step.pipeline);
  vk.vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, layout_.get(), 0, 1, &step.images, 0, nullptr);
  vk.vkCmdPushConstants(commands, layout_.get(), VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0,
                        sizeof(step.frame), &step.frame);
  vk.vkCmdDraw(commands, 3, 1, 0, 0);
  step.pass->end(commands);
}

}  // namespace demo
