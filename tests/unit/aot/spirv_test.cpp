// Binaries: what is refused, what is inserted, what is seen.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "aot/spirv_patch.h"
#include "aot/spirv_scan.h"
#include "module_files.h"

namespace ist::test {

using namespace aot;

namespace {

std::vector<uint32_t> words_of(const std::string& bytes) {
  std::vector<uint32_t> words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), words.size() * 4);
  return words;
}

std::string bytes_from(const std::vector<uint32_t>& words) {
  return {reinterpret_cast<const char*>(words.data()), words.size() * 4};
}

// The first shader of a module, as it was written.
std::pair<std::string, std::vector<uint32_t>> first_shader(const Files& files) {
  for (const auto& [name, content] : files) {
    if (name.ends_with(".spv")) return {name, words_of(content)};
  }
  return {};
}

std::multiset<uint32_t> capabilities(const std::vector<uint32_t>& words) {
  std::multiset<uint32_t> all;
  const auto module = SpirvModule::parse(words, "x");
  if (!module.ok()) return all;
  for (const Instruction& i : module->instructions()) {
    if (i.opcode == spv::OpCapability) all.insert(module->word(i, 1));
  }
  return all;
}

Result<ShaderScan> scan(const std::vector<uint32_t>& words) {
  IST_TRY(const SpirvModule module, SpirvModule::parse(words, "x"));
  return scan_shader(module, "x");
}

const TaskDesc& only_task(const ModuleDesc& module, const char* kernel) {
  const KernelDesc& k = kernel_of(module, kernel);
  EXPECT_FALSE(k.tasks.empty());
  return k.tasks.back();
}

}  // namespace

TEST(Spirv, EveryCutIsRefusedOrUnderstood) {
  const Files files = asset_files("fractal");
  const auto [name, words] = first_shader(files);
  ASSERT_GT(words.size(), 100u);
  size_t refused = 0;
  for (size_t size = 0; size < words.size(); ++size) {
    Files cut = files;
    cut[name] = bytes_from({words.begin(), words.begin() + static_cast<long>(size)});
    const auto module = read(cut);
    if (!module.ok()) {
      EXPECT_EQ(module.status().code(), Code::corrupted_data) << size;
      EXPECT_NE(module.status().message().find(name), std::string::npos) << module.status().message();
      ++refused;
    }
  }
  EXPECT_GT(refused, words.size() / 2);
  for (const size_t odd : {1u, 2u, 3u, 4u * 40 + 1}) {
    Files cut = files;
    cut[name] = files.at(name).substr(0, odd);
    EXPECT_FALSE(read(cut).ok()) << odd;
  }
}

TEST(Spirv, HeadersAreChecked) {
  const Files files = asset_files("fractal");
  const auto [name, words] = first_shader(files);
  const std::vector<std::tuple<size_t, uint32_t, const char*>> faults = {
      {0, 0x03022307, "begins with"}, {0, 0, "begins with"},       {1, 0, "version"},          {1, 1, "version"},
      {1, 0x10700, "version"},        {1, 0x00ff00, "version"},    {1, 0x10301, "version"},    {3, 0, "id bound"},
      {3, 1, "beyond its bound"},     {3, 0xffffffff, "id bound"}, {3, 100000000, "id bound"},
  };
  for (const auto& [index, value, said] : faults) {
    auto changed_words = words;
    changed_words[index] = value;
    Files changed = files;
    changed[name] = bytes_from(changed_words);
    const auto module = read(changed);
    ASSERT_FALSE(module.ok()) << index << " = " << value;
    EXPECT_EQ(module.status().code(), Code::corrupted_data);
    EXPECT_NE(module.status().message().find(said), std::string::npos) << module.status().message();
  }
}

TEST(Spirv, EntryPointAndLocalSizeAreChecked) {
  const Files files = asset_files("fractal");
  const auto [name, words] = first_shader(files);
  const auto module = SpirvModule::parse(words, "x");
  ASSERT_TRUE(module.ok());
  for (const Instruction& i : module->instructions()) {
    std::vector<std::pair<uint32_t, uint32_t>> edits;
    if (i.opcode == spv::OpEntryPoint) edits = {{1, 4}, {2, 0}, {2, 3}, {3, 0x6e69616e}};
    if (i.opcode == spv::OpExecutionMode) edits = {{1, 1}, {2, 18}, {3, 0}, {3, 7}, {4, 2}, {5, 2}};
    for (const auto& [word, value] : edits) {
      auto changed_words = words;
      changed_words[i.at + word] = value;
      Files changed = files;
      changed[name] = bytes_from(changed_words);
      const auto result = read(changed);
      ASSERT_FALSE(result.ok()) << i.opcode << " word " << word << " = " << value;
      EXPECT_EQ(result.status().code(), Code::corrupted_data) << result.status().message();
    }
  }
}

