// Sixteen bytes behind each object: that it is ours, and a sum over the rest, because LLVM's loader believes every
// offset it reads.
#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/xxhash.h>

#include <cstring>

namespace ist::llvm_plugin {

inline constexpr char kSealMark[8] = {'I', 'S', 'T', 'O', 'B', 'J', '1', 0};
inline constexpr size_t kSealBytes = sizeof kSealMark + sizeof(uint64_t);

inline void seal(llvm::SmallVectorImpl<char>& object) {
  const uint64_t sum = llvm::xxHash64(llvm::StringRef(object.data(), object.size()));
  object.append(kSealMark, kSealMark + sizeof kSealMark);
  const auto* bytes = reinterpret_cast<const char*>(&sum);
  object.append(bytes, bytes + sizeof sum);
}

// What the seal closes; empty when it is broken.
inline llvm::StringRef unseal(llvm::StringRef sealed) {
  if (sealed.size() <= kSealBytes) return {};
  const llvm::StringRef object = sealed.drop_back(kSealBytes);
  const char* mark = object.end();
  uint64_t sum = 0;
  std::memcpy(&sum, mark + sizeof kSealMark, sizeof sum);
  return std::memcmp(mark, kSealMark, sizeof kSealMark) == 0 && llvm::xxHash64(object) == sum ? object
                                                                                              : llvm::StringRef();
}

}  // namespace ist::llvm_plugin
