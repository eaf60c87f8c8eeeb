// vulkan_host: an app that owns VkInstance and VkDevice lends them to the runtime, and draws what Taichi kernels fill
// straight from the runtime's objects, in a window or into a picture.
#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "common/command_line.h"
#include "common/host_options.h"
#include "common/png.h"
#include "frames.h"
#include "overlay.h"
#include "panel/facts.h"
#include "panel/panel.h"
#include "renderer.h"
#include "window.h"

namespace demo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPurpose =
    "An app with its own Vulkan device lends it to the runtime and draws the runtime's images and buffers\n"
    "where they lie: no copy, and no CPU waits for the other side.";

struct Options {
  HostOptions host;
  Submit submit = Submit::own;
};

Submit parse_submit(std::string_view value) {
  if (value == "own") return Submit::own;
  if (value == "recorded") return Submit::recorded;
  throw std::invalid_argument("--submit (" + std::string(value) + ") is none of: own, recorded.");
}

// Takes out what only this host knows.
Options parse(int argc, char** argv) {
  Options options;
  std::vector<const char*> rest;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--submit=")) {
      options.submit = parse_submit(argument.substr(9));
    } else if (argument == "--submit") {
      options.submit = parse_submit(i + 1 < argc ? argv[++i] : "");
    } else {
      rest.push_back(argv[i]);
    }
  }
  options.host = parse_host_options(int(rest.size()), rest.data(), {});
  return options;
}

IstCounters counters_of(TiRuntime runtime) {
  IstCounters counters{};
  counters.size = sizeof counters;
  expect_taichi(ist_counters(runtime, &counters), "ist_counters");
  return counters;
}

// Everything of the app, in the order of creation; destroyed backwards.
class App {
 public:
  explicit App(const Options& options)
      : options_(options.host),
        window_(options_.headless ? nullptr
                                  : std::make_unique<Window>("Isthmus: " + options_.scene + " in a Vulkan host",
                                                             options_.width, options_.height)),
        device_(options_.device, window_ ? Window::needs() : WindowNeeds{}),
        runtime_(device_),
        scene_(make_scene(options_.scene, runtime_.get(), find_modules(options_), options_.seed)),
        target_(window_ ? make_window_target(device_, *window_)
                        : make_offscreen_target(device_.gpu(), {options_.width, options_.height})),
        renderer_(device_.gpu(), runtime_.get(), *scene_, target_->pass()),
        submit_(options.submit) {
    if (window_ || options_.panel) {
      // For the panel's last column.
      expect_taichi(ist_set_option(runtime_.get(), IST_OPTION_KERNEL_TIMING, 1), "ist_set_option");
      overlay_.emplace(device_, runtime_.get(), *target_, window_.get(), Frames::kInFlight);
    }
    frames_.emplace(device_, runtime_.get(), *target_, *scene_, renderer_, submit_);
  }

  void run() {
    const IstCounters before = counters_of(runtime_.get());
    const Clock::time_point start = Clock::now();
    const uint32_t limit = options_.frames_to_draw();
    bool last = false;
    while (!last) {
      if (window_) window_->poll();
      const bool closed = window_ && window_->closed();
      last = closed || (limit && frames_->drawn() + 1 == limit);
      if (!draw(last && !options_.out.empty())) last = closed;
    }
    if (!options_.out.empty()) save();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    write_figures(options_.json, figures(before, seconds));
  }

 private:
  bool draw(bool keep) {
    Frames::Over over;
    if (overlay_) {
      over.build = [&](VkExtent2D extent) { overlay_->build(extent, facts(), *scene_); };
      over.draw = [&](VkCommandBuffer commands) { overlay_->draw(commands); };
    }
    const Clock::time_point start = Clock::now();
    const bool drawn = frames_->draw(stir(), over, keep);
    frame_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    return drawn;
  }

  // A window shows the scripted hand until somebody takes over.
  Stir stir() {
    const Stir scripted = scripted_stir(uint32_t(frames_->drawn()));
    if (!window_) return scripted;
    Stir pointer = window_->stir();
    if (overlay_->wants_pointer()) pointer.active = false;
    touched_ = touched_ || pointer.active;
    return touched_ ? pointer : scripted;
  }

  HostFacts facts() const {
    return {.host = "Vulkan host on " + device_.gpu().name(),
            .to_host = rung_name(frames_->rung_to_host()),
            .to_ours = rung_name(frames_->rung_to_runtime()),
            .frame_ms = frame_ms_};
  }

  void save() {
    const Picture picture = frames_->picture();
    write_png(options_.out, picture.extent.width, picture.extent.height, picture.rgba);
  }

  std::string figures(const IstCounters& before, double seconds) const {
    const IstCounters now = counters_of(runtime_.get());
    const uint64_t frames = frames_->drawn();
    std::ostringstream json;
    const auto counter = [&](const char* name, uint64_t IstCounters::*member) {
      json << "  \"" << name << "\": " << now.*member - before.*member << ",\n";
    };
    json << "{\n  \"program\": \"vulkan_host\",\n"
         << "  \"device\": " << json_string(device_.gpu().name()) << ",\n"
         << "  \"scene\": " << json_string(scene_->name()) << ",\n"
         << "  \"frames\": " << frames << ",\n"
         << "  \"submit\": \"" << (submit_ == Submit::own ? "own" : "recorded") << "\",\n"
         << "  \"rung_to_host\": " << json_string(rung_name(frames_->rung_to_host())) << ",\n"
         << "  \"rung_to_runtime\": " << json_string(rung_name(frames_->rung_to_runtime())) << ",\n";
    counter("submits", &IstCounters::submits);
    json << "  \"host_submits\": " << frames << ",\n";
    counter("blocking_waits", &IstCounters::blocking_waits);
    json << "  \"host_waits\": " << frames_->waits() << ",\n";
    counter("gpu_waits", &IstCounters::gpu_waits);
    counter("gpu_signals", &IstCounters::gpu_signals);
    counter("share_copies", &IstCounters::share_copies);
    counter("share_bytes", &IstCounters::share_bytes);
    json << "  \"ms_per_frame\": " << (frames ? seconds * 1000 / double(frames) : 0) << ",\n"
         << "  \"validation\": " << (device_.validates() ? "true" : "false") << ",\n"
         << "  \"validation_messages\": " << validation_messages() << ",\n"
         << "  \"objects\": " << objects_json(runtime_.get(), *scene_) << "}\n";
    return json.str();
  }

  HostOptions options_;
  std::unique_ptr<Window> window_;
  HostDevice device_;
  LentRuntime runtime_;
  std::unique_ptr<Scene> scene_;
  std::unique_ptr<Target> target_;
  Renderer renderer_;
  Submit submit_;
  std::optional<Overlay> overlay_;
  std::optional<Frames> frames_;
  double frame_ms_ = 0;
  bool touched_ = false;
};

int run(const Options& options) {
  App(options).run();
  return validation_messages() ? 1 : 0;
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  demo::Options options;
  try {
    options = demo::parse(argc, argv);
  } catch (const std::invalid_argument& error) {
    std::cerr << "vulkan_host: " << error.what() << "\n";
    return 2;
  }
  if (options.host.help) {
    std::cout
        << demo::host_usage("vulkan_host", demo::kPurpose, {})
        << "  --submit WHO    own: the runtime submits; recorded: kernels go into the host's command buffer (own)\n";
    return 0;
  }
  try {
    return demo::run(options);
  } catch (const std::exception& error) {
    std::cerr << "vulkan_host: " << error.what() << "\n";
    return 1;
  }
}
