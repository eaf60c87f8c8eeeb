// The functions of cuda_api.h for tests. Every one checks that a context of ours is current where the driver would.
#include "cuda/fake_cuda.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "cuda/cuda_api.h"

using namespace ist::cuda;
using fake_cuda::Launch;
using fake_cuda::Live;
using fake_cuda::Settings;

namespace {

// No address of this process has this bit: whoever follows an address of the GPU faults.
constexpr uint64_t kGpu = uint64_t{1} << 47;
constexpr int kInvalidContext = 201;
constexpr int kInvalidHandle = 400;
constexpr size_t kElfBytes = 64;
constexpr size_t kGranularity = 1 << 16;

enum class Kind { device, pinned, registered, mapped, reserved };

struct Memory {
  uint64_t size_bytes = 0;
  Kind kind = Kind::device;
  void* context = nullptr;
  bool of_host = false;  // of a test, not of the library
  bool usable = true;    // reserved addresses: mapped, and accessible
};

struct Context {
  int retained = 0;
  int gpu = 0;
};

struct Op {
  uint64_t number;
  std::function<void()> run;
};

struct StreamWork {
  void* context = nullptr;
  std::deque<Op> ops;
};

struct Event {
  unsigned flags = 0;
  void* stream = nullptr;
  uint64_t number = 0;  // of its newest record; 0: none
};

struct Module {
  std::string text;
};

struct Function {
  std::string name;
  int max_shared = 48 << 10;
};

struct LinkWork {
  char* log = nullptr;
  size_t log_bytes = 0;
  std::string ptx;
  std::string cubin;
};

struct External {
  int fd = -1;
  uint64_t size_bytes = 0;
  bool timeline = false;
};

struct Allocation {
  int fd = -1;
  uint64_t size_bytes = 0;
};

struct World {
  std::recursive_mutex mutex;
  Settings settings;
  std::string misuse;
  std::vector<std::string> calls;
  std::map<std::string, std::map<unsigned, int>> failures;  // by calls from now on
  std::map<std::string, unsigned> counts;
  std::vector<std::unique_ptr<Context>> contexts;  // primaries first, then one that is not
  std::map<uint64_t, Memory> memory;               // by address of the GPU
  std::map<void*, StreamWork> streams;
  std::set<Event*> events;
  std::set<Module*> modules;
  std::deque<Function> functions;
  std::set<LinkWork*> links;
  std::set<External*> external_memory;
  std::set<External*> semaphores;
  std::map<uint64_t, Allocation> allocations;
  std::vector<Launch> launches;
  std::vector<std::string> points;
  std::function<void(const Launch&)> kernel;
  uint64_t ops = 0;
  uint64_t used_bytes = 0;
  bool held = false;
  bool initialised = false;
};

// Never destroyed: the library's statics may outlive it.
World& world() {
  static World& made = *new World;
  return made;
}

thread_local std::vector<void*> thread_contexts;

void wrong(const std::string& what) {
  if (world().misuse.empty()) world().misuse = what;
}

// Counts a call; the answer it is told to fail with, or success.
int enter(const char* symbol) {
  World& w = world();
  w.calls.push_back(symbol);
  const unsigned number = ++w.counts[symbol];
  const auto planned = w.failures.find(symbol);
  if (planned == w.failures.end()) return k::kSuccess;
  for (const unsigned nth : {number, 0u}) {
    const auto found = planned->second.find(nth);
    if (found != planned->second.end()) return found->second;
  }
  return k::kSuccess;
}

int enter_context(const char* symbol) {
  const int answer = enter(symbol);
  if (thread_contexts.empty()) {
    wrong(std::string(symbol) + " is called without a context");
    return kInvalidContext;
  }
  const auto* context = static_cast<Context*>(thread_contexts.back());
  if (context->retained > 0) return answer;
  wrong(std::string(symbol) + " is called in a context that nobody retains");
  return k::kContextIsDestroyed;
}

std::pair<uint64_t, Memory*> find_memory(uint64_t address) {
  auto after = world().memory.upper_bound(address);
  if (after == world().memory.begin()) return {0, nullptr};
  --after;
  if (address - after->first >= after->second.size_bytes) return {0, nullptr};
  return {after->first, &after->second};
}

std::byte* real(uint64_t address) { return reinterpret_cast<std::byte*>(address & ~kGpu); }

// Where the bytes of a range are; null and misuse when they are nowhere.
std::byte* range(const char* symbol, uint64_t address, uint64_t bytes) {
  const auto [begin, memory] = find_memory(address);
  if (memory && memory->usable && bytes <= memory->size_bytes - (address - begin)) return real(address);
  wrong(std::string(symbol) + " touches memory that is not there");
  return nullptr;
}

void run_until(void* stream, uint64_t number) {
  auto& ops = world().streams[stream].ops;
  while (!ops.empty() && ops.front().number <= number) {
    const auto run = std::move(ops.front().run);
    ops.pop_front();
    run();
  }
}

uint64_t enqueue(const char* symbol, void* stream, std::function<void()> run) {
  World& w = world();
  if (stream && !w.streams.count(stream)) wrong(std::string(symbol) + " is called with a stream that is not there");
  if (stream && w.streams[stream].context != thread_contexts.back())
    wrong(std::string(symbol) + " is called with a stream of another context");
  const uint64_t number = ++w.ops;
  w.streams[stream].ops.push_back({number, std::move(run)});
  if (!w.held) run_until(stream, number);
  return number;
}

std::string stream_name(void* stream) {
  int index = 0;
  for (const auto& [handle, work] : world().streams) {
    if (handle == stream) return "s" + std::to_string(index);
    ++index;
  }
  return "s?";
}

uint64_t add_memory(uint64_t size_bytes, Kind kind, bool on_gpu, bool of_host = false) {
  const size_t room = (size_bytes + 4095) & ~size_t{4095};
  void* pages = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  const uint64_t address = reinterpret_cast<uint64_t>(pages) | (on_gpu ? kGpu : 0);
  world().memory[address] = {size_bytes, kind, thread_contexts.empty() ? nullptr : thread_contexts.back(), of_host};
  world().used_bytes += size_bytes;
  return address;
}

void drop_memory(uint64_t address) {
  const auto found = world().memory.find(address);
  const size_t room = (found->second.size_bytes + 4095) & ~size_t{4095};
  world().used_bytes -= found->second.size_bytes;
  munmap(real(address), room);
  world().memory.erase(found);
}

int take_memory(const char* symbol, uint64_t address, std::initializer_list<Kind> kinds) {
  const auto found = world().memory.find(address);
  if (found != world().memory.end() && std::find(kinds.begin(), kinds.end(), found->second.kind) != kinds.end()) {
    drop_memory(address);
    return k::kSuccess;
  }
  wrong(std::string(symbol) + " is given memory that is not there");
  return k::kInvalidValue;
}

int named(int answer, const char** text, bool long_text) {
  static const std::map<int, std::pair<const char*, const char*>> kTexts{
      {k::kInvalidValue, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
      {k::kOutOfMemory, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
      {k::kNoDevice, {"CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"}},
      {k::kInvalidImage, {"CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"}},
      {218, {"CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"}},
      {k::kNotFound, {"CUDA_ERROR_NOT_FOUND", "named symbol not found"}},
      {k::kLaunchFailed, {"CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}},
      {k::kIllegalAddress, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}}};
  const auto found = kTexts.find(answer);
  if (found == kTexts.end()) return k::kInvalidValue;
  *text = long_text ? found->second.second : found->second.first;
  return k::kSuccess;
}

void run_launch(Launch launch) {
  if (launch.arg_buffer) {
    const auto [begin, memory] = find_memory(launch.arg_buffer);
    if (memory) {
      const uint64_t bytes = std::min<uint64_t>(256, memory->size_bytes - (launch.arg_buffer - begin));
      const std::byte* from = real(launch.arg_buffer);
      launch.args.assign(from, from + bytes);
    } else {
      wrong("a kernel's arguments are gone");
    }
  }
  range("a kernel", launch.runtime, 35256);
  if (launch.result_buffer) range("a kernel", launch.result_buffer, 8);
  world().launches.push_back(launch);
  if (world().kernel) world().kernel(launch);
}

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace

namespace fake_cuda {

void reset(const Settings& settings) {
  World& w = world();
  const std::lock_guard lock(w.mutex);
  while (!w.memory.empty()) drop_memory(w.memory.begin()->first);
  w.settings = settings;
  w.misuse.clear();
  w.calls.clear();
  w.failures.clear();
  w.counts.clear();
  w.contexts.clear();
  for (int i = 0; i <= settings.gpus; ++i) w.contexts.push_back(std::make_unique<Context>(Context{0, i}));
  w.contexts.back()->retained = 1;
  w.streams.clear();
  for (Event* event : w.events) delete event;
  w.events.clear();
  for (Module* module : w.modules) delete module;
  w.modules.clear();
  w.functions.clear();
  for (LinkWork* link : w.links) delete link;
  w.links.clear();
  for (auto* externals : {&w.external_memory, &w.semaphores}) {
    for (External* external : *externals) {
      close(external->fd);
      delete external;
    }
    externals->clear();
  }
  for (const auto& [handle, allocation] : w.allocations) close(allocation.fd);
  w.allocations.clear();
  w.launches.clear();
  w.points.clear();
  w.kernel = nullptr;
  w.used_bytes = 0;
  w.held = false;
  thread_contexts.clear();
}

Live live() {
  World& w = world();
  const std::lock_guard lock(w.mutex);
  Live live;
  for (size_t i = 0; i + 1 < w.contexts.size(); ++i) live.contexts += w.contexts[i]->retained;
  for (const auto& [address, memory] : w.memory) {
    if (memory.of_host) continue;
    if (memory.kind == Kind::device || memory.kind == Kind::mapped) ++live.device_memory;
    if (memory.kind == Kind::pinned) ++live.pinned_memory;
    if (memory.kind == Kind::registered) ++live.registered;
    if (memory.kind == Kind::reserved) ++live.reservations;
  }
  live.events = static_cast<int>(w.events.size());
  live.modules = static_cast<int>(w.modules.size());
  live.links = static_cast<int>(w.links.size());
  live.external_memory = static_cast<int>(w.external_memory.size());
  live.semaphores = static_cast<int>(w.semaphores.size());
  live.allocations = static_cast<int>(w.allocations.size());
  return live;
}

std::string misuse() {
  const std::lock_guard lock(world().mutex);
  return world().misuse;
}

void fail(const std::string& symbol, unsigned nth, int answer) {
  const std::lock_guard lock(world().mutex);
  world().failures[symbol][nth == 0 ? 0 : world().counts[symbol] + nth] = answer;
}

std::vector<std::string> calls() {
  const std::lock_guard lock(world().mutex);
  return world().calls;
}

unsigned count(const std::string& symbol) {
  const std::lock_guard lock(world().mutex);
  return static_cast<unsigned>(std::count(world().calls.begin(), world().calls.end(), symbol));
}

void forget_calls() {
  const std::lock_guard lock(world().mutex);
  world().calls.clear();
}

void hold(bool on) {
  const std::lock_guard lock(world().mutex);
  world().held = on;
}

void run_all() {
  const std::lock_guard lock(world().mutex);
  for (auto& [stream, work] : world().streams) run_until(stream, UINT64_MAX);
}

void on_launch(std::function<void(const Launch&)> kernel) {
  const std::lock_guard lock(world().mutex);
  world().kernel = std::move(kernel);
}

std::vector<Launch> launches() {
  const std::lock_guard lock(world().mutex);
  return world().launches;
}

std::vector<std::string> points() {
  const std::lock_guard lock(world().mutex);
  return world().points;
}

std::byte* bytes_at(uint64_t address) {
  const std::lock_guard lock(world().mutex);
  return find_memory(address).second ? real(address) : nullptr;
}

void* primary_context(int gpu) { return world().contexts[static_cast<size_t>(gpu)].get(); }
void* other_context() { return world().contexts.back().get(); }

void* make_stream(void* context) {
  static uintptr_t next = 0x1000;
  const std::lock_guard lock(world().mutex);
  void* stream = reinterpret_cast<void*>(next += 0x10);
  world().streams[stream].context = context;
  return stream;
}

uint64_t make_memory(void* context, uint64_t size_bytes) {
  const std::lock_guard lock(world().mutex);
  const uint64_t address = add_memory(size_bytes, Kind::device, true, true);
  world().memory[address].context = context;
  return address;
}

void free_memory(uint64_t address) {
  const std::lock_guard lock(world().mutex);
  drop_memory(address);
}

std::vector<void*>& contexts_of_thread() { return thread_contexts; }

}  // namespace fake_cuda

#define FAKE_ENTER(symbol)                   \
  const std::lock_guard lock(world().mutex); \
  if (const int planned = enter(#symbol); planned) return planned
#define FAKE_ENTER_CONTEXT(symbol)           \
  const std::lock_guard lock(world().mutex); \
  if (const int planned = enter_context(#symbol); planned) return planned

extern "C" {

FAKE_CUDA int cuInit(unsigned) {
  FAKE_ENTER(cuInit);
  if (world().settings.gpus == 0) return k::kNoDevice;
  world().initialised = true;
  return k::kSuccess;
}

FAKE_CUDA int cuGetErrorName(int answer, const char** text) { return named(answer, text, false); }
FAKE_CUDA int cuGetErrorString(int answer, const char** text) { return named(answer, text, true); }

FAKE_CUDA int cuDriverGetVersion(int* version) {
  FAKE_ENTER(cuDriverGetVersion);
  *version = world().settings.driver_version;
  return k::kSuccess;
}

FAKE_CUDA int cuDeviceGetCount(int* count) {
  FAKE_ENTER(cuDeviceGetCount);
  *count = world().settings.gpus;
  return k::kSuccess;
}

FAKE_CUDA int cuDeviceGet(NativeDevice* device, int index) {
  FAKE_ENTER(cuDeviceGet);
  *device = index;
  return k::kSuccess;
}

FAKE_CUDA int cuDeviceGetName(char* name, int bytes, NativeDevice device) {
  FAKE_ENTER(cuDeviceGetName);
  std::strncpy(name, ("Fake GPU " + std::to_string(device)).c_str(), static_cast<size_t>(bytes));
  return k::kSuccess;
}

FAKE_CUDA int cuDeviceGetUuid(Uuid* uuid, NativeDevice device) {
  FAKE_ENTER(cuDeviceGetUuid);
  for (int i = 0; i < 16; ++i) uuid->bytes[i] = static_cast<unsigned char>(0xa0 + device + i);
  return k::kSuccess;
}

FAKE_CUDA int cuDeviceGetAttribute(int* value, int which, NativeDevice) {
  FAKE_ENTER(cuDeviceGetAttribute);
  const Settings& settings = world().settings;
  const std::map<int, int> kValues{{k::kMaxThreadsPerBlock, 1024},
                                   {k::kMultiprocessors, 84},
                                   {k::kUnifiedAddressing, 1},
                                   {k::kCapabilityMajor, settings.capability / 10},
                                   {k::kCapabilityMinor, settings.capability % 10},
                                   {k::kMaxSharedOptIn, 101376},
                                   {k::kHostRegister, 1},
                                   {k::kVirtualMemory, 1},
                                   {k::kFileDescriptorHandles, settings.file_descriptors},
                                   {k::kTimelineInterop, settings.timeline_interop}};
  const auto found = kValues.find(which);
  if (found == kValues.end()) return k::kInvalidValue;
  *value = found->second;
  return k::kSuccess;
}

FAKE_CUDA int cuDeviceTotalMem_v2(size_t* bytes, NativeDevice) {
  FAKE_ENTER(cuDeviceTotalMem_v2);
  *bytes = world().settings.memory_bytes;
  return k::kSuccess;
}

FAKE_CUDA int cuDevicePrimaryCtxRetain(NativeContext* context, NativeDevice device) {
  FAKE_ENTER(cuDevicePrimaryCtxRetain);
  Context* primary = world().contexts[static_cast<size_t>(device)].get();
  ++primary->retained;
  *context = reinterpret_cast<NativeContext>(primary);
  return k::kSuccess;
}

FAKE_CUDA int cuDevicePrimaryCtxRelease_v2(NativeDevice device) {
  FAKE_ENTER(cuDevicePrimaryCtxRelease_v2);
  if (--world().contexts[static_cast<size_t>(device)]->retained < 0) wrong("a context is released too often");
  return k::kSuccess;
}

FAKE_CUDA int cuCtxPushCurrent_v2(NativeContext context) {
  FAKE_ENTER(cuCtxPushCurrent_v2);
  thread_contexts.push_back(context);
  return k::kSuccess;
}

FAKE_CUDA int cuCtxPopCurrent_v2(NativeContext* context) {
  FAKE_ENTER(cuCtxPopCurrent_v2);
  if (thread_contexts.empty()) return wrong("a context is popped that is not there"), kInvalidContext;
  *context = static_cast<NativeContext>(thread_contexts.back());
  thread_contexts.pop_back();
  return k::kSuccess;
}

FAKE_CUDA int cuMemAlloc_v2(DeviceAddress* address, size_t bytes) {
  FAKE_ENTER_CONTEXT(cuMemAlloc_v2);
  if (bytes == 0) return k::kInvalidValue;
  if (bytes > world().settings.memory_bytes - world().used_bytes) return k::kOutOfMemory;
  *address = add_memory(bytes, Kind::device, true);
  // What is not written is not zero.
  std::memset(real(*address), 0xcd, std::min<size_t>(bytes, 1 << 20));
  return k::kSuccess;
}

FAKE_CUDA int cuMemFree_v2(DeviceAddress address) {
  FAKE_ENTER_CONTEXT(cuMemFree_v2);
  return take_memory("cuMemFree_v2", address, {Kind::device, Kind::mapped});
}

FAKE_CUDA int cuMemHostAlloc(void** host, size_t bytes, unsigned flags) {
  FAKE_ENTER_CONTEXT(cuMemHostAlloc);
  if (flags != (k::kHostPortable | k::kHostDeviceMap)) wrong("pinned memory is not mapped");
  if (bytes == 0) return k::kInvalidValue;
  if (bytes > world().settings.memory_bytes - world().used_bytes) return k::kOutOfMemory;
  *host = real(add_memory(bytes, Kind::pinned, false));
  std::memset(*host, 0xcd, std::min<size_t>(bytes, 1 << 20));
  return k::kSuccess;
}

FAKE_CUDA int cuMemFreeHost(void* host) {
  FAKE_ENTER_CONTEXT(cuMemFreeHost);
  return take_memory("cuMemFreeHost", reinterpret_cast<uint64_t>(host), {Kind::pinned});
}

FAKE_CUDA int cuMemHostGetDevicePointer_v2(DeviceAddress* address, void* host, unsigned) {
  FAKE_ENTER_CONTEXT(cuMemHostGetDevicePointer_v2);
  *address = reinterpret_cast<uint64_t>(host);
  return find_memory(*address).second ? k::kSuccess : k::kInvalidValue;
}

FAKE_CUDA int cuMemHostRegister_v2(void* host, size_t bytes, unsigned) {
  FAKE_ENTER_CONTEXT(cuMemHostRegister_v2);
  world().memory[reinterpret_cast<uint64_t>(host)] = {bytes, Kind::registered, thread_contexts.back()};
  return k::kSuccess;
}

FAKE_CUDA int cuMemHostUnregister(void* host) {
  FAKE_ENTER_CONTEXT(cuMemHostUnregister);
  const auto found = world().memory.find(reinterpret_cast<uint64_t>(host));
  if (found == world().memory.end() || found->second.kind != Kind::registered)
    return wrong("pages are unregistered that were not registered"), k::kInvalidValue;
  world().memory.erase(found);
  return k::kSuccess;
}

FAKE_CUDA int cuMemGetAddressRange_v2(DeviceAddress* begin, size_t* bytes, DeviceAddress address) {
  FAKE_ENTER_CONTEXT(cuMemGetAddressRange_v2);
  const auto [start, memory] = find_memory(address);
  if (!memory) return k::kNotFound;
  *begin = start;
  *bytes = memory->size_bytes;
  return k::kSuccess;
}

FAKE_CUDA int cuPointerGetAttribute(void* value, int which, DeviceAddress address) {
  FAKE_ENTER_CONTEXT(cuPointerGetAttribute);
  const Memory* memory = find_memory(address).second;
  if (!memory) return k::kInvalidValue;
  const bool pinned = memory->kind == Kind::pinned || memory->kind == Kind::registered;
  if (which == k::kPointerMemoryType) *static_cast<unsigned*>(value) = pinned ? 1 : 2;
  if (which == k::kPointerDeviceOrdinal)
    *static_cast<int*>(value) =
        memory->context ? static_cast<Context*>(memory->context)->gpu % std::max(world().settings.gpus, 1) : 0;
  if (which == k::kPointerContext) *static_cast<void**>(value) = memory->context;
  return k::kSuccess;
}

FAKE_CUDA int cuMemcpyAsync(DeviceAddress to, DeviceAddress from, size_t bytes, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuMemcpyAsync);
  enqueue("cuMemcpyAsync", stream, [=] {
    std::byte* target = range("cuMemcpyAsync", to, bytes);
    const std::byte* source = range("cuMemcpyAsync", from, bytes);
    if (target && source) std::memmove(target, source, bytes);
  });
  return k::kSuccess;
}

// As the driver: pageable memory is read now, pinned memory when the copy runs.
FAKE_CUDA int cuMemcpyHtoDAsync_v2(DeviceAddress to, const void* from, size_t bytes, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuMemcpyHtoDAsync_v2);
  const auto source = reinterpret_cast<uint64_t>(from);
  // The driver may read memory that is not pinned later than its owner expects.
  if (!find_memory(source).second) return wrong("memory is copied that is not pinned"), k::kInvalidValue;
  enqueue("cuMemcpyHtoDAsync", stream, [=] {
    std::byte* target = range("cuMemcpyHtoDAsync", to, bytes);
    const std::byte* pinned = range("cuMemcpyHtoDAsync", source, bytes);
    if (target && pinned) std::memcpy(target, pinned, bytes);
  });
  return k::kSuccess;
}

FAKE_CUDA int cuMemcpyDtoHAsync_v2(void* to, DeviceAddress from, size_t bytes, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuMemcpyDtoHAsync_v2);
  enqueue("cuMemcpyDtoHAsync", stream, [=] {
    if (const std::byte* source = range("cuMemcpyDtoHAsync", from, bytes)) std::memcpy(to, source, bytes);
  });
  return k::kSuccess;
}

FAKE_CUDA int cuMemsetD8Async(DeviceAddress to, unsigned char byte, size_t bytes, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuMemsetD8Async);
  enqueue("cuMemsetD8Async", stream, [=] {
    std::byte* target = range("cuMemsetD8Async", to, bytes);
    if (!target) return;
    // Fresh pages are zero, and a heap has very many of them.
    if (byte == 0 && bytes > (16 << 20)) {
      madvise(reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(target) + 4095) & ~uintptr_t{4095}),
              (bytes - 4096) & ~size_t{4095}, MADV_DONTNEED);
      std::memset(target, 0, 4096);
      std::memset(target + bytes - 8192, 0, 8192);
    } else {
      std::memset(target, byte, bytes);
    }
  });
  return k::kSuccess;
}

FAKE_CUDA int cuMemsetD32Async(DeviceAddress to, unsigned word, size_t words, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuMemsetD32Async);
  enqueue("cuMemsetD32Async", stream, [=] {
    std::byte* target = range("cuMemsetD32Async", to, words * 4);
    for (size_t i = 0; target && i < words; ++i) std::memcpy(target + i * 4, &word, 4);
  });
  return k::kSuccess;
}

FAKE_CUDA int cuStreamGetCtx(NativeStream stream, NativeContext* context) {
  FAKE_ENTER_CONTEXT(cuStreamGetCtx);
  const auto found = world().streams.find(stream);
  if (found == world().streams.end()) return kInvalidHandle;
  *context = static_cast<NativeContext>(found->second.context);
  return k::kSuccess;
}

FAKE_CUDA int cuStreamSynchronize(NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuStreamSynchronize);
  run_until(stream, UINT64_MAX);
  return k::kSuccess;
}

FAKE_CUDA int cuStreamWaitEvent(NativeStream stream, NativeEvent event, unsigned) {
  FAKE_ENTER_CONTEXT(cuStreamWaitEvent);
  auto* native = reinterpret_cast<Event*>(event);
  if (!world().events.count(native)) return wrong("an event is waited for that is not there"), kInvalidHandle;
  enqueue("cuStreamWaitEvent", stream, [other = native->stream, number = native->number] { run_until(other, number); });
  return k::kSuccess;
}

FAKE_CUDA int cuEventCreate(NativeEvent* event, unsigned flags) {
  FAKE_ENTER_CONTEXT(cuEventCreate);
  auto* native = new Event{flags, nullptr, 0};
  world().events.insert(native);
  *event = reinterpret_cast<NativeEvent>(native);
  return k::kSuccess;
}

FAKE_CUDA int cuEventDestroy_v2(NativeEvent event) {
  FAKE_ENTER_CONTEXT(cuEventDestroy_v2);
  auto* native = reinterpret_cast<Event*>(event);
  if (world().events.erase(native) == 0) return wrong("an event is destroyed that is not there"), kInvalidHandle;
  delete native;
  return k::kSuccess;
}

FAKE_CUDA int cuEventRecord(NativeEvent event, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuEventRecord);
  auto* native = reinterpret_cast<Event*>(event);
  if (!world().events.count(native)) return wrong("an event is recorded that is not there"), kInvalidHandle;
  native->stream = stream;
  native->number = enqueue("cuEventRecord", stream, [] {});
  return k::kSuccess;
}

