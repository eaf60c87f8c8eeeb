// Counters: exact numbers for described sequences. Batches are also handed over by age, so submits are exact only
// around single commands; barriers are counted on memory that the host cannot map, which needs none for the host.
#include "conformance/lacks.h"
#include "support.h"

#include <ist/core.h>

#include <memory>
#include <utility>

namespace conformance {
namespace {

IstCounters operator-(const IstCounters& after, const IstCounters& before) {
  IstCounters delta{};
  delta.launches = after.launches - before.launches;
  delta.dispatches = after.dispatches - before.dispatches;
  delta.barriers = after.barriers - before.barriers;
  delta.submits = after.submits - before.submits;
  delta.allocations = after.allocations - before.allocations;
  delta.host_bytes = after.host_bytes - before.host_bytes;
  delta.blocking_waits = after.blocking_waits - before.blocking_waits;
  delta.polls = after.polls - before.polls;
  delta.refused = after.refused - before.refused;
  delta.pipelines = after.pipelines - before.pipelines;
  delta.pipeline_cache_hits = after.pipeline_cache_hits - before.pipeline_cache_hits;
  return delta;
}

// An ndarray that the host cannot map.
class DeviceArray {
 public:
  DeviceArray(TiRuntime runtime, TiDataType type, uint32_t type_bytes, std::vector<uint32_t> shape,
              uint32_t components = 0) {
    TiNdArray& array = argument_.value.ndarray;
    uint64_t count = components ? components : 1;
    for (uint32_t dim : shape) {
      array.shape.dims[array.shape.dim_count++] = dim;
      count *= dim;
    }
    if (components) array.elem_shape = {1, {components}};
    array.elem_type = type;
    argument_.type = TI_ARGUMENT_TYPE_NDARRAY;
    memory_ =
        std::make_unique<Memory>(runtime, count ? count * type_bytes : type_bytes, TI_MEMORY_USAGE_STORAGE_BIT, false);
    array.memory = memory_->handle();
  }
  const TiArgument& arg() const { return argument_; }
  Memory& memory() { return *memory_; }

