// Which kernels of a module can run on a device is settled kernel by kernel, when the module is loaded.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/log.h"
#include "capi/publish.h"
#include "core/graph.h"
#include "core/kernel.h"
#include "core/module.h"
#include "recording_device.h"

namespace ist {
namespace {

using aot::BindKind;
using aot::Feature;

aot::KernelDesc kernel(const std::string& name, std::initializer_list<Feature> features = {}) {
  aot::KernelDesc desc;
  desc.name = name;
  desc.tasks.resize(1);
  desc.tasks[0].name = name + "_t00";
  for (const Feature feature : features) desc.needs.features.add(feature);
  return desc;
}

aot::ModuleDesc module_of(std::vector<aot::KernelDesc> kernels) {
  aot::ModuleDesc desc;
  desc.binaries = {{"task", {}, {}}};
  for (size_t i = 0; i < kernels.size(); ++i) {
    aot::GraphDesc graph;
    graph.name = "only " + kernels[i].name;
    graph.dispatches = {{static_cast<uint32_t>(i), {}}};
    desc.graphs.push_back(graph);
    desc.needs.features.bits |= kernels[i].needs.features.bits;
  }
  desc.kernels = std::move(kernels);
  return desc;
}

class ModuleNeeds : public ::testing::Test {
 protected:
  void SetUp() override {
    set_log([](void* self, LogLevel, const char* line) { static_cast<ModuleNeeds*>(self)->log_.emplace_back(line); },
            this, LogLevel::warn);
    auto device = std::make_unique<test::RecordingDevice>(record_);
    device_ = device.get();
    device_->info_.features.add(Feature::int64);
    handle_ = capi::publish(std::make_unique<Runtime>(std::move(device)));
    runtime_ = static_cast<Runtime*>(HandleTable::instance().find(bits(), Kind::runtime).object);
  }
  void TearDown() override {
    HandleTable::instance().retire(bits(), Kind::runtime);
    set_log(nullptr, nullptr, LogLevel::off);
    EXPECT_EQ(record_.alive, 0);
  }
  HandleBits bits() const { return reinterpret_cast<HandleBits>(handle_); }

  Module& load(std::vector<aot::KernelDesc> kernels) {
    auto loaded = load_module(*runtime_, module_of(std::move(kernels)));
    EXPECT_TRUE(loaded.ok()) << loaded.take_status().message();
    return **loaded;
  }
  // The refusal of a module whose kernels cannot run.
  std::string refusal(std::vector<aot::KernelDesc> kernels) {
    auto loaded = load_module(*runtime_, module_of(std::move(kernels)));
    EXPECT_FALSE(loaded.ok());
    const Status status = loaded.take_status();
    EXPECT_EQ(status.code(), Code::incompatible_module);
    return std::string(status.message());
  }
  static Graph& graph(const Module& module, size_t index) {
    return *static_cast<Graph*>(HandleTable::instance().find(module.graphs()[index], Kind::compute_graph).object);
  }
  static void expect_refused(const Status& status, const std::string& message) {
    EXPECT_EQ(status.code(), Code::incompatible_module);
    EXPECT_EQ(status.message(), message);
  }

