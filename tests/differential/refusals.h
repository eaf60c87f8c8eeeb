// What a driver cannot run of the modules in assets, asked of our library kernel by kernel.
#pragma once

#include <map>
#include <string>

#include "generate.h"

namespace differential {

// A runtime of our library that is asked. It and the modules it loads stay until the process ends.
class Driver {
 public:
  // Without a runtime when the library makes none; `problem` says why.
  Driver(const Api& ours, TiArch arch);
  const std::string& problem() const { return problem_; }

  // "opengl-llvmpipe", "gles-zink-swiftshader": arch and driver, without versions.
  std::string name() const;
  // Kernels and graphs of a module, as launchable_names() has them, that are refused with INCOMPATIBLE_MODULE, and the
  // sentence without the device's name; "*" when it is the module. Any other error stands behind its name.
  std::map<std::string, std::string> refusals(const std::string& module) const;

 private:
  std::string last_error() const;

  const Api& ours_;
  TiArch arch_;
  TiRuntime runtime_ = nullptr;
  std::string problem_;
};

}  // namespace differential
