// Allocation and launches of the mpm88 module.
#include "scenes/mpm88_scene.h"

namespace demo {
namespace {

constexpr uint32_t kGrid = 128;

}  // namespace

Mpm88Scene::Mpm88Scene(TiRuntime runtime, const std::string& module_folder, int32_t seed)
    : runtime_(borrow_runtime(runtime)), module_(load_module(runtime_, module_folder + "/mpm88.tcm")) {
  x_ = allocate_shared_array(runtime_, {TI_DATA_TYPE_F32, {kParticles}, {2}}, "positions");
  material_ = allocate_shared_array(runtime_, {TI_DATA_TYPE_I32, {kParticles}, {}}, "materials");
  v_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, {kParticles}, {2}});
  C_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, {kParticles}, {2, 2}});
  F_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, {kParticles}, {2, 2}});
  J_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, {kParticles}, {}});
  grid_v_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, {kGrid, kGrid}, {2}});
  grid_m_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, {kGrid, kGrid}, {}});
  place_particles(seed);
  bind_substep();
}

void Mpm88Scene::place_particles(int32_t seed) {
  ti::Kernel init = module_.get_kernel("init");
  init[0] = seed;
  uint32_t slot = 1;
  for (const auto* array : {&x_, &v_, &C_, &F_, &J_, &material_}) init[slot++] = array->ndarray();
  init.launch();
  expect_success("place the particles");
}

void Mpm88Scene::bind_substep() {
  substep_ = module_.get_compute_graph("substep");
  expect_success("find the graph 'substep'");
  substep_["x"] = x_.ndarray();
  substep_["v"] = v_.ndarray();
  substep_["C"] = C_.ndarray();
  substep_["F"] = F_.ndarray();
  substep_["J"] = J_.ndarray();
  substep_["material"] = material_.ndarray();
  substep_["grid_v"] = grid_v_.ndarray();
  substep_["grid_m"] = grid_m_.ndarray();
}

void Mpm88Scene::step(const Stir&) {
  forget_errors();
  for (uint32_t i = 0; i < kSubstepsPerFrame; ++i) substep_.launch();
  expect_success("launch the graph 'substep'");
}

SceneView Mpm88Scene::view() const {
  SceneView view;
  view.points = {.positions = x_.memory(), .materials = material_.memory(), .count = kParticles};
  return view;
}

std::vector<Scene::Object> Mpm88Scene::objects() const {
  return {{.name = "positions", .memory = x_.memory()}, {.name = "materials", .memory = material_.memory()}};
}

std::vector<TiKernel> Mpm88Scene::kernels() const { return graph_kernels(module_); }

}  // namespace demo
