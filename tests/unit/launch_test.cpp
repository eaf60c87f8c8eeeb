// Launches through the core on a device that only writes down: group counts, barriers, argument bytes,
// lifetimes. The shaders do not exist; what they would do is told by the descriptions.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "capi/publish.h"
#include "core/graph.h"
#include "core/kernel.h"
#include "core/module.h"
#include "core/resolve.h"
#include "recording_device.h"

namespace ist {
namespace {

using aot::BindKind;
using aot::DataType;
using aot::ParamKind;
using test::Command;

// A parameter `position` that is a 1-D i32 ndarray with its own 32 bytes of the args block.
aot::Param array_param(uint32_t position) {
  aot::Param param;
  param.name = "a" + std::to_string(position);
  param.kind = ParamKind::ndarray;
  param.type = DataType::i32;
  param.rank = 1;
  param.element_bytes = 4;
  param.offset_bytes = position * 32;
  param.shape_offsets = {position * 32};
  param.data_ptr_offset = position * 32 + 16;
  return param;
}

aot::TaskDesc task(std::vector<aot::Bind> binds) {
  aot::TaskDesc desc;
  desc.name = "task";
  desc.local_size_x = 128;
  desc.advisory_invocations = 131072;
  desc.binds = std::move(binds);
  return desc;
}

// Kernels on two arrays: `copy` reads the first and writes the second, `two` does it in two tasks.
aot::ModuleDesc module_desc() {
  const aot::Bind args{0, BindKind::args, 0, 1};
  const aot::Bind reads{2, BindKind::ndarray, 0, 1};
  const aot::Bind writes{3, BindKind::ndarray, 1, 2};
  aot::ModuleDesc desc;
  aot::KernelDesc copy;
  copy.name = "copy";
  copy.params = {array_param(0), array_param(1)};
  copy.args_bytes = 64;
  copy.tasks = {task({args, reads, writes})};
  aot::KernelDesc two = copy;
  two.name = "two";
  two.tasks = {task({args, reads, writes}), task({args, reads, writes})};
  aot::KernelDesc fields;
  fields.name = "fields";
  fields.tasks = {task({{2, BindKind::root, 0, 3}, {3, BindKind::global_tmps, 0, 3}})};
  desc.kernels = {copy, two, fields};
  desc.binaries = {{"task", {}, {}}};
  desc.root_bytes = 20;
  aot::GraphDesc graph;
  graph.name = "graph";
  graph.args = {{"x", ParamKind::ndarray, DataType::i32, 1, {}}, {"y", ParamKind::ndarray, DataType::i32, 1, {}}};
  graph.dispatches = {{0, {0, 1}}, {0, {1, 0}}};
  desc.graphs = {graph};
  return desc;
}

class Launch : public ::testing::Test {
 protected:
  void SetUp() override {
    auto device = std::make_unique<test::RecordingDevice>(record_);
    device_ = device.get();
    handle_ = capi::publish(std::make_unique<Runtime>(std::move(device)));
    runtime_ = static_cast<Runtime*>(HandleTable::instance().find(bits(), Kind::runtime).object);
    auto loaded = load_module(*runtime_, module_desc());
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    module_ = *loaded;
  }
  void TearDown() override {
    if (handle_) HandleTable::instance().retire(bits(), Kind::runtime);
    EXPECT_EQ(record_.alive, 0) << "device objects outlive their runtime";
  }

  HandleBits bits() const { return reinterpret_cast<HandleBits>(handle_); }

