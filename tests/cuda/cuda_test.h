// A device on the fake driver, and kernels that are names only.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cuda/cuda_api.h"
#include "cuda/cuda_device.h"
#include "cuda/cuda_interop.h"
#include "cuda/fake_cuda.h"
#include "llvm/runtime_image.h"

namespace ist::cuda {

inline constexpr auto kDeviceOnly = [](uint64_t size_bytes) {
  BufferDesc desc;
  desc.size_bytes = size_bytes;
  return desc;
};

inline BufferDesc mapped(uint64_t size_bytes) {
  BufferDesc desc;
  desc.size_bytes = size_bytes;
  desc.host_read = desc.host_write = true;
  return desc;
}

inline aot::TaskDesc task(const char* name, uint32_t grid, uint32_t block, uint32_t shared_bytes = 0) {
  aot::TaskDesc desc;
  desc.name = name;
  desc.grid_dim = grid;
  desc.block_dim = block;
  desc.dynamic_shared_bytes = shared_bytes;
  return desc;
}

// PTX that has an entry for each task; the IR is its comment.
inline PtxCompiler fake_compiler(int* emitted = nullptr, uint32_t* target = nullptr) {
  PtxCompiler compiler;
  compiler.identity = []() -> Result<std::string> { return std::string("a compiler of the tests"); };
  compiler.emit = [emitted, target](const ProgramDesc& desc, uint32_t sm) -> Result<std::string> {
    if (emitted) ++*emitted;
    if (target) *target = sm;
    if (desc.ir == "malformed") return fail(Code::corrupted_data, "The IR is malformed.");
    std::string ptx = ".version 6.3\n.target sm_" + std::to_string(sm) + "\n// " + std::string(desc.ir) + "\n";
    for (const aot::TaskDesc& task : desc.tasks) ptx += ".entry " + task.name + "()\n";
    return ptx;
  };
  return compiler;
}

inline std::vector<aot::FieldTree> sparse_trees() {
  using Type = aot::Snode::Type;
  return {{0, 0, 5000, {{0, Type::root, 5000, 0}, {1, Type::dense, 4, 0}, {2, Type::place, 0, 0}}},
          {1, 3, 64, {{3, Type::root, 64, 0}, {4, Type::pointer, 12, 0}, {5, Type::bitmasked, 4, 0}}}};
}

// Files that this process has open.
int open_files();

class CudaTest : public ::testing::Test {
 protected:
  // Everything has been given back, in order, and this thread's contexts are what they were.
  void SetUp() override { start({}); }
  void TearDown() override;

  void start(const fake_cuda::Settings& settings);
  // Fails the test when there is no device.
  ist::Device& device();
  std::unique_ptr<ist::Device> make_device(uint32_t index = 0, const std::string& cache_folder = "");
  ProgramOps& programs() { return *device().program_ops(); }

  std::unique_ptr<ist::Buffer> make_buffer(const BufferDesc& desc);
  std::unique_ptr<ProgramState> make_state(const std::vector<aot::FieldTree>& trees = {});
  std::unique_ptr<Program> make_program(const std::vector<aot::TaskDesc>& tasks, uint32_t args_bytes = 0,
                                        uint32_t rets_bytes = 0, const char* name = "kernel");
  void run(Program& program, ProgramState& state, const std::vector<std::byte>& args = {}, ist::Buffer* rets = nullptr);
  // Submits; returns the serial.
  uint64_t submit();
  void finish() { EXPECT_TRUE(*device().wait(submit(), UINT64_MAX)); }

  std::vector<void*> contexts_before;

 private:
  std::unique_ptr<ist::Device> device_;
  int files_ = 0;
};

inline std::vector<std::byte> bytes_from(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

template <class T>
T gpu_value(uint64_t address) {
  T value{};
  const std::byte* bytes = fake_cuda::bytes_at(address);
  EXPECT_NE(bytes, nullptr);
  if (bytes) std::memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace ist::cuda
