// See test_ir.h.
#include "test_ir.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace ist::llvm_test {
namespace {

constexpr const char* kWrittenFor = "x86_64-pc-linux-gnu";
#if defined(__aarch64__)
constexpr const char* kHere = "aarch64-unknown-linux-gnu";
#else
constexpr const char* kHere = kWrittenFor;
#endif

llvm_host::Address address(const void* pointer) { return reinterpret_cast<llvm_host::Address>(pointer); }

}  // namespace

std::string ir_of(const std::string& file) {
  std::ifstream in(std::string(IST_LLVM_TEST_IR) + "/" + file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_FALSE(text.empty()) << file;
  const size_t triple = text.find(kWrittenFor);
  if (triple != std::string::npos) text.replace(triple, std::string_view(kWrittenFor).size(), kHere);
  return text;
}

std::vector<aot::TaskDesc> tasks(std::vector<std::string> names) {
  std::vector<aot::TaskDesc> descs(names.size());
  for (size_t i = 0; i < names.size(); ++i) descs[i].name = names[i];
  return descs;
}

llvm_host::Module parsed(const std::string& file, std::vector<std::string> names) {
  auto module = llvm_host::Module::parse(file, ir_of(file), tasks(std::move(names)));
  EXPECT_TRUE(module.ok()) << module.status().message();
  return module.ok() ? *std::move(module) : llvm_host::Module();
}

llvm_host::Code linked(const llvm_host::Module& module, std::vector<uint32_t> tasks, uint32_t flags) {
  const auto object = module.emit_object(tasks, flags);
  if (!object.ok()) {
    ADD_FAILURE() << object.status().message();
    return {};
  }
  auto code = llvm_host::Code::link("test", *object);
  EXPECT_TRUE(code.ok()) << code.status().message();
  return code.ok() ? *std::move(code) : llvm_host::Code();
}

std::string refusal(std::string_view ir, std::vector<std::string> names) {
  const auto module = llvm_host::Module::parse("k", ir, tasks(std::move(names)));
  return module.ok() ? "" : std::string(module.status().message());
}

std::string edited(std::string ir, std::string_view from, std::string_view to) {
  const size_t at = ir.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  EXPECT_EQ(ir.find(from, at + 1), std::string::npos) << from << " stands twice";
  return at == std::string::npos ? ir : ir.replace(at, from.size(), to);
}

Launch::Launch(void* args) : runtime_(sizeof(llvm_host::LlvmRuntime) / 8) {
  auto* runtime = reinterpret_cast<llvm_host::LlvmRuntime*>(runtime_.data());
  runtime->thread_pool = address(this);
  runtime->parallel_for = reinterpret_cast<llvm_host::Address>(&parallel_for);
  context_.arg_buffer = address(args);
  context_.runtime = address(runtime);
  context_.result_buffer = address(&result);
}

void Launch::parallel_for(void* pool, int splits, int most_threads, void* context, Split split) {
  if (auto* launch = static_cast<Launch*>(pool)) {
    launch->splits = splits;
    launch->most_threads = most_threads;
  }
  for (int index = splits - 1; index >= 0; --index) split(context, 0, index);
}

}  // namespace ist::llvm_test
