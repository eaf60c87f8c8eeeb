// What the text says, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "gl/gl_translate.h"
#include "modules.h"

namespace gl_test {
namespace {

using ist::Code;
using ist::gl::glsl_minimum;
using ist::gl::GlslTarget;
using ist::gl::kNoSlot;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

GlslTarget roomy(bool es, uint32_t version) {
  GlslTarget target = glsl_minimum(es, version);
  for (const char* extension : {"GL_ARB_gpu_shader_int64", "GL_NV_shader_atomic_float", "GL_NV_image_formats"})
    add_extension(target, extension);
  target.limits.max_storage_buffers = 16;
  return target;
}

// By kind from 0 up, in the order of the bindings, and at those the text has its blocks.
TEST(GlTranslate, BindingPointsAreDense) {
  for (const Task& task : all_tasks()) {
    const auto shader = translate(task.desc(), roomy(false, 430));
    if (!shader.ok()) continue;
    ASSERT_EQ((*shader).prepared.slots.size(), task.bindings.size());
    uint32_t seen[ist::gl::kKinds] = {};
    for (size_t kind = 0; kind < ist::gl::kKinds; ++kind) {
      std::vector<uint32_t> slots;
      for (size_t i = 0; i < task.bindings.size(); ++i)
        if (static_cast<size_t>(task.bindings[i].kind) == kind && (*shader).prepared.slots[i].point != kNoSlot)
          slots.push_back((*shader).prepared.slots[i].point);
      std::sort(slots.begin(), slots.end());
      for (uint32_t i = 0; i < slots.size(); ++i) EXPECT_EQ(slots[i], i) << task.name;
      seen[kind] = static_cast<uint32_t>(slots.size());
      EXPECT_EQ(seen[kind], (*shader).prepared.counts[kind]) << task.name;
    }
    const std::string& text = (*shader).source;
    EXPECT_EQ(count_of(text, "std140) uniform"), seen[0]) << text;
    EXPECT_EQ(count_of(text, "std430)"), seen[1]) << text;
    EXPECT_EQ(count_of(text, "restrict"), 0u) << text;
  }
}

TEST(GlTranslate, SaysWhatLacks) {
  const auto refused = [](const Task& task, const GlslTarget& target) {
    const auto shader = translate(task.desc(), target);
    EXPECT_FALSE(shader.ok());
    if (shader.ok()) return std::string();
    EXPECT_EQ(shader.status().code(), Code::incompatible_module);
    return std::string(shader.status().message());
  };
  const Task& longs = task("types_i64", "products");
  EXPECT_EQ(refused(longs, glsl_minimum(true, 310)),
            "Kernel '" + longs.name + "' needs shaderInt64, which the device's GLSL ES 310 does not have.");
  GlslTarget narrow = roomy(false, 430);
  narrow.limits.max_storage_buffers = 0;
  EXPECT_NE(refused(longs, narrow).find("storage buffers, but the device takes at most 0."), std::string::npos);
  GlslTarget small = roomy(false, 430);
  small.limits.max_group_size_x = 1;
  EXPECT_NE(refused(longs, small).find("but the device takes at most 1."), std::string::npos);
}

// Everything in this module is compiled with small types allowed; most kernels use none.
TEST(GlTranslate, UnusedTypesAskNothing) {
  const Task& bounds = task("bounds", "by_shape");
  const auto shader = translate(bounds.desc(), glsl_minimum(true, 310));
  ASSERT_TRUE(shader.ok()) << shader.status().message();
  EXPECT_EQ(count_of((*shader).source, "#extension"), 0u) << (*shader).source;
}

TEST(GlTranslate, AtomicsOfFloats) {
  const Task& native = task("atomics_native", "add_floats");
  const auto shader = translate(native.desc(), roomy(false, 430));
  ASSERT_TRUE(shader.ok()) << shader.status().message();
  EXPECT_EQ(count_of((*shader).source, "GL_NV_shader_atomic_float : require"), 1u) << (*shader).source;
  EXPECT_EQ(count_of((*shader).source, "atomicAdd("), 1u) << (*shader).source;
}

// A loop that exchanges what it compared reads memory anew each time.
TEST(GlTranslate, ExchangedBuffersAreCoherent) {
  size_t loops = 0;
  for (const Task& task : all_tasks()) {
    const auto shader = translate(task.desc(), roomy(true, 310));
    if (!shader.ok() || count_of((*shader).source, "atomicCompSwap") == 0) continue;
    ++loops;
    EXPECT_GE(count_of((*shader).source, "coherent"), 1u) << (*shader).source;
  }
  EXPECT_GT(loops, 0u);
}

TEST(GlTranslate, SharedMemoryIsSeenBehindBarriers) {
  for (const Task& task : all_tasks()) {
    if (task.module != "shared") continue;
    const auto shader = translate(task.desc(), roomy(true, 310));
    ASSERT_TRUE(shader.ok()) << shader.status().message();
    const std::string& text = (*shader).source;
    EXPECT_EQ(count_of(text, "    barrier();"), count_of(text, "memoryBarrierShared();")) << text;
  }
}

TEST(GlTranslate, BindingsMustFitTheShader) {
  Task changed = task("mpm88", "substep_p2g");
  for (ist::PipelineBinding& binding : changed.bindings) binding.kind = ist::DescriptorKind::storage_image;
  const auto wrong_kind = translate(changed.desc(), roomy(false, 430));
  ASSERT_FALSE(wrong_kind.ok());
  EXPECT_EQ(wrong_kind.status().code(), Code::invalid_argument);
  changed.bindings.clear();
  EXPECT_FALSE(translate(changed.desc(), roomy(false, 430)).ok());
}

TEST(GlTranslate, NoShaderAtAll) {
  for (const std::vector<uint32_t>& words : {std::vector<uint32_t>{}, {0x07230203}, {1, 2, 3, 4, 5, 6}}) {
    const auto shader = translate({words, {}, "none"}, roomy(false, 430));
    ASSERT_FALSE(shader.ok());
    EXPECT_EQ(shader.status().code(), Code::corrupted_data);
  }
}

}  // namespace
}  // namespace gl_test
