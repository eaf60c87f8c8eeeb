// A file's blob: Header, the spread of each task as a word, then the objects.
#include "cpu/cpu_object_file.h"

#include <cstdio>
#include <cstring>

#include "base/log.h"
#include "contract/cache_file.h"

namespace ist::cpu {
namespace {

constexpr uint32_t kFormat = 1;

struct Header {
  uint32_t format = kFormat;
  uint32_t task_count = 0;
  uint64_t object_bytes[2] = {};
};

using Word = uint32_t;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// Code is that of the IR and of the functions that were asked for.
uint64_t sum_of(const ProgramDesc& desc) {
  std::string key = std::to_string(desc.ir.size()) + '\n';
  for (const aot::TaskDesc& task : desc.tasks) key.append(task.name).append("\n");
  return checksum_of(bytes_of(key)) * 31 + checksum_of(bytes_of(desc.ir));
}

std::string problem_of(std::span<const std::byte> blob, size_t task_count) {
  Header header;
  if (blob.size() < sizeof header) return "it is cut off";
  std::memcpy(&header, blob.data(), sizeof header);
  if (header.format != kFormat || header.task_count != task_count) return "it is of another kernel";
  uint64_t rest = blob.size() - sizeof header;
  if (rest / sizeof(Word) < task_count) return "it is cut off";
  rest -= task_count * sizeof(Word);
  if (header.object_bytes[0] > rest || header.object_bytes[1] != rest - header.object_bytes[0]) return "it is cut off";
  return "";
}

CacheFile file_of(const std::string& folder, const std::string& name, uint64_t identity, size_t task_count) {
  return {folder, name, identity,
          [task_count](std::span<const std::byte> blob) { return problem_of(blob, task_count); }};
}

}  // namespace

ObjectFile::ObjectFile(const std::string& folder, const ProgramDesc& desc, const std::string& identity)
    : folder_(folder), identity_(checksum_of(bytes_of(identity))), task_count_(desc.tasks.size()) {
  char name[64];
  std::snprintf(name, sizeof name, "objects-%016llx-%016llx.bin", static_cast<unsigned long long>(identity_),
                static_cast<unsigned long long>(sum_of(desc)));
  name_ = name;
}

std::optional<KernelObjects> ObjectFile::read() const {
  if (folder_.empty()) return {};
  const CacheFile file = file_of(folder_, name_, identity_, task_count_);
  const CacheFile::Content content = file.read();
  if (!content.problem.empty())
    log(LogLevel::warn, "Object '%s' is ignored: %s.", file.path().c_str(), content.problem.c_str());
  if (content.blob.empty()) return {};
  Header header;
  std::memcpy(&header, content.blob.data(), sizeof header);
  KernelObjects objects;
  const std::byte* at = content.blob.data() + sizeof header;
  for (size_t i = 0; i < task_count_; ++i, at += sizeof(Word)) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    objects.tasks.push_back(word ? Spread::parallel : Spread::serial);
  }
  for (size_t i = 0; i < 2; ++i) {
    objects.objects[i].assign(reinterpret_cast<const char*>(at), header.object_bytes[i]);
    at += header.object_bytes[i];
  }
  file.touch();
  return objects;
}

void ObjectFile::keep(const KernelObjects& objects) const {
  if (folder_.empty()) return;
  Header header;
  header.task_count = static_cast<uint32_t>(objects.tasks.size());
  std::vector<std::byte> blob;
  const auto append = [&blob](std::span<const std::byte> bytes) {
    blob.insert(blob.end(), bytes.begin(), bytes.end());
  };
  for (size_t i = 0; i < 2; ++i) header.object_bytes[i] = objects.objects[i].size();
  append(std::as_bytes(std::span(&header, 1)));
  for (const Spread spread : objects.tasks) {
    const auto word = static_cast<Word>(spread);
    append(std::as_bytes(std::span(&word, 1)));
  }
  for (const std::string& object : objects.objects) append(bytes_of(object));
  static CacheAllowance allowance{kMaxObjectsBytes, kMaxObjectsBytes / 4 * 3};
  file_of(folder_, name_, identity_, task_count_).keep(blob, allowance);
}

void ObjectFile::remove() const { file_of(folder_, name_, identity_, task_count_).remove(); }

}  // namespace ist::cpu
