// The plugin as the backends use it: found and opened once a process, wrapped in owners. Knows no LLVM header.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aot/module_desc.h"
#include "base/status.h"
#include "llvm/plugin_abi.h"

namespace ist::llvm_host {

// Opens libisthmus_llvm.so beside this library, or where the loader finds it, at first asking. not_supported names the
// package that brings it, and what the loader said. It is never closed. Any thread.
Result<const IstLlvmPlugin*> plugin();

// As plugin(), but leaves a library that lies beside this one unopened when the loader finds LLVM for it, because
// opening costs many milliseconds: for runtimes, which need it with their first kernel. Any thread.
Status plugin_expected();

// Parsed IR of one kernel.
class Module {
 public:
  // corrupted_data, incompatible_module: see plugin_abi.h.
  static Result<Module> parse(std::string_view kernel, std::string_view ir, std::span<const aot::TaskDesc> tasks);

  Result<std::vector<IstLlvmTaskFacts>> inspect() const;
  Result<std::string> emit_object(std::span<const uint32_t> tasks, uint32_t flags) const;
  Result<std::string> emit_ptx(uint32_t sm) const;

 private:
  struct Close {
    void operator()(IstLlvmModule* module) const;
  };
  std::unique_ptr<IstLlvmModule, Close> module_;
  size_t task_count_ = 0;
};

// Machine code of this process, from an object; it goes with its owner.
class Code {
 public:
  using Task = void (*)(void* runtime_context);

  static Result<Code> link(std::string_view kernel, std::string_view object);
  Task find(const std::string& task) const;  // null when there is none

 private:
  struct Release {
    void operator()(IstLlvmCode* code) const;
  };
  std::unique_ptr<IstLlvmCode, Release> code_;
};

}  // namespace ist::llvm_host
