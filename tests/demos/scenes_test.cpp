// The scenes of the host apps by their numbers: what the fluid and the particles must obey, how their shared objects
// change hands, and what the panel says of them. On the library's own device, under the validation layer.
#include <gtest/gtest.h>
#include <imgui.h>
#include <ist/core.h>
#include <ist/share.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>

#include "panel/panel.h"
#include "scenes/fluid_scene.h"
#include "scenes/mpm88_scene.h"

namespace {

using demo::FluidScene;
using demo::Mpm88Scene;
using demo::scripted_stir;
using demo::Stir;

constexpr uint32_t kCells = FluidScene::kCells, kPixels = FluidScene::kPixels;

std::mutex log_mutex;
std::vector<std::string> complaints;

void TI_API_CALL on_log(void*, IstLogLevel, const char* line) {
  if (!std::string_view(line).starts_with("validation:")) return;
  std::lock_guard lock(log_mutex);
  complaints.emplace_back(line);
}

class Scenes : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("IST_VALIDATION", "sync", 1);
    ist_set_log(on_log, nullptr, IST_LOG_WARN);
    runtime_ = ti_create_runtime(TI_ARCH_VULKAN, 0);
  }
  static void TearDownTestSuite() {
    ti_destroy_runtime(runtime_);
    ist_set_log(nullptr, nullptr, IST_LOG_OFF);
    expect_silence();
  }
  void SetUp() override { ASSERT_NE(runtime_, nullptr); }
  void TearDown() override {
    ti_wait(runtime_);
    expect_silence();
  }

  static void expect_silence() {
    std::lock_guard lock(log_mutex);
    for (const std::string& line : complaints) ADD_FAILURE() << line;
    complaints.clear();
  }

  template <class T>
  std::vector<T> read(TiMemory memory, size_t count) {
    std::vector<T> values(count);
    const TiMemorySlice slice{memory, 0, count * sizeof(T)};
    EXPECT_EQ(ist_read_memory(runtime_, &slice, values.data()), TI_ERROR_SUCCESS);
    return values;
  }
  std::vector<float> read(const ti::NdArray<float>& array) {
    return read<float>(array.memory().memory(), array.scalar_count());
  }
  std::vector<uint8_t> read(const demo::TextureView& view) {
    std::vector<uint8_t> texels(size_t(view.width) * view.height * 4);
    TiImageSlice slice{};
    slice.image = view.image;
    slice.extent = {view.width, view.height, 1, 1};
    EXPECT_EQ(ist_read_image(runtime_, &slice, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
    return texels;
  }
  IstCounters counters() {
    IstCounters now{};
    now.size = sizeof now;
    EXPECT_EQ(ist_counters(runtime_, &now), TI_ERROR_SUCCESS);
    return now;
  }
  void lend(const IstHandover& object) {
    IstSyncPoint ready{};
    ready.rung = IST_RUNG_HOST;
    ASSERT_EQ(ist_lend(runtime_, 1, &object, &ready), TI_ERROR_SUCCESS);
  }
  void take_back(const IstHandover& object) {
    ASSERT_EQ(ist_take_back(runtime_, 1, &object, nullptr), TI_ERROR_SUCCESS);
  }
  nlohmann::json described(const demo::Scene& scene) {
    return nlohmann::json::parse(demo::objects_json(runtime_, scene));
  }

  static TiRuntime runtime_;
};
TiRuntime Scenes::runtime_ = nullptr;

// Root of the mean square of what gathers in a cell, in 1/s.
double divergence(const std::vector<float>& flow) {
  double sum = 0;
  for (uint32_t i = 0; i < kCells; ++i) {
    for (uint32_t j = 0; j < kCells; ++j) {
      const size_t here = 2 * (size_t(i) * kCells + j);
      const double right = i + 1 < kCells ? flow[here + 2 * kCells] : 0;
      const double above = j + 1 < kCells ? flow[here + 3] : 0;
      const double out = (right - flow[here] + above - flow[here + 1]) * kCells;
      sum += out * out;
    }
  }
  return std::sqrt(sum / (double(kCells) * kCells));
}

double sum_of(const std::vector<float>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

Stir stir_at(float x, float y) {
  Stir stir;
  stir.active = true;
  stir.position[0] = x;
  stir.position[1] = y;
  return stir;
}

TEST_F(Scenes, TheFluidLosesItsDivergence) {
  FluidScene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  for (uint32_t frame = 0; frame < 30; ++frame) {
    scene.step(scripted_stir(frame));
    if (frame % 10 != 9) continue;
    const std::vector<float> after = read(scene.velocity());
    const double before = divergence(read(scene.moved()));
    EXPECT_GT(before, 0.1);
    EXPECT_LT(divergence(after), 0.2 * before) << "frame " << frame;
    EXPECT_GT(*std::ranges::max_element(after), 0.1f);
    for (size_t k = 0; k < kCells; ++k) {
      ASSERT_EQ(after[2 * k], 0.0f) << "through the left wall, row " << k;
      ASSERT_EQ(after[2 * k * kCells + 1], 0.0f) << "through the bottom, column " << k;
    }
  }
}

TEST_F(Scenes, DyeIsKeptWhenNobodyStirs) {
  FluidScene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  for (uint32_t frame = 0; frame < 20; ++frame) scene.step(scripted_stir(frame));
  const double at_first = sum_of(read(scene.dye()));
  constexpr int kFrames = 30;
  for (int frame = 0; frame < kFrames; ++frame) scene.step({});
  const std::vector<float> dye = read(scene.dye());
  const double faded = at_first * std::pow(double(FluidScene::kKeep), kFrames);
  EXPECT_NEAR(sum_of(dye), faded, 0.1 * faded);
  EXPECT_GE(*std::ranges::min_element(dye), 0.0f);
}

TEST_F(Scenes, RestingFluidStaysAtRest) {
  FluidScene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  for (int frame = 0; frame < 3; ++frame) scene.step({});
  EXPECT_TRUE(std::ranges::all_of(read(scene.velocity()), [](float value) { return value == 0; }));
  EXPECT_TRUE(std::ranges::all_of(read(scene.dye()), [](float value) { return value == 0; }));
  const std::vector<uint8_t> picture = read(scene.view().texture);
  for (size_t i = 0; i < picture.size(); i += 4) {
    ASSERT_LT(std::max({picture[i], picture[i + 1], picture[i + 2]}), 60) << "texel " << i / 4;
    ASSERT_EQ(picture[i + 3], 255);
  }
}

TEST_F(Scenes, DyeShowsWhereItIsDropped) {
  FluidScene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  for (int frame = 0; frame < 4; ++frame) scene.step(stir_at(0.25f, 0.75f));
  const std::vector<uint8_t> picture = read(scene.view().texture);
  double x = 0, y = 0, bright = 0;
  for (size_t i = 0; i < picture.size(); i += 4) {
    if (std::max({picture[i], picture[i + 1], picture[i + 2]}) < 128) continue;
    bright += 1;
    x += double(i / 4 % kPixels) / kPixels;
    y += double(i / 4 / kPixels) / kPixels;
  }
  // A disc of about the stir's radius.
  EXPECT_GT(bright, 0.001 * kPixels * kPixels);
  EXPECT_LT(bright, 0.02 * kPixels * kPixels);
  EXPECT_NEAR(x / bright, 0.25, 0.01);
  EXPECT_NEAR(y / bright, 0.75, 0.01);
}

TEST_F(Scenes, OneSeedGivesOnePicture) {
  const auto picture_of = [&](int32_t seed) {
    FluidScene scene(runtime_, DEMO_MODULE_FOLDER, seed);
    for (uint32_t frame = 0; frame < 20; ++frame) scene.step(scripted_stir(frame));
    return read(scene.view().texture);
  };
  const std::vector<uint8_t> first = picture_of(7);
  EXPECT_TRUE(first == picture_of(7));
  EXPECT_FALSE(first == picture_of(8));
  size_t vivid = 0, dark = 0;
  for (size_t i = 0; i < first.size(); i += 4) {
    const auto [low, high] = std::minmax({first[i], first[i + 1], first[i + 2]});
    vivid += high - low > 100;
    dark += high < 60;
  }
  EXPECT_GT(vivid, first.size() / 4 / 200);
  EXPECT_GT(dark, first.size() / 4 / 2);
}

TEST_F(Scenes, TheFluidPaintsWhileItsLastPictureIsLent) {
  FluidScene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  scene.step(scripted_stir(0));
  IstHandover shown{};
  shown.image = scene.view().texture.image;
  shown.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  shown.flags = IST_HANDOVER_READ_ONLY_BIT;
  lend(shown);
  const uint64_t waits = counters().blocking_waits;
  scene.step(scripted_stir(1));
  EXPECT_EQ(counters().blocking_waits, waits);
  EXPECT_NE(scene.view().texture.image, shown.image);

  try {
    scene.step(scripted_stir(2));
    ADD_FAILURE() << "A picture that is lent was painted over.";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("'dye 1'"), std::string::npos) << error.what();
  }
  EXPECT_NE(scene.view().texture.image, shown.image);
  take_back(shown);
  scene.step(scripted_stir(2));
  EXPECT_EQ(scene.view().texture.image, shown.image);
}

TEST_F(Scenes, ParticlesStayInTheirBox) {
  Mpm88Scene scene(runtime_, DEMO_MODULE_FOLDER, 3);
  const demo::PointsView points = scene.view().points;
  ASSERT_EQ(points.count, Mpm88Scene::kParticles);
  const auto mean_height = [&](const std::vector<float>& positions) {
    double sum = 0;
    for (size_t i = 1; i < positions.size(); i += 2) sum += positions[i];
    return sum / points.count;
  };
  const double before = mean_height(read<float>(points.positions, 2 * points.count));
  for (uint32_t frame = 0; frame < 30; ++frame) scene.step(scripted_stir(frame));
  const std::vector<float> positions = read<float>(points.positions, 2 * points.count);
  for (float value : positions) ASSERT_TRUE(value > 0 && value < 1) << value;
  EXPECT_LT(mean_height(positions), before - 0.1);
  std::array<int, 4> bodies{};
  for (int32_t material : read<int32_t>(points.materials, points.count)) {
    ASSERT_TRUE(material >= 0 && material < 4) << material;
    ++bodies[size_t(material)];
  }
  EXPECT_EQ(bodies, (std::array<int, 4>{2048, 2048, 2048, 2048}));
}

TEST_F(Scenes, ViewsNameSharedObjectsOnly) {
  for (const char* name : {"mpm88", "fluid"}) {
    const auto scene = demo::make_scene(name, runtime_, DEMO_MODULE_FOLDER, 0);
    EXPECT_STREQ(scene->name(), name);
    std::set<const void*> known;
    for (const auto& object : scene->objects()) {
      ASSERT_NE(object.image == nullptr, object.memory == nullptr) << object.name;
      known.insert(object.image ? static_cast<const void*>(object.image) : object.memory);
      IstOsHandle handle = -1;
      IstShareRecord record{};
      const TiError exported = object.image
                                   ? ist_export_image(runtime_, object.image, IST_HANDLE_OPAQUE_FD, &handle, &record)
                                   : ist_export_memory(runtime_, object.memory, IST_HANDLE_OPAQUE_FD, &handle, &record);
      ASSERT_EQ(exported, TI_ERROR_SUCCESS) << object.name;
      EXPECT_EQ(object.name, record.name);
      close(int(handle));
    }
    for (uint32_t frame = 0; frame < 3; ++frame) {
      scene->step({});
      const demo::SceneView view = scene->view();
      EXPECT_NE(view.texture.image == nullptr, view.points.positions == nullptr);
      const bool textured = view.texture.image != nullptr;
      EXPECT_TRUE(!textured || known.contains(view.texture.image));
      EXPECT_TRUE(textured || known.contains(view.points.positions));
      EXPECT_TRUE(textured || known.contains(view.points.materials));
    }
  }
}

TEST_F(Scenes, KernelsAreThoseThatAStepLaunches) {
  for (const char* name : {"mpm88", "fluid"}) {
    const auto scene = demo::make_scene(name, runtime_, DEMO_MODULE_FOLDER, 0);
    scene->step(scripted_stir(0));
    const uint64_t before = counters().launches;
    scene->step(scripted_stir(1));
    uint64_t launches = 0;
    for (TiKernel kernel : scene->kernels()) {
      IstKernelInfo info{};
      info.size = sizeof info;
      ASSERT_EQ(ist_kernel_info(kernel, &info), TI_ERROR_SUCCESS);
      EXPECT_GT(info.launches, 0u) << info.name;
      launches += info.launches;
    }
    EXPECT_EQ(launches, 2 * (counters().launches - before)) << name;
  }
}

TEST_F(Scenes, WhatIsNotThereIsSaid) {
  const auto message_of = [&](const std::string& name, const std::string& folder) -> std::string {
    try {
      demo::make_scene(name, runtime_, folder, 0);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message_of("smoke", DEMO_MODULE_FOLDER).find("'smoke'"), std::string::npos);
  for (const char* name : {"mpm88", "fluid"}) {
    const std::string message = message_of(name, "no/such/folder");
    EXPECT_NE(message.find("no/such/folder"), std::string::npos) << message;
  }
}

TEST_F(Scenes, TheScriptedHandMovesAsItSays) {
  for (uint32_t frame = 0; frame < 600; ++frame) {
    const Stir now = scripted_stir(frame), next = scripted_stir(frame + 1);
    EXPECT_TRUE(now.active);
    for (int axis = 0; axis < 2; ++axis) {
      ASSERT_GT(now.position[axis], 0.05f);
      ASSERT_LT(now.position[axis], 0.95f);
      const float mean = 0.5f * (now.velocity[axis] + next.velocity[axis]);
      ASSERT_NEAR(60 * (next.position[axis] - now.position[axis]), mean, 0.01f) << "frame " << frame;
    }
  }
}

TEST_F(Scenes, TheTextSaysWhoHoldsWhat) {
  FluidScene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  scene.step(scripted_stir(0));
  IstHandover shown{};
  shown.image = scene.view().texture.image;
  shown.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  lend(shown);
  nlohmann::json objects = described(scene);
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0]["name"], "dye 0");
  EXPECT_EQ(objects[0]["holder"], "OURS");
  EXPECT_EQ(objects[0]["peer"], "-");
  EXPECT_EQ(objects[1]["name"], "dye 1");
  EXPECT_EQ(objects[1]["kind"], "image");
  EXPECT_EQ(objects[1]["holder"], "LENT");
  EXPECT_EQ(objects[1]["peer"], "same device");
  EXPECT_EQ(objects[1]["layout"], "SHADER_READ");
  EXPECT_EQ(objects[1]["rung"], "HOST");
  EXPECT_EQ(objects[1]["last_writer"], "kernel paint");
  take_back(shown);
  EXPECT_EQ(described(scene)[1]["holder"], "OURS");
}