FAKE_CUDA int cuEventQuery(NativeEvent event) {
  FAKE_ENTER_CONTEXT(cuEventQuery);
  const auto* native = reinterpret_cast<Event*>(event);
  if (!world().events.count(const_cast<Event*>(native)))
    return wrong("an event is asked that is not there"), kInvalidHandle;
  const auto& ops = world().streams[native->stream].ops;
  return ops.empty() || ops.front().number > native->number ? k::kSuccess : k::kNotReady;
}

FAKE_CUDA int cuEventSynchronize(NativeEvent event) {
  FAKE_ENTER_CONTEXT(cuEventSynchronize);
  const auto* native = reinterpret_cast<Event*>(event);
  run_until(native->stream, native->number);
  return k::kSuccess;
}

FAKE_CUDA int cuEventElapsedTime(float* milliseconds, NativeEvent from, NativeEvent to) {
  FAKE_ENTER_CONTEXT(cuEventElapsedTime);
  const auto *first = reinterpret_cast<Event*>(from), *last = reinterpret_cast<Event*>(to);
  if (first->flags & k::kEventDisableTiming || last->flags & k::kEventDisableTiming) return kInvalidHandle;
  *milliseconds = 0.001f * static_cast<float>(last->number - first->number);
  return k::kSuccess;
}

