// Kernels: compiled and kept, launched with exactly what they take, their failures told.
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cuda/cuda_test.h"

namespace ist::cuda {
namespace {

using llvm_host::LlvmRuntime;

class Launches : public CudaTest {};

TEST_F(Launches, TasksRunInOrderWithTheirGridsOnOneContext) {
  const auto state = make_state();
  const auto program = make_program({task("clear", 1, 1), task("loop", 4224, 128), task("tiled", 7, 64, 512)}, 12);
  fake_cuda::forget_calls();
  run(*program, *state, bytes_from({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(fake_cuda::count("cuMemcpyHtoDAsync_v2"), 3u);  // two of them tell the image of its generators, once
  finish();
  const auto launches = fake_cuda::launches();
  ASSERT_EQ(launches.size(), 3u);
  EXPECT_EQ(launches[0].task, "clear");
  EXPECT_EQ(launches[1].task, "loop");
  EXPECT_EQ(launches[2].task, "tiled");
  EXPECT_EQ(launches[1].grid, 4224u);
  EXPECT_EQ(launches[1].block, 128u);
  EXPECT_EQ(launches[1].shared_bytes, 0u);
  EXPECT_EQ(launches[2].shared_bytes, 512u);
  for (const auto& launch : launches) {
    EXPECT_EQ(launch.arg_buffer, launches[0].arg_buffer);
    EXPECT_EQ(launch.runtime, launches[0].runtime);
    EXPECT_EQ(launch.result_buffer, launches[0].result_buffer);
    EXPECT_EQ(launch.arg_buffer % 8, 0u);
    ASSERT_GE(launch.args.size(), 12u);
    for (int i = 0; i < 12; ++i) EXPECT_EQ(launch.args[static_cast<size_t>(i)], static_cast<std::byte>(i + 1));
  }
}

TEST_F(Launches, TheNextLaunchIsOneCopyAndItsTasks) {
  const auto state = make_state();
  const auto program = make_program({task("a", 1, 1), task("b", 2, 32)}, 8);
  run(*program, *state, bytes_from({1, 0, 0, 0, 0, 0, 0, 0}));
  fake_cuda::forget_calls();
  run(*program, *state, bytes_from({2, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(fake_cuda::calls(), (std::vector<std::string>{"cuCtxPushCurrent_v2", "cuMemcpyHtoDAsync_v2",
                                                          "cuLaunchKernel", "cuLaunchKernel", "cuCtxPopCurrent_v2"}));
  finish();
}

TEST_F(Launches, WithoutArgumentsNothingIsCopied) {
  const auto state = make_state();
  const auto program = make_program({task("a", 1, 1)});
  run(*program, *state);
  fake_cuda::forget_calls();
  run(*program, *state);
  EXPECT_EQ(fake_cuda::count("cuMemcpyHtoDAsync_v2"), 0u);
  finish();
  EXPECT_NE(fake_cuda::launches().back().result_buffer, 0u);  // eight bytes that nobody reads
}

TEST_F(Launches, EachLaunchOfABatchHasArgumentsOfItsOwn) {
  const auto state = make_state();
  const auto program = make_program({task("a", 1, 1)}, 4);
  fake_cuda::hold(true);
  constexpr int kCount = 2000;
  for (int batch = 0; batch < 3; ++batch) {
    for (int i = 0; i < kCount; ++i) {
      std::vector<std::byte> args(4);
      std::memcpy(args.data(), &i, 4);
      run(*program, *state, args);
    }
    finish();
    const auto launches = fake_cuda::launches();
    ASSERT_EQ(launches.size(), static_cast<size_t>(kCount * (batch + 1)));
    for (int i = 0; i < kCount; ++i) {
      int value = -1;
      std::memcpy(&value, launches[static_cast<size_t>(kCount * batch + i)].args.data(), 4);
      EXPECT_EQ(value, i);
    }
  }
}

TEST_F(Launches, MemoryOfArgumentsIsUsedAgainOnceItsBatchHasFinished) {
  const auto state = make_state();
  const auto program = make_program({task("a", 1, 1)}, 64);
  const auto one_batch = [&](bool wait) {
    for (int i = 0; i < 100; ++i) run(*program, *state, std::vector<std::byte>(64));
    wait ? finish() : (void)submit();
  };
  one_batch(true);
  one_batch(true);
  const int pinned = fake_cuda::live().pinned_memory;
  for (int i = 0; i < 20; ++i) one_batch(true);
  EXPECT_EQ(fake_cuda::live().pinned_memory, pinned);
  fake_cuda::hold(true);
  one_batch(false);
  one_batch(false);
  EXPECT_GT(fake_cuda::live().pinned_memory, pinned);  // the first has not finished
  fake_cuda::run_all();
}

TEST_F(Launches, WhatIsReturnedLandsWhereItIsWantedOrNowhere) {
  const auto state = make_state();
  const auto program = make_program({task("a", 1, 1)}, 4, 24);
  const auto rets = make_buffer(mapped(24));
  fake_cuda::on_launch(
      [](const fake_cuda::Launch& launch) { std::memset(fake_cuda::bytes_at(launch.result_buffer), 0x5a, 24); });
  run(*program, *state, bytes_from({1, 2, 3, 4}), rets.get());
  run(*program, *state, bytes_from({1, 2, 3, 4}));
  finish();
  EXPECT_EQ(fake_cuda::launches()[0].result_buffer, rets->device_address());
  EXPECT_EQ(rets->host()[23], std::byte{0x5a});
  const auto unwanted = fake_cuda::launches()[1];
  EXPECT_GE(unwanted.result_buffer, unwanted.arg_buffer + 4);
  EXPECT_EQ(unwanted.result_buffer % 8, 0u);
}

TEST_F(Launches, MuchSharedMemoryIsAskedForOnce) {
  const auto program = make_program({task("a", 1, 128, 64 << 10), task("b", 1, 128, 48 << 10)});
  EXPECT_EQ(fake_cuda::count("cuFuncSetAttribute"), 1u);
  const auto state = make_state();
  run(*program, *state);
  finish();
  EXPECT_EQ(fake_cuda::launches()[0].shared_bytes, 65536u);
}

TEST_F(Launches, WhatTheGpuCannotLaunchIsRefusedWithBothNumbers) {
  const auto refused = [&](const aot::TaskDesc& desc) {
    const std::vector<aot::TaskDesc> tasks{desc};
    return programs().create_program({"kernel", "ir", tasks}).take_status();
  };
  EXPECT_EQ(refused(task("a", 1, 2048)).message(), "Task 'a' has blocks of 2048 threads, but 'Fake GPU 0' takes 1024.");
  EXPECT_EQ(refused(task("a", 1, 32, 200 << 10)).message(),
            "Task 'a' needs 204800 bytes of shared memory, but a block of 'Fake GPU 0' has 101376.");
  EXPECT_EQ(refused(task("a", 0, 32)).code(), Code::corrupted_data);
  EXPECT_EQ(refused(task("a", 32, 0)).code(), Code::corrupted_data);
  EXPECT_EQ(refused(task("a", UINT32_MAX, 1)).code(), Code::corrupted_data);
  EXPECT_EQ(refused(task("a", 1 << 30, 1024)).code(), Code::incompatible_module);
  const std::vector<aot::TaskDesc> tasks{task("a", 1, 1)};
  EXPECT_EQ(programs().create_program({"kernel", "ir", tasks, UINT32_MAX, 0}).take_status().code(),
            Code::incompatible_module);
}

TEST_F(Launches, WhatTheCompilersSayIsTold) {
  const std::vector<aot::TaskDesc> tasks{task("a", 1, 1)};
  EXPECT_EQ(programs().create_program({"kernel", "malformed", tasks}).take_status().message(), "The IR is malformed.");
  const auto status = programs().create_program({"kernel", "refuse", tasks}).take_status();
  EXPECT_EQ(status.code(), Code::incompatible_module);
  EXPECT_EQ(status.message(),
            "Kernel 'kernel' cannot be compiled for 'Fake GPU 0': cuLinkAddData fails with CUDA_ERROR_INVALID_PTX (a "
            "PTX JIT compilation failed). ptxas fatal: line 2 is refused");
  EXPECT_EQ(fake_cuda::live().links, 0);
}

// ---- state

LlvmRuntime image_of(uint64_t address) { return gpu_value<LlvmRuntime>(address); }

class States : public CudaTest {};

TEST_F(States, ImagesNameMemoryOfTheGpu) {
  const auto state = make_state(sparse_trees());
  const auto program = make_program({task("a", 4, 256)});
  run(*program, *state);
  finish();
  const uint64_t runtime = fake_cuda::launches()[0].runtime;
  const auto image = std::make_unique<LlvmRuntime>(image_of(runtime));
  EXPECT_EQ(image->roots[0] % 4096, 0u);
  EXPECT_EQ(image->roots[1] % 4096, 0u);
  EXPECT_EQ(image->root_bytes[0], 8192u);
  EXPECT_EQ(image->temporaries % 4096, 0u);
  for (const uint64_t address :
       {image->roots[0], image->roots[1], image->temporaries, image->rand_states, image->element_lists[3],
        image->element_lists[4], image->node_allocators[4], image->ambient_elements[4], image->memory.head})
    EXPECT_NE(fake_cuda::bytes_at(address), nullptr) << std::hex << address;
  EXPECT_EQ(image->host_allocator, 0u);
  EXPECT_EQ(image->parallel_for, 0u);
  EXPECT_EQ(image->memory.size_bytes, uint64_t{1} << 30);
  EXPECT_EQ(image->memory.tail - image->memory.head, image->memory.size_bytes);
  EXPECT_EQ(gpu_value<uint64_t>(image->memory.head), 0u);
  EXPECT_EQ(gpu_value<uint64_t>(image->memory.tail - 8), 0u);
  const auto manager = gpu_value<llvm_host::NodeManager>(image->node_allocators[4]);
  EXPECT_EQ(manager.runtime, runtime);
  EXPECT_EQ(manager.element_bytes, 12);
  const auto list = gpu_value<llvm_host::ListTail>(image->element_lists[3] + llvm_host::kListTailOffset);
  EXPECT_EQ(list.count, 1);
  EXPECT_EQ(list.runtime, runtime);
  const auto chunk = gpu_value<uint64_t>(image->element_lists[3]);
  EXPECT_EQ(gpu_value<llvm_host::Element>(chunk).pointer, image->roots[1]);
  EXPECT_EQ(gpu_value<uint64_t>(image->roots[0] + 4992), 0u);
  EXPECT_EQ(gpu_value<uint64_t>(image->ambient_elements[4]), 0u);
}

TEST_F(States, DenseFieldsNeedNoHeap) {
  auto trees = sparse_trees();
  trees.pop_back();
  const int before = (device(), fake_cuda::live().device_memory);
  const auto state = make_state(trees);
  EXPECT_EQ(fake_cuda::live().device_memory, before + 2);  // the image with its fields, and what all modules share
}

TEST_F(States, ModulesNeverShareFields) {
  const auto first = make_state(sparse_trees()), second = make_state(sparse_trees());
  const auto program = make_program({task("a", 1, 1)});
  run(*program, *first);
  run(*program, *second);
  finish();
  const auto launches = fake_cuda::launches();
  EXPECT_NE(launches[0].runtime, launches[1].runtime);
  EXPECT_NE(image_of(launches[0].runtime).roots[0], image_of(launches[1].runtime).roots[0]);
  EXPECT_EQ(image_of(launches[0].runtime).temporaries, image_of(launches[1].runtime).temporaries);
}

TEST_F(States, AHeapThatDoesNotFitIsSmaller) {
  fake_cuda::Settings small;
  small.memory_bytes = uint64_t{400} << 20;
  start(small);
  const auto state = make_state(sparse_trees());
  const auto program = make_program({task("a", 1, 1)});
  run(*program, *state);
  finish();
  EXPECT_EQ(image_of(fake_cuda::launches()[0].runtime).memory.size_bytes, uint64_t{256} << 20);
}

TEST_F(States, NodesThatCannotBeHadAreRefused) {
  auto trees = sparse_trees();
  trees[1].snodes[1].type = aot::Snode::Type::hash;
  EXPECT_EQ(programs().create_state(trees).take_status().code(), Code::incompatible_module);
}

TEST_F(States, EveryThreadHasAGenerator) {
  const auto state = make_state();
  const auto small = make_program({task("a", 2, 64)});
  const auto large = make_program({task("b", 2, 64), task("c", 600, 256)});
  run(*small, *state);
  finish();
  const auto image = std::make_unique<LlvmRuntime>(image_of(fake_cuda::launches()[0].runtime));
  EXPECT_EQ(image->rand_state_count, 600u * 256);
  for (const uint32_t index : {0u, 1u, 127u, 128u, 65535u, 65536u, 600u * 256 - 1}) {
    const auto is = gpu_value<llvm_host::RandState>(image->rand_states + index * 20);
    const auto wanted = llvm_host::first_rand_state(index);
    EXPECT_EQ(is.x, wanted.x) << index;
    EXPECT_EQ(is.w, wanted.w) << index;
    EXPECT_EQ(is.lock, 0) << index;
  }
}

TEST_F(States, GeneratorsGoOnWhenThereAreMore) {
  const auto state = make_state();
  const auto small = make_program({task("a", 1, 64)});
  fake_cuda::on_launch([](const fake_cuda::Launch& launch) {
    const uint64_t states = image_of(launch.runtime).rand_states;
    std::memset(fake_cuda::bytes_at(states + 20 * 5), 0x33, 20);
  });
  run(*small, *state);
  fake_cuda::hold(true);
  run(*small, *state);
  const auto large = make_program({task("b", 2, 64)});  // while launches with the old ones are on their way
  run(*small, *state);
  finish();
  const auto before = image_of(fake_cuda::launches()[0].runtime);
  EXPECT_EQ(before.rand_state_count, 128u);
  EXPECT_EQ(gpu_value<uint32_t>(before.rand_states + 20 * 5), 0x33333333u);
  EXPECT_EQ(gpu_value<uint32_t>(before.rand_states + 20 * 100), llvm_host::first_rand_state(100).x);
  const int memory = fake_cuda::live().device_memory;
  ASSERT_TRUE(device().begin().ok());
  finish();
  EXPECT_EQ(fake_cuda::live().device_memory, memory - 1);  // the old ones have gone
}

// ---- failed assertions

void fail_assertion(uint64_t runtime, const char* text, uint64_t value) {
  std::byte* image = fake_cuda::bytes_at(runtime);
  const int64_t code = 1;
  std::memcpy(image + offsetof(LlvmRuntime, error_code), &code, 8);
  std::strcpy(reinterpret_cast<char*>(image) + offsetof(LlvmRuntime, error_template), text);
  std::memcpy(image + offsetof(LlvmRuntime, error_args), &value, 8);
}

class Assertions : public CudaTest {};

TEST_F(Assertions, AreToldWithKernelAndMessageOnce) {
  const auto state = make_state();
  const auto program = make_program({task("a", 1, 1)}, 0, 0, "check");
  fake_cuda::on_launch([](const fake_cuda::Launch& launch) { fail_assertion(launch.runtime, "x is %d", 42); });
  run(*program, *state);
  finish();
  fake_cuda::on_launch(nullptr);
  const Status failure = programs().take_failure();
  EXPECT_EQ(failure.code(), Code::invalid_state);
  EXPECT_EQ(failure.message(), "An assertion of kernel 'check' has failed: x is 42");
  EXPECT_TRUE(programs().take_failure().ok());
  run(*program, *state);
  finish();
  EXPECT_TRUE(programs().take_failure().ok());
}

TEST_F(Assertions, OneOfSeveralKernelsIsNamedAsThat) {
  const auto state = make_state();
  const auto sound = make_program({task("a", 1, 1)}, 0, 0, "sound");
  const auto first = make_program({task("b", 1, 1)}, 0, 0, "first");
  const auto second = make_program({task("c", 1, 1)}, 0, 0, "second");
  run(*sound, *state);
  finish();
  EXPECT_TRUE(programs().take_failure().ok());
  fake_cuda::on_launch([](const fake_cuda::Launch& launch) {
    if (launch.task == "c") fail_assertion(launch.runtime, "no", 0);
  });
  run(*first, *state);
  run(*second, *state);
  run(*second, *state);
  finish();
  EXPECT_EQ(programs().take_failure().message(), "An assertion of one of the kernels 'first', 'second' has failed: no");
}

TEST_F(Assertions, AskingIsFreeWhileNoneHasFailed) {
  const auto state = make_state();
  const auto program = make_program({task("a", 1, 1)});
  run(*program, *state);
  finish();
  fake_cuda::forget_calls();
  EXPECT_TRUE(programs().take_failure().ok());
  EXPECT_TRUE(fake_cuda::calls().empty());
}

TEST_F(Assertions, OfAModuleThatHasGoneAreToldToo) {
  auto state = make_state();
  const auto program = make_program({task("a", 1, 1)}, 0, 0, "check");
  fake_cuda::on_launch([](const fake_cuda::Launch& launch) { fail_assertion(launch.runtime, "gone", 0); });
  run(*program, *state);
  finish();
  state.reset();
  EXPECT_EQ(programs().take_failure().message(), "An assertion of kernel 'check' has failed: gone");
}

// ---- the cache on disk

class Cubins : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    std::string name = testing::TempDir() + "isthmus_cubins_XXXXXX";
    folder = mkdtemp(name.data());
  }
  void TearDown() override {
    std::filesystem::remove_all(folder);
    CudaTest::TearDown();
  }
  // Compiles on a device of its own; what the compiler was asked.
  int compile(const std::string& ir = "ir", const std::string& identity = "one", uint32_t* target = nullptr) {
    int emitted = 0;
    PtxCompiler compiler = fake_compiler(&emitted, target);
    compiler.identity = [identity]() -> Result<std::string> { return identity; };
    const auto made = *create_device(0, {compiler, folder});
    const std::vector<aot::TaskDesc> tasks{task("a", 1, 1)};
    const auto program = made->program_ops()->create_program({"kernel", ir, tasks});
    EXPECT_TRUE(program.ok());
    EXPECT_EQ(made->pipeline_counts().made, 1u);
    EXPECT_EQ(made->pipeline_counts().cache_hits, emitted ? 0u : 1u);
    return emitted;
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) found.push_back(entry.path());
    return found;
  }

  std::string folder;
};

TEST_F(Cubins, AreMadeOncePerKernelCompilerGpuAndDriver) {
  uint32_t target = 0;
  EXPECT_EQ(compile("ir", "one", &target), 1);
  EXPECT_EQ(target, 86u);
  EXPECT_EQ(compile(), 0);
  EXPECT_EQ(fake_cuda::count("cuLinkCreate_v2"), 1u);
  EXPECT_EQ(compile("other ir"), 1);
  EXPECT_EQ(compile("ir", "two"), 1);
  fake_cuda::Settings newer;
  newer.capability = 89;
  start(newer);
  EXPECT_EQ(compile("ir", "one", &target), 1);
  EXPECT_EQ(target, 86u);
  EXPECT_EQ(compile(), 0);
}

TEST_F(Cubins, FilesThatAreDamagedOnlyCostTime) {
  EXPECT_EQ(compile(), 1);
  ASSERT_EQ(files().size(), 1u);
  const auto path = files()[0];
  for (const uint64_t keep : {0u, 8u, 40u, 90u}) {
    std::filesystem::resize_file(path, keep);
    EXPECT_EQ(compile(), 1) << keep;
    EXPECT_EQ(compile(), 0) << keep;
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-5, std::ios::end);
  file.put('!');
  file.close();
  EXPECT_EQ(compile(), 1);
}

TEST_F(Cubins, WhatTheDriverTakesNoMoreIsMadeAgain) {
  EXPECT_EQ(compile(), 1);
  fake_cuda::fail("cuModuleLoadData", 1, k::kNoBinaryForGpu);
  EXPECT_EQ(compile(), 1);
  EXPECT_EQ(compile(), 0);
}

}  // namespace
}  // namespace ist::cuda
