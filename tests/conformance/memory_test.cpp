// Memory: map and unmap, copies, what waits and what does not, lifetimes; host copies by ist_*.
#include "support.h"

#include <ist/core.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>

namespace conformance {
namespace {

class MemoryTest : public ArchTest {
 protected:
  static std::vector<uint8_t> ramp(size_t count, uint8_t start = 0) {
    std::vector<uint8_t> bytes(count);
    std::iota(bytes.begin(), bytes.end(), start);
    return bytes;
  }
  static std::vector<uint8_t> bytes_of(const Memory& memory) {
    std::vector<uint8_t> bytes(memory.size_bytes());
    memory.load(bytes.data(), bytes.size());
    return bytes;
  }
};
IST_CONFORMANCE_SUITE(MemoryTest);

TEST_P(MemoryTest, KeepsWhatWasMapped) {
  Memory memory(runtime(), 1000);
  const std::vector<uint8_t> bytes = ramp(1000);
  memory.store(bytes.data(), bytes.size());
  EXPECT_EQ(bytes_of(memory), bytes);
  EXPECT_EQ(bytes_of(memory), bytes) << "mapped a second time";
}

TEST_P(MemoryTest, ASecondMapIsRefusedAndTheFirstStaysGood) {
  Memory memory(runtime(), 64);
  auto* mapped = static_cast<uint8_t*>(ti_map_memory(runtime(), memory.handle()));
  ASSERT_NE(mapped, nullptr);
  EXPECT_EQ(ti_map_memory(runtime(), memory.handle()), nullptr);
  expect_error({TI_ERROR_INVALID_STATE});
  mapped[63] = 77;
  ti_unmap_memory(runtime(), memory.handle());
  EXPECT_EQ(bytes_of(memory)[63], 77);
}

TEST_P(MemoryTest, CopiesRespectOffsets) {
  Memory src(runtime(), 256), dst(runtime(), 256);
  const std::vector<uint8_t> input = ramp(256);
  std::vector<uint8_t> expected(256, 0xaa);
  src.store(input.data(), input.size());
  dst.store(expected.data(), expected.size());
  const TiMemorySlice from = src.slice(16, 100), to = dst.slice(120, 100);
  ti_copy_memory_device_to_device(runtime(), &to, &from);
  ti_wait(runtime());
  std::copy(input.begin() + 16, input.begin() + 116, expected.begin() + 120);
  EXPECT_EQ(bytes_of(dst), expected);
  EXPECT_EQ(bytes_of(src), input);
}

TEST_P(MemoryTest, CopiesOfOddSizesAreExact) {
  Memory src(runtime(), 67), dst(runtime(), 67);
  const std::vector<uint8_t> input = ramp(67, 9);
  src.store(input.data(), input.size());
  dst.store(std::vector<uint8_t>(67).data(), 67);
  const TiMemorySlice from = src.slice(1, 65), to = dst.slice(2, 65);
  ti_copy_memory_device_to_device(runtime(), &to, &from);
  ti_wait(runtime());
  std::vector<uint8_t> expected(67);
  std::copy(input.begin() + 1, input.begin() + 66, expected.begin() + 2);
  EXPECT_EQ(bytes_of(dst), expected);
}

TEST_P(MemoryTest, CopiesAndLaunchesKeepTheirOrder) {
  Module module(runtime(), "scalars");
  Array<int32_t> a(runtime(), {4}), b(runtime(), {4});
  const TiMemorySlice a_slice = a.memory().slice(0, 16), b_slice = b.memory().slice(0, 16);
  module.launch("write_i32", {i32(1), a.arg()});
  ti_copy_memory_device_to_device(runtime(), &b_slice, &a_slice);
  module.launch("write_i32", {i32(2), a.arg()});
  EXPECT_EQ(b.read(), std::vector<int32_t>(4, 1));
  EXPECT_EQ(a.read(), std::vector<int32_t>(4, 2));
}

TEST_P(MemoryTest, LivesOnUntilPendingWorkIsDone) {
  Module module(runtime(), "scalars");
  Array<int32_t> kept(runtime(), {1000});
  {
    Array<int32_t> gone(runtime(), {1000});
    module.launch("write_i32", {i32(5), gone.arg()});
    const TiMemorySlice from = gone.memory().slice(0, 4000), to = kept.memory().slice(0, 4000);
    ti_copy_memory_device_to_device(runtime(), &to, &from);
  }
  EXPECT_EQ(kept.read(), std::vector<int32_t>(1000, 5));
}

TEST_P(MemoryTest, FreedWhileMappedIsUnmappedFirst) {
  Memory memory(runtime(), 64);
  ASSERT_NE(ti_map_memory(runtime(), memory.handle()), nullptr);
  memory.free_now();
  expect_no_error("free while mapped");
}

TEST_P(MemoryTest, EveryUsageTogetherWorks) {
  Memory memory(runtime(), 4096,
                TI_MEMORY_USAGE_STORAGE_BIT | TI_MEMORY_USAGE_UNIFORM_BIT | TI_MEMORY_USAGE_VERTEX_BIT |
                    TI_MEMORY_USAGE_INDEX_BIT);
  const std::vector<uint8_t> bytes = ramp(4096);
  memory.store(bytes.data(), bytes.size());
  EXPECT_EQ(bytes_of(memory), bytes);
}

TEST_P(MemoryTest, ManySmallAllocationsDoNotOverlap) {
  std::vector<std::unique_ptr<Memory>> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(std::make_unique<Memory>(runtime(), static_cast<uint64_t>(4 + i % 60)));
    const std::vector<uint8_t> bytes(all.back()->size_bytes(), static_cast<uint8_t>(i));
    all.back()->store(bytes.data(), bytes.size());
  }
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(bytes_of(*all[i]), std::vector<uint8_t>(all[i]->size_bytes(), static_cast<uint8_t>(i)));
  }
}

