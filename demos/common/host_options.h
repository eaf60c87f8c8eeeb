// Command line of the host apps. Knows no graphics API.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace demo {

struct HostOptions {
  std::string scene = "fluid";  // or "mpm88"
  std::string api;              // one of those the program allows; the first unless asked
  bool headless = false;        // no window: drawn into a framebuffer of the app's own, stirred by a script
  bool panel = false;           // headless pictures show the panel too; windows always do
  bool allow_copies = false;    // go on where objects cannot be shared without a copy
  uint32_t frames = 0;          // 0: until the window is closed; headless apps draw kHeadlessFrames then
  uint32_t width = 1440;
  uint32_t height = 800;
  uint32_t device = 0;  // by the order of ist_device_info
  int32_t seed = 1;
  std::string out;      // picture of the last frame, PNG; empty: none
  std::string json;     // file for the figures; empty: none, "-": standard output
  std::string modules;  // folder with the scenes' modules; found beside the program or in the source tree when empty
  bool help = false;

  static constexpr uint32_t kHeadlessFrames = 300;
  // Frames to draw; 0: until the window is closed.
  uint32_t frames_to_draw() const { return frames == 0 && headless ? kHeadlessFrames : frames; }
};

// apis: what --api may say, the default first; empty: there is no such option. Throws std::invalid_argument
// naming the option and its value.
HostOptions parse_host_options(int argc, const char* const* argv, std::initializer_list<const char*> apis);

// Text of --help.
std::string host_usage(const std::string& program, const std::string& purpose, std::initializer_list<const char*> apis);

// The folder with the modules: the one asked for, else the first that exists. Throws std::runtime_error when
// there is none.
std::string find_modules(const HostOptions& options);

}  // namespace demo
