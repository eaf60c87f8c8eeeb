// Draws particles as soft bodies: densities per material are splatted, smoothed and shaded into one picture.
// Reads the particle buffers where they lie; knows nothing of who fills them.
#pragma once

#include "common/offscreen.h"

#include <cstdint>
#include <vector>

namespace demo {

// Buffers of the device, one element per particle: three times two floats, and an int in 0..3.
struct ParticleBuffers {
  VkBuffer position = VK_NULL_HANDLE;
  VkBuffer velocity = VK_NULL_HANDLE;
  VkBuffer rest_position = VK_NULL_HANDLE;
  VkBuffer material = VK_NULL_HANDLE;
  uint32_t count = 0;
  float spacing = 0;  // distance between neighbours at rest, in units of the simulated square
};

class JellyRenderer {
 public:
  // The particles' buffers need VERTEX_BUFFER usage and must outlive the renderer. Throws on failure.
  JellyRenderer(const Gpu& gpu, VkExtent2D extent, const ParticleBuffers& particles);
  JellyRenderer(const JellyRenderer&) = delete;
  JellyRenderer& operator=(const JellyRenderer&) = delete;

  // Draws the particles as they are after all work submitted to the queue before, and waits until it is done.
  void draw();
  // The picture of the last draw: RGBA, 8 bits, sRGB, rows from the top. This is the only copy to the host.
  std::vector<uint8_t> read_pixels();

 private:
  struct Frame {
    float size_pixels[2];
    float origin[2];
    float blur_step[2];
    float units_per_pixel;
    float radius;
    float weight;
  };
  struct Step {
    const Pass* pass;
    VkPipeline pipeline;
    VkDescriptorSet images;
    Frame frame;
  };

  Frame frame_for(const RenderTarget& target) const;
  OwnedPipelineLayout create_layout() const;
  OwnedPipeline create_splat_pipeline() const;
  OwnedPipeline create_screen_pipeline(const Pass& pass, SpirV fragment) const;
  void record(VkCommandBuffer commands) const;
  void record_splats(VkCommandBuffer commands) const;
  void record_screen(VkCommandBuffer commands, const Step& step) const;
  void order_after_simulation(VkCommandBuffer commands) const;

  const Gpu* gpu_;
  ParticleBuffers particles_;
  RenderTarget density_, traits_, half_blurred_, soft_, picture_;
  Pass splat_pass_, blur_x_pass_, blur_y_pass_, compose_pass_;
  SampledSets sets_;
  OwnedPipelineLayout layout_;
  OwnedPipeline splat_pipeline_, blur_pipeline_, compose_pipeline_;
  std::vector<Step> screen_steps_;
  Commands commands_;
};

}  // namespace demo
