// Where linked code lies.
#include <sys/mman.h>
#include <unistd.h>

#include <iterator>

#include "code.h"

namespace ist::llvm_plugin {
namespace {

constexpr size_t kMostBytes = size_t{1} << 30;

size_t round_up(size_t value, size_t to) { return (value + to - 1) / to * to; }

}  // namespace

CodeMemory::~CodeMemory() {
  if (base_) munmap(base_, size_bytes_);
}

bool CodeMemory::reserve(const size_t (&bytes)[3]) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_t total = 0;
  for (size_t part : bytes) {
    if (part > kMostBytes) return false;
    total += round_up(part, page);
  }
  if (base_ || total == 0) return false;
  void* base = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return false;
  base_ = static_cast<uint8_t*>(base);
  size_bytes_ = total;
  uint8_t* next = base_;
  for (size_t i = 0; i < std::size(parts_); ++i) {
    parts_[i] = {next, round_up(bytes[i], page), 0};
    next += parts_[i].size_bytes;
  }
  return true;
}

uint8_t* CodeMemory::allocate(Kind kind, size_t bytes, size_t alignment) {
  Part& part = parts_[kind];
  const size_t begin = round_up(part.used_bytes, alignment ? alignment : 1);
  if (!part.begin || begin > part.size_bytes || bytes > part.size_bytes - begin) return nullptr;
  part.used_bytes = begin + bytes;
  return part.begin + begin;
}

bool CodeMemory::protect() {
  const auto set = [](const Part& part, int protection) {
    return part.size_bytes == 0 || mprotect(part.begin, part.size_bytes, protection) == 0;
  };
  const Part& code = parts_[executable];
  if (!set(code, PROT_READ | PROT_EXEC) || !set(parts_[constant], PROT_READ)) return false;
  __builtin___clear_cache(reinterpret_cast<char*>(code.begin), reinterpret_cast<char*>(code.begin + code.used_bytes));
  return true;
}

}  // namespace ist::llvm_plugin
