// The tasks of the committed modules, as the core gives them to a backend.
#pragma once

#include <string>
#include <vector>

#include "aot/module_desc.h"
#include "contract/device.h"
#include "gl/gl_translate.h"

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

struct Translated {
  std::string source;
  ist::gl::PreparedShader prepared;
};
// What a pipeline begins with.
ist::Result<Translated> translate(const ist::PipelineDesc& desc, const ist::gl::GlslTarget& target);

}  // namespace gl_test
