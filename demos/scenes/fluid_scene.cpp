// Allocation and launches of the fluid module, and the colours of its dye.
#include "scenes/fluid_scene.h"

#include <cmath>

#include <ist/core.h>

namespace demo {
namespace {

constexpr float kSwirl = 6.0f;
constexpr float kStirRadius = 0.034f;
constexpr float kStirForce = 0.55f;
constexpr float kDyePerFrame = 0.20f;
constexpr float kHuesPerFrame = 0.0045f;

// Of full saturation, hue 0..1; the three of them sum to about the same everywhere.
std::vector<float> vivid(float hue, float strength) {
  std::vector<float> colour(3);
  for (int channel = 0; channel < 3; ++channel) {
    const float wave = 0.5f + 0.5f * std::cos(6.2831853f * (hue - float(channel) / 3));
    colour[size_t(channel)] = strength * (0.02f + wave * wave);
  }
  return colour;
}

ti::Texture allocate_picture(const ti::Runtime& runtime, const char* name) {
  TiImageAllocateInfo info{};
  info.dimension = TI_IMAGE_DIMENSION_2D;
  info.extent = {FluidScene::kPixels, FluidScene::kPixels, 1, 1};
  info.mip_level_count = 1;
  info.format = TI_FORMAT_RGBA8;
  info.export_sharing = TI_TRUE;
  info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  ti::Image image = runtime.allocate_image(info);
  expect_success(std::string("allocate the image '") + name + "'");
  ist_set_name(runtime, image.image(), name);
  TiTexture texture{};
  texture.image = image;
  texture.dimension = info.dimension;
  texture.extent = info.extent;
  texture.format = info.format;
  return ti::Texture(std::move(image), texture);
}

}  // namespace

FluidScene::FluidScene(TiRuntime runtime, const std::string& module_folder, int32_t seed)
    : runtime_(borrow_runtime(runtime)),
      module_(load_module(runtime_, module_folder + "/fluid.tcm")),
      first_hue_(std::fmod(0.58f + 0.381966f * float(uint32_t(seed) % 1024), 1.0f)) {
  const std::vector<uint32_t> cells = {kCells, kCells}, pixels = {kPixels, kPixels};
  velocity_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, cells, {2}});
  moved_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, cells, {2}});
  curl_ = allocate_array(runtime_, {TI_DATA_TYPE_F32, cells, {}});
  for (uint32_t level = 0; level < kLevels; ++level) {
    const std::vector<uint32_t> coarse = {kCells >> level, kCells >> level};
    divergence_[level] = allocate_array(runtime_, {TI_DATA_TYPE_F32, coarse, {}});
    pressure_[level] = allocate_array(runtime_, {TI_DATA_TYPE_F32, coarse, {}});
  }
  for (auto& dye : dye_) dye = allocate_array(runtime_, {TI_DATA_TYPE_F32, pixels, {3}});
  pictures_[0] = allocate_picture(runtime_, "dye 0");
  pictures_[1] = allocate_picture(runtime_, "dye 1");
  come_to_rest();
  bind_frame();
}

void FluidScene::come_to_rest() {
  ti::Kernel rest = module_.get_kernel("rest");
  rest[0] = velocity_.ndarray();
  rest[1] = dye_[0].ndarray();
  rest.launch();
  expect_success("bring the fluid to rest");
}

void FluidScene::bind_frame() {
  graph_ = module_.get_compute_graph("frame");
  expect_success("find the graph 'frame'");
  graph_["velocity"] = velocity_.ndarray();
  graph_["moved"] = moved_.ndarray();
  graph_["curl"] = curl_.ndarray();
  for (uint32_t level = 0; level < kLevels; ++level) {
    graph_["divergence_" + std::to_string(level)] = divergence_[level].ndarray();
    graph_["pressure_" + std::to_string(level)] = pressure_[level].ndarray();
  }
  graph_["dt"] = kFrameSeconds;
  graph_["swirl"] = kSwirl;
  graph_["keep"] = kKeep;
  graph_["radius"] = kStirRadius;
}

void FluidScene::bind_stir(const Stir& stir) {
  const float hue = first_hue_ + kHuesPerFrame * float(frame_ % 100000);
  graph_["tip"] = std::vector<float>{stir.position[0], stir.position[1]};
  graph_["push"] = std::vector<float>{stir.velocity[0], stir.velocity[1]};
  graph_["force"] = stir.active ? kStirForce : 0.0f;
  graph_["colour"] = vivid(hue, stir.active ? kDyePerFrame : 0.0f);
}

void FluidScene::step(const Stir& stir) {
  forget_errors();
  bind_stir(stir);
  const uint64_t now = frame_ % 2, next = 1 - now;
  graph_["dye"] = dye_[now].ndarray();
  graph_["carried"] = dye_[next].ndarray();
  graph_["picture"] = pictures_[next].texture();
  graph_.launch();
  expect_success("launch the graph 'frame'");
  ++frame_;
}

SceneView FluidScene::view() const {
  SceneView view;
  view.texture = {.image = pictures_[frame_ % 2].image(), .width = kPixels, .height = kPixels};
  return view;
}

std::vector<Scene::Object> FluidScene::objects() const {
  return {{.name = "dye 0", .image = pictures_[0].image()}, {.name = "dye 1", .image = pictures_[1].image()}};
}

std::vector<TiKernel> FluidScene::kernels() const { return graph_kernels(module_); }

}  // namespace demo