FAKE_CUDA int cuLinkCreate_v2(unsigned count, int* options, void** values, NativeLink* link) {
  FAKE_ENTER_CONTEXT(cuLinkCreate_v2);
  auto* made = new LinkWork;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == k::kJitErrorLog) made->log = static_cast<char*>(values[i]);
    if (options[i] == k::kJitErrorLogBytes) made->log_bytes = reinterpret_cast<size_t>(values[i]);
  }
  world().links.insert(made);
  *link = reinterpret_cast<NativeLink>(made);
  return k::kSuccess;
}

FAKE_CUDA int cuLinkAddData_v2(NativeLink link, int type, void* data, size_t bytes, const char*, unsigned, int*,
                               void**) {
  FAKE_ENTER_CONTEXT(cuLinkAddData_v2);
  auto* work = reinterpret_cast<LinkWork*>(link);
  const auto* text = static_cast<const char*>(data);
  if (type != k::kJitInputPtx || bytes == 0 || text[bytes - 1] != '\0' || std::strlen(text) + 1 != bytes)
    return wrong("PTX is not given with its end"), k::kInvalidValue;
  work->ptx = text;
  if (work->ptx.find("refuse") == std::string::npos) return k::kSuccess;
  std::strncpy(work->log, "ptxas fatal: line 2 is refused\n", work->log_bytes);
  return 218;
}

