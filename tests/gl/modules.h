// The tasks of the committed modules, as the core gives them to a backend.
#pragma once

#include <string>
#include <vector>

#include "aot/module_desc.h"
#include "contract/device.h"

namespace gl_test {

struct Task {
  std::string module;
  std::string name;
  std::vector<uint32_t> words;
  std::vector<ist::PipelineBinding> bindings;

  ist::PipelineDesc desc() const { return {words, bindings, name}; }
};

// Of every module in assets, by name of module, then in order.
const std::vector<Task>& all_tasks();
// The first task of a kernel of this name. Fails the test when there is none.
const Task& task(const std::string& module, const std::string& kernel);

}  // namespace gl_test
