// IR of tests/llvm/ir, and what its kernels are run with: a runtime as bytes, and threads that are called in turn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aot/module_desc.h"
#include "llvm/plugin.h"
#include "llvm/runtime_image.h"

namespace ist::llvm_test {

// A file of tests/llvm/ir, for this machine's processor.
std::string ir_of(const std::string& file);

std::vector<aot::TaskDesc> tasks(std::vector<std::string> names);

// Both fail the test and leave an empty module or code when the plugin refuses.
llvm_host::Module parsed(const std::string& file, std::vector<std::string> names);
llvm_host::Code linked(const llvm_host::Module& module, std::vector<uint32_t> tasks, uint32_t flags = 0);

// What the plugin says of IR that it refuses; "" when it takes it.
std::string refusal(std::string_view ir, std::vector<std::string> names);

// Replaces the one place where `from` stands.
std::string edited(std::string ir, std::string_view from, std::string_view to);

// The context of a launch. Splits run one after another, the last first.
class Launch {
 public:
  explicit Launch(void* args);
  void run(llvm_host::Code::Task task) { task(&context_); }
  uint64_t result = 0;
  int splits = 0;
  int most_threads = 0;

 private:
  using Split = void (*)(void* context, int thread, int index);
  static void parallel_for(void* pool, int splits, int most_threads, void* context, Split split);

  std::vector<uint64_t> runtime_;
  llvm_host::RuntimeContext context_;
};

}  // namespace ist::llvm_test
