// malloc and free of the test program, over those of glibc. Nothing here may allocate.
#include "heap_watch.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HOST_HEAP_WATCH 1
#else
#define HOST_HEAP_WATCH 0
#endif

namespace host {
namespace {

std::atomic<uintptr_t> library_begin{0}, library_end{0};

// Addresses and sizes of what is alive, by linear probing; deletion moves followers up.
class Table {
 public:
  void insert(uintptr_t address, size_t bytes) {
    const Guard guard(lock_);
    if (live_.allocations >= kSlots / 2) return;
    size_t at = home(address);
    while (slots_[at].address) at = (at + 1) % kSlots;
    slots_[at] = {address, bytes};
    ++live_.allocations;
    live_.bytes += bytes;
  }
  void erase(uintptr_t address) {
    const Guard guard(lock_);
    size_t at = home(address);
    while (slots_[at].address != address) {
      if (!slots_[at].address) return;
      at = (at + 1) % kSlots;
    }
    --live_.allocations;
    live_.bytes -= slots_[at].bytes;
    for (size_t next = (at + 1) % kSlots; slots_[next].address; next = (next + 1) % kSlots) {
      const size_t wanted = home(slots_[next].address);
      if ((next - wanted) % kSlots < (next - at) % kSlots) continue;
      slots_[at] = slots_[next];
      at = next;
    }
    slots_[at] = {};
  }
  void clear() {
    const Guard guard(lock_);
    for (Slot& slot : slots_) slot = {};
    live_ = {};
  }
  HeapWatch::Live live() {
    const Guard guard(lock_);
    return live_;
  }

 private:
  struct Slot {
    uintptr_t address;
    size_t bytes;
  };
  struct Guard {
    explicit Guard(std::atomic_flag& flag) : flag(flag) {
      while (flag.test_and_set(std::memory_order_acquire)) {
      }
    }
    ~Guard() { flag.clear(std::memory_order_release); }
    std::atomic_flag& flag;
  };
  static constexpr size_t kSlots = size_t{1} << 17;
  static size_t home(uintptr_t address) { return (address >> 4) * 0x9e3779b97f4a7c15u >> 20 & (kSlots - 1); }

  std::atomic_flag lock_;
  Slot slots_[kSlots]{};
  HeapWatch::Live live_;
};

Table table;

[[maybe_unused]] void* watched(void* memory, size_t bytes, const void* caller) {
  const auto from = reinterpret_cast<uintptr_t>(caller);
  if (memory && from >= library_begin && from < library_end) table.insert(reinterpret_cast<uintptr_t>(memory), bytes);
  return memory;
}

[[maybe_unused]] void* gone(void* memory) {
  if (memory && library_end != 0) table.erase(reinterpret_cast<uintptr_t>(memory));
  return memory;
}

struct Range {
  uintptr_t inside, begin, end;
};

int find_range(dl_phdr_info* info, size_t, void* found) {
  auto& range = *static_cast<Range*>(found);
  Range library{range.inside, UINTPTR_MAX, 0};
  for (int k = 0; k < info->dlpi_phnum; ++k) {
    if (info->dlpi_phdr[k].p_type != PT_LOAD) continue;
    const uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[k].p_vaddr;
    library.begin = begin < library.begin ? begin : library.begin;
    library.end = begin + info->dlpi_phdr[k].p_memsz > library.end ? begin + info->dlpi_phdr[k].p_memsz : library.end;
  }
  if (range.inside < library.begin || range.inside >= library.end) return 0;
  range = library;
  return 1;
}

}  // namespace

bool HeapWatch::works() { return HOST_HEAP_WATCH; }

HeapWatch::HeapWatch(const char* function_name) {
  Range range{reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, function_name)), 0, 0};
  EXPECT_EQ(dl_iterate_phdr(find_range, &range), 1) << function_name;
  table.clear();
  library_begin = range.begin;
  library_end = range.end;
}

HeapWatch::~HeapWatch() { library_begin = library_end = 0; }

HeapWatch::Live HeapWatch::live() const { return table.live(); }

}  // namespace host

#if HOST_HEAP_WATCH
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

__attribute__((visibility("default"))) void* malloc(size_t bytes) {
  return host::watched(__libc_malloc(bytes), bytes, __builtin_return_address(0));
}
__attribute__((visibility("default"))) void* calloc(size_t count, size_t bytes) {
  return host::watched(__libc_calloc(count, bytes), count * bytes, __builtin_return_address(0));
}
__attribute__((visibility("default"))) void* realloc(void* memory, size_t bytes) {
  return host::watched(__libc_realloc(host::gone(memory), bytes), bytes, __builtin_return_address(0));
}
__attribute__((visibility("default"))) void* aligned_alloc(size_t alignment, size_t bytes) {
  return host::watched(__libc_memalign(alignment, bytes), bytes, __builtin_return_address(0));
}
__attribute__((visibility("default"))) int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  *memory = host::watched(__libc_memalign(alignment, bytes), bytes, __builtin_return_address(0));
  return *memory ? 0 : ENOMEM;
}
__attribute__((visibility("default"))) void free(void* memory) { __libc_free(host::gone(memory)); }
}
#endif
