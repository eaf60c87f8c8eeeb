// Runs the OpenGL host app under the validation layer, with synchronization validation, in debug contexts of OpenGL
// and OpenGL ES: without a window and with one. Looks at its figures and pictures.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "host_program.h"

namespace {

using host_program::Difference;
using host_program::Display;
using host_program::Folder;
using host_program::Outcome;
using host_program::Picture;
using nlohmann::json;

class GlHost : public ::testing::Test {
 protected:
  // Runs the app; it ends well, and neither validation nor OpenGL has anything to say.
  json figures(const std::string& arguments, const std::string& environment = "") const {
    const Outcome outcome = run(arguments + " --json", environment);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.messages;
    EXPECT_EQ(outcome.messages, "");
    return parse(outcome);
  }

  static json parse(const Outcome& outcome) {
    const json found = json::parse(outcome.output, nullptr, false);
    EXPECT_TRUE(found.is_object()) << outcome.output;
    if (!found.is_object()) return json::object();
    EXPECT_EQ(found.value("gl_errors", -1), 0);
    return found;
  }

  Outcome run(const std::string& arguments, const std::string& environment = "") const {
    return host_program::run(folder_, GL_HOST_PROGRAM, arguments, environment);
  }

  std::string picture_path() const { return folder_.path("picture.png"); }

 private:
  Folder folder_;
};

// Nothing is copied, and where there are no semaphores, a frame waits once at most.
void expect_shared(const json& figures, int frames) {
  EXPECT_EQ(figures.value("frames", -1), frames);
  EXPECT_EQ(figures.value("zero_copy", false), true);
  EXPECT_EQ(figures.value("share_copies", -1), 0);
  EXPECT_EQ(figures.value("share_bytes", -1), 0);
  if (figures.value("to_gl", "") == "BINARY") {
    // A frame of mpm88 that takes long to record under validation may fill the ring of batches: not a wait for OpenGL.
    EXPECT_LE(figures.value("blocking_waits", -1), frames / 10);
    EXPECT_EQ(figures.value("gpu_waits", -1), frames);
  } else {
    EXPECT_EQ(figures.value("to_gl", ""), "HOST");
    EXPECT_EQ(figures.value("from_gl", ""), "GL_FENCE");
    EXPECT_EQ(figures.value("reason", ""), "GL_EXT_semaphore is absent");
    EXPECT_LE(figures.value("blocking_waits", -1), frames);
  }
  EXPECT_EQ(figures.value("objects", json::array()).size(), 2u);
}

TEST_F(GlHost, DrawsFluidFor300FramesWithOpenGl) {
  const json found = figures("--headless --scene fluid --api gl --frames 300 --size 96x96");
  expect_shared(found, 300);
  EXPECT_NE(found.value("host_version", "").find("4.5"), std::string::npos);
  for (const json& object : found.value("objects", json::array())) {
    EXPECT_EQ(object.value("kind", ""), "image");
    EXPECT_EQ(object.value("layout", ""), "SHADER_READ");
    // Behind a fence they are still on their way back.
    EXPECT_EQ(object.value("peer", ""), found.value("from_gl", "") == "GL_FENCE" ? "external" : "-");
  }
}

TEST_F(GlHost, DrawsParticlesFor300FramesWithOpenGlEs) {
  const json found = figures("--headless --scene mpm88 --api gles --frames 300 --size 96x96");
  expect_shared(found, 300);
  EXPECT_NE(found.value("host_version", "").find("OpenGL ES 3.2"), std::string::npos);
  for (const json& object : found.value("objects", json::array())) EXPECT_EQ(object.value("kind", ""), "memory");
}

struct Shot {
  const char* scene;
  const char* api;
};
std::ostream& operator<<(std::ostream& out, const Shot& shot) { return out << shot.scene << " by " << shot.api; }

// The pictures are those of the host app that draws with Vulkan: two renderers, the same objects, the same picture.
// Fluid comes out the same each time; the sums of mpm88 are made in any order, which moves 0.03 % of the pixels.
class GlHostPicture : public GlHost, public ::testing::WithParamInterface<Shot> {};

TEST_P(GlHostPicture, IsThatOfTheVulkanHost) {
  const Shot shot = GetParam();
  const json found = figures(std::string("--headless --frames 60 --size 480x360 --scene ") + shot.scene + " --api " +
                             shot.api + " --out '" + picture_path() + "'");
  expect_shared(found, 60);
  const Picture drawn = host_program::load(picture_path());
  const Picture reference = host_program::load(std::string(PICTURES) + "/vulkan_host_" + shot.scene + ".png");
  const Difference apart = host_program::difference(drawn, reference);
  EXPECT_LT(apart.mean, 1.0);
  EXPECT_LT(apart.far_share, 0.02);
}

INSTANTIATE_TEST_SUITE_P(Scenes, GlHostPicture, ::testing::Values(Shot{"fluid", "gles"}, Shot{"mpm88", "gl"}),
                         [](const auto& info) { return std::string(info.param.scene) + "_" + info.param.api; });

bool is_background(int r, int g, int b) { return r == 11 && g == 14 && b == 19; }

// The letters of the panel are the only light things in the first frames of mpm88.
int light_pixels(const Picture& picture) {
  return picture.count([](int r, int g, int b) { return r > 180 && g > 180 && b > 180; });
}

TEST_F(GlHost, DrawsThePanelWithoutAWindow) {
  const std::string arguments = "--headless --frames 2 --size 640x480 --scene mpm88 --out '" + picture_path() + "'";
  figures(arguments);
  EXPECT_EQ(light_pixels(host_program::load(picture_path())), 0);
  for (const char* api : {"gl", "gles"}) {
    figures(arguments + " --panel --api " + api);
    EXPECT_GT(light_pixels(host_program::load(picture_path())), 1000);
  }
}

TEST_F(GlHost, ShowsParticlesAndThePanelInAWindow) {
  const Display display;
  ASSERT_NE(display.name(), "") << XVFB_PROGRAM;
  const json found =
      figures("--scene mpm88 --frames 12 --size 640x480 --out '" + picture_path() + "'", "DISPLAY=" + display.name());
  expect_shared(found, 12);
  const Picture picture = host_program::load(picture_path());
  EXPECT_EQ(picture.width, 640);
  EXPECT_EQ(picture.height, 480);
  EXPECT_GT(light_pixels(picture), 1000);
  // Some of the water below the panel, and the window's background beside the square.
  EXPECT_GT(picture.count([](int r, int g, int b) { return r < 80 && g > 110 && g < 140 && b > 160; }), 1000);
  EXPECT_GT(picture.count(is_background), 10000);
}

TEST_F(GlHost, ShowsFluidInAWindow) {
  const Display display;
  ASSERT_NE(display.name(), "") << XVFB_PROGRAM;
  for (const char* api : {"gl", "gles"}) {
    const json found =
        figures(std::string("--scene fluid --frames 8 --size 640x480 --api ") + api + " --out '" + picture_path() + "'",
                "DISPLAY=" + display.name());
    expect_shared(found, 8);
    EXPECT_GT(light_pixels(host_program::load(picture_path())), 1000);
  }
}

TEST_F(GlHost, CopiesOnlyWhenItIsAllowedTo) {
  const std::string arguments = "--headless --frames 3 --size 96x96 --scene fluid --out '" + picture_path() + "'";
  const std::string no_sharing = "MESA_EXTENSION_OVERRIDE=-GL_EXT_memory_object_fd";
  const Outcome refused = run(arguments, no_sharing);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.messages.find("GL_EXT_memory_object_fd is absent"), std::string::npos) << refused.messages;
  EXPECT_NE(refused.messages.find("--allow-copies"), std::string::npos) << refused.messages;
  EXPECT_FALSE(std::filesystem::exists(picture_path()));

