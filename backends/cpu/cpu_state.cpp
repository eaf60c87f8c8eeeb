// Fields in memory of this process, and the functions that kernels call by pointer.
#include "cpu/cpu_state.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>

#include "llvm/failure_text.h"
#include "llvm/field_image.h"

namespace ist::cpu {
namespace {

using llvm_host::Address;

class HeapMemory final : public llvm_host::FieldMemory {
 public:
  explicit HeapMemory(Heap& heap) : heap_(heap) {}
  Result<Address> allocate(uint64_t size_bytes, uint64_t alignment) override {
    if (void* memory = heap_.allocate(size_bytes, alignment)) return reinterpret_cast<Address>(memory);
    return fail(Code::out_of_memory, "The host has no %llu bytes of memory left for the module's fields.",
                static_cast<unsigned long long>(size_bytes));
  }
  Status write(Address to, std::span<const std::byte> bytes) override {
    std::memcpy(reinterpret_cast<void*>(to), bytes.data(), bytes.size());
    return {};
  }

 private:
  Heap& heap_;
};

// Kernels do not look whether they got memory: what touches address 0 ends the process, as it does in Taichi.
void* allocate_for_kernel(void* heap, size_t size_bytes, size_t alignment) {
  return static_cast<Heap*>(heap)->allocate(size_bytes, alignment);
}

// A kernel's print() is the user's own wish to see something on stdout.
int print_for_kernel(const char* format, ...) {
  va_list values;
  va_start(values, format);
  const int count = std::vprintf(format, values);
  va_end(values);
  return count;
}

template <class Function>
Address address_of(Function* function) {
  return reinterpret_cast<Address>(function);
}

}  // namespace

Result<std::unique_ptr<State>> State::make(std::span<const aot::FieldTree> trees,
                                           const llvm_host::LlvmRuntime& common) {
  std::unique_ptr<State> state(new State);
  state->runtime_ = std::make_unique<llvm_host::LlvmRuntime>(common);
  llvm_host::LlvmRuntime& runtime = *state->runtime_;
  runtime.host_allocator = address_of(allocate_for_kernel);
  runtime.host_printf = address_of(print_for_kernel);
  runtime.memory_pool = reinterpret_cast<Address>(&state->heap_);
  HeapMemory memory(state->heap_);
  // Of a list that no kernel touches only one page costs anything here.
  IST_CHECK(lay_out_fields(trees, state->runtime(), memory, runtime, llvm_host::Lists::always));
  return state;
}

std::string State::take_failure() {
  std::string text =
      llvm_host::failure_text({runtime_->error_template, sizeof runtime_->error_template}, runtime_->error_args);
  runtime_->error_code = 0;
  return text;
}

}  // namespace ist::cpu
