// Launches: the tasks of a kernel one after the other on the stream, which keeps them in order.
#include "cuda/cuda_programs.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <new>

#include "cuda/cuda_buffer.h"

namespace ist::cuda {
namespace {

using llvm_host::RandState;
using llvm_host::RuntimeContext;

constexpr uint32_t kRetsAlignment = 16;
constexpr uint32_t kMostBlockBytes = uint32_t{16} << 20;  // of arguments and of what is returned; far more than any
constexpr uint32_t kUsualSharedBytes = 48 << 10;          // more is asked for by an attribute

struct Task {
  NativeFunction function = nullptr;
  uint32_t grid = 0;
  uint32_t block = 0;
  uint32_t shared_bytes = 0;
};

Status check_task(const Gpu& gpu, const aot::TaskDesc& task) {
  const GpuFacts& facts = gpu.facts();
  if (task.grid_dim == 0 || task.grid_dim > INT32_MAX || task.block_dim == 0)
    return fail(Code::corrupted_data, "Task '%s' has %u blocks of %u threads.", task.name.c_str(), task.grid_dim,
                task.block_dim);
  if (task.block_dim > facts.max_block)
    return fail(Code::incompatible_module, "Task '%s' has blocks of %u threads, but '%s' takes %u.", task.name.c_str(),
                task.block_dim, facts.info.name.c_str(), facts.max_block);
  if (task.dynamic_shared_bytes > facts.max_shared_bytes)
    return fail(Code::incompatible_module, "Task '%s' needs %u bytes of shared memory, but a block of '%s' has %u.",
                task.name.c_str(), task.dynamic_shared_bytes, facts.info.name.c_str(), facts.max_shared_bytes);
  // A state for each thread, in an index of 32 bits.
  if (uint64_t{task.grid_dim} * task.block_dim > INT32_MAX)
    return fail(Code::incompatible_module, "Task '%s' has %u blocks of %u threads, more than can be told apart.",
                task.name.c_str(), task.grid_dim, task.block_dim);
  return {};
}

}  // namespace

class Programs::Kernel final : public Program {
 public:
  explicit Kernel(std::string_view kernel) : name(std::make_shared<const std::string>(kernel)) {}

  const std::shared_ptr<const std::string> name;
  CodeModule module;
  std::vector<Task> tasks;
  uint32_t rets_bytes = 0;
};

// A state that its device knows of, so that what failed in it is told also after it has gone.
class Programs::LiveState final : public ProgramState {
 public:
  LiveState(Programs& programs, std::unique_ptr<State> made) : programs_(programs), state(std::move(made)) {
    programs_.states_.push_back(this);
  }
  ~LiveState() override {
    // Its own making may be on the way; of launches whoever destroys it knows that they have finished.
    if (!state->ever_launched()) (void)programs_.recording_.drain();
    programs_.note_failure(*state);
    std::erase(programs_.states_, this);
    std::erase(programs_.watched_, this);
  }

 private:
  Programs& programs_;

