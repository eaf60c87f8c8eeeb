// Trip counts of the committed modules against what their Python source says.
#include "aot/trip_count.h"

#include <gtest/gtest.h>

#include <cstring>

#include "module_files.h"

namespace ist::test {

using namespace aot;

namespace {

// Fills an args block by parameter names.
class Args {
 public:
  explicit Args(const KernelDesc& kernel) : kernel_(kernel), block_(kernel.args_bytes) {}

  Args& set(const char* name, std::vector<int32_t> values) {
    for (const Param& param : kernel_.params) {
      if (param.name != name) continue;
      for (size_t i = 0; i < values.size(); ++i) {
        const uint32_t offset =
            param.kind == ParamKind::ndarray ? param.shape_offsets.at(i) : param.members.at(i).offset_bytes;
        std::memcpy(block_.data() + offset, &values[i], 4);
      }
      return *this;
    }
    ADD_FAILURE() << "no parameter " << name;
    return *this;
  }

  // The counts of all range tasks, in order.
  std::vector<std::optional<int64_t>> trips() const {
    std::vector<std::optional<int64_t>> all;
    for (const TaskDesc& task : kernel_.tasks) {
      if (!task.serial) all.push_back(task.trip.evaluate(block_));
    }
    return all;
  }

 private:
  const KernelDesc& kernel_;
  std::vector<std::byte> block_;
};

using Trips = std::vector<std::optional<int64_t>>;

class BoundsModule : public testing::Test {
 protected:
  Args args(const char* kernel) { return Args(kernel_of(module_, kernel)); }
  ModuleDesc module_ = asset("bounds");
};

int64_t floor_half(int64_t n) { return n >= 0 ? n / 2 : -((1 - n) / 2); }

}  // namespace

TEST_F(BoundsModule, Scalars) {
  for (const int32_t begin : {0, 5, -7, 1000, INT32_MIN}) {
    for (const int32_t end : {0, 5, 64, -9, INT32_MAX}) {
      const Trips expected = {int64_t{end} - begin};
      EXPECT_EQ(args("by_scalars").set("begin", {begin}).set("end", {end}).trips(), expected);
      EXPECT_EQ(args("by_scalars_unmarked").set("begin", {begin}).set("end", {end}).trips(), expected);
    }
  }
}

TEST_F(BoundsModule, Shapes) {
  for (const int32_t n : {0, 1, 2, 3, 16, 1000}) {
    EXPECT_EQ(args("by_shape").set("out", {n}).trips(), Trips{n});
    EXPECT_EQ(args("by_shape_expression").set("out", {n}).trips(), Trips{n - 2});
    EXPECT_EQ(args("by_half_shape").set("out", {n}).trips(), Trips{floor_half(n) * 2});
    for (const int32_t m : {1, 2, 9, 33}) {
      EXPECT_EQ(args("by_ndrange").set("out", {n, m}).trips(), Trips{int64_t{n} * std::max(m - 2, 0)});
    }
  }
}

TEST_F(BoundsModule, ScalarsOfNdranges) {
  for (const int32_t nx : {0, 1, 7, -3}) {
    for (const int32_t ny : {0, 5, -2}) {
      const Trips expected = {int64_t{std::max(nx, 0)} * std::max(ny, 0)};
      EXPECT_EQ(args("by_ndrange_scalars").set("nx", {nx}).set("ny", {ny}).trips(), expected);
      EXPECT_EQ(args("by_vector").set("box", {nx, ny}).trips(), expected);
    }
  }
}

TEST_F(BoundsModule, Constants) {
  EXPECT_EQ(args("constant").trips(), Trips{295});
  EXPECT_EQ(args("constant_negative").trips(), Trips{13});
  EXPECT_EQ(args("constant_huge").trips(), Trips{8400000});
  for (const KernelDesc& kernel : module_.kernels) {
    for (const TaskDesc& task : kernel.tasks) {
      if (!task.constant_range || !task.trip.known()) continue;
      EXPECT_EQ(task.trip.evaluate({}), task.advisory_invocations) << task.name;
    }
  }
}

TEST_F(BoundsModule, BoundsSharedThroughSerialTasks) {
  const auto trips = [&](int32_t n, int32_t m) { return args("three_loops").set("n", {n}).set("m", {m}).trips(); };
  EXPECT_EQ(trips(30, 12), (Trips{42, 12, 30}));
  EXPECT_EQ(trips(0, 5), (Trips{5, 5, 0}));
  EXPECT_EQ(args("small_block").set("n", {77}).trips(), Trips{77});
  EXPECT_EQ(kernel_of(module_, "small_block").tasks.back().local_size_x, 32u);
}

TEST_F(BoundsModule, DataDependentBoundsAreUnknown) {
  EXPECT_EQ(args("by_field").trips(), Trips{std::nullopt});
  EXPECT_EQ(args("by_array_value").trips(), Trips{std::nullopt});
  EXPECT_EQ(args("while_bound").set("n", {8}).trips(), Trips{std::nullopt});
}

TEST(TripRule, SharedMemoryRandomNumbersAndPlain) {
  const ModuleDesc shared = asset("shared");
  for (const KernelDesc& kernel : shared.kernels) EXPECT_EQ(kernel.tasks.back().rule, TripRule::exact) << kernel.name;
  EXPECT_EQ(Args(kernel_of(shared, "block_sums")).set("blocks", {6}).trips(), Trips{6 * 128});
  const ModuleDesc random = asset("random");
  for (const KernelDesc& kernel : random.kernels) EXPECT_TRUE(kernel.tasks.back().uses_rng) << kernel.name;
  EXPECT_EQ(kernel_of(random, "draw_many").tasks.back().rule, TripRule::advisory);
  const ModuleDesc fractal = asset("fractal");
  for (const TaskDesc& task : kernel_of(fractal, "paint").tasks) {
    EXPECT_EQ(task.rule, TripRule::plain);
    EXPECT_FALSE(task.uses_rng);
  }
  EXPECT_TRUE(kernel_of(fractal, "paint").tasks.back().inner_loops);
  const ModuleDesc mpm88 = asset("mpm88");
  EXPECT_TRUE(kernel_of(mpm88, "substep_p2g").tasks.back().inner_loops);
  EXPECT_FALSE(kernel_of(mpm88, "substep_g2p").tasks.back().inner_loops);
}

TEST(TripCoverage, NineInTenRangeTasksAreUnderstood) {
  size_t range_tasks = 0;
  size_t known = 0;
  for (const auto& path : asset_modules()) {
    const ModuleDesc module = asset(path.stem().string());
    for (const KernelDesc& kernel : module.kernels) {
      for (const TaskDesc& task : kernel.tasks) {
        range_tasks += !task.serial;
        known += !task.serial && task.trip.known();
      }
    }
  }
  EXPECT_GT(range_tasks, 100u);
  EXPECT_GE(known * 100, range_tasks * 93);
}

}  // namespace ist::test