class HostMemoryTest : public MemoryTest {};
IST_CONFORMANCE_SUITE(HostMemoryTest);

TEST_P(HostMemoryTest, ReadsAndWritesMemoryThatCannotBeMapped) {
  Memory memory(runtime(), 1000, TI_MEMORY_USAGE_STORAGE_BIT, false);
  EXPECT_EQ(ti_map_memory(runtime(), memory.handle()), nullptr);
  expect_error({TI_ERROR_INVALID_STATE});
  const std::vector<uint8_t> bytes = ramp(1000);
  const TiMemorySlice whole = memory.slice(0, 1000);
  ASSERT_EQ(ist_write_memory(runtime(), &whole, bytes.data()), TI_ERROR_SUCCESS);
  std::vector<uint8_t> back(1000);
  ASSERT_EQ(ist_read_memory(runtime(), &whole, back.data()), TI_ERROR_SUCCESS);
  EXPECT_EQ(back, bytes);
}

TEST_P(HostMemoryTest, WritesTakeTheirPlaceInRecordedOrder) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> array(runtime(), {3});
  const TiMemorySlice whole = array.memory().slice(0, 12);
  std::vector<int32_t> values = {10, 20, 30};
  ASSERT_EQ(ist_write_memory(runtime(), &whole, values.data()), TI_ERROR_SUCCESS);
  values = {0, 0, 0};
  module.launch("scalar_i32", {array.arg()});
  ASSERT_EQ(ist_read_memory(runtime(), &whole, values.data()), TI_ERROR_SUCCESS);
  EXPECT_EQ(values, (std::vector<int32_t>{11, 22, 33}));
}

TEST_P(HostMemoryTest, ReadsAndWritesParts) {
  Memory memory(runtime(), 64, TI_MEMORY_USAGE_STORAGE_BIT, false);
  const std::vector<uint8_t> bytes = ramp(64);
  const TiMemorySlice whole = memory.slice(0, 64), part = memory.slice(7, 5);
  ASSERT_EQ(ist_write_memory(runtime(), &whole, bytes.data()), TI_ERROR_SUCCESS);
  const uint8_t mark[5] = {201, 202, 203, 204, 205};
  ASSERT_EQ(ist_write_memory(runtime(), &part, mark), TI_ERROR_SUCCESS);
  std::vector<uint8_t> back(64), expected = bytes;
  std::copy(std::begin(mark), std::end(mark), expected.begin() + 7);
  ASSERT_EQ(ist_read_memory(runtime(), &whole, back.data()), TI_ERROR_SUCCESS);
  EXPECT_EQ(back, expected);
}

TEST_P(HostMemoryTest, RefusesWhatLiesOutside) {
  Memory memory(runtime(), 64);
  uint8_t bytes[64] = {};
  const TiMemorySlice beyond = memory.slice(60, 8);
  EXPECT_EQ(ist_write_memory(runtime(), &beyond, bytes), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"60", "8", "64"});
  EXPECT_EQ(ist_read_memory(runtime(), &beyond, bytes), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE});
  const TiMemorySlice wrapping = memory.slice(UINT64_MAX - 3, 8);
  EXPECT_EQ(ist_read_memory(runtime(), &wrapping, bytes), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE});
}

}  // namespace
}  // namespace conformance