TEST_F(Scenes, TheTextSaysWhoHoldsMemory) {
  Mpm88Scene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  scene.step({});
  EXPECT_EQ(described(scene)[0]["last_writer"], "kernel substep_g2p");
  IstHandover positions{};
  positions.memory = scene.view().points.positions;
  positions.flags = IST_HANDOVER_READ_ONLY_BIT;
  lend(positions);
  const nlohmann::json objects = described(scene);
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0]["name"], "positions");
  EXPECT_EQ(objects[0]["kind"], "memory");
  EXPECT_EQ(objects[0]["holder"], "LENT");
  EXPECT_FALSE(objects[0].contains("layout"));
  EXPECT_EQ(objects[1]["name"], "materials");
  EXPECT_EQ(objects[1]["holder"], "OURS");
  EXPECT_EQ(objects[1]["last_writer"], "kernel init");
  take_back(positions);
}

TEST_F(Scenes, ThePanelDrawsWithoutTouchingTheRuntime) {
  FluidScene scene(runtime_, DEMO_MODULE_FOLDER, 0);
  demo::Panel panel(runtime_);
  scene.step(scripted_stir(0));
  panel.sample();
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.DisplaySize = {1280, 800};
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
  const IstCounters before = counters();
  // The first frames of an ImGui window only measure it.
  for (int frame = 0; frame < 3; ++frame) {
    ImGui::NewFrame();
    panel.draw({.host = "test", .to_host = "TIMELINE", .to_ours = "HOST", .frame_ms = 16.7}, scene);
    ImGui::Render();
  }
  const IstCounters after = counters();
  EXPECT_GT(ImGui::GetDrawData()->TotalVtxCount, 1000);
  EXPECT_EQ(after.submits, before.submits);
  EXPECT_EQ(after.blocking_waits, before.blocking_waits);
  EXPECT_EQ(after.refused, before.refused);
  ImGui::DestroyContext();
}

}  // namespace
