// What nothing uses goes, and only that: declarations by the pruner, capabilities by scan and patch after it.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <string>

#include "aot/spirv_patch.h"
#include "aot/spirv_prune.h"
#include "aot/spirv_scan.h"
#include "module_files.h"

namespace ist::test {

using namespace aot;

namespace {

using Words = std::vector<uint32_t>;

// Instructions in a row; ids are whatever the test calls them.
class Assembly {
 public:
  Assembly& add(uint32_t opcode, const Words& operands) {
    words_.push_back(static_cast<uint32_t>(operands.size() + 1) << 16 | opcode);
    words_.insert(words_.end(), operands.begin(), operands.end());
    return *this;
  }
  Assembly& add(uint32_t opcode, Words operands, const std::string& text, const Words& more = {}) {
    Words packed(text.size() / 4 + 1);
    std::memcpy(packed.data(), text.data(), text.size());
    operands.insert(operands.end(), packed.begin(), packed.end());
    operands.insert(operands.end(), more.begin(), more.end());
    return add(opcode, operands);
  }
  Assembly& add(const Assembly& other) {
    words_.insert(words_.end(), other.words_.begin(), other.words_.end());
    return *this;
  }
  Words shader(uint32_t version = 0x10300, uint32_t bound = 100) const {
    Words all = {spv::MagicNumber, version, 0, bound, 0};
    all.insert(all.end(), words_.begin(), words_.end());
    return all;
  }