  figures(arguments);
  const Picture shared = host_program::load(picture_path());
  const Outcome copied = run(arguments + " --allow-copies --json", no_sharing);
  EXPECT_EQ(copied.exit_code, 0) << copied.messages;
  EXPECT_NE(copied.messages.find("no zero copy"), std::string::npos) << copied.messages;
  const json found = parse(copied);
  EXPECT_EQ(found.value("zero_copy", true), false);
  EXPECT_EQ(found.value("share_copies", -1), 3);
  EXPECT_EQ(host_program::difference(host_program::load(picture_path()), shared).mean, 0);
}

TEST_F(GlHost, SaysWhatIsWrong) {
  const Outcome api = run("--headless --api metal");
  EXPECT_EQ(api.exit_code, 2);
  EXPECT_NE(api.messages.find("--api (metal)"), std::string::npos) << api.messages;
  const Outcome size = run("--headless --size 640");
  EXPECT_EQ(size.exit_code, 2);
  EXPECT_NE(size.messages.find("--size (640)"), std::string::npos) << size.messages;
  const Outcome lacking = run("--headless --out");
  EXPECT_EQ(lacking.exit_code, 2);
  EXPECT_NE(lacking.messages.find("'--out'"), std::string::npos) << lacking.messages;
  const Outcome modules = run("--headless --frames 1 --modules no/such/folder --out '" + picture_path() + "'");
  EXPECT_EQ(modules.exit_code, 1);
  EXPECT_NE(modules.messages.find("no/such/folder"), std::string::npos) << modules.messages;
  const Outcome device = run("--headless --frames 1 --device 200");
  EXPECT_EQ(device.exit_code, 1);
  EXPECT_NE(device.messages.find("200"), std::string::npos) << device.messages;
  const Outcome window = run("--frames 1 --out '" + picture_path() + "'", "DISPLAY= WAYLAND_DISPLAY=");
  EXPECT_EQ(window.exit_code, 1);
  EXPECT_NE(window.messages.find("No window"), std::string::npos) << window.messages;
  EXPECT_FALSE(std::filesystem::exists(picture_path()));
}

}  // namespace
