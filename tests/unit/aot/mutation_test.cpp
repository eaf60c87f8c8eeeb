// Hundreds of damaged modules: each gives a description that keeps its promises, or a clear refusal.
#include <gtest/gtest.h>

#include <random>

#include "desc_invariants.h"
#include "module_files.h"

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
