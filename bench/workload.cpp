// Names of modules, kernels and arguments are those of assets/kernels/graphs.py and mpm88.py.
#include "workload.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "fail.h"

namespace ist::bench {
namespace {

constexpr uint32_t kSmall = 16;
constexpr uint32_t kParticles = 8192;
constexpr size_t kParticleArrays = 6;  // the first of them
constexpr uint32_t kGrid = 128;
constexpr int32_t kStep = 3;
constexpr int32_t kFactor = 5;
constexpr uint32_t kAddend = 7;
constexpr int32_t kSeed = 1;

Array make_array(Subject& subject, Element element, std::vector<uint32_t> shape, std::vector<uint32_t> element_shape,
                 bool host_access) {
  Array array{0, element, std::move(shape), std::move(element_shape)};
  array.memory = subject.allocate(array.size_bytes(), host_access);
  return array;
}

Array make_integers(Subject& subject, uint32_t value) {
  Array array = make_array(subject, Element::i32, {kSmall}, {}, true);
  auto* data = static_cast<uint32_t*>(subject.map(array.memory));
  std::fill(data, data + kSmall, value);
  subject.unmap(array.memory);
  return array;
}

void verify_integers(Subject& subject, const Array& array, uint32_t expected, const char* what) {
  subject.wait();
  const auto* data = static_cast<const uint32_t*>(subject.map(array.memory));
  for (uint32_t i = 0; i < kSmall; ++i)
    if (data[i] != expected) fail("Element %u of the %s is %u instead of %u.", i, what, data[i], expected);
  subject.unmap(array.memory);
}

// Modules lie in folders where the released library cannot load archives.
std::string path_of(const std::string& folder, const std::string& module) {
  const std::string archive = folder + "/" + module + ".tcm";
  return std::filesystem::exists(archive) ? archive : folder + "/" + module;
}

}  // namespace

SmallKernel::SmallKernel(Subject& subject, const std::string& modules_folder)
    : subject_(subject), array_(make_integers(subject, 0)) {
  const ModuleId module = subject.load_module(path_of(modules_folder, "graphs"));
  launch_ = subject.prepare_kernel(module, "add_to", {{"a", array_}, {"value", 0}});
}

void SmallKernel::launch() {
  next_ = (next_ + 1) & 0xffff;
  expected_ += next_;
  subject_.set_i32(launch_, 1, static_cast<int32_t>(next_));
  subject_.launch(launch_);
}

void SmallKernel::verify() { verify_integers(subject_, array_, expected_, "small kernel's array"); }

SmallGraph::SmallGraph(Subject& subject, const std::string& modules_folder)
    : subject_(subject),
      a_(make_integers(subject, 0)),
      b_(make_integers(subject, kAddend)),
      out_(make_integers(subject, 0)) {
  const ModuleId module = subject.load_module(path_of(modules_folder, "graphs"));
  launch_ = subject.prepare_graph(module, "chain",
                                  {{"a", a_}, {"b", b_}, {"out", out_}, {"step", kStep}, {"factor", kFactor}});
}

void SmallGraph::launch() {
  expected_ = (expected_ + kStep) * kFactor + 3 * kStep;
  subject_.launch(launch_);
}

void SmallGraph::verify() {
  verify_integers(subject_, a_, expected_, "graph's array 'a'");
  verify_integers(subject_, out_, expected_ == 0 ? 0 : expected_ + kAddend, "graph's array 'out'");
}

Mpm88::Mpm88(Subject& subject, const std::string& modules_folder, uint32_t copies)
    : subject_(subject), path_(module_path(modules_folder)) {
  const ModuleId module = subject.load_module(path_);
  if (copies > 1) make_start(module, copies);
  allocate_arrays(copies * kParticles, copies > 1);
  launches_ = prepare(module);
}

void Mpm88::allocate_arrays(uint32_t particles, bool host_access) {
  particles_ = particles;
  arrays_.clear();
  const auto add = [&](const char* name, Element element, std::vector<uint32_t> shape,
                       std::vector<uint32_t> element_shape) {
    // The positions are read back; the rest may live where the host cannot see it.
    const bool mapped = host_access || std::strcmp(name, "x") == 0;
    arrays_.push_back({name, make_array(subject_, element, std::move(shape), std::move(element_shape), mapped)});
  };
  add("x", Element::f32, {particles}, {2});
  add("v", Element::f32, {particles}, {2});
  add("C", Element::f32, {particles}, {2, 2});
  add("F", Element::f32, {particles}, {2, 2});
  add("J", Element::f32, {particles}, {});
  add("material", Element::i32, {particles}, {});
  add("grid_v", Element::f32, {kGrid, kGrid}, {2});
  add("grid_m", Element::f32, {kGrid, kGrid}, {});
}

// `init` spreads no more than its own number of particles evenly, so it is run for each copy.
void Mpm88::make_start(ModuleId module, uint32_t copies) {
  allocate_arrays(kParticles, true);
  start_.resize(kParticleArrays);
  const LaunchId init = prepare(module)[0];
  for (uint32_t copy = 0; copy < copies; ++copy) {
    subject_.set_i32(init, 0, kSeed + static_cast<int32_t>(copy));
    subject_.launch(init);
    subject_.wait();
    for (size_t i = 0; i < kParticleArrays; ++i) {
      const Array& array = std::get<Array>(arrays_[i].value);
      const auto* data = static_cast<const std::byte*>(subject_.map(array.memory));
      start_[i].insert(start_[i].end(), data, data + array.size_bytes());
      subject_.unmap(array.memory);
    }
  }
}

std::string Mpm88::module_path(const std::string& modules_folder) { return path_of(modules_folder, "mpm88"); }

std::vector<LaunchId> Mpm88::prepare(ModuleId module) {
  const auto& [x, v, C, F] = std::tie(arrays_[0], arrays_[1], arrays_[2], arrays_[3]);
  const auto& [J, material, grid_v, grid_m] = std::tie(arrays_[4], arrays_[5], arrays_[6], arrays_[7]);
  Subject& s = subject_;
  return {
      s.prepare_kernel(module, "init", {{"seed", kSeed}, x, v, C, F, J, material}),
      s.prepare_kernel(module, "substep_reset_grid", {grid_v, grid_m}),
      s.prepare_kernel(module, "substep_p2g", {x, v, C, F, J, material, grid_v, grid_m}),
      s.prepare_kernel(module, "substep_update_grid_v", {grid_v, grid_m}),
      s.prepare_kernel(module, "substep_g2p", {x, v, C, F, J, material, grid_v}),
  };
}

void Mpm88::reset() {
  if (start_.empty()) subject_.launch(launches_[0]);
  for (size_t i = 0; i < start_.size(); ++i) {
    const MemoryId memory = std::get<Array>(arrays_[i].value).memory;
    std::memcpy(subject_.map(memory), start_[i].data(), start_[i].size());
    subject_.unmap(memory);
  }
}

void Mpm88::launch_substep() {
  for (size_t i = 1; i < launches_.size(); ++i) subject_.launch(launches_[i]);
}

void Mpm88::load_and_launch_all() {
  const ModuleId module = subject_.load_module(path_);
  for (const LaunchId launch : prepare(module)) subject_.launch(launch);
  subject_.wait();
  subject_.destroy_module(module);
}

Point Mpm88::mean_position() {
  subject_.wait();
  const MemoryId positions = std::get<Array>(arrays_[0].value).memory;
  const auto* data = static_cast<const float*>(subject_.map(positions));
  Point mean;
  for (uint32_t i = 0; i < particles_; ++i) {
    const double x = data[2 * i], y = data[2 * i + 1];
    if (!(x > 0 && x < 1 && y > 0 && y < 1)) fail("Particle %u is at (%g, %g), outside the box.", i, x, y);
    mean.x += x / particles_;
    mean.y += y / particles_;
  }
  subject_.unmap(positions);
  return mean;
}

}  // namespace ist::bench
