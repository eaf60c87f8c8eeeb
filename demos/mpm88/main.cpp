// mpm88: a Taichi module simulates, a renderer of our own draws, both on one Vulkan device and without a window.
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "common/command_line.h"
#include "common/png.h"
#include "common/progress.h"
#include "jelly_renderer.h"
#include "options.h"
#include "simulation.h"

namespace demo {
namespace {

struct Timing {
  double simulate_ms = 0;
  double draw_ms = 0;
};

template <class Work>
double milliseconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Timing run_frames(Simulation& simulation, JellyRenderer& renderer, uint32_t frames) {
  const Progress progress(frames);
  Timing timing;
  if (frames == 0) renderer.draw();
  for (uint32_t frame = 0; frame < frames; ++frame) {
    timing.simulate_ms += milliseconds([&] { simulation.step(); });
    timing.draw_ms += milliseconds([&] { renderer.draw(); });
    progress.show(frame + 1);
  }
  return timing;
}

std::string figures_json(const Options& options, const Timing& timing, const Figures& figures,
                         const std::string& device) {
  const double frames = options.frames ? options.frames : 1;
  std::ostringstream json;
  const auto point = [&](const char* name, const float* p) {
    json << "  \"" << name << "\": [" << p[0] << ", " << p[1] << "],\n";
  };
  json << "{\n  \"device\": " << json_string(device) << ",\n"
       << "  \"frames\": " << options.frames << ",\n"
       << "  \"substeps\": " << uint64_t(options.frames) * Simulation::kSubstepsPerFrame << ",\n"
       << "  \"particles\": " << Simulation::kParticles << ",\n"
       << "  \"seed\": " << options.seed << ",\n"
       << "  \"simulate_ms_per_frame\": " << timing.simulate_ms / frames << ",\n"
       << "  \"draw_ms_per_frame\": " << timing.draw_ms / frames << ",\n";
  point("mean_position", figures.mean);
  point("lowest_position", figures.low);
  point("highest_position", figures.high);
  json << "  \"picture\": " << json_string(options.out) << "\n}\n";
  return json.str();
}

void run(const Options& options) {
  Simulation simulation(options.device, find_module(options), options.seed);
  const Gpu gpu(simulation.loan());
  JellyRenderer renderer(gpu, {options.width, options.height}, simulation.particles());
  const Timing timing = run_frames(simulation, renderer, options.frames);
  const Figures figures = simulation.measure();
  write_png(options.out, options.width, options.height, renderer.read_pixels());
  write_figures(options.json, figures_json(options, timing, figures, gpu.name()));
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  demo::Options options;
  try {
    options = demo::parse_options(argc, argv);
  } catch (const std::invalid_argument& error) {
    std::cerr << "mpm88: " << error.what() << "\n";
    return 2;
  }
  if (options.help) {
    std::cout << demo::usage();
    return 0;
  }
  try {
    demo::run(options);
  } catch (const std::exception& error) {
    std::cerr << "mpm88: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