 public:
  const std::unique_ptr<State> state;
};

Programs::Programs(const Gpu& gpu, Recording& recording, PtxCompiler compiler, const std::string& cache_folder)
    : gpu_(gpu), recording_(recording), compiler_(gpu, std::move(compiler), cache_folder) {}

Status Programs::make_common() {
  if (common_.temporaries.address()) return {};
  IST_TRY(common_.temporaries, DeviceMemory::allocate_pages(gpu_, llvm_host::kTemporariesBytes));
  return {};
}

Result<std::unique_ptr<ProgramState>> Programs::create_state(std::span<const aot::FieldTree> trees) {
  IST_CHECK(recording_.usable());
  IST_TRY(const Current current, Current::enter(gpu_));
  IST_CHECK(make_common());
  IST_TRY(auto state, State::make(gpu_, recording_, trees, common_));
  return std::unique_ptr<ProgramState>(std::make_unique<LiveState>(*this, std::move(state)));
}

// Those that are there go on where they are; launches that are on their way have them to the end.
Status Programs::grow_generators(uint32_t count) {
  if (count <= common_.rand_state_count) return {};
  const uint32_t known = common_.rand_state_count;
  const uint64_t known_bytes = uint64_t{known} * sizeof(RandState);
  const uint64_t new_bytes = uint64_t{count - known} * sizeof(RandState);
  IST_TRY(auto memory, DeviceMemory::allocate(gpu_, known_bytes + new_bytes));
  IST_TRY(auto added, PinnedMemory::allocate(gpu_, new_bytes));
  auto* states = reinterpret_cast<RandState*>(added.host());
  for (uint32_t i = known; i < count; ++i) new (states + (i - known)) RandState(llvm_host::first_rand_state(i));
  const DeviceAddress address = memory.address();
  IST_TRY(const Turn turn, recording_.work());
  const auto fill = [&]() -> Status {
    const Driver& driver = gpu_.driver();
    if (known > 0) {
      IST_CHECK(
          gpu_.check(driver.MemcpyAsync(address, common_.rand_states, known_bytes, turn.stream), "cuMemcpyAsync"));
    }
    return gpu_.check(driver.MemcpyHtoDAsync(address + known_bytes, added.host(), new_bytes, turn.stream),
                      "cuMemcpyHtoDAsync");
  };
  Status status = fill();
  Status finished = recording_.finish_work();
  if (status.ok()) status = std::move(finished);
  if (!status.ok()) {
    (void)recording_.drain();  // before what is being written goes
    return status;
  }
  recording_.bury(std::make_unique<Kept<PinnedMemory>>(std::move(added)));
  if (common_.generators) recording_.bury(std::move(common_.generators));
  common_.generators = std::make_unique<Kept<DeviceMemory>>(std::move(memory));
  common_.rand_states = address;
  common_.rand_state_count = count;
  return {};
}

Status Programs::add_tasks(Kernel& kernel, std::span<const aot::TaskDesc> tasks) {
  for (const aot::TaskDesc& desc : tasks) {
    Task task{nullptr, desc.grid_dim, desc.block_dim, desc.dynamic_shared_bytes};
    IST_TRY(task.function, kernel.module.find(desc.name));
    if (task.shared_bytes > kUsualSharedBytes) {
      IST_CHECK(gpu_.check(gpu_.driver().FuncSetAttribute(task.function, k::kFunctionMaxDynamicShared,
                                                          static_cast<int>(task.shared_bytes)),
                           "cuFuncSetAttribute"));
    }
    kernel.tasks.push_back(task);
  }
  return {};
}

Result<std::unique_ptr<Program>> Programs::create_program(const ProgramDesc& desc) {
  IST_CHECK(gpu_.health());
  if (desc.args_bytes > kMostBlockBytes || desc.rets_bytes > kMostBlockBytes)
    return fail(Code::incompatible_module,
                "Kernel '%s' takes %u bytes of arguments and returns %u; neither is above %u.",
                std::string(desc.name).c_str(), desc.args_bytes, desc.rets_bytes, kMostBlockBytes);
  uint32_t threads = 0;
  for (const aot::TaskDesc& task : desc.tasks) {
    IST_CHECK(check_task(gpu_, task));
    threads = std::max(threads, task.grid_dim * task.block_dim);
  }
  IST_TRY(const Current current, Current::enter(gpu_));
  IST_TRY(CompiledCode code, compiler_.compile(desc));
  auto kernel = std::make_unique<Kernel>(desc.name);
  kernel->module = std::move(code.module);
  kernel->rets_bytes = std::max(desc.rets_bytes, llvm_host::kLeastRetsBytes);
  IST_CHECK(add_tasks(*kernel, desc.tasks));
  IST_CHECK(grow_generators(threads));
  ++counts_.made;
  counts_.cache_hits += code.from_cache;
  return std::unique_ptr<Program>(std::move(kernel));
}

void Programs::run(Program& program, ProgramState& state, std::span<const std::byte> args, ist::Buffer* rets) {
  auto& kernel = static_cast<Kernel&>(program);
  auto& live = static_cast<LiveState&>(state);
  const uint64_t serial = recording_.serial();
  live.state->launched(kernel.name, serial, recording_.fences().known());
  if (live.state->watched_serial != serial) {
    live.state->watched_serial = serial;
    watched_.push_back(&live);
  }
  recording_.keep(launch(kernel, *live.state, args, rets));
}

// What is returned and not wanted lands behind the arguments.
Status Programs::launch(Kernel& kernel, State& state, std::span<const std::byte> args, ist::Buffer* rets) {
  IST_TRY(const Turn turn, recording_.turn());
  IST_CHECK(state.follow(common_, recording_, turn.stream));
  RuntimeContext context;
  context.runtime = state.runtime();
  if (rets) context.result_buffer = rets->device_address();
  const auto args_bytes = static_cast<uint32_t>((args.size() + kRetsAlignment - 1) & ~size_t{kRetsAlignment - 1});
  if (const uint32_t block_bytes = args_bytes + (rets ? 0 : kernel.rets_bytes); block_bytes > 0) {
    IST_TRY(const ArgsBlock block, recording_.args(block_bytes));
    context.arg_buffer = block.buffer->device_address() + block.offset_bytes;
    if (!rets) context.result_buffer = context.arg_buffer + args_bytes;
    if (!args.empty()) {
      std::memcpy(block.host, args.data(), args.size());
      IST_CHECK(gpu_.check(gpu_.driver().MemcpyHtoDAsync(context.arg_buffer, block.host, args.size(), turn.stream),
                           "cuMemcpyHtoDAsync"));
    }
  }
  void* parameters[] = {&context};
  for (const Task& task : kernel.tasks) {
    const int answer = gpu_.driver().LaunchKernel(task.function, task.grid, 1, 1, task.block, 1, 1, task.shared_bytes,
                                                  turn.stream, parameters, nullptr);
    if (answer != k::kSuccess)
      return gpu_.check(answer, "cuLaunchKernel").in("launching kernel '" + *kernel.name + "'");
  }
  return {};
}

void Programs::finish_batch() {
  if (watched_.empty()) return;
  auto turn = recording_.last_turn();
  for (LiveState* live : watched_) {
    if (turn.ok()) recording_.keep(live->state->watch(turn->stream));
  }
  recording_.keep(turn.take_status());
  watched_.clear();
}

void Programs::note_failure(State& state) {
  if (!state.failed()) return;
  const std::string suspects = state.suspects();
  const auto text = state.take_failure(recording_);
  if (!failure_.ok()) return;
  const std::string said = text.ok() ? *text : "its message cannot be read. " + std::string(text.status().message());
  failure_ = fail(Code::invalid_state, "An assertion of %s has failed: %s", suspects.c_str(), said.c_str());
}

Status Programs::take_failure() {
  for (LiveState* live : states_) note_failure(*live->state);
  return std::exchange(failure_, Status());
}

Result<std::unique_ptr<ist::Buffer>> Programs::import_address(const BufferDesc& desc, uint64_t address) {
  IST_TRY(auto buffer, Buffer::import_address(gpu_, desc, address));
  return std::unique_ptr<ist::Buffer>(std::move(buffer));
}

}  // namespace ist::cuda
