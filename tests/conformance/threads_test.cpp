// Many threads at once: runtimes of their own, one runtime for all, objects and runtimes that go meanwhile. Worth a
// run under a thread sanitizer; each test is a few seconds there.
#include "conformance/devices.h"
#include "support.h"

#include <ist/core.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace conformance {
namespace {

constexpr int kThreads = 6;

class CoreThreadsTest : public ArchTest {
 protected:
  // Runs body(0) .. body(count - 1) at once; each thread must leave no last error behind.
  static void together(int count, const std::function<void(int)>& body) {
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < count; ++t) {
      threads.emplace_back([&, t] {
        ++ready;
        while (ready < count) std::this_thread::yield();
        body(t);
        expect_no_error("at the end of a thread");
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  static void read(TiRuntime runtime, Memory& memory, std::vector<int32_t>& values) {
    const TiMemorySlice slice = memory.slice(0, values.size() * 4);
    EXPECT_EQ(ist_read_memory(runtime, &slice, values.data()), TI_ERROR_SUCCESS) << take_error().message;
  }
  // Launches scalar_i32 `rounds` times on an array of this thread's own and expects its sums.
  static void work(TiRuntime runtime, TiKernel kernel, int thread, int rounds) {
    Array<int32_t> array(runtime, {32});
    const TiArgument arg = array.arg();
    std::vector<int32_t> values(32, thread), expected(32);
    array.write(values);
    for (int i = 0; i < rounds; ++i) ti_launch_kernel(runtime, kernel, 1, &arg);
    read(runtime, array.memory(), values);
    for (int i = 0; i < 32; ++i) expected[static_cast<size_t>(i)] = thread + rounds * (i + 1);
    EXPECT_EQ(values, expected) << "thread " << thread;
  }
};
IST_CONFORMANCE_SUITE(CoreThreadsTest);

TEST_P(CoreThreadsTest, EachWithItsOwnRuntime) {
  together(kThreads, [&](int t) {
    OwnRuntime own(arch());
    Module module(own.handle(), "ndarrays");
    TiKernel kernel = module.kernel("scalar_i32");
    for (int round = 0; round < 5; ++round) work(own.handle(), kernel, t, 20 + t);
  });
}

TEST_P(CoreThreadsTest, AllOnOneRuntime) {
  Module module(runtime(), "ndarrays");
  TiKernel kernel = module.kernel("scalar_i32");
  together(kThreads, [&](int t) {
    for (int round = 0; round < 10; ++round) {
      work(runtime(), kernel, t, 10 + t);
      if (round % 3 == t % 3) ti_wait(runtime());
      if (round % 4 == t % 4) ti_flush(runtime());
    }
  });
}

TEST_P(CoreThreadsTest, ModulesComeAndGoBesideLaunches) {
  Module shared(runtime(), "ndarrays");
  TiKernel kernel = shared.kernel("scalar_i32");
  together(4, [&](int t) {
    for (int round = 0; round < 6; ++round) {
      if (t % 2 == 0) {
        work(runtime(), kernel, t, 15);
        continue;
      }
      Module own(runtime(), t == 1 ? "bounds" : "fields");
      Array<int32_t> out(runtime(), {20});
      if (t == 1) {
        own.launch("small_block", {i32(20), out.arg()});
      } else {
        own.launch("fill", {i32(5)});
        own.launch("read_line", {out.arg()});
      }
      std::vector<int32_t> values(20), expected(20);
      read(runtime(), out.memory(), values);
      for (int i = 0; i < 20; ++i) expected[static_cast<size_t>(i)] = t == 1 ? i + 1 : i + 5;
      EXPECT_EQ(values, expected);
    }
  });
}

TEST_P(CoreThreadsTest, CallsThatReturnValuesDoNotMixThem) {
  Module module(runtime(), "returns");
  TiKernel give = module.kernel("give_i32"), sum = module.kernel("sum_and_mark");
  together(kThreads, [&](int t) {
    Array<int32_t> array(runtime(), {50});
    array.fill(t + 1);
    const TiArgument arg = array.arg();
    for (int round = 0; round < 20; ++round) {
      const TiArgument args[] = {i32(t), i32(round)};
      TiTensor result{};
      uint32_t count = 1;
      ASSERT_EQ(ist_call_kernel(runtime(), give, 2, args, &count, &result), TI_ERROR_SUCCESS) << take_error().message;
      EXPECT_EQ(static_cast<int32_t>(result.contents.data.x32[0]), t * round + 1);
      ASSERT_EQ(ist_call_kernel(runtime(), sum, 1, &arg, &count, &result), TI_ERROR_SUCCESS) << take_error().message;
      EXPECT_EQ(static_cast<int32_t>(result.contents.data.x32[0]), 50 * (t + 1) * (round % 2 ? -1 : 1));
    }
  });
}

TEST_P(CoreThreadsTest, ImagesAreWrittenAndReadSideBySide) {
  together(4, [&](int t) {
    Image image(runtime(), TI_IMAGE_DIMENSION_2D, {33, 17}, TI_FORMAT_R32F);
    const TiImageSlice whole = image.whole();
    for (int round = 0; round < 8; ++round) {
      std::vector<float> texels(33 * 17), back(texels.size());
      for (size_t k = 0; k < texels.size(); ++k)
        texels[k] = static_cast<float>(1000 * t + round) + static_cast<float>(k);
      EXPECT_EQ(ist_write_image(runtime(), &whole, texels.data(), texels.size() * 4, 0), TI_ERROR_SUCCESS);
      EXPECT_EQ(ist_read_image(runtime(), &whole, back.data(), back.size() * 4, 0), TI_ERROR_SUCCESS);
      EXPECT_EQ(back, texels);
    }
  });
}

TEST_P(CoreThreadsTest, LastErrorsAreEachThreadsOwn) {
  Memory memory(runtime(), 64);
  together(kThreads, [&](int t) {
    const std::string size = std::to_string(1000 + t);
    std::vector<uint8_t> bytes(2000);
    const TiMemorySlice beyond = memory.slice(0, 1000 + static_cast<uint64_t>(t));
    for (int round = 0; round < 200; ++round) {
      expect_no_error("before");
      EXPECT_EQ(ist_read_memory(runtime(), &beyond, bytes.data()), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
      expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {size.c_str()});
    }
  });
}

TEST_P(CoreThreadsTest, OneOfManyFreesWins) {
  for (int round = 0; round < 20; ++round) {
    TiMemoryAllocateInfo info{};
    info.size = 64;
    TiMemory memory = ti_allocate_memory(runtime(), &info);
    TiAotModule module = ti_load_aot_module(runtime(), module_path("fractal").c_str());
    ASSERT_NE(memory, nullptr);
    ASSERT_NE(module, nullptr);
    std::atomic<int> freed{0}, destroyed{0};
    together(4, [&](int) {
      ti_free_memory(runtime(), memory);
      const LastError first = take_error();
      ti_destroy_aot_module(module);
      const LastError second = take_error();
      freed += first.code == TI_ERROR_SUCCESS;
      destroyed += second.code == TI_ERROR_SUCCESS;
      for (const LastError& error : {first, second}) {
        EXPECT_TRUE(error.code == TI_ERROR_SUCCESS || error.code == TI_ERROR_INVALID_ARGUMENT) << error.message;
      }
    });
    EXPECT_EQ(freed, 1);
    EXPECT_EQ(destroyed, 1);
  }
}

TEST_P(CoreThreadsTest, StaleHandlesAreRefusedByEveryThread) {
  Module module(runtime(), "ndarrays");
  auto array = std::make_unique<Array<int32_t>>(runtime(), std::vector<uint32_t>{8});
  const TiArgument arg = array->arg();
  TiKernel kernel = module.kernel("rank1");
  array.reset();
  together(kThreads, [&](int) {
    for (int round = 0; round < 50; ++round) {
      ti_launch_kernel(runtime(), kernel, 1, &arg);
      expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
    }
  });
}

// Every read gives the whole picture or says that the object has gone.
TEST_P(CoreThreadsTest, ReadersOutliveWhatIsFreedUnderThem) {
  Module module(runtime(), "textures");
  for (int round = 0; round < 20; ++round) {
    auto image = std::make_unique<Image>(runtime(), TI_IMAGE_DIMENSION_2D, Image::Size{256, 256}, TI_FORMAT_RGBA8);
    auto memory = std::make_unique<Memory>(runtime(), 1 << 18, TI_MEMORY_USAGE_STORAGE_BIT, false);
    std::vector<uint8_t> filled(1 << 18, static_cast<uint8_t>(round + 1));
    const TiImageSlice whole = image->whole();
    const TiMemorySlice slice = memory->slice(0, filled.size());
    ASSERT_EQ(ist_write_image(runtime(), &whole, filled.data(), filled.size(), 0), TI_ERROR_SUCCESS);
    ASSERT_EQ(ist_write_memory(runtime(), &slice, filled.data()), TI_ERROR_SUCCESS);
    together(3, [&](int t) {
      if (t == 0) {
        image->free_now();
        memory->free_now();
        return;
      }
      for (bool there = true; there;) {
        std::vector<uint8_t> back(filled.size());
        const TiError error = t == 1 ? ist_read_image(runtime(), &whole, back.data(), back.size(), 0)
                                     : ist_read_memory(runtime(), &slice, back.data());
        there = error == TI_ERROR_SUCCESS;
        if (there) {
          EXPECT_EQ(back, filled);
        } else {
          expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
        }
      }
    });
  }
}

TEST_P(CoreThreadsTest, CallersOutliveTheirModule) {
  for (int round = 0; round < 20; ++round) {
    TiAotModule module = ti_load_aot_module(runtime(), module_path("returns").c_str());
    ASSERT_NE(module, nullptr);
    TiKernel kernel = ti_get_aot_module_kernel(module, "give_tuple");
    ASSERT_NE(kernel, nullptr);
    together(4, [&](int t) {
      if (t == 0) {
        std::this_thread::yield();
        ti_destroy_aot_module(module);
        return;
      }
      for (bool there = true; there;) {
        const TiArgument arg = i32(t);
        TiTensor results[3] = {};
        uint32_t count = 3;
        there = ist_call_kernel(runtime(), kernel, 1, &arg, &count, results) == TI_ERROR_SUCCESS;
        if (there) {
          EXPECT_EQ(static_cast<int32_t>(results[0].contents.data.x32[0]), t);
        } else {
          expect_error({TI_ERROR_INVALID_ARGUMENT});
        }
      }
    });
  }
}

TEST_P(CoreThreadsTest, ARuntimeGoesWhileOthersWaitOnIt) {
  for (int round = 0; round < 6; ++round) {
    TiRuntime doomed = create_runtime(arch());
    ASSERT_NE(doomed, nullptr);
    TiAotModule module = ti_load_aot_module(doomed, module_path("ndarrays").c_str());
    TiKernel kernel = ti_get_aot_module_kernel(module, "rank1");
    TiMemoryAllocateInfo info{};
    info.size = 1 << 20;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    TiArgument arg{};
    arg.type = TI_ARGUMENT_TYPE_NDARRAY;
    arg.value.ndarray.memory = ti_allocate_memory(doomed, &info);
    arg.value.ndarray.shape = {1, {1 << 18}};
    arg.value.ndarray.elem_type = TI_DATA_TYPE_I32;
    together(4, [&](int t) {
      if (t == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ti_destroy_runtime(doomed);
        return;
      }
      LastError error;
      do {
        ti_launch_kernel(doomed, kernel, 1, &arg);
        ti_wait(doomed);
        error = take_error();
      } while (error.code == TI_ERROR_SUCCESS);
      EXPECT_EQ(error.code, TI_ERROR_INVALID_ARGUMENT) << error.message;
    });
    ti_wait(doomed);
    expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  }
}

TEST_P(CoreThreadsTest, CountersGrowWhileOthersWork) {
  Module module(runtime(), "ndarrays");
  TiKernel kernel = module.kernel("scalar_i32");
  IstKernelInfo info{};
  info.size = sizeof(info);
  ASSERT_EQ(ist_kernel_info(kernel, &info), TI_ERROR_SUCCESS);
  std::atomic<int> working{3};
  together(4, [&](int t) {
    if (t > 0) {
      for (int round = 0; round < 5; ++round) work(runtime(), kernel, t, 20);
      --working;
      return;
    }
    IstCounters last{}, next{};
    last.size = next.size = sizeof(next);
    EXPECT_EQ(ist_counters(runtime(), &last), TI_ERROR_SUCCESS);
    while (working > 0) {
      EXPECT_EQ(ist_counters(runtime(), &next), TI_ERROR_SUCCESS);
      EXPECT_GE(next.launches, last.launches);
      EXPECT_GE(next.submits, last.submits);
      EXPECT_LE(next.dispatches - last.dispatches, info.task_count * (next.launches - last.launches));
      last = next;
    }
  });
}

// After ist_set_log has returned, the function before it is never called again.
TEST_P(CoreThreadsTest, TheLogMovesBetweenLines) {
  struct Sink {
    std::atomic<bool> open{true};
    std::atomic<int> lines{0};
    static void TI_API_CALL add(void* user, IstLogLevel, const char*) {
      auto* sink = static_cast<Sink*>(user);
      EXPECT_TRUE(sink->open);
      ++sink->lines;
    }
  };
  std::atomic<bool> stop{false};
  together(4, [&](int t) {
    if (t > 0) {
      while (!stop) {
        ti_map_memory(runtime(), nullptr);
        expect_error({TI_ERROR_ARGUMENT_NULL});
      }
      return;
    }
    Sink sinks[20];
    for (Sink& sink : sinks) {
      EXPECT_EQ(ist_set_log(Sink::add, &sink, IST_LOG_INFO), TI_ERROR_SUCCESS);
      while (sink.lines < 5) std::this_thread::yield();
      EXPECT_EQ(ist_set_log(nullptr, nullptr, IST_LOG_OFF), TI_ERROR_SUCCESS);
      sink.open = false;
    }
    stop = true;
    std::this_thread::yield();
    listen_to_validation();
  });
}

}  // namespace
}  // namespace conformance
