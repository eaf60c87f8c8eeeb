// Hundreds of damaged modules: each gives a description that keeps its promises, or a clear refusal.
#include <gtest/gtest.h>

#include <random>

#include "desc_invariants.h"
#include "module_files.h"
#include "tcb_writer.h"

namespace ist::test {

using nlohmann::json;

namespace {

const char* const kSubjects[] = {"bounds", "edge", "returns", "types_u8", "shared", "subgroup", "mpm88"};

void expect_survival(const Files& files, const std::string& what) {
  const auto module = read(files);
  if (module.ok()) {
    EXPECT_EQ(broken_invariant(*module), "") << what;
    return;
  }
  const Code code = module.status().code();
  EXPECT_TRUE(code == Code::corrupted_data || code == Code::incompatible_module)
      << what << ": " << static_cast<int>(code);
  EXPECT_FALSE(module.status().message().empty()) << what;
}

void collect_pointers(const json& at, const json::json_pointer& path, std::vector<json::json_pointer>& out) {
  out.push_back(path);
  if (at.is_object()) {
    for (const auto& [key, value] : at.items()) collect_pointers(value, path / key, out);
  } else if (at.is_array()) {
    for (size_t i = 0; i < at.size(); ++i) collect_pointers(at[i], path / i, out);
  }
}

}  // namespace

TEST(Mutation, EveryJsonMemberOfEveryType) {
  const std::vector<json> values = {nullptr,        true,       -1,         0,  3,   1e300,
                                    INT64_MAX,      INT64_MIN,  UINT64_MAX, "", "x", json::array(),
                                    json::object(), {{"a", 1}}, {1, 2, 3}};
  std::mt19937 random(1);
  for (const char* subject : kSubjects) {
    const Files files = asset_files(subject);
    for (const char* name : {"metadata.json", "graphs.json"}) {
      const json original = json::parse(files.at(name));
      std::vector<json::json_pointer> pointers;
      collect_pointers(original, json::json_pointer(), pointers);
      std::shuffle(pointers.begin(), pointers.end(), random);
      pointers.resize(std::min<size_t>(pointers.size(), 150));
      for (const auto& pointer : pointers) {
        json changed = original;
        changed[pointer] = values[random() % values.size()];
        Files mutated = files;
        mutated[name] = changed.dump();
        expect_survival(mutated, std::string(subject) + " " + name + " " + pointer.to_string());
      }
    }
  }
}

TEST(Mutation, RandomWordsOfShaders) {
  std::mt19937 random(2);
  for (const char* subject : kSubjects) {
    const Files files = asset_files(subject);
    for (const auto& [name, content] : files) {
      if (!name.ends_with(".spv")) continue;
      for (int round = 0; round < 12; ++round) {
        Files mutated = files;
        std::string& shader = mutated[name];
        for (int flips = 0; flips <= round; ++flips) {
          const size_t word = random() % (shader.size() / 4) * 4;
          const uint32_t value = round % 2 == 0 ? static_cast<uint32_t>(random()) : random() % 200;
          for (size_t i = 0; i < 4; ++i) shader[word + i] = static_cast<char>(value >> (8 * i));
        }
        expect_survival(mutated, std::string(subject) + " " + name);
      }
    }
  }
}

TEST(Mutation, RandomBitsAndCutsOfArchives) {
  std::mt19937 random(3);
  for (const Packing packing : {Packing::stored, Packing::deflated}) {
    const auto zip = write_zip(asset_files("edge"), packing);
    for (int round = 0; round < 400; ++round) {
      auto mutated = zip;
      const size_t flips = 1 + random() % 8;
      for (size_t i = 0; i < flips; ++i) {
        mutated[random() % mutated.size()] ^= static_cast<std::byte>(1 << random() % 8);
      }
      if (round % 4 == 0) mutated.resize(random() % mutated.size());
      const auto module = aot::read_module_from_memory(mutated);
      if (module.ok()) {
        EXPECT_EQ(broken_invariant(*module), "");
      } else {
        EXPECT_FALSE(module.status().message().empty());
      }
    }
  }
}

// Damages beside the length that begins the file, which guards against nothing but cuts.
TEST(Mutation, RandomBytesOfTcbAndIr) {
  constexpr size_t kLengthBytes = 8;
  std::mt19937 random(4);
  size_t survivors = 0;
  for (const char* triple : {"x86_64-pc-linux-gnu", "nvptx64-nvidia-cuda"}) {
    const Files files = llvm_files(rich_module(triple));
    for (const char* name : {"metadata.tcb", "graphs.tcb", "every.ll"}) {
      const bool is_ir = std::string(name).ends_with(".ll");
      const int rounds = is_ir ? 500 : 3000;
      for (int round = 0; round < rounds; ++round) {
        Files mutated = files;
        std::string& bytes = mutated[name];
        const size_t first = is_ir ? 0 : kLengthBytes;
        const size_t places = 1 + random() % 3;
        for (size_t i = 0; i < places; ++i) {
          const uint64_t interesting[] = {random(),     0, 1, 255, 0x7fffffff, 0xffffffff, 0x8000000000000000,
                                          random() % 64};
          const uint64_t value = interesting[random() % std::size(interesting)];
          const size_t width = size_t{1} << random() % 4;
          const size_t at = first + random() % (bytes.size() - first - width);
          for (size_t k = 0; k < width; ++k) bytes[at + k] = static_cast<char>(value >> (8 * k));
        }
        expect_survival(mutated, std::string(name) + " round " + std::to_string(round));
        survivors += read(mutated).ok();
      }
    }
  }
  EXPECT_GT(survivors, 1000u);  // else the damages would test nothing but the first check
}

// Parts of catalogues moved, doubled and left out, with the length told anew.
TEST(Mutation, RandomSplicesOfTcb) {
  std::mt19937 random(5);
  const Files files = llvm_files(rich_module());
  for (const char* name : {"metadata.tcb", "graphs.tcb"}) {
    for (int round = 0; round < 1000; ++round) {
      Files mutated = files;
      std::string& bytes = mutated[name];
      const size_t from = 8 + random() % (bytes.size() - 8);
      const std::string part = bytes.substr(from, random() % 64);
      if (round % 2 == 0) bytes.erase(from, part.size());
      if (round % 3 != 0) bytes.insert(8 + random() % (bytes.size() - 7), part);
      const uint64_t size = bytes.size();
      bytes.replace(0, sizeof size, reinterpret_cast<const char*>(&size), sizeof size);
      expect_survival(mutated, std::string(name) + " round " + std::to_string(round));
    }
  }
}

TEST(Mutation, CutTextAtEveryPlace) {
  const Files files = asset_files("types_u8");
  for (const char* name : {"metadata.json", "graphs.json"}) {
    const std::string& text = files.at(name);
    for (size_t size = 0; size < text.size(); size += 1 + text.size() / 500) {
      Files mutated = files;
      mutated[name] = text.substr(0, size);
      const auto module = read(mutated);
      ASSERT_FALSE(module.ok()) << name << " " << size;
      EXPECT_EQ(module.status().code(), Code::corrupted_data);
    }
  }
}

}  // namespace ist::test