TEST(Spirv, MissingCapabilitiesAreInserted) {
  const Files files = asset_files("subgroup");
  const auto [name, words] = first_shader(files);
  EXPECT_EQ(capabilities(words).count(spv::CapabilityGroupNonUniformArithmetic), 0u);
  const ModuleDesc module = asset("subgroup");
  const auto patched = capabilities(module.binaries.at(0).words);
  EXPECT_EQ(patched.count(spv::CapabilityGroupNonUniform), 1u);
  EXPECT_EQ(patched.count(spv::CapabilityGroupNonUniformArithmetic), 1u);
  EXPECT_TRUE(module.needs.features.has(Feature::subgroup_basic));
  EXPECT_TRUE(module.needs.features.has(Feature::subgroup_arithmetic));
  EXPECT_EQ(only_task(module, module.kernels.at(0).name.c_str()).rule, TripRule::advisory);
}

TEST(Spirv, CapabilitiesThatNothingUsesAreTakenOut) {
  auto [name, words] = first_shader(asset_files("fractal"));
  const std::vector<uint32_t> capability = {2u << 16 | spv::OpCapability, spv::CapabilityAtomicFloat32MinMaxEXT};
  words.insert(words.begin() + 5, capability.begin(), capability.end());
  const auto module = SpirvModule::parse(words, "x");
  ASSERT_TRUE(module.ok());
  const auto result = scan_shader(*module, "x");
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->needs.features.has(Feature::float_atomic_min_max));
  EXPECT_EQ(capabilities(patch_shader(*module, *result)).count(spv::CapabilityAtomicFloat32MinMaxEXT), 0u);
}

bool has_integer_texels(uint32_t format) {
  return (format >= spv::ImageFormatRgba32i && format <= spv::ImageFormatR8i) ||
         (format >= spv::ImageFormatRgba32ui && format <= spv::ImageFormatR8ui);
}

// The storage images of integer formats in a shader, by the opcode of the type of their texels.
std::map<uint32_t, int> integer_images(const std::vector<uint32_t>& words) {
  const auto shader = SpirvModule::parse(words, "x");
  std::map<uint32_t, int> found;
  for (const Instruction& i : shader->instructions()) {
    if (i.opcode != spv::OpTypeImage || !has_integer_texels(shader->word(i, 8))) continue;
    ++found[shader->definition(shader->word(i, 2)).opcode];
  }
  return found;
}

TEST(Spirv, ImagesOfIntegerTexelsGetAnIntegerType) {
  const auto written = first_shader(asset_files("formats_integer")).second;
  EXPECT_EQ(integer_images(written), (std::map<uint32_t, int>{{spv::OpTypeFloat, 1}})) << "as the compiler has it";
  const ModuleDesc module = asset("formats_integer");
  for (const Binary& binary : module.binaries) {
    EXPECT_EQ(integer_images(binary.words), (std::map<uint32_t, int>{{spv::OpTypeInt, 1}})) << binary.name;
    const auto shader = SpirvModule::parse(binary.words, "x");
    std::set<uint32_t> results;
    for (const Instruction& i : shader->instructions()) {
      const bool once = i.result == 0 || results.insert(i.result).second;
      EXPECT_TRUE(once) << binary.name << " defines " << i.result << " twice";
      EXPECT_LT(i.result, binary.words[3]) << binary.name << " has an id past its bound";
    }
  }
}

TEST(Spirv, PatchedBinariesNeedNoPatch) {
  for (const auto& path : asset_modules()) {
    const ModuleDesc module = asset(path.stem().string());
    for (const Binary& binary : module.binaries) {
      const auto again = scan(binary.words);
      ASSERT_TRUE(again.ok()) << binary.name;
      EXPECT_TRUE(again->missing_capabilities.empty()) << binary.name;
      EXPECT_TRUE(again->missing_extensions.empty()) << binary.name;
      EXPECT_TRUE(again->missing_interface.empty()) << binary.name;
      EXPECT_TRUE(again->unused_capabilities.empty()) << binary.name;
    }
  }
}