FAKE_CUDA int cuLinkComplete(NativeLink link, void** cubin, size_t* bytes) {
  FAKE_ENTER_CONTEXT(cuLinkComplete);
  auto* work = reinterpret_cast<LinkWork*>(link);
  work->cubin =
      "\x7f"
      "ELF";
  work->cubin.resize(kElfBytes, '.');
  work->cubin += work->ptx;
  work->cubin += '\0';
  *cubin = work->cubin.data();
  *bytes = work->cubin.size();
  return k::kSuccess;
}

FAKE_CUDA int cuLinkDestroy(NativeLink link) {
  FAKE_ENTER_CONTEXT(cuLinkDestroy);
  auto* work = reinterpret_cast<LinkWork*>(link);
  if (world().links.erase(work) == 0) wrong("a link is destroyed that is not there");
  delete work;
  return k::kSuccess;
}

FAKE_CUDA int cuModuleLoadData(NativeModule* module, const void* image) {
  FAKE_ENTER_CONTEXT(cuModuleLoadData);
  const auto* text = static_cast<const char*>(image);
  if (std::memcmp(text,
                  "\x7f"
                  "ELF.",
                  5) != 0)
    return k::kInvalidImage;
  auto* made = new Module{text + kElfBytes};
  world().modules.insert(made);
  *module = reinterpret_cast<NativeModule>(made);
  return k::kSuccess;
}

