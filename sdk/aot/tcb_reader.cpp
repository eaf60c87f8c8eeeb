// Little-endian values from bytes, each after a look at how many are left.
#include "aot/tcb_reader.h"

#include <bit>
#include <cstring>

namespace ist::aot {

static_assert(std::endian::native == std::endian::little, "Values are copied as the file has them.");

Result<TcbReader> TcbReader::open(const char* file, std::span<const std::byte> bytes) {
  TcbReader reader(file, bytes);
  IST_TRY(const uint64_t length, reader.u64("length", UINT64_MAX));
  if (length != bytes.size()) {
    return fail(Code::corrupted_data, "File '%s' says it has (%llu) bytes but has (%zu).", file,
                static_cast<unsigned long long>(length), bytes.size());
  }
  return reader;
}

template <class T>
Result<T> TcbReader::take(const char* field) {
  last_ = next_;
  if (bytes_.size() - next_ < sizeof(T)) {
    return complain(field, "is cut off: (" + std::to_string(sizeof(T)) + ") bytes are needed, (" +
                               std::to_string(bytes_.size() - next_) + ") are left");
  }
  T value;
  std::memcpy(&value, bytes_.data() + next_, sizeof value);
  next_ += sizeof value;
  return value;
}

Result<bool> TcbReader::boolean(const char* field) {
  IST_TRY(const uint8_t value, take<uint8_t>(field));
  if (value > 1) return complain(field, "is (" + std::to_string(value) + "), neither 0 nor 1");
  return value == 1;
}

Result<uint32_t> TcbReader::u16(const char* field) {
  IST_TRY(const uint16_t value, take<uint16_t>(field));
  return uint32_t{value};
}

Result<int32_t> TcbReader::i32(const char* field, int32_t low, int32_t high) {
  IST_TRY(const int32_t value, take<int32_t>(field));
  if (value >= low && value <= high) return value;
  return complain(field,
                  "is (" + std::to_string(value) + "), outside " + std::to_string(low) + " to " + std::to_string(high));
}

Result<uint64_t> TcbReader::u64(const char* field, uint64_t high) {
  IST_TRY(const uint64_t value, take<uint64_t>(field));
  if (value <= high) return value;
  return complain(field, "is (" + std::to_string(value) + "), more than " + std::to_string(high));
}

Result<std::string> TcbReader::text(const char* field) {
  IST_TRY(const size_t size, count(field, 1));
  const char* begin = reinterpret_cast<const char*>(bytes_.data() + next_);
  next_ += size;
  return std::string(begin, size);
}

Result<size_t> TcbReader::count(const char* field, size_t smallest_bytes) {
  IST_TRY(const uint64_t value, take<uint64_t>(field));
  const size_t left = bytes_.size() - next_;
  if (value <= left / smallest_bytes) return static_cast<size_t>(value);
  return complain(
      field, "is said to have (" + std::to_string(value) + ") elements, (" + std::to_string(left) + ") bytes are left");
}

Status TcbReader::skip(const char* field, size_t bytes) {
  last_ = next_;
  const size_t left = bytes_.size() - next_;
  if (left < bytes) {
    return complain(
        field, "is cut off: (" + std::to_string(bytes) + ") bytes are needed, (" + std::to_string(left) + ") are left");
  }
  next_ += bytes;
  return {};
}

Status TcbReader::finish() {
  if (next_ == bytes_.size()) return {};
  return fail(Code::corrupted_data, "File '%s' has (%zu) bytes but its content ends at byte (%zu).", file_,
              bytes_.size(), next_);
}

Status TcbReader::complain(const char* field, const std::string& complaint, Code code) const {
  std::string path;
  for (const Step& step : steps_) {
    path += step.list;
    if (step.index != TcbStep::kNoIndex) path += "[" + std::to_string(step.index) + "]";
    path += ".";
  }
  path += field;
  return fail(code, "File '%s': %s (at byte %zu) %s.", file_, path.c_str(), last_, complaint.c_str());
}

}  // namespace ist::aot
