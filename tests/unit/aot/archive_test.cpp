// Folder, stored, deflated and in-memory archives, and everything that can be wrong with them.
#include "aot/archive.h"

#include <gtest/gtest.h>

#include "desc_invariants.h"
#include "module_files.h"

namespace ist::test {

namespace {

constexpr uint64_t kLimit = 1 << 20;

std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_bytes(const TemporaryFolder& folder, const std::string& name, const std::vector<std::byte>& bytes) {
  folder.write(name, text(bytes));
}

// Offset of the first signature.
size_t find_signature(const std::vector<std::byte>& zip, const char* signature) {
  return text(zip).find(std::string(signature, 4));
}

void expect_same(const aot::ModuleDesc& a, const aot::ModuleDesc& b) {
  ASSERT_EQ(a.kernels.size(), b.kernels.size());
  ASSERT_EQ(a.binaries.size(), b.binaries.size());
  for (size_t i = 0; i < a.kernels.size(); ++i) {
    EXPECT_EQ(a.kernels[i].name, b.kernels[i].name);
    EXPECT_EQ(a.kernels[i].args_bytes, b.kernels[i].args_bytes);
  }
  for (size_t i = 0; i < a.binaries.size(); ++i) EXPECT_EQ(a.binaries[i].words, b.binaries[i].words);
  EXPECT_EQ(a.taichi_version, b.taichi_version);
}

Code code_of(const std::vector<std::byte>& zip) {
  const auto module = aot::read_module_from_memory(zip);
  return module.ok() ? Code::success : module.status().code();
}

}  // namespace

TEST(Archive, EveryAssetLoadsAndKeepsThePromises) {
  const auto modules = asset_modules();
  ASSERT_GE(modules.size(), 10u);
  for (const auto& path : modules) {
    const auto module = aot::read_module_from_path(path.string());
    ASSERT_TRUE(module.ok()) << path << ": " << module.status().message();
    EXPECT_EQ(broken_invariant(*module), "") << path;
    EXPECT_EQ(module->taichi_version, "1.7.4");
  }
}

TEST(Archive, FolderStoredDeflatedAndMemoryAreTheSame) {
  const Files files = asset_files("mpm88");
  TemporaryFolder folder;
  for (const auto& [name, content] : files) folder.write(name, content);
  const auto from_folder = aot::read_module_from_path(folder.path().string());
  ASSERT_TRUE(from_folder.ok()) << from_folder.status().message();
  for (const Packing packing : {Packing::stored, Packing::deflated}) {
    const auto zip = write_zip(files, packing);
    const auto from_memory = aot::read_module_from_memory(zip);
    ASSERT_TRUE(from_memory.ok()) << from_memory.status().message();
    expect_same(*from_folder, *from_memory);
    TemporaryFolder other;
    write_bytes(other, "module.anything", zip);  // told apart by content
    const auto from_file = aot::read_module_from_path((other.path() / "module.anything").string());
    ASSERT_TRUE(from_file.ok()) << from_file.status().message();
    expect_same(*from_folder, *from_file);
  }
}

TEST(Archive, OneCommonPrefixIsAccepted) {
  const Files files = asset_files("fractal");
  EXPECT_EQ(code_of(write_zip(files, Packing::stored, "run/")), Code::success);
  Files mixed;
  for (const auto& [name, content] : files) mixed[(name == "graphs.json" ? "b/" : "a/") + name] = content;
  EXPECT_EQ(code_of(write_zip(mixed)), Code::corrupted_data);
}

TEST(Archive, OptionalFilesAreOptional) {
  Files files = asset_files("fractal");
  files.erase("__content__");
  files.erase("__version__");
  const auto module = read(files);
  ASSERT_TRUE(module.ok());
  EXPECT_EQ(module->taichi_version, "");
  files["__version__"] = std::string(100000, 'x');
  EXPECT_TRUE(read(files).ok());
}

TEST(Archive, EveryMissingFileIsNamed) {
  const Files files = asset_files("fractal");
  for (const auto& [name, content] : files) {
    if (name.starts_with("__")) continue;
    Files fewer = files;
    fewer.erase(name);
    const auto module = read(fewer);
    ASSERT_FALSE(module.ok()) << name;
    EXPECT_EQ(module.status().code(), Code::corrupted_data);
    EXPECT_NE(module.status().message().find(name), std::string::npos) << module.status().message();
  }
}

TEST(Archive, PathsThatAreNoModules) {
  TemporaryFolder folder;
  folder.write("empty", "");
  folder.write("text", "hello");
  folder.write("pk", "PK");
  for (const char* name : {"", "empty", "text", "pk", "missing", "text/below"}) {
    const auto module = aot::read_module_from_path((folder.path() / name).string());
    ASSERT_FALSE(module.ok()) << name;
    EXPECT_EQ(module.status().code(), Code::corrupted_data) << name;
    EXPECT_FALSE(module.status().message().empty());
  }
  EXPECT_FALSE(aot::read_module_from_path("").ok());
  EXPECT_FALSE(aot::read_module_from_path("/dev/null").ok());
  EXPECT_FALSE(aot::read_module_from_memory({}).ok());
}

TEST(Archive, TruncationAnywhereIsCorrupted) {
  const auto zip = write_zip(asset_files("edge"));
  for (size_t size = 0; size < zip.size(); size += 1 + (size > 64 && size + 64 < zip.size() ? 97 : 0)) {
    EXPECT_EQ(code_of({zip.begin(), zip.begin() + static_cast<long>(size)}), Code::corrupted_data) << size;
  }
}

TEST(Archive, ChangedContentFailsItsChecksum) {
  for (const Packing packing : {Packing::stored, Packing::deflated}) {
    auto zip =
        write_zip({{"metadata.json", std::string(1000, ' ') + "{\"kernels\":[]}"}, {"graphs.json", "[]"}}, packing);
    ASSERT_EQ(code_of(zip), Code::success);
    const size_t inside = text(zip).find("metadata.json") + 13 + 5;
    zip[inside] ^= std::byte{0x04};
    EXPECT_EQ(code_of(zip), Code::corrupted_data);
  }
}

TEST(Archive, UnknownMethodAndEncryptionAreRefused) {
  const auto zip = write_zip({{"metadata.json", "{\"kernels\":[]}"}, {"graphs.json", "[]"}});
  const size_t local = find_signature(zip, "PK\3\4");
  for (const auto& [offset, value] : {std::pair(8, 12), std::pair(6, 1)}) {
    auto changed = zip;
    for (size_t entry = find_signature(zip, "PK\1\2"); entry != std::string::npos;
         entry = text(zip).find(std::string("PK\1\2"), entry + 1)) {
      changed[entry + static_cast<size_t>(offset) + 2] = static_cast<std::byte>(value);
    }
    for (size_t entry = local; entry != std::string::npos; entry = text(zip).find(std::string("PK\3\4"), entry + 1)) {
      changed[entry + static_cast<size_t>(offset)] = static_cast<std::byte>(value);
    }
    EXPECT_EQ(code_of(changed), Code::corrupted_data);
  }
}

TEST(Archive, BombsAreRefusedBeforeTheyUnfold) {
  const Files bomb = {{"metadata.json", std::string(size_t{40} << 20, ' ')}, {"graphs.json", "[]"}};
  auto zip = write_zip(bomb, Packing::deflated);
  ASSERT_LT(zip.size(), size_t{100} << 10);
  EXPECT_EQ(code_of(zip), Code::corrupted_data);
  // The same with directories that claim small sizes.
  for (size_t entry = find_signature(zip, "PK\1\2"); entry != std::string::npos;
       entry = text(zip).find(std::string("PK\1\2"), entry + 1)) {
    for (size_t i = 0; i < 4; ++i) zip[entry + 24 + i] = i == 1 ? std::byte{1} : std::byte{0};
  }
  EXPECT_EQ(code_of(zip), Code::corrupted_data);
}

TEST(Archive, LimitAndTotalAreCounted) {
  const auto zip = write_zip({{"a", std::string(1000, 'a')}, {"metadata.json", "{}"}});
  auto archive = aot::Archive::open_memory(zip);
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ((*archive->read("a", 1000)).size(), 1000u);
  EXPECT_FALSE(archive->read("a", 999).ok());
  EXPECT_FALSE(archive->read("b", kLimit).ok());
  TemporaryFolder folder;
  folder.write("a", std::string(1000, 'a'));
  auto from_folder = aot::Archive::open_path(folder.path().string());
  ASSERT_TRUE(from_folder.ok());
  EXPECT_EQ((*from_folder->read("a", 1000)).size(), 1000u);
  EXPECT_FALSE(from_folder->read("a", 999).ok());
}

TEST(Archive, NamesNeverLeaveTheFolder) {
  TemporaryFolder outer;
  outer.write("secret.spv", "x");
  std::filesystem::create_directory(outer.path() / "inner");
  const auto archive = aot::Archive::open_path((outer.path() / "inner").string());
  ASSERT_TRUE(archive.ok());
  EXPECT_FALSE(archive->contains("../secret.spv"));
  for (const char* name : {"", ".", "..", "a/b", "a\\b", "../x", "a..b"})
    EXPECT_FALSE(aot::is_plain_file_name(name)) << name;
  EXPECT_FALSE(aot::is_plain_file_name(std::string_view("a\0b", 3)));
  for (const char* name : {"a", "a.spv", "größe_c1_0_t00", "a b"}) EXPECT_TRUE(aot::is_plain_file_name(name)) << name;
}

TEST(Archive, LlvmModulesAreToldApart) {
  const auto llvm = read({{"metadata.json", "not json"}, {"metadata.tcb", "x"}, {"k.ll", "y"}});
  ASSERT_FALSE(llvm.ok());
  EXPECT_EQ(llvm.status().code(), Code::corrupted_data);
  EXPECT_NE(llvm.status().message().find("metadata.tcb"), std::string::npos) << llvm.status().message();
  const auto half = read({{"metadata.json", "not json"}, {"k.ll", "y"}});
  ASSERT_FALSE(half.ok());
  EXPECT_EQ(half.status().code(), Code::corrupted_data);
  EXPECT_NE(half.status().message().find("no metadata.tcb"), std::string::npos) << half.status().message();
}

}  // namespace ist::test
