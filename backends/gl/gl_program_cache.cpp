// A file's blob: BlobHeader, the key as it was, so that sums need not tell programs apart, then the driver's binary.
#include "gl/gl_program_cache.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/log.h"

namespace ist::gl {
namespace {

// Programs of other versions of the translator are others.
constexpr uint32_t kTranslatorVersion = 1;
constexpr Enum kFormatCount = 0x87FE, kFormats = 0x87FF, kBinaryLength = 0x8741;
constexpr uint64_t kMaxBinaryBytes = kMaxProgramsBytes / 4;

struct BlobHeader {
  uint32_t key_bytes;
  Enum format;
};

template <class T>
void append(std::vector<std::byte>& bytes, std::span<const T> values) {
  const auto added = std::as_bytes(values);
  bytes.insert(bytes.end(), added.begin(), added.end());
}

template <class T>
void append(std::vector<std::byte>& bytes, const T& value) {
  append(bytes, std::span<const T>(&value, 1));
}

// Parts of changing length tell it, or two lists of parts could be the same bytes.
void append(std::vector<std::byte>& bytes, const std::string& text) {
  append(bytes, uint64_t{text.size()});
  append(bytes, std::span<const char>(text));
}

uint64_t sum_of(const std::string& identity) {
  std::vector<std::byte> bytes;
  append(bytes, identity);
  append(bytes, uint64_t{sizeof(void*)});
  return checksum_of(bytes);
}

}  // namespace

ProgramCache::ProgramCache(const Gpu& gpu, const std::string& folder)
    : gpu_(gpu), identity_(sum_of(gpu.caps().identity)) {
  if (folder.empty() || !gpu.caps().program_binaries) return;
  folder_ = folder;
}

// What the target allows decides how the text is put, and with it what is linked.
ProgramKey ProgramCache::key_of(const PreparedShader& shader) const {
  ProgramKey key;
  if (!keeps()) return key;
  const GlslTarget& target = gpu_.facts.target;
  append(key, kTranslatorVersion);
  append(key, gpu_.caps().identity);
  append(key, target.name());
  append(key, target.features.bits);
  append(key, uint32_t{target.extended_formats} << 1 | uint32_t{target.extended_unorm16});
  append(key, uint64_t{shader.slots.size()});
  for (const Slot& slot : shader.slots) append(key, uint32_t{static_cast<uint8_t>(slot.kind)} << 24 ^ slot.point);
  append(key, std::span<const uint32_t>(shader.words));
  return key;
}

CacheFile ProgramCache::file_of(const ProgramKey& key) const {
  char name[64];
  std::snprintf(name, sizeof name, "programs-%016llx-%016llx.bin", static_cast<unsigned long long>(identity_),
                static_cast<unsigned long long>(checksum_of(key)));
  return CacheFile(folder_, name, identity_, [&key](std::span<const std::byte> blob) {
    BlobHeader header;
    if (blob.size() <= sizeof header + key.size()) return "it is cut off";
    std::memcpy(&header, blob.data(), sizeof header);
    const auto same = blob.subspan(sizeof header, key.size());
    if (header.key_bytes != key.size() || !std::equal(key.begin(), key.end(), same.begin()))
      return "it is of another program";
    return blob.size() - sizeof header - key.size() > kMaxBinaryBytes ? "it is too large" : "";
  });
}

bool ProgramCache::find(const ProgramKey& key, const Program& program) {
  if (!keeps()) return false;
  const CacheFile file = file_of(key);
  const CacheFile::Content content = file.read();
  if (!content.problem.empty())
    log(LogLevel::warn, "Program '%s' is ignored: %s.", file.path().c_str(), content.problem.c_str());
  if (content.blob.empty()) return false;
  if (!load(program, content.blob, key.size())) {
    log(LogLevel::info, "Program '%s' is ignored: the driver does not take it back.", file.path().c_str());
    return false;
  }
  file.touch();
  return true;
}

// Only formats that the driver names are given to it. What it says of others is an error, which nobody else may see.
bool ProgramCache::load(const Program& program, const std::vector<std::byte>& blob, size_t key_bytes) const {
  const Functions& gl = gpu_.gl();
  int32_t count = 0;
  gl.GetIntegerv(kFormatCount, &count);
  std::vector<int32_t> formats(static_cast<size_t>(std::max(count, 0)));
  if (!formats.empty()) gl.GetIntegerv(kFormats, formats.data());
  BlobHeader header;
  std::memcpy(&header, blob.data(), sizeof header);
  if (std::find(formats.begin(), formats.end(), static_cast<int32_t>(header.format)) == formats.end()) return false;
  const auto binary = std::span(blob).subspan(sizeof header + key_bytes);
  gl.ProgramBinary(program.name(), header.format, binary.data(), static_cast<Size>(binary.size()));
  return program.linked();
}

std::vector<std::byte> ProgramCache::blob_of(const ProgramKey& key, const Program& program) const {
  int32_t length = 0;
  gpu_.gl().GetProgramiv(program.name(), kBinaryLength, &length);
  if (length <= 0 || static_cast<uint64_t>(length) > kMaxBinaryBytes) return {};
  BlobHeader header{static_cast<uint32_t>(key.size()), 0};
  std::vector<std::byte> blob;
  append(blob, header);
  blob.insert(blob.end(), key.begin(), key.end());
  const size_t at = blob.size();
  blob.resize(at + static_cast<size_t>(length));
  Size written = 0;
  gpu_.gl().GetProgramBinary(program.name(), length, &written, &header.format, blob.data() + at);
  if (written <= 0 || written > length) return {};
  blob.resize(at + static_cast<size_t>(written));
  std::memcpy(blob.data(), &header, sizeof header);
  return blob;
}

void ProgramCache::keep(const ProgramKey& key, const Program& program) {
  if (!keeps() || allowance_.failed) return;
  const std::vector<std::byte> blob = blob_of(key, program);
  if (!blob.empty()) file_of(key).keep(blob, allowance_);
}

}  // namespace ist::gl
