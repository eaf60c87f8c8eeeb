// gl_host: Taichi kernels simulate on Vulkan, OpenGL or OpenGL ES draws what they have made where it lies.
#include <exception>
#include <iostream>
#include <stdexcept>

#include "common/host_options.h"
#include "gl_host/app.h"

int main(int argc, char** argv) {
  demo::HostOptions options;
  try {
    options = demo::parse_host_options(argc, argv, {"gl", "gles"});
  } catch (const std::invalid_argument& error) {
    std::cerr << "gl_host: " << error.what() << "\n";
    return 2;
  }
  if (options.help) {
    std::cout << demo::host_usage("gl_host",
                                  "Taichi kernels simulate on Vulkan; OpenGL draws their images as textures and their\n"
                                  "particles as a vertex buffer, without a copy. In the window, the mouse stirs.",
                                  {"gl", "gles"});
    return 0;
  }
  try {
    demo::App app(options);
    return app.run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "gl_host: " << error.what() << "\n";
    return 1;
  }
}
