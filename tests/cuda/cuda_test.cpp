// Setting up, and looking whether all was put back.
#include "cuda/cuda_test.h"

#include <dirent.h>

namespace ist::cuda {

int open_files() {
  int count = 0;
  DIR* listing = opendir("/proc/self/fd");
  while (listing && readdir(listing)) ++count;
  if (listing) closedir(listing);
  return count;
}

void CudaTest::start(const fake_cuda::Settings& settings) {
  device_.reset();
  EXPECT_TRUE(set_stream(nullptr).ok());
  fake_cuda::reset(settings);
  // The host works in a context of its own on this thread.
  fake_cuda::contexts_of_thread() = {fake_cuda::other_context()};
  contexts_before = fake_cuda::contexts_of_thread();
  files_ = open_files();
}

void CudaTest::TearDown() {
  device_.reset();
  EXPECT_TRUE(set_stream(nullptr).ok());
  EXPECT_EQ(fake_cuda::live().sum(), 0);
  EXPECT_EQ(fake_cuda::misuse(), "");
  EXPECT_EQ(fake_cuda::contexts_of_thread(), contexts_before);
  EXPECT_EQ(open_files(), files_);
}

ist::Device& CudaTest::device() {
  if (!device_) device_ = make_device();
  return *device_;
}

std::unique_ptr<ist::Device> CudaTest::make_device(uint32_t index, const std::string& cache_folder) {
  auto made = create_device(index, {fake_compiler(), cache_folder});
  EXPECT_TRUE(made.ok()) << made.take_status().message();
  return made.ok() ? *std::move(made) : nullptr;
}

std::unique_ptr<ist::Buffer> CudaTest::make_buffer(const BufferDesc& desc) {
  auto buffer = device().create_buffer(desc);
  EXPECT_TRUE(buffer.ok()) << buffer.take_status().message();
  return buffer.ok() ? *std::move(buffer) : nullptr;
}

std::unique_ptr<ProgramState> CudaTest::make_state(const std::vector<aot::FieldTree>& trees) {
  auto state = programs().create_state(trees);
  EXPECT_TRUE(state.ok()) << state.take_status().message();
  return state.ok() ? *std::move(state) : nullptr;
}

std::unique_ptr<Program> CudaTest::make_program(const std::vector<aot::TaskDesc>& tasks, uint32_t args_bytes,
                                                uint32_t rets_bytes, const char* name) {
  auto program = programs().create_program({name, "ir", tasks, args_bytes, rets_bytes});
  EXPECT_TRUE(program.ok()) << program.take_status().message();
  return program.ok() ? *std::move(program) : nullptr;
}

void CudaTest::run(Program& program, ProgramState& state, const std::vector<std::byte>& args, ist::Buffer* rets) {
  ASSERT_TRUE(device().begin().ok());
  programs().run(program, state, args, rets);
}

uint64_t CudaTest::submit() {
  const auto serial = device().submit();
  EXPECT_TRUE(serial.ok()) << std::string(serial.ok() ? "" : serial.status().message());
  return serial.ok() ? *serial : 0;
}

}  // namespace ist::cuda