  Memory* memory(uint64_t size_bytes = 64, bool host = false) {
    BufferDesc desc;
    desc.size_bytes = size_bytes;
    desc.host_read = host;
    desc.usage = memory_usage::kStorage;
    return *allocate_memory(*runtime_, desc);
  }
  static TiArgument array(const Memory* memory, uint32_t length) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_NDARRAY;
    argument.value.ndarray.memory = reinterpret_cast<TiMemory>(memory->handle());
    argument.value.ndarray.shape.dim_count = 1;
    argument.value.ndarray.shape.dims[0] = length;
    argument.value.ndarray.elem_type = TI_DATA_TYPE_I32;
    return argument;
  }
  Status launch(uint32_t kernel, std::vector<TiArgument> arguments) {
    std::unique_lock lock(runtime_->mutex());
    return launch_kernel(lock, *runtime_, module_->kernel_at(kernel), static_cast<uint32_t>(arguments.size()),
                         arguments.data());
  }
  size_t barriers() const { return record_.count(Command::barrier); }
  size_t dispatches() const { return record_.count(Command::dispatch); }
  // What the last dispatch was given; a submit may follow it, since batches are submitted by age too.
  std::vector<Bound> last_bound() const {
    const auto& commands = record_.commands;
    const auto last = std::find_if(commands.rbegin(), commands.rend(),
                                   [](const Command& command) { return command.kind == Command::dispatch; });
    return last == commands.rend() ? std::vector<Bound>() : last->bound;
  }