FAKE_CUDA int cuModuleUnload(NativeModule module) {
  FAKE_ENTER_CONTEXT(cuModuleUnload);
  auto* native = reinterpret_cast<Module*>(module);
  if (world().modules.erase(native) == 0) wrong("a module is unloaded that is not there");
  delete native;
  return k::kSuccess;
}

FAKE_CUDA int cuModuleGetFunction(NativeFunction* function, NativeModule module, const char* name) {
  FAKE_ENTER_CONTEXT(cuModuleGetFunction);
  const auto* native = reinterpret_cast<Module*>(module);
  if (native->text.find(".entry " + std::string(name) + "(") == std::string::npos) return k::kNotFound;
  world().functions.push_back({name});
  *function = reinterpret_cast<NativeFunction>(&world().functions.back());
  return k::kSuccess;
}

FAKE_CUDA int cuFuncSetAttribute(NativeFunction function, int which, int value) {
  FAKE_ENTER_CONTEXT(cuFuncSetAttribute);
  if (which != k::kFunctionMaxDynamicShared) return k::kInvalidValue;
  reinterpret_cast<Function*>(function)->max_shared = value;
  return k::kSuccess;
}

FAKE_CUDA int cuLaunchKernel(NativeFunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                             unsigned bz, unsigned shared_bytes, NativeStream stream, void** parameters, void** extra) {
  FAKE_ENTER_CONTEXT(cuLaunchKernel);
  const auto* native = reinterpret_cast<Function*>(function);
  if (gy != 1 || gz != 1 || by != 1 || bz != 1 || extra) wrong("a launch is not one-dimensional");
  if (bx > 1024 || shared_bytes > static_cast<unsigned>(native->max_shared)) return k::kInvalidValue;
  Launch launch{native->name, gx, bx, shared_bytes, stream, 0, 0, 0, {}};
  const auto* context = static_cast<const std::byte*>(parameters[0]);
  std::memcpy(&launch.arg_buffer, context, 8);
  std::memcpy(&launch.runtime, context + 8, 8);
  std::memcpy(&launch.result_buffer, context + 24, 8);
  enqueue("cuLaunchKernel", stream, [launch] { run_launch(launch); });
  return k::kSuccess;
}