 private:
  TiArgument argument_{};
  std::unique_ptr<Memory> memory_;
};

class CountersTest : public ArchTest {
 protected:
  void SetUp() override {
    ArchTest::SetUp();
    if (!HasFatalFailure()) own_ = std::make_unique<OwnRuntime>(arch());
  }
  void TearDown() override {
    own_.reset();
    ArchTest::TearDown();
  }
  TiRuntime own() const { return own_->handle(); }
  IstCounters now() const {
    IstCounters counters{};
    counters.size = sizeof(counters);
    EXPECT_EQ(ist_counters(own(), &counters), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(counters.reserved, 0u);
    return counters;
  }
  template <class Body>
  IstCounters during(Body&& body) const {
    const IstCounters before = now();
    body();
    return now() - before;
  }
  DeviceArray ints(std::vector<uint32_t> shape) const { return {own(), TI_DATA_TYPE_I32, 4, std::move(shape)}; }
  DeviceArray floats(std::vector<uint32_t> shape, uint32_t components = 0) const {
    return {own(), TI_DATA_TYPE_F32, 4, std::move(shape), components};
  }

 private:
  std::unique_ptr<OwnRuntime> own_;
};
IST_CONFORMANCE_SUITE(CountersTest);

TEST_P(CountersTest, AFreshRuntimeHasDoneNothing) {
  const IstCounters fresh = now();
  EXPECT_EQ(fresh.launches, 0u);
  EXPECT_EQ(fresh.dispatches, 0u);
  EXPECT_EQ(fresh.barriers, 0u);
  EXPECT_EQ(fresh.submits, 0u);
  EXPECT_EQ(fresh.host_bytes, 0u);
  EXPECT_EQ(fresh.share_copies, 0u);
  EXPECT_EQ(fresh.share_bytes, 0u);
  EXPECT_EQ(fresh.blocking_waits, 0u);
  EXPECT_EQ(fresh.lends, 0u);
  EXPECT_EQ(fresh.takes, 0u);
  EXPECT_EQ(fresh.refused, 0u);
  EXPECT_EQ(fresh.pipelines, 0u);
  EXPECT_EQ(fresh.pipeline_cache_hits, 0u);
}

TEST_P(CountersTest, ReadingThemChangesNothing) {
  const IstCounters delta = during([&] {
    for (int i = 0; i < 10; ++i) now();
  });
  EXPECT_EQ(delta.submits + delta.blocking_waits + delta.polls + delta.allocations + delta.refused, 0u);
}

TEST_P(CountersTest, LoadingAndLookingUpSubmitsNothing) {
  const IstCounters delta = during([&] {
    for (const char* name : {"fields", "textures", "graphs", "random", "mpm88"}) {
      if (absent(name)) continue;
      Module module(own(), name);
      for (uint32_t i = 0;; ++i) {
        TiKernel kernel = nullptr;
        if (ist_module_kernel(module.handle(), i, &kernel) != TI_ERROR_SUCCESS) break;
      }
      take_error();
    }
    Module fields(own(), "fields");
    EXPECT_NE(fields.kernel("fill"), nullptr);
  });
  EXPECT_EQ(delta.submits, 0u);
  EXPECT_EQ(delta.launches, 0u);
  EXPECT_EQ(delta.dispatches, 0u);
  EXPECT_EQ(delta.barriers, 0u);
  EXPECT_EQ(delta.host_bytes, 0u);
  EXPECT_EQ(delta.blocking_waits, 0u);
}

TEST_P(CountersTest, PipelinesAreCountedOncePerModuleWhateverTheCacheHolds) {
  for (int load = 0; load < 2; ++load) {
    Module module(own(), "ndarrays");
    const IstCounters first = during([&] { EXPECT_NE(module.kernel("rank1"), nullptr); });
    EXPECT_GT(first.pipelines, 0u);
    EXPECT_LE(first.pipeline_cache_hits, first.pipelines);
    EXPECT_EQ(during([&] { EXPECT_NE(module.kernel("rank1"), nullptr); }).pipelines, 0u);
  }
}

TEST_P(CountersTest, IndependentLaunchesNeedNoBarrier) {
  Module module(own(), "ndarrays");
  std::vector<DeviceArray> arrays;
  for (int i = 0; i < 20; ++i) arrays.push_back(ints({64}));
  const IstCounters delta = during([&] {
    for (const DeviceArray& array : arrays) module.launch("rank1", {array.arg()});
    ti_wait(own());
  });
  EXPECT_EQ(delta.launches, 20u);
  EXPECT_EQ(delta.dispatches, 20u);
  EXPECT_EQ(delta.barriers, 0u);
}

TEST_P(CountersTest, DependentLaunchesNeedOneEach) {
  Module module(own(), "ndarrays");
  DeviceArray array = ints({64});
  const IstCounters delta = during([&] {
    for (int i = 0; i < 20; ++i) module.launch("scalar_i32", {array.arg()});
    ti_wait(own());
  });
  EXPECT_EQ(delta.launches, 20u);
  EXPECT_EQ(delta.dispatches, 20u);
  EXPECT_EQ(delta.barriers, 19u);
}

TEST_P(CountersTest, ReadersShareOneBarrier) {
  Module module(own(), "ndarrays");
  DeviceArray x = floats({64}), y = floats({64});
  std::vector<DeviceArray> outs;
  for (int i = 0; i < 6; ++i) outs.push_back(floats({64}));
  const IstCounters reads = during([&] {
    module.launch("scalar_f32", {x.arg()});
    module.launch("scalar_f32", {y.arg()});
    for (const DeviceArray& out : outs) module.launch("saxpy", {f32(2.0f), x.arg(), y.arg(), out.arg()});
  });
  EXPECT_EQ(reads.barriers, 1u) << "one for both arrays, before the first reader";
  const IstCounters write = during([&] { module.launch("scalar_f32", {x.arg()}); });
  EXPECT_EQ(write.barriers, 1u) << "a writer waits for the readers";
  const IstCounters other = during([&] { module.launch("scalar_f32", {y.arg()}); });
  EXPECT_EQ(other.barriers, 1u);
}

TEST_P(CountersTest, CopiesAreOrderedLikeLaunches) {
  Module module(own(), "ndarrays");
  DeviceArray a = ints({64}), b = ints({64}), c = ints({64}), d = ints({64});
  const TiMemorySlice from_a = a.memory().slice(0, 256), to_b = b.memory().slice(0, 256);
  const TiMemorySlice from_c = c.memory().slice(0, 256), to_d = d.memory().slice(0, 256);
  const IstCounters independent = during([&] {
    ti_copy_memory_device_to_device(own(), &to_b, &from_a);
    ti_copy_memory_device_to_device(own(), &to_d, &from_c);
  });
  EXPECT_EQ(independent.barriers, 0u);
  EXPECT_EQ(independent.launches + independent.dispatches, 0u);
  const IstCounters dependent = during([&] { module.launch("scalar_i32", {b.arg()}); });
  EXPECT_EQ(dependent.barriers, 1u);
  const IstCounters reader = during([&] { module.launch("rank1", {a.arg()}); });
  EXPECT_EQ(reader.barriers, 1u) << "a is overwritten after the copy has read it";
}

TEST_P(CountersTest, ImagesSampledTwiceNeedNoSecondBarrier) {
  Module module(own(), "textures");
  Image image(own(), TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_RGBA8);
  DeviceArray first = floats({16, 8}, 4), second = floats({16, 8}, 4), third = floats({16, 8}, 4);
  const auto barriers = [&](const char* kernel, std::vector<TiArgument> args) {
    return during([&] { module.launch(kernel, args); }).barriers;
  };
  EXPECT_EQ(barriers("texture_only", {image.arg()}), 1u) << "out of UNDEFINED";
  EXPECT_EQ(barriers("fetch_2d", {image.arg(), first.arg()}), 1u) << "to be sampled";
  EXPECT_EQ(barriers("fetch_2d", {image.arg(), second.arg()}), 0u) << "sampled again";
  EXPECT_EQ(barriers("sample_2d", {image.arg(), third.arg(), f32(0.5f)}), 0u) << "and again";
  EXPECT_EQ(barriers("texture_only", {image.arg()}), 1u) << "to be written";
  ti_wait(own());
  EXPECT_EQ(barriers("fetch_2d", {image.arg(), first.arg()}), 1u);
}

TEST_P(CountersTest, SubmitsAreThoseOfFlushAndWait) {
  Module module(own(), "ndarrays");
  DeviceArray array = ints({16});
  EXPECT_EQ(during([&] { ti_flush(own()); }).submits, 0u) << "nothing recorded";
  EXPECT_EQ(during([&] { ti_wait(own()); }).submits, 0u) << "nothing recorded";
  for (int i = 0; i < 10; ++i) {
    const IstCounters delta = during([&] {
      module.launch("rank1", {array.arg()});
      ti_flush(own());
      ti_flush(own());
      ti_wait(own());
      ti_wait(own());
    });
    EXPECT_EQ(delta.submits, 1u);
    EXPECT_EQ(delta.launches, 1u);
    EXPECT_EQ(delta.blocking_waits + delta.polls, 2u) << "one a wait";
    EXPECT_LE(delta.blocking_waits, 1u) << "the second has nothing to wait for";
  }
  const IstCounters many = during([&] {
    for (int i = 0; i < 5000; ++i) module.launch("rank1", {array.arg()});
    ti_wait(own());
  });
  EXPECT_GE(many.submits, 2u) << "the device starts before the last launch is recorded";
  EXPECT_LE(many.submits, 1250u) << "but a submit is shared by many launches";
}

TEST_P(CountersTest, MappingNeitherSubmitsNorWaits) {
  Module module(own(), "ndarrays");
  Array<int32_t> array(own(), {16});
  Memory other(own(), 64);
  const IstCounters delta = during([&] {
    void* mapped = ti_map_memory(own(), other.handle());
    EXPECT_NE(mapped, nullptr);
    ti_unmap_memory(own(), other.handle());
    array.fill(1);
    (void)array.read_now();
  });
  EXPECT_EQ(delta.submits + delta.blocking_waits + delta.polls + delta.host_bytes, 0u);
}

TEST_P(CountersTest, WaitsThatHaveNothingToWaitForDoNotSleep) {
  for (int i = 0; i < 3; ++i) {
    const IstCounters delta = during([&] { ti_wait(own()); });
    EXPECT_EQ(delta.blocking_waits, 0u);
    EXPECT_EQ(delta.polls, 1u);
  }
}

TEST_P(CountersTest, LaunchesInSteadyStateAllocateNothing) {
  Module module(own(), "ndarrays");
  DeviceArray array = ints({16});
  const auto round = [&] {
    for (int i = 0; i < 500; ++i) module.launch("scalar_i32", {array.arg()});
    ti_wait(own());
  };
  // More in flight at once than ever after, however late the device is then.
  for (int i = 0; i < 2000; ++i) module.launch("scalar_i32", {array.arg()});
  ti_wait(own());
  for (int i = 0; i < 3; ++i) round();
  const IstCounters delta = during([&] {
    for (int i = 0; i < 20; ++i) round();
  });
  EXPECT_EQ(delta.launches, 10000u);
  EXPECT_EQ(delta.dispatches, 10000u);
  EXPECT_EQ(delta.barriers, 10000u);
  EXPECT_EQ(delta.allocations, 0u);
  EXPECT_EQ(delta.refused, 0u);
}

TEST_P(CountersTest, GraphReplaysAllocateNothing) {
  Module module(own(), "graphs");
  DeviceArray a = ints({16}), b = ints({16}), out = ints({16});
  const std::vector<TiNamedArgument> args = {named("a", a.arg()), named("b", b.arg()), named("out", out.arg()),
                                             named("step", i32(1)), named("factor", i32(3))};
  const auto replay = [&] { module.run_graph("chain", args); };
  for (int i = 0; i < 50; ++i) replay();
  ti_wait(own());
  const IstCounters delta = during([&] {
    for (int i = 0; i < 300; ++i) {
      replay();
      if (i % 20 == 19) ti_wait(own());
    }
  });
  EXPECT_EQ(delta.allocations, 0u);
  EXPECT_EQ(delta.launches, 300u * 6);
  EXPECT_EQ(delta.dispatches, 300u * 6);
  EXPECT_EQ(delta.barriers, 300u * 6) << "every dispatch touches what the one before wrote";
}

TEST_P(CountersTest, HostCopiesInSteadyStateAllocateNothing) {
  Memory memory(own(), 4096, TI_MEMORY_USAGE_STORAGE_BIT, false);
  Image image(own(), TI_IMAGE_DIMENSION_2D, {16, 16}, TI_FORMAT_RGBA8);
  std::vector<uint8_t> bytes(4096);
  const TiMemorySlice slice = memory.slice(0, 4096);
  const TiImageSlice whole = image.whole();
  const auto round = [&] {
    EXPECT_EQ(ist_write_memory(own(), &slice, bytes.data()), TI_ERROR_SUCCESS);
    EXPECT_EQ(ist_read_memory(own(), &slice, bytes.data()), TI_ERROR_SUCCESS);
    EXPECT_EQ(ist_write_image(own(), &whole, bytes.data(), 1024, 0), TI_ERROR_SUCCESS);
    EXPECT_EQ(ist_read_image(own(), &whole, bytes.data(), 1024, 0), TI_ERROR_SUCCESS);
  };
  for (int i = 0; i < 5; ++i) round();
  const IstCounters delta = during([&] {
    for (int i = 0; i < 50; ++i) round();
  });
  EXPECT_EQ(delta.allocations, 0u);
  EXPECT_EQ(delta.host_bytes, 50u * (2 * 4096 + 2 * 1024));
}

TEST_P(CountersTest, EmptyRangesDispatchNothing) {
  Module arrays(own(), "ndarrays"), bounds(own(), "bounds"), edge(own(), "edge");
  DeviceArray none = ints({0}), flat = ints({3, 0}), some = ints({8}), hits = ints({2});
  const auto dispatches = [&](const Module& module, const char* kernel, const std::vector<TiArgument>& args) {
    const IstCounters delta = during([&] { module.launch(kernel, args); });
    EXPECT_EQ(delta.launches, 1u) << kernel;
    return delta.dispatches;
  };
  EXPECT_EQ(dispatches(arrays, "rank1", {none.arg()}), 0u);
  EXPECT_EQ(dispatches(arrays, "rank2", {flat.arg()}), 0u);
  EXPECT_EQ(dispatches(arrays, "rank1", {some.arg()}), 1u);
  EXPECT_EQ(dispatches(edge, "nothing", {}), 0u);
  // A serial task may compute the bounds first; only the loop is left out.
  const uint64_t full = dispatches(bounds, "small_block", {i32(8), some.arg()});
  EXPECT_GE(full, 1u);
  for (int32_t n : {0, -1, INT32_MIN}) {
    EXPECT_EQ(dispatches(bounds, "small_block", {i32(n), some.arg()}), full - 1) << n;
  }
  const uint64_t range = dispatches(bounds, "by_scalars_unmarked", {i32(-3), i32(4), hits.arg()});
  EXPECT_EQ(dispatches(bounds, "by_scalars_unmarked", {i32(4), i32(4), hits.arg()}), range - 1);
  EXPECT_EQ(dispatches(bounds, "by_scalars_unmarked", {i32(4), i32(-3), hits.arg()}), range - 1);
}

TEST_P(CountersTest, NoMoreDispatchesThanTasks) {
  Module module(own(), "bounds");
  DeviceArray hits = ints({2});
  for (const char* name : {"constant_empty", "constant_negative"}) {
    IstKernelInfo info{};
    info.size = sizeof(info);
    ASSERT_EQ(ist_kernel_info(module.kernel(name), &info), TI_ERROR_SUCCESS);
    EXPECT_LE(during([&] { module.launch(name, {hits.arg()}); }).dispatches, info.task_count) << name;
  }
}

TEST_P(CountersTest, HostBytesAreThoseOfReadsAndWrites) {
  Memory mappable(own(), 256), hidden(own(), 256, TI_MEMORY_USAGE_STORAGE_BIT, false);
  Image image(own(), TI_IMAGE_DIMENSION_2D, {8, 4}, TI_FORMAT_RGBA8);
  uint8_t bytes[256] = {};
  for (const Memory* memory : {&mappable, &hidden}) {
    const TiMemorySlice write = memory->slice(0, 100), read = memory->slice(4, 40), nothing = memory->slice(8, 0);
    EXPECT_EQ(during([&] { ist_write_memory(own(), &write, bytes); }).host_bytes, 100u);
    EXPECT_EQ(during([&] { ist_read_memory(own(), &read, bytes); }).host_bytes, 40u);
    EXPECT_EQ(during([&] { ist_read_memory(own(), &nothing, bytes); }).host_bytes, 0u);
  }
  const TiImageSlice whole = image.whole(), part = image.region({1, 1, 0, 0}, {3, 2, 1});
  EXPECT_EQ(during([&] { ist_write_image(own(), &whole, bytes, 128, 0); }).host_bytes, 128u);
  EXPECT_EQ(during([&] { ist_read_image(own(), &part, bytes, 24, 0); }).host_bytes, 24u);
  const TiMemorySlice texels = hidden.slice(0, 128);
  EXPECT_EQ(during([&] { ist_copy_image_to_memory(own(), &texels, &whole, 0); }).host_bytes, 0u);
}

TEST_P(CountersTest, LargeMemoryIsOneAllocation) {
  EXPECT_EQ(during([&] { Memory large(own(), 64 << 20); }).allocations, 1u);
}

// Of memory that is bound to buffers apart from making them. OpenGL has no such thing: its drivers share it out unseen.
TEST_P(CountersTest, AllocationsAreSharedByWhatIsSmall) {
  std::vector<std::unique_ptr<Memory>> small;
  const IstCounters delta = during([&] {
    for (int i = 0; i < 200; ++i) small.push_back(std::make_unique<Memory>(own(), 256));
  });
  EXPECT_LE(delta.allocations, 2u);
  const IstCounters again = during([&] {
    for (auto& memory : small) {
      memory.reset();
      memory = std::make_unique<Memory>(own(), 256);
    }
  });
  EXPECT_EQ(again.allocations, 0u);
}

TEST_P(CountersTest, RefusedCountsEachFailedCallOnce) {
  Module module(own(), "ndarrays");
  Memory memory(own(), 64);
  DeviceArray array = ints({4});
  uint8_t bytes[64] = {};
  const TiMemorySlice beyond = memory.slice(60, 8);
  const TiArgument wrong = f32(1.0f);
  const auto refused = [&](auto&& body) {
    const uint64_t count = during(body).refused;
    take_error();
    return count;
  };
  EXPECT_EQ(refused([&] { ti_launch_kernel(own(), module.kernel("rank1"), 1, &wrong); }), 1u);
  EXPECT_EQ(refused([&] { ti_launch_kernel(own(), nullptr, 0, nullptr); }), 1u);
  EXPECT_EQ(refused([&] { ist_read_memory(own(), &beyond, bytes); }), 1u);
  EXPECT_EQ(refused([&] { ist_set_option(own(), static_cast<IstOption>(99), 0); }), 1u);
  EXPECT_EQ(refused([&] { ti_get_aot_module_kernel(module.handle(), "nobody"); }), 1u);
  EXPECT_EQ(refused([&] { ti_map_memory(own(), array.memory().handle()); }), 1u);
  EXPECT_EQ(refused([&] { ti_load_aot_module(own(), "no such module"); }), 1u);
  EXPECT_EQ(refused([&] { ti_create_aot_module(own(), bytes, sizeof(bytes)); }), 1u);
  const IstCounters good = during([&] {
    module.launch("rank1", {array.arg()});
    ti_wait(own());
  });
  EXPECT_EQ(good.refused, 0u);
  const IstCounters bad = during([&] { ti_launch_kernel(own(), module.kernel("rank1"), 1, &wrong); });
  take_error();
  EXPECT_EQ(bad.launches + bad.dispatches + bad.barriers + bad.submits, 0u) << "a refused launch records nothing";
}

}  // namespace
}  // namespace conformance