 private:
  Words words_;
};

// Ids of the small shader: it stores constant kOne to a buffer.
enum : uint32_t {
  kMain = 1,
  kVoid,
  kFunction,
  kU32,
  kOne,
  kZero,
  kArray,
  kBlock,
  kBlockPointer,
  kBuffer,
  kU32Pointer,
  kChain,
  kLabel,
  kGroup,  // WorkgroupSize
  kVector,
  kUnused = 40,  // from here on nothing is used
};

struct Parts {
  Assembly capabilities, modes, names, types, code;
  Words interface;
};

// Capability Shader and the rest of what each shader has.
Words small_shader(const Parts& more, uint32_t version = 0x10300) {
  Assembly all;
  all.add(spv::OpCapability, {spv::CapabilityShader}).add(more.capabilities);
  all.add(spv::OpMemoryModel, {0, 1});
  all.add(spv::OpEntryPoint, {spv::ExecutionModelGLCompute, kMain}, "main", more.interface);
  all.add(spv::OpExecutionMode, {kMain, spv::ExecutionModeLocalSize, 8, 1, 1}).add(more.modes);
  all.add(spv::OpName, {kBuffer}, "out").add(more.names);
  all.add(spv::OpDecorate, {kArray, spv::DecorationArrayStride, 4});
  all.add(spv::OpDecorate, {kBlock, spv::DecorationBlock});
  all.add(spv::OpMemberDecorate, {kBlock, 0, spv::DecorationOffset, 0});
  all.add(spv::OpDecorate, {kBuffer, spv::DecorationDescriptorSet, 0});
  all.add(spv::OpDecorate, {kBuffer, spv::DecorationBinding, 2});
  all.add(spv::OpDecorate, {kGroup, spv::DecorationBuiltIn, spv::BuiltInWorkgroupSize});
  all.add(spv::OpTypeVoid, {kVoid}).add(spv::OpTypeFunction, {kFunction, kVoid});
  all.add(spv::OpTypeInt, {kU32, 32, 0}).add(spv::OpTypeVector, {kVector, kU32, 3});
  all.add(spv::OpConstant, {kU32, kOne, 1}).add(spv::OpConstant, {kU32, kZero, 0});
  all.add(spv::OpConstantComposite, {kVector, kGroup, kOne, kOne, kOne});
  all.add(spv::OpTypeRuntimeArray, {kArray, kU32}).add(spv::OpTypeStruct, {kBlock, kArray});
  all.add(spv::OpTypePointer, {kBlockPointer, spv::StorageClassStorageBuffer, kBlock});
  all.add(spv::OpTypePointer, {kU32Pointer, spv::StorageClassStorageBuffer, kU32});
  all.add(spv::OpVariable, {kBlockPointer, kBuffer, spv::StorageClassStorageBuffer});
  all.add(more.types);
  all.add(spv::OpFunction, {kVoid, kMain, 0, kFunction}).add(spv::OpLabel, {kLabel});
  all.add(spv::OpAccessChain, {kU32Pointer, kChain, kBuffer, kZero, kZero});
  all.add(spv::OpStore, {kChain, kOne}).add(more.code);
  all.add(spv::OpReturn, {}).add(spv::OpFunctionEnd, {});
  return all.shader(version);
}

Words prune(const Words& words) {
  const auto shader = SpirvModule::parse(words, "x");
  EXPECT_TRUE(shader.ok()) << (shader.ok() ? "" : shader.status().message());
  return shader.ok() ? prune_shader(*shader) : Words{};
}

// As the reader does: without what is not used, then what is missing.
struct Read {
  Words words;
  Needs needs;
};
Read prune_and_patch(const Words& words) {
  const Words pruned = prune(words);
  const auto shader = SpirvModule::parse(pruned, "x");
  const auto scan = scan_shader(*shader, "x");
  EXPECT_TRUE(scan.ok());
  return {patch_shader(*shader, *scan), scan->needs};
}

// Every use of this opcode, by its first operand; for types and constants that is, or stands for, the result.
std::multiset<uint32_t> operands_of(const Words& words, std::initializer_list<uint32_t> opcodes) {
  std::multiset<uint32_t> found;
  const auto shader = SpirvModule::parse(words, "x");
  for (const Instruction& i : shader->instructions()) {
    for (const uint32_t opcode : opcodes) {
      if (i.opcode == opcode) found.insert(i.result ? i.result : shader->word(i, 1));
    }
  }
  return found;
}
std::multiset<uint32_t> capabilities_of(const Words& words) { return operands_of(words, {spv::OpCapability}); }

bool defines(const Words& words, uint32_t id) {
  const auto shader = SpirvModule::parse(words, "x");
  return shader.ok() && shader->definition_index(id) != 0;
}

// The small-type capabilities that the types of a shader ask for.
std::multiset<uint32_t> small_capabilities_of_types(const SpirvModule& shader) {
  std::multiset<uint32_t> wanted;
  for (const Instruction& i : shader.instructions()) {
    std::optional<uint32_t> capability;
    const uint32_t width = shader.word(i, 2);
    if (i.opcode == spv::OpTypeInt && width == 8) capability = spv::CapabilityInt8;
    if (i.opcode == spv::OpTypeInt && width == 16) capability = spv::CapabilityInt16;
    if (i.opcode == spv::OpTypeInt && width == 64) capability = spv::CapabilityInt64;
    if (i.opcode == spv::OpTypeFloat && width == 16) capability = spv::CapabilityFloat16;
    if (i.opcode == spv::OpTypeFloat && width == 64) capability = spv::CapabilityFloat64;
    if (capability && wanted.count(*capability) == 0) wanted.insert(*capability);
  }
  return wanted;
}

bool is_small(uint32_t capability) {
  return capability == spv::CapabilityInt8 || capability == spv::CapabilityInt16 ||
         capability == spv::CapabilityInt64 || capability == spv::CapabilityFloat16 ||
         capability == spv::CapabilityFloat64;
}

// Names, decorations, types, constants and a buffer of 64-bit values that nothing touches.
Parts with_unused_longs() {
  Parts parts;
  parts.capabilities.add(spv::OpCapability, {spv::CapabilityInt64});
  parts.names.add(spv::OpName, {kUnused + 5}, "unused").add(spv::OpMemberName, {kUnused + 3, 0}, "member");
  parts.names.add(spv::OpDecorate, {kUnused + 3, spv::DecorationBlock});
  parts.names.add(spv::OpMemberDecorate, {kUnused + 3, 0, spv::DecorationOffset, 0});
  parts.names.add(spv::OpDecorate, {kUnused + 5, spv::DecorationDescriptorSet, 0});
  parts.names.add(spv::OpDecorate, {kUnused + 5, spv::DecorationBinding, 7});
  parts.types.add(spv::OpTypeInt, {kUnused, 64, 1}).add(spv::OpConstant, {kUnused, kUnused + 1, 5, 0});
  parts.types.add(spv::OpConstantNull, {kUnused, kUnused + 2}).add(spv::OpTypeStruct, {kUnused + 3, kUnused});
  parts.types.add(spv::OpTypePointer, {kUnused + 4, spv::StorageClassStorageBuffer, kUnused + 3});
  parts.types.add(spv::OpVariable, {kUnused + 4, kUnused + 5, spv::StorageClassStorageBuffer});
  parts.types.add(spv::OpUndef, {kUnused, kUnused + 6});
  return parts;
}

}  // namespace

TEST(Prune, AShaderThatUsesAllStaysAsItIs) {
  const Words words = small_shader({});
  EXPECT_EQ(prune(words), words);
}

TEST(Prune, UnusedTypesConstantsAndVariablesGoWithTheirNames) {
  EXPECT_EQ(prune_and_patch(small_shader(with_unused_longs())).words, small_shader({}));
}

TEST(Prune, TheInterfaceForgetsThemToo) {
  Parts parts = with_unused_longs();
  parts.interface = {kBuffer, kUnused + 5};
  Parts expected;
  expected.interface = {kBuffer};
  EXPECT_EQ(prune_and_patch(small_shader(parts, 0x10400)).words, small_shader(expected, 0x10400));
}

TEST(Prune, FeaturesAreThoseOfWhatIsLeft) {
  EXPECT_TRUE(prune_and_patch(small_shader(with_unused_longs())).needs.features.empty());
  Parts parts = with_unused_longs();
  parts.code.add(spv::OpIAdd, {kUnused, 20, kUnused + 1, kUnused + 1});
  const Read used = prune_and_patch(small_shader(parts));
  EXPECT_EQ(used.needs.features.bits, FeatureSet::bit(Feature::int64));
  EXPECT_TRUE(defines(used.words, kUnused));
  EXPECT_TRUE(defines(used.words, kUnused + 1));
  EXPECT_FALSE(defines(used.words, kUnused + 2)) << "another constant of the type";
  EXPECT_FALSE(defines(used.words, kUnused + 5));
  EXPECT_EQ(capabilities_of(used.words), (std::multiset<uint32_t>{spv::CapabilityShader, spv::CapabilityInt64}));
}

// Declared or not, needed or not: the words declare what is needed.
TEST(Prune, EachSmallTypeIsDeclaredExactlyWhenItIsUsed) {
  struct Case {
    uint32_t opcode, width, capability;
    Feature feature;
  };
  for (const Case& c : {Case{spv::OpTypeInt, 8, spv::CapabilityInt8, Feature::int8},
                        Case{spv::OpTypeInt, 16, spv::CapabilityInt16, Feature::int16},
                        Case{spv::OpTypeInt, 64, spv::CapabilityInt64, Feature::int64},
                        Case{spv::OpTypeFloat, 16, spv::CapabilityFloat16, Feature::float16},
                        Case{spv::OpTypeFloat, 64, spv::CapabilityFloat64, Feature::float64}}) {
    for (const bool declared : {false, true}) {
      for (const bool used : {false, true}) {
        Parts parts;
        if (declared) parts.capabilities.add(spv::OpCapability, {c.capability});
        parts.types.add(c.opcode, c.opcode == spv::OpTypeInt ? Words{kUnused, c.width, 0} : Words{kUnused, c.width});
        if (used) parts.code.add(spv::OpUndef, {kUnused, 20});
        const Read read = prune_and_patch(small_shader(parts));
        std::multiset<uint32_t> expected = {spv::CapabilityShader};
        if (used) expected.insert(c.capability);
        EXPECT_EQ(capabilities_of(read.words), expected) << c.capability << " declared " << declared;
        EXPECT_EQ(read.needs.features.bits, used ? FeatureSet::bit(c.feature) : 0) << c.capability;
      }
    }
  }
}

// A pointer in a structure may be declared after it, by name first.
TEST(Prune, PointersDeclaredAheadAreFollowed) {
  Parts parts;
  const auto add_types = [&] {
    parts.types.add(spv::OpTypeForwardPointer, {kUnused + 2, spv::StorageClassWorkgroup});
    parts.types.add(spv::OpTypeStruct, {kUnused + 1, kUnused + 2}).add(spv::OpTypeFloat, {kUnused, 32});
    parts.types.add(spv::OpTypePointer, {kUnused + 2, spv::StorageClassWorkgroup, kUnused});
  };
  add_types();
  EXPECT_EQ(prune(small_shader(parts)), small_shader({}));
  parts.code.add(spv::OpUndef, {kUnused + 1, 20});
  EXPECT_EQ(prune(small_shader(parts)), small_shader(parts));
}

TEST(Prune, IdsOfExecutionModesAndUnknownInstructionsStay) {
  Parts parts;
  parts.modes.add(spv::OpExecutionModeId, {kMain, spv::ExecutionModeLocalSizeId, kUnused, kUnused, kUnused});
  parts.types.add(spv::OpConstant, {kU32, kUnused, 8}).add(spv::OpConstant, {kU32, kUnused + 1, 9});
  parts.types.add(spv::OpTypeAccelerationStructureKHR, {kUnused + 2});
  parts.types.add(spv::OpConstant, {kU32, kUnused + 3, 10});
  const Words pruned = prune(small_shader(parts));
  EXPECT_TRUE(defines(pruned, kUnused));
  EXPECT_FALSE(defines(pruned, kUnused + 1));
  EXPECT_TRUE(defines(pruned, kUnused + 2)) << "not known to be unused";
  EXPECT_FALSE(defines(pruned, kUnused + 3));
}

TEST(Prune, ScopesOfMemoryAccessesStay) {
  Parts parts;
  parts.types.add(spv::OpConstant, {kU32, kUnused, 5}).add(spv::OpConstant, {kU32, kUnused + 1, 5});
  parts.code.add(spv::OpStore, {kChain, kOne, spv::MemoryAccessMakePointerAvailableMask, kUnused});
  parts.code.add(spv::OpStore, {kChain, kOne, spv::MemoryAccessAlignedMask, kUnused + 1});
  const Words pruned = prune(small_shader(parts));
  EXPECT_TRUE(defines(pruned, kUnused));
  EXPECT_FALSE(defines(pruned, kUnused + 1)) << "an alignment is no id";
}

TEST(Prune, InstructionSetsGoWhenNothingCallsThem) {
  for (const bool used : {false, true}) {
    Parts parts;
    parts.capabilities.add(spv::OpExtension, {}, "SPV_KHR_non_semantic_info");
    parts.capabilities.add(spv::OpExtInstImport, {kUnused}, "NonSemantic.DebugPrintf");
    if (used) parts.code.add(spv::OpExtInst, {kVoid, 20, kUnused, 1, kOne});
    const Read read = prune_and_patch(small_shader(parts));
    EXPECT_EQ(read.needs.features.has(Feature::non_semantic_info), used);
    EXPECT_EQ(operands_of(read.words, {spv::OpExtension}).size(), used ? 1u : 0u);
    EXPECT_EQ(defines(read.words, kUnused), used);
  }
}

TEST(Prune, EveryCommittedShaderDeclaresWhatItUsesAndNoMore) {
  size_t count = 0;
  for (const auto& path : asset_modules()) {
    const ModuleDesc module = asset(path.stem().string());
    for (const Binary& binary : module.binaries) {
      const auto shader = SpirvModule::parse(binary.words, binary.name);
      ASSERT_TRUE(shader.ok()) << binary.name;
      std::multiset<uint32_t> small;
      for (const uint32_t capability : capabilities_of(binary.words)) {
        if (is_small(capability)) small.insert(capability);
      }
      EXPECT_EQ(small, small_capabilities_of_types(*shader)) << path.stem() << " " << binary.name;
      ++count;
    }
  }
  EXPECT_GT(count, 400u);
}

TEST(Prune, TwiceIsOnce) {
  for (const auto& path : asset_modules()) {
    for (const auto& [name, content] : asset_files(path.stem().string())) {
      if (!name.ends_with(".spv")) continue;
      Words words(content.size() / 4);
      std::memcpy(words.data(), content.data(), content.size());
      const Words pruned = prune(words);
      EXPECT_LE(pruned.size(), words.size()) << name;
      EXPECT_EQ(prune(pruned), pruned) << path.stem() << " " << name;
    }
    const ModuleDesc module = asset(path.stem().string());
    for (const Binary& binary : module.binaries) {
      EXPECT_EQ(prune(binary.words), binary.words) << path.stem() << " " << binary.name;
    }
  }
}

TEST(Prune, DamagedShadersGiveWords) {
  std::mt19937 random(5);
  size_t parsed = 0;
  for (const char* subject : {"ndarrays", "textures", "subgroup", "types_u8", "ndarrays_address", "shared"}) {
    for (const auto& [name, content] : asset_files(subject)) {
      if (!name.ends_with(".spv")) continue;
      for (int round = 0; round < 30; ++round) {
        Words words(content.size() / 4);
        std::memcpy(words.data(), content.data(), content.size());
        for (int flips = 0; flips <= round / 6; ++flips) {
          uint32_t& word = words[5 + random() % (words.size() - 5)];
          word = round % 3 == 0   ? static_cast<uint32_t>(random())
                 : round % 3 == 1 ? static_cast<uint32_t>(random() % words[3])
                                  : (word & 0xffff0000u) | static_cast<uint32_t>(random() % 400);
        }
        const auto shader = SpirvModule::parse(words, name);
        if (!shader.ok()) continue;
        ++parsed;
        const Words pruned = prune_shader(*shader);
        const auto again = SpirvModule::parse(pruned, name);
        ASSERT_TRUE(again.ok()) << name << ": " << again.status().message();
        EXPECT_EQ(prune_shader(*again), pruned) << name;
        if (const auto scan = scan_shader(*again, name); scan.ok()) (void)patch_shader(*again, *scan);
      }
    }
  }
  EXPECT_GT(parsed, 1000u);
}

TEST(Prune, KernelsNeedWhatTheirOwnShadersUse) {
  const ModuleDesc scalars = asset("scalars");
  const auto needs = [&](const char* kernel) { return kernel_of(scalars, kernel).needs.features; };
  EXPECT_TRUE(needs("write_i64").has(Feature::int64));
  EXPECT_FALSE(needs("write_i64").has(Feature::float64));
  EXPECT_TRUE(needs("write_f64").has(Feature::float64));
  EXPECT_TRUE(needs("write_i32").empty());
  EXPECT_TRUE(needs("write_f32").empty());
  EXPECT_TRUE(scalars.needs.features.has(Feature::int64)) << "the module: all of them";
  EXPECT_TRUE(scalars.needs.features.has(Feature::float64));
}

}  // namespace ist::test
