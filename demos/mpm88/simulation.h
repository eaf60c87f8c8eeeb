// The mpm88 module at work: two jellies and a pool of water on a Vulkan runtime of its own.
// The only file of the demo that calls Taichi; hands out device and buffers by the plain Vulkan handles.
#pragma once

#include <cstdint>
#include <string>

#define VK_NO_PROTOTYPES
#include <taichi/taichi_vulkan.h>
#include <taichi/cpp/taichi.hpp>

#include "common/gpu.h"
#include "jelly_renderer.h"

namespace demo {

struct Figures {
  float mean[2];
  float low[2];
  float high[2];
};

class Simulation {
 public:
  static constexpr uint32_t kParticles = 8192;
  static constexpr uint32_t kSubstepsPerFrame = 50;

  // Loads the module and places the particles. Throws std::runtime_error with the runtime's own message.
  Simulation(uint32_t device_index, const std::string& module_path, int32_t seed);

  // Runs one frame and waits for it.
  void step();
  // The runtime's device and the queue that it computes on; both live as long as this.
  GpuLoan loan() const;
  // The simulation's own buffers, for reading on the device between two steps.
  ParticleBuffers particles() const;
  // Reads the positions back. Throws when one of them is not a number.
  Figures measure() const;

 private:
  ti::NdArray<float> allocate(TiDataType type, const std::vector<uint32_t>& shape,
                              const std::vector<uint32_t>& elem_shape, TiMemoryUsageFlags extra);
  void place_particles(int32_t seed);
  void bind_substep();
  VkBuffer vertex_buffer(const ti::NdArray<float>& array, const char* name) const;

  ti::Runtime runtime_;
  ti::AotModule module_;
  ti::ComputeGraph substep_;
  ti::NdArray<float> x_, v_, C_, F_, J_, material_, grid_v_, grid_m_, rest_x_;
};

}  // namespace demo
