// What a host app shows: something simulated by Taichi kernels on a runtime that the app has given, and the
// objects in which it appears. Knows neither Vulkan nor OpenGL nor who draws.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <taichi/taichi_core.h>

namespace demo {

// The pointer on the picture: a unit square, y upwards; velocity in squares per second.
struct Stir {
  bool active = false;
  float position[2] = {0, 0};
  float velocity[2] = {0, 0};
};

// A texture to be spread over the picture, sampled in TI_IMAGE_LAYOUT_SHADER_READ. y upwards.
struct TextureView {
  TiImage image = TI_NULL_HANDLE;
  uint32_t width = 0;
  uint32_t height = 0;
};

// Particles in the unit square, y upwards: two floats and an int (0..3, which material) for each.
struct PointsView {
  TiMemory positions = TI_NULL_HANDLE;
  TiMemory materials = TI_NULL_HANDLE;
  uint32_t count = 0;
};

// What is drawn of one frame: exactly one of the two is there.
struct SceneView {
  TextureView texture;
  PointsView points;
};

class Scene {
 public:
  virtual ~Scene() = default;
  virtual const char* name() const = 0;
  // Records the kernels of one frame into the runtime; neither submits nor waits. What view() names is ours
  // (taken back) when it is called. Throws std::runtime_error with the runtime's last error.
  virtual void step(const Stir& stir) = 0;
  // What the last step has filled. Its objects may differ from frame to frame (rings), the handles of one
  // scene come from a fixed set.
  virtual SceneView view() const = 0;
  // Every object that view() may ever name, with names for people: "dye 0", "positions".
  struct Object {
    std::string name;
    TiImage image = TI_NULL_HANDLE;
    TiMemory memory = TI_NULL_HANDLE;
    // Of images.
    uint32_t mips = 1;
    uint32_t layers = 1;
  };
  virtual std::vector<Object> objects() const = 0;
  // The kernels that step() launches.
  virtual std::vector<TiKernel> kernels() const = 0;
};

// name: "mpm88" or "fluid". All shared objects are allocated with export_sharing. The runtime outlives the
// scene. Throws std::runtime_error.
std::unique_ptr<Scene> make_scene(const std::string& name, TiRuntime runtime, const std::string& module_folder,
                                  int32_t seed);

// The stir of a scripted hand, for headless runs: a figure of eight, the same for the same frame.
Stir scripted_stir(uint32_t frame);

}  // namespace demo
