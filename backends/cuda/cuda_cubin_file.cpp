// A file's blob is the cubin. Which kernel it is of, the name says.
#include "cuda/cuda_cubin_file.h"

#include <cstdio>
#include <cstring>

#include "base/log.h"

namespace ist::cuda {
namespace {

constexpr char kElf[4] = {0x7f, 'E', 'L', 'F'};
constexpr size_t kElfHeaderBytes = 64;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// The driver is told no size: what it reads by the header's word has to be there, and the file's own sum says it is.
std::string problem_of(std::span<const std::byte> blob) {
  if (blob.size() < kElfHeaderBytes) return "it is cut off";
  return std::memcmp(blob.data(), kElf, sizeof kElf) == 0 ? "" : "it is no code of a GPU";
}

}  // namespace

CubinFile::CubinFile(const std::string& folder, const ProgramDesc& desc, uint64_t identity)
    : folder_(folder), identity_(identity) {
  if (folder_.empty()) return;
  std::string tasks;
  for (const aot::TaskDesc& task : desc.tasks) tasks.append(task.name).append("\n");
  char name[96];
  std::snprintf(name, sizeof name, "cubins-%016llx-%016llx%016llx.bin", static_cast<unsigned long long>(identity_),
                static_cast<unsigned long long>(checksum_of(bytes_of(desc.ir))),
                static_cast<unsigned long long>(checksum_of(bytes_of(tasks)) ^ desc.ir.size()));
  name_ = name;
}

CacheFile CubinFile::file() const { return {folder_, name_, identity_, problem_of}; }

std::string CubinFile::read() const {
  if (folder_.empty()) return {};
  const CacheFile kept = file();
  const CacheFile::Content content = kept.read();
  if (!content.problem.empty())
    log(LogLevel::warn, "Code '%s' is ignored: %s.", kept.path().c_str(), content.problem.c_str());
  if (content.blob.empty()) return {};
  kept.touch();
  return {reinterpret_cast<const char*>(content.blob.data()), content.blob.size()};
}

void CubinFile::keep(const std::string& cubin) const {
  if (folder_.empty() || !problem_of(bytes_of(cubin)).empty()) return;
  static CacheAllowance allowance{kMaxCubinsBytes, kMaxCubinsBytes / 4 * 3};
  file().keep(bytes_of(cubin), allowance);
}

void CubinFile::remove() const {
  if (!folder_.empty()) file().remove();
}

}  // namespace ist::cuda
