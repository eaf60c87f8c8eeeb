// Length-prefixed strings in host byte order; both sides run on this machine.
#include "transcript.h"

#include <iterator>
#include <string_view>

namespace differential {
namespace {

void put(std::ostream& out, std::string_view bytes) {
  const uint64_t size = bytes.size();
  out.write(reinterpret_cast<const char*>(&size), sizeof(size));
  out.write(bytes.data(), static_cast<std::streamsize>(size));
}

bool take(std::istream& in, std::string* bytes) {
  uint64_t size = 0;
  if (!in.read(reinterpret_cast<char*>(&size), sizeof(size))) return false;
  bytes->resize(size);
  return static_cast<bool>(in.read(bytes->data(), static_cast<std::streamsize>(size)));
}

}  // namespace

void TranscriptWriter::begin(const std::string& label) {
  put(out_, label);
  out_.flush();
}

void TranscriptWriter::end(const std::string& outcome, TiDataType type, const std::vector<uint8_t>& bytes) {
  put(out_, outcome);
  put(out_, std::to_string(type));
  put(out_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  out_.flush();
}

std::vector<Entry> read_transcript(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<Entry> entries;
  for (Entry entry; take(in, &entry.label); entry = {}) {
    std::string type, bytes;
    if (take(in, &entry.outcome) && take(in, &type) && take(in, &bytes)) {
      entry.type = static_cast<TiDataType>(std::stoi(type));
      entry.bytes.assign(bytes.begin(), bytes.end());
    } else {
      entry.outcome = "crash";
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string error_name(TiError error) {
  static constexpr const char* kNames[] = {"ok",
                                           "NOT_SUPPORTED",
                                           "CORRUPTED_DATA",
                                           "NAME_NOT_FOUND",
                                           "INVALID_ARGUMENT",
                                           "ARGUMENT_NULL",
                                           "ARGUMENT_OUT_OF_RANGE",
                                           "ARGUMENT_NOT_FOUND",
                                           "INVALID_INTEROP",
                                           "INVALID_STATE",
                                           "INCOMPATIBLE_MODULE",
                                           "OUT_OF_MEMORY"};
  const int64_t index = -int64_t{static_cast<int32_t>(error)};
  return index >= 0 && index < std::ssize(kNames) ? kNames[index] : std::to_string(-index);
}

}  // namespace differential
