// Machine code in this process.
#pragma once

#include <llvm/ADT/StringMap.h>

#include "module.h"

namespace ist::llvm_plugin {

// One mapping for all sections of an object, so that they reach each other with 32 bits; never writable and
// executable at once.
class CodeMemory {
 public:
  CodeMemory() = default;
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;
  ~CodeMemory();

  enum Kind { executable, constant, writable };
  bool reserve(const size_t (&bytes)[3]);
  uint8_t* allocate(Kind kind, size_t bytes, size_t alignment);  // null: more than was reserved
  bool protect();

 private:
  struct Part {
    uint8_t* begin = nullptr;
    size_t size_bytes = 0;
    size_t used_bytes = 0;
  };
  uint8_t* base_ = nullptr;
  size_t size_bytes_ = 0;
  Part parts_[3];
};

struct LinkedCode {
  CodeMemory memory;
  llvm::StringMap<void*> tasks;
};

// link.cpp
Outcome link(LinkedCode& code, const std::string& label, llvm::StringRef sealed_object);

}  // namespace ist::llvm_plugin
