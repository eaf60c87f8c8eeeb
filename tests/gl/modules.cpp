// Read once a process.
#include "modules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "aot/module_reader.h"

namespace gl_test {
namespace {

ist::DescriptorKind kind_of(ist::aot::BindKind kind) {
  switch (kind) {
    case ist::aot::BindKind::args:
    case ist::aot::BindKind::argpack:
      return ist::DescriptorKind::uniform_buffer;
    case ist::aot::BindKind::sampled_image:
      return ist::DescriptorKind::sampled_image;
    case ist::aot::BindKind::storage_image:
      return ist::DescriptorKind::storage_image;
    default:
      return ist::DescriptorKind::storage_buffer;
  }
}

void add_tasks(const std::filesystem::path& path, std::vector<Task>& tasks) {
  const auto module = ist::aot::read_module_from_path(path.string());
  ASSERT_TRUE(module.ok()) << path << ": " << module.status().message();
  for (const auto& kernel : (*module).kernels) {
    for (const auto& task : kernel.tasks) {
      Task added{path.stem().string(), task.name, (*module).binaries[task.binary].words, {}};
      for (const auto& bind : task.binds) added.bindings.push_back({bind.binding, kind_of(bind.kind)});
      tasks.push_back(std::move(added));
    }
  }
}

}  // namespace

const std::vector<Task>& all_tasks() {
  static const std::vector<Task> tasks = [] {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(IST_ASSET_MODULES)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Task> all;
    for (const auto& path : paths) add_tasks(path, all);
    return all;
  }();
  return tasks;
}

const Task& task(const std::string& module, const std::string& kernel) {
  for (const Task& task : all_tasks())
    if (task.module == module && task.name.starts_with(kernel + "_c")) return task;
  ADD_FAILURE() << module << " has no kernel " << kernel;
  return all_tasks().front();
}

ist::Result<Translated> translate(const ist::PipelineDesc& desc, const ist::gl::GlslTarget& target) {
  Translated result;
  IST_TRY(result.prepared, ist::gl::prepare_shader(desc, target.limits));
  IST_TRY(result.source, ist::gl::translate(result.prepared, target));
  return result;
}

}  // namespace gl_test
