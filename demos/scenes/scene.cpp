// The scenes by name, and the scripted hand.
#include "scenes/scene.h"

#include <cmath>
#include <stdexcept>

#include "scenes/fluid_scene.h"
#include "scenes/mpm88_scene.h"

namespace demo {

std::unique_ptr<Scene> make_scene(const std::string& name, TiRuntime runtime, const std::string& module_folder,
                                  int32_t seed) {
  if (name == "mpm88") return std::make_unique<Mpm88Scene>(runtime, module_folder, seed);
  if (name == "fluid") return std::make_unique<FluidScene>(runtime, module_folder, seed);
  throw std::runtime_error("There is no scene '" + name + "'; there are 'mpm88' and 'fluid'.");
}

Stir scripted_stir(uint32_t frame) {
  // The whole figure takes 150 frames; its axis turns slowly, so that no two rounds are alike.
  const float speed = 6.2831853f / 150, turn = 0.0031f;
  const float t = speed * float(frame), axis = turn * float(frame);
  const float x = 0.36f * std::sin(t), y = 0.24f * std::sin(2 * t);
  const float dx = 0.36f * speed * std::cos(t), dy = 0.48f * speed * std::cos(2 * t);
  const float c = std::cos(axis), s = std::sin(axis);
  Stir stir;
  stir.active = true;
  stir.position[0] = 0.5f + c * x - s * y;
  stir.position[1] = 0.5f + s * x + c * y;
  stir.velocity[0] = 60 * (c * (dx - turn * y) - s * (dy + turn * x));
  stir.velocity[1] = 60 * (s * (dx - turn * y) + c * (dy + turn * x));
  return stir;
}

}  // namespace demo
