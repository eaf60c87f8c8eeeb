// Counts what one shared library keeps on the heap, apart from drivers and everybody else in the process: the
// test program's own malloc and free look at who calls them.
#pragma once

#include <cstddef>

namespace host {

class HeapWatch {
 public:
  struct Live {
    size_t allocations = 0, bytes = 0;
  };

  // False where sanitizers have put their own heap in its place; then nothing is counted.
  static bool works();

  // Watches the library that has this function, from now on; one watch at a time.
  explicit HeapWatch(const char* function_name);
  ~HeapWatch();
  HeapWatch(const HeapWatch&) = delete;
  HeapWatch& operator=(const HeapWatch&) = delete;

  // Allocated since the watch began, and not yet freed.
  Live live() const;
};

}  // namespace host