FAKE_CUDA int cuImportExternalMemory(NativeMemory* memory, const ExternalMemoryDesc* desc) {
  FAKE_ENTER_CONTEXT(cuImportExternalMemory);
  if (desc->handle.type != k::kExternalOpaqueFd || !is_open(desc->handle.fd)) return k::kInvalidValue;
  auto* made = new External{desc->handle.fd, desc->size_bytes, false};
  world().external_memory.insert(made);
  *memory = reinterpret_cast<NativeMemory>(made);
  return k::kSuccess;
}

FAKE_CUDA int cuExternalMemoryGetMappedBuffer(DeviceAddress* address, NativeMemory memory,
                                              const ExternalBufferDesc* desc) {
  FAKE_ENTER_CONTEXT(cuExternalMemoryGetMappedBuffer);
  const auto* external = reinterpret_cast<External*>(memory);
  if (desc->offset_bytes + desc->size_bytes > external->size_bytes) return k::kInvalidValue;
  void* pages = mmap(nullptr, desc->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, external->fd,
                     static_cast<off_t>(desc->offset_bytes));
  if (pages == MAP_FAILED) return k::kInvalidValue;
  *address = reinterpret_cast<uint64_t>(pages) | kGpu;
  world().memory[*address] = {desc->size_bytes, Kind::mapped, thread_contexts.back()};
  world().used_bytes += desc->size_bytes;
  return k::kSuccess;
}

