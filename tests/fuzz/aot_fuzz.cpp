// Feeds arbitrary bytes to the module reader as a .tcm; bytes that begin with 'F' are a plain list
// of files, packed here, so that mutations get past the checksums of a zip. With clang's fuzzer this
// is its target; without it, a main that replays LLVM modules of its own and the files and folders
// named on the command line, or writes those modules into a folder, as seeds (--seeds FOLDER).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "aot/module_reader.h"
#include "desc_invariants.h"
#include "zip_writer.h"

namespace {

// 'F', then (name length: 1 byte, name, size: 4 bytes, content) until the bytes end.
std::vector<std::byte> pack(const uint8_t* data, size_t size) {
  ist::test::Files files;
  for (size_t at = 1; at < size;) {
    const size_t name_limit = data[at++];
    const size_t name_size = std::min(name_limit, size - at);
    const std::string name(reinterpret_cast<const char*>(data + at), name_size);
    at += name_size;
    uint32_t content_size = 0;
    if (size - at < sizeof content_size) break;
    std::memcpy(&content_size, data + at, sizeof content_size);
    at += sizeof content_size;
    content_size = static_cast<uint32_t>(std::min<size_t>(content_size, size - at));
    files[name.c_str()].assign(reinterpret_cast<const char*>(data + at), content_size);
    at += content_size;
  }
  return ist::test::write_zip(files);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> packed;
  if (size > 0 && data[0] == 'F') packed = pack(data, size);
  const auto bytes = packed.empty() ? std::as_bytes(std::span(data, size)) : std::span<const std::byte>(packed);
  const auto module = ist::aot::read_module_from_memory(bytes);
  if (module.ok()) {
    if (!ist::test::broken_invariant(*module).empty()) std::abort();
  } else if (module.status().message().empty()) {
    std::abort();
  }
  return 0;
}

#ifndef IST_LIBFUZZER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tcb_writer.h"

namespace {

// What pack() understands.
std::string unpacked(const ist::test::Files& files) {
  std::string bytes = "F";
  for (const auto& [name, content] : files) {
    const auto size = static_cast<uint32_t>(content.size());
    bytes += static_cast<char>(name.size());
    bytes += name;
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes += content;
  }
  return bytes;
}

std::vector<std::string> llvm_seeds() {
  std::vector<std::string> seeds;
  for (const char* triple : {"x86_64-pc-linux-gnu", "aarch64-unknown-linux-gnu", "nvptx64-nvidia-cuda"}) {
    seeds.push_back(unpacked(ist::test::llvm_files(ist::test::rich_module(triple))));
  }
  return seeds;
}

int write_seeds(const std::filesystem::path& folder) {
  size_t count = 0;
  for (const std::string& seed : llvm_seeds()) {
    std::ofstream(folder / ("llvm_" + std::to_string(count++)), std::ios::binary) << seed;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--seeds") return write_seeds(argv[2]);
  size_t count = 0;
  for (const std::string& seed : llvm_seeds()) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(seed.data()), seed.size());
    ++count;
  }
  const auto replay = [&](const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++count;
  };
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      replay(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) replay(entry.path());
    }
  }
  std::printf("replayed %zu files\n", count);
  return count > 0 ? 0 : 1;
}
#endif