  test::Record record_;
  test::RecordingDevice* device_ = nullptr;
  TiRuntime handle_ = nullptr;
  Runtime* runtime_ = nullptr;
  Module* module_ = nullptr;
};

TEST_F(Launch, LoadingRecordsAndSubmitsNothing) { EXPECT_TRUE(record_.commands.empty()); }

TEST_F(Launch, DisjointLaunchesGetNoBarrier) {
  Memory* m[4] = {memory(), memory(), memory(), memory()};
  ASSERT_TRUE(launch(0, {array(m[0], 16), array(m[1], 16)}).ok());
  ASSERT_TRUE(launch(0, {array(m[2], 16), array(m[3], 16)}).ok());
  EXPECT_EQ(dispatches(), 2u);
  EXPECT_EQ(barriers(), 0u);
}

TEST_F(Launch, SharedInputsGetNoBarrier) {
  Memory *in = memory(), *out1 = memory(), *out2 = memory();
  ASSERT_TRUE(launch(0, {array(in, 16), array(out1, 16)}).ok());
  ASSERT_TRUE(launch(0, {array(in, 16), array(out2, 16)}).ok());
  EXPECT_EQ(barriers(), 0u);
}

TEST_F(Launch, DependentLaunchesGetOneBarrierEach) {
  Memory *a = memory(), *b = memory(), *c = memory();
  ASSERT_TRUE(launch(0, {array(a, 16), array(b, 16)}).ok());
  ASSERT_TRUE(launch(0, {array(b, 16), array(c, 16)}).ok());  // read after write
  ASSERT_TRUE(launch(0, {array(c, 16), array(a, 16)}).ok());  // read after write and write after read
  EXPECT_EQ(barriers(), 2u);
}

TEST_F(Launch, OneMemoryInTwoArgumentsIsOneUse) {
  Memory* a = memory();
  ASSERT_TRUE(launch(0, {array(a, 16), array(a, 16)}).ok());
  EXPECT_EQ(barriers(), 0u);
  ASSERT_TRUE(launch(0, {array(a, 16), array(a, 16)}).ok());
  EXPECT_EQ(barriers(), 1u);
}

TEST_F(Launch, TasksOfOneKernelAreOrdered) {
  ASSERT_TRUE(launch(1, {array(memory(), 16), array(memory(), 16)}).ok());
  EXPECT_EQ(dispatches(), 2u);
  EXPECT_EQ(barriers(), 1u);
}

TEST_F(Launch, FieldsAndTemporariesAreZeroedOnceAndTracked) {
  ASSERT_TRUE(launch(2, {}).ok());
  EXPECT_EQ(record_.count(Command::fill), 2u);
  EXPECT_EQ(barriers(), 1u);
  ASSERT_TRUE(launch(2, {}).ok());
  EXPECT_EQ(record_.count(Command::fill), 2u);
  EXPECT_EQ(barriers(), 2u) << "launches that share the temporaries are ordered";
  const std::vector<Bound> bound = last_bound();
  ASSERT_EQ(bound.size(), 2u);
  EXPECT_EQ(bound[0].size_bytes, 32u) << "20 bytes of fields, rounded up";
  EXPECT_EQ(bound[1].size_bytes, uint64_t{1} << 20);
}

TEST_F(Launch, ShapesAreWrittenAndUnboundBytesAreZero) {
  ASSERT_TRUE(launch(0, {array(memory(), 5), array(memory(), 16)}).ok());
  ASSERT_FALSE(last_bound().empty());
  const Bound args = last_bound()[0];
  ASSERT_EQ(args.size_bytes, 64u);
  std::vector<uint32_t> words(16);
  std::memcpy(words.data(), args.buffer->host() + args.offset_bytes, 64);
  std::vector<uint32_t> expected(16);
  expected[0] = 5;
  expected[8] = 16;
  EXPECT_EQ(words, expected);
}

TEST_F(Launch, BatchesAreSubmittedWhenLargeAndFlushedWhenAsked) {
  Memory *a = memory(), *b = memory();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(launch(0, {array(a, 16), array(b, 16)}).ok());
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(record_.count(Command::submit), 3u);
  EXPECT_LE(record_.count(Command::submit), 1000u / 128 + static_cast<size_t>(took.count() / 4)) << "by size or age";
}

TEST_F(Launch, HostVisibleResultsAreMadeVisibleOncePerSubmit) {
  Memory *a = memory(), *b = memory(64, true);
  ASSERT_TRUE(launch(0, {array(a, 16), array(b, 16)}).ok());
  ASSERT_TRUE(runtime_->timeline().submit().ok());
  ASSERT_EQ(barriers(), 1u);
  const Command& host = record_.commands[record_.commands.size() - 2];
  EXPECT_EQ(host.dst.stages, stage::kHost);
  ASSERT_TRUE(launch(0, {array(b, 16), array(a, 16)}).ok());
  ASSERT_TRUE(runtime_->timeline().submit().ok());
  EXPECT_EQ(barriers(), 2u) << "only the dependency: nothing host-visible was written";
}

TEST_F(Launch, FreedMemoryLivesUntilTheDeviceIsDone) {
  Memory *a = memory(), *b = memory();
  ASSERT_TRUE(launch(0, {array(a, 16), array(b, 16)}).ok());
  const int before = record_.alive;
  HandleTable::instance().retire(a->handle(), Kind::memory);
  runtime_->timeline().collect();
  EXPECT_EQ(record_.alive, before) << "recorded, not submitted";
  ASSERT_TRUE(runtime_->timeline().submit().ok());
  EXPECT_EQ(record_.alive, before) << "submitted, not finished";
  record_.completed = 1;
  runtime_->timeline().collect();
  EXPECT_EQ(record_.alive, before - 1);
}

TEST_F(Launch, UnloadingInFlightKeepsPipelinesAlive) {
  ASSERT_TRUE(launch(2, {}).ok());
  const TiKernel kernel = reinterpret_cast<TiKernel>(module_->kernels()[2]);
  const int before = record_.alive;
  HandleTable::instance().retire(module_->handle(), Kind::aot_module);
  EXPECT_EQ(record_.alive, before);
  EXPECT_EQ(HandleTable::instance().find(reinterpret_cast<HandleBits>(kernel), Kind::kernel).liveness,
            Liveness::destroyed);
  ASSERT_TRUE(runtime_->timeline().submit().ok());
  record_.completed = 1;
  runtime_->timeline().collect();
  EXPECT_EQ(record_.alive, before - 2) << "the pipeline and the fields; the temporaries are the runtime's";
}

TEST_F(Launch, DestroyingTheRuntimeFreesAllUnderIt) {
  memory();
  ASSERT_TRUE(launch(0, {array(memory(), 16), array(memory(), 16)}).ok());
  const HandleBits module = module_->handle();
  ASSERT_TRUE(HandleTable::instance().retire(bits(), Kind::runtime));
  handle_ = nullptr;
  EXPECT_EQ(record_.alive, 0);
  EXPECT_EQ(HandleTable::instance().find(module, Kind::aot_module).liveness, Liveness::destroyed);
}

TEST_F(Launch, RefusedArgumentsRecordNothing) {
  Memory *a = memory(), *small = memory(60);
  const Status status = launch(0, {array(a, 16), array(small, 16)});
  EXPECT_EQ(status.code(), Code::invalid_argument);
  EXPECT_NE(status.message().find("'copy', argument 1 ('a1')"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("64"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("60"), std::string::npos) << status.message();
  EXPECT_TRUE(record_.commands.empty());
  EXPECT_TRUE(launch(0, {array(a, 16), array(a, 15)}).ok());
}

TEST_F(Launch, HugeShapesDoNotWrapAround) {
  auto argument = array(memory(), 0);
  argument.value.ndarray.shape.dims[0] = 0x40000001;
  EXPECT_EQ(launch(0, {array(memory(), 16), argument}).code(), Code::invalid_argument);
}

TEST_F(Launch, DeviceLossIsReportedAndSurvived) {
  record_.lost = true;
  // A launch submits only what has grown old.
  const Code launched = launch(0, {array(memory(), 16), array(memory(), 16)}).code();
  EXPECT_TRUE(launched == Code::success || launched == Code::invalid_state);
  EXPECT_EQ(runtime_->timeline().submit().code(), Code::invalid_state);
}

TEST_F(Launch, GraphsRunAllDispatchesOrNone) {
  Memory *a = memory(), *b = memory();
  Graph& graph =
      **resolve<Graph>(*runtime_, Kind::compute_graph, reinterpret_cast<void*>(module_->graphs()[0]), "graph");
  TiNamedArgument arguments[3] = {{"y", array(b, 16)}, {"other", array(a, 1)}, {"x", array(a, 16)}};
  ASSERT_TRUE(graph.launch(3, arguments).ok());
  EXPECT_EQ(dispatches(), 2u);
  EXPECT_EQ(barriers(), 1u);
  arguments[2].argument.value.ndarray.shape.dims[0] = 17;
  EXPECT_EQ(graph.launch(3, arguments).code(), Code::invalid_argument);
  EXPECT_EQ(graph.launch(2, arguments).code(), Code::argument_not_found);
  EXPECT_EQ(graph.launch(UINT32_MAX, arguments).code(), Code::argument_out_of_range);
  EXPECT_EQ(dispatches(), 2u);
}

TEST(PlanGroups, FollowsTheRules) {
  DeviceInfo gpu, cpu;
  cpu.is_cpu = true;
  gpu.limits.max_group_count_x = cpu.limits.max_group_count_x = 65535;
  aot::TaskDesc range = task({});
  EXPECT_EQ(plan_groups(range, gpu).group_count({}), 1024u) << "not understood: the advice";
  EXPECT_EQ(plan_groups(range, cpu).group_count({}), 512u) << "a CPU: enough for the longest loop there is";

  aot::TaskDesc nested = range;
  nested.inner_loops = true;
  EXPECT_EQ(plan_groups(nested, cpu).group_count({}), 1024u) << "loops inside: the advice";

  range.constant_range = true;
  range.advisory_invocations = int64_t{1} << 30;
  EXPECT_EQ(plan_groups(range, cpu).group_count({}), 256u) << "an invocation of a CPU runs 32768 rounds at most";
  range.advisory_invocations = 128 * 500;
  EXPECT_EQ(plan_groups(range, cpu).group_count({}), most_groups_on_cpu()) << "a CPU gets few groups";
  range.advisory_invocations = 300;
  EXPECT_EQ(plan_groups(range, gpu).group_count({}), 3u);
  range.advisory_invocations = 0;
  EXPECT_EQ(plan_groups(range, gpu).group_count({}), 0u);
  range.advisory_invocations = -497;
  EXPECT_EQ(plan_groups(range, gpu).group_count({}), 0u);
  range.advisory_invocations = int64_t{1} << 40;
  EXPECT_EQ(plan_groups(range, gpu).group_count({}), 65535u) << "the device's limit";

  aot::TaskDesc shared = task({});
  shared.rule = aot::TripRule::exact;
  EXPECT_EQ(plan_groups(shared, cpu).group_count({}), 1024u) << "shared memory: never fewer";
  aot::TaskDesc random = task({});
  random.rule = aot::TripRule::advisory;
  EXPECT_EQ(plan_groups(random, cpu).group_count({}), 1024u) << "random numbers: the advice";

  aot::TaskDesc serial = task({});
  serial.serial = true;
  serial.local_size_x = 1;
  serial.advisory_invocations = 1;
  EXPECT_EQ(plan_groups(serial, cpu).group_count({}), 1u);
}

}  // namespace
}  // namespace ist
