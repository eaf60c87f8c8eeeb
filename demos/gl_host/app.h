// The app: a runtime on Vulkan, a scene that it simulates, and a context of OpenGL that draws it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/host_options.h"
#include "gl_host/debug_messages.h"
#include "gl_host/gl_functions.h"
#include "gl_host/panel_painter.h"
#include "gl_host/renderer.h"
#include "gl_host/screen.h"
#include "gl_host/sharing.h"
#include "panel/panel.h"
#include "scenes/scene.h"

namespace demo {

class Runtime {
 public:
  // Throws std::runtime_error.
  explicit Runtime(uint32_t device);
  ~Runtime() { ti_destroy_runtime(runtime_); }
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  operator TiRuntime() const { return runtime_; }

 private:
  TiRuntime runtime_;
};

class App {
 public:
  // Throws std::runtime_error; so does run().
  explicit App(const HostOptions& options);
  // Draws until the frames are over or the window is closed; writes the picture and the figures. Tells whether
  // OpenGL had nothing to complain about.
  bool run();

 private:
  void draw_frame(bool last);
  void draw_scene(const SceneView& view) const;
  void lay_out_panel();
  std::string figures_json() const;

  HostOptions options_;
  // In the order in which they need each other.
  std::unique_ptr<Screen> screen_;
  Gl gl_;
  DebugMessages messages_;
  Runtime runtime_;
  std::unique_ptr<Scene> scene_;
  Sharing sharing_;
  Renderer renderer_;
  Panel panel_;
  HostFacts facts_;
  std::optional<PanelPainter> painter_;  // where the panel is shown

  uint32_t frames_ = 0;
  double seconds_ = 0;
  IstCounters start_{};
  Extent extent_;
  std::vector<uint8_t> picture_;
};

}  // namespace demo