TEST(Spirv, FeaturesComeFromTheShaders) {
  const auto has = [](const char* module, Feature feature) { return asset(module).needs.features.has(feature); };
  EXPECT_TRUE(has("types_u8", Feature::int8));
  EXPECT_TRUE(has("types_u8", Feature::storage_8bit));
  EXPECT_TRUE(has("types_u8", Feature::uniform_storage_8bit));
  EXPECT_TRUE(has("types_f16", Feature::storage_16bit));
  EXPECT_TRUE(has("types_f16", Feature::uniform_storage_16bit));
  EXPECT_TRUE(has("types_f64", Feature::float64));
  EXPECT_TRUE(has("types_i64", Feature::int64));
  EXPECT_TRUE(has("atomics_native", Feature::buffer_float32_atomic_add));
  EXPECT_FALSE(has("atomics", Feature::buffer_float32_atomic_add));
  EXPECT_TRUE(has("ndarrays_address", Feature::buffer_device_address));
  EXPECT_TRUE(has("textures", Feature::storage_image_extended_formats));
  EXPECT_TRUE(has("textures", Feature::image_1d));
  EXPECT_TRUE(asset("fractal").needs.features.empty());
  EXPECT_TRUE(asset("ndarrays_address").uses_addresses);
  EXPECT_FALSE(asset("ndarrays").uses_addresses);
  EXPECT_EQ(asset("shared").needs.shared_memory_bytes, 512u);
}

TEST(Spirv, AccessesAreSeen) {
  const ModuleDesc module = asset("shared");
  const TaskDesc& task = only_task(module, "block_reverse");
  ASSERT_EQ(task.binds.size(), 3u);
  for (const Bind& bind : task.binds) {
    const bool written = bind.kind == BindKind::ndarray && bind.param == 1;
    EXPECT_EQ(bind.access, written ? 2 : 1) << bind.binding;
  }
}

TEST(Spirv, ImagesAreDescribed) {
  const ModuleDesc module = asset("textures");
  std::set<uint32_t> formats;
  std::set<uint32_t> dims;
  for (const KernelDesc& kernel : module.kernels) {
    for (const TaskDesc& task : kernel.tasks) {
      for (const Bind& bind : task.binds) {
        if (bind.kind != BindKind::storage_image && bind.kind != BindKind::sampled_image) continue;
        EXPECT_EQ(bind.image_dim, kernel.params[bind.param].rank) << task.name;
        dims.insert(bind.image_dim);
        const bool storage = bind.kind == BindKind::storage_image;
        EXPECT_TRUE(storage || bind.access == 1) << task.name;
        if (storage) formats.insert(bind.image_format);
      }
    }
  }
  EXPECT_EQ(dims, (std::set<uint32_t>{1, 2, 3}));
  EXPECT_EQ(formats.count(0), 0u);
  EXPECT_EQ(formats.count(3), 1u);   // rgba8
  EXPECT_EQ(formats.count(37), 1u);  // r32f
}

TEST(Spirv, ImagesOfAnotherRankAreRefused) {
  const Files files = edited(asset_files("textures"), "metadata.json", [](nlohmann::json& j) {
    for (auto& kernel : j["kernels"]) {
      for (auto& argument : kernel["ctx_attribs"]["arg_attribs_vec_"]) {
        auto& value = argument["value"];
        if (value["ptype"] == 2 || value["ptype"] == 3) value["field_dim"] = value["field_dim"].get<int>() % 3 + 1;
      }
    }
  });
  const auto module = read(files);
  ASSERT_FALSE(module.ok());
  EXPECT_EQ(module.status().code(), Code::corrupted_data);
  EXPECT_NE(module.status().message().find("dimensions"), std::string::npos) << module.status().message();
}

// The validator of SPIRV-Tools is the judge of what was inserted.
TEST(Spirv, PatchedBinariesAreValid) {
  TemporaryFolder folder;
  size_t count = 0;
  for (const auto& path : asset_modules()) {
    const ModuleDesc module = asset(path.stem().string());
    for (const Binary& binary : module.binaries) {
      folder.write("x.spv", bytes_from(binary.words));
      for (const char* target : {"vulkan1.1", "vulkan1.3"}) {
        const std::string command =
            std::string(IST_SPIRV_VAL) + " --target-env " + target + " '" + (folder.path() / "x.spv").string() + "'";
        EXPECT_EQ(std::system(command.c_str()), 0) << path.stem() << " " << binary.name << " " << target;
      }
      ++count;
    }
  }
  EXPECT_GT(count, 100u);
}

}  // namespace ist::test
