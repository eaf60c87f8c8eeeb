// Reading a .tcb file that was written by somebody else: fields without names or tags, one after the
// other. Every access checks what is left of the file and the range of the value; a failure names
// file, field, position and value. Knows no field's meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace ist::aot {

class TcbReader {
 public:
  // Fails with corrupted_data when the file does not begin with its own length. Keeps `bytes` and `file`.
  static Result<TcbReader> open(const char* file, std::span<const std::byte> bytes);

  // The next value. `field` is what a failure calls it, below the steps that are open.
  Result<bool> boolean(const char* field);
  Result<uint32_t> u16(const char* field);
  Result<int32_t> i32(const char* field, int32_t low, int32_t high);
  Result<uint64_t> u64(const char* field, uint64_t high);
  Result<std::string> text(const char* field);
  // The length of a list whose elements take at least `smallest_bytes` each; never more than are left.
  Result<size_t> count(const char* field, size_t smallest_bytes);
  Status skip(const char* field, size_t bytes);
  // Requires that nothing is left.
  Status finish();

  // "File '<file>': <steps>.<field> (at byte <of the value read last>) <complaint>."
  Status complain(const char* field, const std::string& complaint, Code code = Code::corrupted_data) const;

 private:
  friend class TcbStep;
  struct Step {
    const char* list;
    size_t index;
  };

  TcbReader(const char* file, std::span<const std::byte> bytes) : file_(file), bytes_(bytes) {}
  template <class T>
  Result<T> take(const char* field);

  const char* file_;
  std::span<const std::byte> bytes_;
  size_t next_ = 0;
  size_t last_ = 0;  // where the value read last begins
  std::vector<Step> steps_;
};

// While it lives, failures are told to be inside element `index` of `list`; without an index inside member `list`.
class TcbStep {
 public:
  static constexpr size_t kNoIndex = SIZE_MAX;
  TcbStep(TcbReader& reader, const char* list, size_t index = kNoIndex) : reader_(reader) {
    reader_.steps_.push_back({list, index});
  }
  ~TcbStep() { reader_.steps_.pop_back(); }
  TcbStep(const TcbStep&) = delete;
  TcbStep& operator=(const TcbStep&) = delete;

 private:
  TcbReader& reader_;
};

}  // namespace ist::aot
