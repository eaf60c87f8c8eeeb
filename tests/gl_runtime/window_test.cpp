// Runs the host with a window on a display that nobody sees: contexts of GLX and of EGL.
#include <gtest/gtest.h>

#include "demos/host_program.h"

namespace {

class GlfwHost : public testing::TestWithParam<const char*> {};

TEST_P(GlfwHost, DrawsForThreeHundredFrames) {
  const host_program::Folder folder;
  const host_program::Display display;
  ASSERT_NE(display.name(), "") << XVFB_PROGRAM;
  const host_program::Outcome outcome =
      host_program::run(folder, GLFW_HOST_PROGRAM, std::string(GetParam()) + " 300", "DISPLAY=" + display.name());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.messages;
  EXPECT_EQ(outcome.messages, "");
  EXPECT_EQ(outcome.output.substr(0, 14), "300 frames on ") << outcome.output;
  std::printf("[          ] %s", outcome.output.c_str());
}

INSTANTIATE_TEST_SUITE_P(with, GlfwHost, testing::Values("gl", "gl-egl", "gles"), [](const auto& info) {
  const std::string name = info.param;
  return name == "gl" ? "GLX" : name == "gl-egl" ? "EGL" : "GLES";
});

}  // namespace
