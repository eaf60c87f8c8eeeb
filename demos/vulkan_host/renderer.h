// Draws what a scene shows: a texture over the picture, or particles as discs, straight from the runtime's objects.
// The picture is the largest square in the middle of the target. Knows nothing of frames and hand-overs.
#pragma once

#include <taichi/taichi_core.h>

#include <optional>
#include <unordered_map>
#include <vector>

#include "common/offscreen.h"
#include "scenes/scene.h"

namespace demo {

class Renderer {
 public:
  // Looks up the native objects behind everything the scene may show. The scene outlives the renderer; draw() works
  // in passes compatible with this one. Throws std::runtime_error.
  Renderer(const Gpu& gpu, TiRuntime runtime, const Scene& scene, const Pass& pass);

  // Records inside a pass. The scene's image is in SHADER_READ_ONLY_OPTIMAL.
  void draw(VkCommandBuffer commands, VkExtent2D extent, const SceneView& view) const;

 private:
  void add_texture(TiRuntime runtime, TiImage image);
  void add_buffer(TiRuntime runtime, TiMemory memory);
  void draw_texture(VkCommandBuffer commands, const TextureView& texture) const;
  void draw_points(VkCommandBuffer commands, const PointsView& points, float side_pixels) const;

  const Gpu* gpu_;
  std::optional<SampledSets> sets_;
  std::unordered_map<TiImage, VkDescriptorSet> textures_;
  std::unordered_map<TiMemory, VkBuffer> buffers_;
  OwnedPipelineLayout texture_layout_, points_layout_;
  OwnedPipeline texture_pipeline_, points_pipeline_;
};

}  // namespace demo