  test::Record record_;
  test::RecordingDevice* device_ = nullptr;
  TiRuntime handle_ = nullptr;
  Runtime* runtime_ = nullptr;
  std::vector<std::string> log_;
};

const char* const kRefusal =
    "Kernel 'sum_f64' of the module needs shaderInt16, shaderFloat64, which device 'recorder' does not have.";

TEST_F(ModuleNeeds, AKernelThatLacksAFeatureIsRefusedAndTheOthersRun) {
  Module& module = load({kernel("sum_f32"), kernel("sum_f64", {Feature::float64, Feature::int64, Feature::int16}),
                         kernel("sum_i64", {Feature::int64})});
  EXPECT_EQ(log_, std::vector<std::string>{kRefusal});
  EXPECT_TRUE(module.kernel_at(0).make_ready().ok());
  EXPECT_TRUE(module.kernel_at(2).make_ready().ok());
  expect_refused(module.kernel_at(1).make_ready(), kRefusal);
  expect_refused(module.kernel_at(1).make_ready(), kRefusal);
  std::unique_lock lock(runtime_->mutex());
  EXPECT_TRUE(launch_kernel(lock, *runtime_, module.kernel_at(0), 0, nullptr).ok());
  expect_refused(launch_kernel(lock, *runtime_, module.kernel_at(1), 0, nullptr), kRefusal);
  expect_refused(call_kernel(lock, *runtime_, module.kernel_at(1), 0, nullptr, nullptr), kRefusal);
  EXPECT_EQ(record_.count(test::Command::dispatch), 1u);
  EXPECT_EQ(log_.size(), 1u) << "told once";
}

TEST_F(ModuleNeeds, AGraphThatUsesItIsRefusedAndTheOthersRun) {
  Module& module = load({kernel("sum_f32"), kernel("sum_f64", {Feature::float64, Feature::int16})});
  EXPECT_TRUE(graph(module, 0).make_ready().ok());
  EXPECT_TRUE(graph(module, 0).launch(0, nullptr).ok());
  const std::string refused = std::string(kRefusal) + " (while making graph 'only sum_f64' ready)";
  expect_refused(graph(module, 1).make_ready(), refused);
  expect_refused(graph(module, 1).launch(0, nullptr), refused);
}

TEST_F(ModuleNeeds, ItIsDescribedAllTheSame) {
  aot::KernelDesc needy = kernel("needy", {Feature::float64});
  needy.params.resize(2);
  Module& module = load({kernel("plain"), needy});
  EXPECT_EQ(module.kernels().size(), 2u);
  EXPECT_EQ(module.kernel_at(1).desc().name, "needy");
  EXPECT_EQ(module.kernel_at(1).argument_infos().size(), 2u);
}

TEST_F(ModuleNeeds, WhenNoKernelCanRunTheModuleIsRefusedAsTheFirstIs) {
  EXPECT_EQ(refusal({kernel("sum_f64", {Feature::float64, Feature::int16}), kernel("bytes", {Feature::int8})}),
            kRefusal);
  EXPECT_TRUE(log_.empty()) << log_.front();
}

TEST_F(ModuleNeeds, AModuleWithoutKernelsLoads) { EXPECT_TRUE(load({}).kernels().empty()); }

TEST_F(ModuleNeeds, AKernelWithoutTasksRuns) {
  aot::KernelDesc empty = kernel("empty");
  empty.tasks.clear();
  Module& module = load({kernel("needy", {Feature::float64}), empty});
  EXPECT_TRUE(module.kernel_at(1).make_ready().ok());
}

TEST_F(ModuleNeeds, LimitsAreComparedKernelByKernel) {
  aot::KernelDesc wide = kernel("wide"), shared = kernel("shared"), bound = kernel("bound"), args = kernel("args");
  wide.needs.local_size_x = 129;
  shared.needs.shared_memory_bytes = 16385;
  for (uint32_t i = 0; i < 5; ++i) bound.tasks[0].binds.push_back({i, BindKind::ndarray, 0, 3});
  args.args_bytes = 16400;
  Module& module = load({wide, shared, bound, args, kernel("plain")});
  const std::vector<std::string> expected = {
      "Kernel 'wide' of the module has workgroups of 129 invocations, but device 'recorder' takes at most 128.",
      "Kernel 'shared' of the module needs 16385 bytes of shared memory, but device 'recorder' has 16384.",
      "Task 'bound_t00' of kernel 'bound' binds 5 storage buffers, but device 'recorder' takes at most 4.",
      "Kernel 'args' of the module has 16400 bytes of arguments, but device 'recorder' takes at most 16384.",
  };
  EXPECT_EQ(log_, expected);
  for (uint32_t i = 0; i < expected.size(); ++i) expect_refused(module.kernel_at(i).make_ready(), expected[i]);
  EXPECT_TRUE(module.kernel_at(4).make_ready().ok());
}

TEST_F(ModuleNeeds, VersionsAndLevelsAreTheModules) {
  aot::ModuleDesc newer = module_of({kernel("plain")});
  newer.needs.spirv_version = 0x10300;
  auto loaded = load_module(*runtime_, std::move(newer));
  ASSERT_FALSE(loaded.ok());
  expect_refused(loaded.take_status(), "The module is SPIR-V 1.3, but device 'recorder' takes at most 1.0.");
  aot::ModuleDesc demanding = module_of({kernel("plain")});
  demanding.required_caps = {{TI_CAPABILITY_SPIRV_HAS_INT64, 2}};
  auto again = load_module(*runtime_, std::move(demanding));
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.take_status().message().find("at level 2"), std::string::npos);
}

TEST_F(ModuleNeeds, OnlyWhatRunsIsAssumed) {
  device_->info_.features.add(Feature::int8);
  device_->info_.assumed.add(Feature::int64);
  device_->info_.assumed.add(Feature::int8);
  const auto fresh = capi::publish(std::make_unique<Runtime>([&] {
    auto device = std::make_unique<test::RecordingDevice>(record_);
    device->info_ = device_->info_;
    return device;
  }()));
  const auto fresh_bits = reinterpret_cast<HandleBits>(fresh);
  auto& runtime = *static_cast<Runtime*>(HandleTable::instance().find(fresh_bits, Kind::runtime).object);
  const auto loaded =
      load_module(runtime, module_of({kernel("a", {Feature::int64}), kernel("b", {Feature::int8, Feature::float64}),
                                      kernel("c", {Feature::int64})}));
  EXPECT_TRUE(loaded.ok());
  ASSERT_EQ(log_.size(), 2u);
  EXPECT_NE(log_[0].find("Kernel 'b'"), std::string::npos) << log_[0];
  EXPECT_NE(log_[1].find("A module needs shaderInt64, which is taken for enabled"), std::string::npos) << log_[1];
  HandleTable::instance().retire(fresh_bits, Kind::runtime);
}

}  // namespace
}  // namespace ist
