// The fluid module as a scene: a stirred field that carries dye, painted into a ring of two images, so that
// one is painted while a host still shows the other.
#pragma once

#include "scenes/arrays.h"
#include "scenes/scene.h"

namespace demo {

class FluidScene final : public Scene {
 public:
  static constexpr uint32_t kCells = 256;
  // Grids of the pressure; as many as the module's graph has.
  static constexpr uint32_t kLevels = 6;
  static constexpr uint32_t kPixels = 512;
  static constexpr float kFrameSeconds = 1.0f / 60;
  // What is left of the dye after a frame.
  static constexpr float kKeep = 0.9965f;

  // Loads the module and records a fluid at rest without dye; the seed chooses the first colour that a stir
  // drops. Throws std::runtime_error.
  FluidScene(TiRuntime runtime, const std::string& module_folder, int32_t seed);

  const char* name() const override { return "fluid"; }
  void step(const Stir& stir) override;
  SceneView view() const override;
  std::vector<Object> objects() const override;
  std::vector<TiKernel> kernels() const override;

  // The fields themselves, for measurements, as the last step left them. Velocity: two floats a cell, what
  // flows through its left and its bottom face, x slow, y fast; moved: the same before divergence was taken
  // away. Dye: three floats a cell.
  const ti::NdArray<float>& velocity() const { return velocity_; }
  const ti::NdArray<float>& moved() const { return moved_; }
  const ti::NdArray<float>& dye() const { return dye_[frame_ % 2]; }

 private:
  void come_to_rest();
  void bind_frame();
  void bind_stir(const Stir& stir);

  ti::Runtime runtime_;
  ti::AotModule module_;
  ti::ComputeGraph graph_;
  ti::NdArray<float> velocity_, moved_, curl_;
  ti::NdArray<float> divergence_[kLevels], pressure_[kLevels];
  ti::NdArray<float> dye_[2];
  ti::Texture pictures_[2];
  float first_hue_ = 0;
  uint64_t frame_ = 0;
};

}  // namespace demo