FAKE_CUDA int cuDestroyExternalMemory(NativeMemory memory) {
  FAKE_ENTER_CONTEXT(cuDestroyExternalMemory);
  auto* external = reinterpret_cast<External*>(memory);
  if (world().external_memory.erase(external) == 0) wrong("external memory is destroyed that is not there");
  close(external->fd);
  delete external;
  return k::kSuccess;
}

FAKE_CUDA int cuImportExternalSemaphore(NativeSemaphore* semaphore, const ExternalSemaphoreDesc* desc) {
  FAKE_ENTER_CONTEXT(cuImportExternalSemaphore);
  const bool timeline = desc->handle.type == k::kExternalTimelineFd;
  if ((!timeline && desc->handle.type != k::kExternalOpaqueFd) || !is_open(desc->handle.fd)) return k::kInvalidValue;
  auto* made = new External{desc->handle.fd, 0, timeline};
  world().semaphores.insert(made);
  *semaphore = reinterpret_cast<NativeSemaphore>(made);
  return k::kSuccess;
}

FAKE_CUDA int cuDestroyExternalSemaphore(NativeSemaphore semaphore) {
  FAKE_ENTER_CONTEXT(cuDestroyExternalSemaphore);
  auto* external = reinterpret_cast<External*>(semaphore);
  if (world().semaphores.erase(external) == 0) wrong("a semaphore is destroyed that is not there");
  close(external->fd);
  delete external;
  return k::kSuccess;
}

