// The mpm88 module as a scene: three jellies and a pool of water, drawn from the simulation's own arrays.
// Stirring does not reach the particles: the module has no kernel for it.
#pragma once

#include "scenes/arrays.h"
#include "scenes/scene.h"

namespace demo {

class Mpm88Scene final : public Scene {
 public:
  static constexpr uint32_t kParticles = 8192;
  static constexpr uint32_t kSubstepsPerFrame = 25;

  // Loads the module and records the placing of the particles. Throws std::runtime_error.
  Mpm88Scene(TiRuntime runtime, const std::string& module_folder, int32_t seed);

  const char* name() const override { return "mpm88"; }
  void step(const Stir& stir) override;
  SceneView view() const override;
  std::vector<Object> objects() const override;
  std::vector<TiKernel> kernels() const override;

 private:
  void place_particles(int32_t seed);
  void bind_substep();

  ti::Runtime runtime_;
  ti::AotModule module_;
  ti::ComputeGraph substep_;
  ti::NdArray<float> x_, v_, C_, F_, J_, material_, grid_v_, grid_m_;
};

}  // namespace demo
