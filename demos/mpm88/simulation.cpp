// Allocation, launches and exports of the mpm88 module, each followed by a look at the runtime's last error.
#include "simulation.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace demo {
namespace {

constexpr uint32_t kGrid = 128;
constexpr float kSpacing = 0.0050f;

void expect_success(const std::string& step) {
  const ti::Error error = ti::get_last_error();
  if (error.error >= TI_ERROR_SUCCESS) return;
  throw std::runtime_error("Cannot " + step + " (TiError " + std::to_string(int(error.error)) + "): " + error.message);
}

TiNdShape nd_shape(const std::vector<uint32_t>& dims) {
  TiNdShape shape{};
  shape.dim_count = uint32_t(dims.size());
  std::copy(dims.begin(), dims.end(), shape.dims);
  return shape;
}

uint64_t product(const std::vector<uint32_t>& dims) {
  uint64_t count = 1;
  for (const uint32_t dim : dims) count *= dim;
  return count;
}

}  // namespace

Simulation::Simulation(uint32_t device_index, const std::string& module_path, int32_t seed)
    : runtime_(TI_ARCH_VULKAN, device_index) {
  expect_success("create a Vulkan runtime on device " + std::to_string(device_index));
  module_ = runtime_.load_aot_module(module_path);
  expect_success("load the module '" + module_path + "'");
  x_ = allocate(TI_DATA_TYPE_F32, {kParticles}, {2}, TI_MEMORY_USAGE_VERTEX_BIT);
  v_ = allocate(TI_DATA_TYPE_F32, {kParticles}, {2}, TI_MEMORY_USAGE_VERTEX_BIT);
  rest_x_ = allocate(TI_DATA_TYPE_F32, {kParticles}, {2}, TI_MEMORY_USAGE_VERTEX_BIT);
  material_ = allocate(TI_DATA_TYPE_I32, {kParticles}, {}, TI_MEMORY_USAGE_VERTEX_BIT);
  C_ = allocate(TI_DATA_TYPE_F32, {kParticles}, {2, 2}, 0);
  F_ = allocate(TI_DATA_TYPE_F32, {kParticles}, {2, 2}, 0);
  J_ = allocate(TI_DATA_TYPE_F32, {kParticles}, {}, 0);
  grid_v_ = allocate(TI_DATA_TYPE_F32, {kGrid, kGrid}, {2}, 0);
  grid_m_ = allocate(TI_DATA_TYPE_F32, {kGrid, kGrid}, {}, 0);
  place_particles(seed);
  bind_substep();
}

ti::NdArray<float> Simulation::allocate(TiDataType type, const std::vector<uint32_t>& shape,
                                        const std::vector<uint32_t>& elem_shape, TiMemoryUsageFlags extra) {
  TiMemoryAllocateInfo info{};
  info.size = product(shape) * product(elem_shape) * sizeof(float);
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT | extra;
  info.host_read = extra ? TI_TRUE : TI_FALSE;
  ti::Memory memory = runtime_.allocate_memory(info);
  expect_success("allocate " + std::to_string(info.size) + " bytes");
  TiNdArray array{};
  array.memory = memory.memory();
  array.shape = nd_shape(shape);
  array.elem_shape = nd_shape(elem_shape);
  array.elem_type = type;
  return ti::NdArray<float>(std::move(memory), array);
}

void Simulation::place_particles(int32_t seed) {
  ti::Kernel init = module_.get_kernel("init");
  expect_success("find the kernel 'init' in the module");
  init[0] = seed;
  uint32_t slot = 1;
  for (const auto* array : {&x_, &v_, &C_, &F_, &J_, &material_}) init[slot++] = array->ndarray();
  init.launch();
  expect_success("launch the kernel 'init'");
  x_.memory().copy_to(rest_x_.memory());
  expect_success("keep a copy of the positions at rest");
  runtime_.wait();
  expect_success("place the particles");
}

void Simulation::bind_substep() {
  substep_ = module_.get_compute_graph("substep");
  expect_success("find the graph 'substep' in the module");
  substep_["x"] = x_.ndarray();
  substep_["v"] = v_.ndarray();
  substep_["C"] = C_.ndarray();
  substep_["F"] = F_.ndarray();
  substep_["J"] = J_.ndarray();
  substep_["material"] = material_.ndarray();
  substep_["grid_v"] = grid_v_.ndarray();
  substep_["grid_m"] = grid_m_.ndarray();
}

void Simulation::step() {
  for (uint32_t i = 0; i < kSubstepsPerFrame; ++i) substep_.launch();
  expect_success("launch the graph 'substep'");
  runtime_.wait();
  expect_success("finish a frame");
}

GpuLoan Simulation::loan() const {
  TiVulkanRuntimeInteropInfo info{};
  ti_export_vulkan_runtime(runtime_, &info);
  expect_success("export the runtime's Vulkan device");
  return {info.get_instance_proc_addr,    info.instance, info.physical_device, info.device, info.compute_queue,
          info.compute_queue_family_index};
}

ParticleBuffers Simulation::particles() const {
  return {.position = vertex_buffer(x_, "x"),
          .velocity = vertex_buffer(v_, "v"),
          .rest_position = vertex_buffer(rest_x_, "rest_x"),
          .material = vertex_buffer(material_, "material"),
          .count = kParticles,
          .spacing = kSpacing};
}

VkBuffer Simulation::vertex_buffer(const ti::NdArray<float>& array, const char* name) const {
  TiVulkanMemoryInteropInfo info{};
  ti_export_vulkan_memory(runtime_, array.memory().memory(), &info);
  expect_success(std::string("export the buffer '") + name + "'");
  if (info.usage & VK_BUFFER_USAGE_VERTEX_BUFFER_BIT) return info.buffer;
  throw std::runtime_error(std::string("The exported buffer '") + name + "' has the usage " +
                           std::to_string(info.usage) + ", which lacks VERTEX_BUFFER.");
}

Figures Simulation::measure() const {
  std::vector<float> values(2 * kParticles);
  x_.read(values.data(), values.size());
  expect_success("read the positions back");
  Figures figures{{0, 0}, {values[0], values[1]}, {values[0], values[1]}};
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t axis = i % 2;
    if (!std::isfinite(values[i])) {
      throw std::runtime_error("Particle " + std::to_string(i / 2) + " has no finite position.");
    }
    figures.mean[axis] += values[i] / kParticles;
    figures.low[axis] = std::min(figures.low[axis], values[i]);
    figures.high[axis] = std::max(figures.high[axis], values[i]);
  }
  return figures;
}

}  // namespace demo