static int put_points(const char* verb, const NativeSemaphore* semaphores, const ExternalPoint* points, unsigned count,
                      NativeStream stream) {
  for (unsigned i = 0; i < count; ++i) {
    auto* external = reinterpret_cast<External*>(semaphores[i]);
    if (!world().semaphores.count(external)) return wrong("a semaphore is used that is not there"), kInvalidHandle;
    const std::string text =
        std::string(verb) + " " + (external->timeline ? std::to_string(points[i].value) : "binary") + " on ";
    enqueue(verb, stream, [text, stream] { world().points.push_back(text + stream_name(stream)); });
  }
  return k::kSuccess;
}

FAKE_CUDA int cuWaitExternalSemaphoresAsync(const NativeSemaphore* semaphores, const ExternalPoint* points,
                                            unsigned count, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuWaitExternalSemaphoresAsync);
  return put_points("wait", semaphores, points, count, stream);
}

FAKE_CUDA int cuSignalExternalSemaphoresAsync(const NativeSemaphore* semaphores, const ExternalPoint* points,
                                              unsigned count, NativeStream stream) {
  FAKE_ENTER_CONTEXT(cuSignalExternalSemaphoresAsync);
  return put_points("signal", semaphores, points, count, stream);
}

FAKE_CUDA int cuMemGetAllocationGranularity(size_t* bytes, const AllocationProperties*, int) {
  FAKE_ENTER_CONTEXT(cuMemGetAllocationGranularity);
  *bytes = kGranularity;
  return k::kSuccess;
}

FAKE_CUDA int cuMemCreate(AllocationHandle* handle, size_t bytes, const AllocationProperties* properties,
                          unsigned long long) {
  FAKE_ENTER_CONTEXT(cuMemCreate);
  if (bytes % kGranularity != 0 || properties->handle_types != k::kHandleFileDescriptor) return k::kInvalidValue;
  const int fd = memfd_create("fake_cuda", MFD_CLOEXEC);
  if (ftruncate(fd, static_cast<off_t>(bytes)) != 0) return k::kOutOfMemory;
  static uint64_t next = 0;
  world().allocations[*handle = ++next] = {fd, bytes};
  return k::kSuccess;
}

FAKE_CUDA int cuMemRelease(AllocationHandle handle) {
  FAKE_ENTER_CONTEXT(cuMemRelease);
  const auto found = world().allocations.find(handle);
  if (found == world().allocations.end()) return wrong("an allocation is released that is not there"), k::kInvalidValue;
  close(found->second.fd);
  world().allocations.erase(found);
  return k::kSuccess;
}

FAKE_CUDA int cuMemAddressReserve(DeviceAddress* address, size_t bytes, size_t, DeviceAddress, unsigned long long) {
  FAKE_ENTER_CONTEXT(cuMemAddressReserve);
  *address = add_memory(bytes, Kind::reserved, true);
  world().memory[*address].usable = false;
  return k::kSuccess;
}

FAKE_CUDA int cuMemAddressFree(DeviceAddress address, size_t) {
  FAKE_ENTER_CONTEXT(cuMemAddressFree);
  return take_memory("cuMemAddressFree", address, {Kind::reserved});
}

FAKE_CUDA int cuMemMap(DeviceAddress address, size_t bytes, size_t, AllocationHandle handle, unsigned long long) {
  FAKE_ENTER_CONTEXT(cuMemMap);
  const int fd = world().allocations.at(handle).fd;
  mmap(real(address), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
  return k::kSuccess;
}

FAKE_CUDA int cuMemUnmap(DeviceAddress address, size_t) {
  FAKE_ENTER_CONTEXT(cuMemUnmap);
  world().memory.at(address).usable = false;
  return k::kSuccess;
}

FAKE_CUDA int cuMemSetAccess(DeviceAddress address, size_t, const AllocationAccess* access, size_t count) {
  FAKE_ENTER_CONTEXT(cuMemSetAccess);
  if (count != 1 || access->flags != k::kAccessReadWrite) return k::kInvalidValue;
  world().memory.at(address).usable = true;
  return k::kSuccess;
}

FAKE_CUDA int cuMemExportToShareableHandle(void* fd, AllocationHandle handle, int, unsigned long long) {
  FAKE_ENTER_CONTEXT(cuMemExportToShareableHandle);
  *static_cast<int*>(fd) = dup(world().allocations.at(handle).fd);
  return k::kSuccess;
}

}  // extern "C"
