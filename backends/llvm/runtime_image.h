// The structures that LLVM kernels share with whoever runs them, byte by byte as the modules were compiled against
// them (Taichi 1.7, CPU and CUDA alike). Pointers are addresses of the machine that runs the kernel.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ist::llvm_host {

using Address = uint64_t;

inline constexpr uint64_t kTemporariesBytes = uint64_t{1} << 20;
inline constexpr uint64_t kPageBytes = 4096;
// Of what a kernel returns: those that return nothing may still touch the first word.
inline constexpr uint32_t kLeastRetsBytes = 8;

struct RuntimeContext {
  Address arg_buffer = 0;
  Address runtime = 0;
  int32_t cpu_thread_id = 0;
  int32_t unused = 0;
  Address result_buffer = 0;
};
static_assert(sizeof(RuntimeContext) == 32 && offsetof(RuntimeContext, result_buffer) == 24);

struct Chunk {
  Address head = 0;
  Address tail = 0;
  uint64_t size_bytes = 0;
};

struct RandState {
  uint32_t x, y, z, w;
  int32_t lock;
};
static_assert(sizeof(RandState) == 20);

// State `index` of the generators that Taichi seeds with 0.
constexpr RandState first_rand_state(uint32_t index) {
  return {uint32_t{123456789} * index * uint32_t{1000000007}, 362436069, 521288629, 88675123, 0};
}

struct LlvmRuntime {
  Chunk objects;
  Chunk memory;            // a CUDA device's heap; empty on CPUs, which call host_allocator
  Address host_allocator;  // void* (*)(void* pool, size_t bytes, size_t alignment): zeroed, from any worker
  Address assert_failed;   // unused
  Address host_printf;     // int (*)(const char*, ...)
  Address host_vsnprintf;  // unused
  Address memory_pool;     // first argument of host_allocator
  Address roots[512];      // by tree
  uint64_t root_bytes[512];
  Address thread_pool;             // first argument of parallel_for
  Address parallel_for;            // void (*)(void* pool, int splits, int most_threads, void* context, Split*)
  Address element_lists[1024];     // by snode
  Address node_allocators[1024];   // by snode
  Address ambient_elements[1024];  // by snode
  Address temporaries;
  Address rand_states;
  Address profiler;
  Address profiler_start;
  Address profiler_stop;
  char error_template[2048];
  uint64_t error_args[32];
  int32_t error_lock;
  int32_t unused;
  int64_t error_code;     // 1: an assertion has failed
  Address result_buffer;  // unused by compiled kernels
  int32_t allocator_lock;
  uint32_t rand_state_count;
  int64_t requested_bytes;
};
static_assert(sizeof(LlvmRuntime) == 35256);
static_assert(offsetof(LlvmRuntime, memory) == 24 && offsetof(LlvmRuntime, host_allocator) == 48);
static_assert(offsetof(LlvmRuntime, memory_pool) == 80 && offsetof(LlvmRuntime, roots) == 88);
static_assert(offsetof(LlvmRuntime, thread_pool) == 8280 && offsetof(LlvmRuntime, parallel_for) == 8288);
static_assert(offsetof(LlvmRuntime, element_lists) == 8296 && offsetof(LlvmRuntime, temporaries) == 32872);
static_assert(offsetof(LlvmRuntime, error_template) == 32912 && offsetof(LlvmRuntime, error_args) == 34960);
static_assert(offsetof(LlvmRuntime, error_code) == 35224 && offsetof(LlvmRuntime, requested_bytes) == 35248);

// An entry of a list of active cells.
struct Element {
  Address pointer = 0;
  int32_t bounds[2] = {};
  int32_t coordinates[12] = {};
};
static_assert(sizeof(Element) == 64);

inline constexpr uint32_t kListChunks = 131072;
inline constexpr uint32_t kElementsPerChunk = 65536;

// What follows a list's 131072 chunk pointers.
struct ListTail {
  uint64_t element_bytes = 0;
  uint64_t per_chunk = 0;  // a power of two
  int32_t log2_per_chunk = 0;
  int32_t lock = 0;
  int32_t count = 0;
  int32_t unused = 0;
  Address runtime = 0;
};
static_assert(sizeof(ListTail) == 40);
inline constexpr uint64_t kListTailOffset = uint64_t{kListChunks} * 8;
inline constexpr uint64_t kListBytes = kListTailOffset + sizeof(ListTail);
static_assert(kListBytes == 1048616);

struct NodeManager {
  Address runtime = 0;
  int32_t lock = 0;
  int32_t element_bytes = 0;
  int32_t chunk_elements = 0;
  int32_t free_used = 0;
  Address free_list = 0;
  Address recycled_list = 0;
  Address data_list = 0;
  int32_t backup = 0;
  int32_t unused = 0;
};
static_assert(sizeof(NodeManager) == 56 && offsetof(NodeManager, backup) == 48);

}  // namespace ist::llvm_host
