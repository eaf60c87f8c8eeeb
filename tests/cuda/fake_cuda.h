// What tests say to, and ask of, a libcuda.so.1 that is no driver: memory of the GPU is memory of the host at addresses
// that nobody can follow, streams keep their work until somebody waits if asked to, kernels are written down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#define FAKE_CUDA __attribute__((visibility("default")))

namespace fake_cuda {

struct Launch {
  std::string task;
  unsigned grid = 0, block = 0, shared_bytes = 0;
  void* stream = nullptr;
  uint64_t arg_buffer = 0, runtime = 0, result_buffer = 0;  // of the context that it was given by value
  std::vector<std::byte> args;  // up to 256 bytes behind arg_buffer, as they were when the kernel ran
};

struct Settings {
  int gpus = 1;
  int capability = 86;
  int driver_version = 12040;
  uint64_t memory_bytes = uint64_t{24} << 30;  // more than that is out of memory
  bool timeline_interop = true, file_descriptors = true;
};

// Of what has been made and not been given back.
struct Live {
  int contexts = 0, device_memory = 0, pinned_memory = 0, registered = 0, events = 0, modules = 0, links = 0;
  int external_memory = 0, semaphores = 0, allocations = 0, reservations = 0;
  int sum() const {
    return contexts + device_memory + pinned_memory + registered + events + modules + links + external_memory +
           semaphores + allocations + reservations;
  }
};

// Nothing is live, no call has been made, nothing fails, nothing is held. For the next test of a process.
FAKE_CUDA void reset(const Settings& settings = {});

FAKE_CUDA Live live();
// The first thing that was done and no caller may do; "": none.
FAKE_CUDA std::string misuse();

// The `nth` call from now of a function (by its symbol) answers so; 0: every one.
FAKE_CUDA void fail(const std::string& symbol, unsigned nth, int answer);
// Symbols in the order of the calls since reset() or forget_calls().
FAKE_CUDA std::vector<std::string> calls();
FAKE_CUDA unsigned count(const std::string& symbol);
FAKE_CUDA void forget_calls();

// While held, work stays in its stream until somebody waits for something behind it, or until run_all().
FAKE_CUDA void hold(bool on);
FAKE_CUDA void run_all();
// What each kernel does when it runs.
FAKE_CUDA void on_launch(std::function<void(const Launch&)> kernel);
FAKE_CUDA std::vector<Launch> launches();
// "wait 3 on s0", "signal 4 on s0": semaphores' work in the order it ran.
FAKE_CUDA std::vector<std::string> points();

// The host address behind an address of the GPU; null when no memory is there.
FAKE_CUDA std::byte* bytes_at(uint64_t address);
// What a host of its own has: a stream and memory in the primary context of a GPU or in another context of the same.
FAKE_CUDA void* primary_context(int gpu);
FAKE_CUDA void* other_context();
FAKE_CUDA void* make_stream(void* context);
FAKE_CUDA uint64_t make_memory(void* context, uint64_t size_bytes);
FAKE_CUDA void free_memory(uint64_t address);
// Contexts on this thread, the current one last.
FAKE_CUDA std::vector<void*>& contexts_of_thread();

}  // namespace fake_cuda
