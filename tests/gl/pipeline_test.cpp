// Every task of every module becomes a program of the driver, by one way or the other.
#include "gl/gl_pipeline.h"

#include "driver.h"
#include "modules.h"

namespace gl_test {
namespace {

using ist::Code;
using ist::DescriptorKind;
using ist::aot::Feature;
using ist::gl::kNoSlot;
using ist::gl::PipelineFactory;

class GlPipelines : public BothApis {
 protected:
  GlPipelines() : driver_(GetParam()), factory_(driver_.gpu, "") {}
  void SetUp() override { ASSERT_EQ(driver_.broken, ""); }
  void TearDown() override {
    if (!driver_.broken.empty()) return;
    driver_.host.make_current();
    driver_.gpu.graveyard.dig(driver_.gpu.gl());
    EXPECT_EQ(driver_.gpu.gl().GetError(), ist::gl::k::kNoError);
    EXPECT_EQ(driver_.host.take_messages(), std::vector<std::string>());
  }
  bool es() const { return GetParam() == gl_host::Api::gles; }
  bool is_program(ist::gl::Name name) {
    driver_.host.make_current();
    int32_t linked = 0;
    driver_.gpu.gl().GetProgramiv(name, 0x8B82, &linked);
    const bool there = driver_.gpu.gl().GetError() == 0 && linked;
    driver_.host.take_messages();
    driver_.host.make_none_current();
    return there;
  }

  Driver driver_;
  PipelineFactory factory_;
};

// Neither language has addresses or subgroups; the rest is what this context says it cannot do.
TEST_P(GlPipelines, OfAllTasks) {
  uint64_t made = 0;
  for (const Task& task : all_tasks()) {
    const auto pipeline = factory_.create(task.desc());
    if (pipeline.ok()) {
      ++made;
      EXPECT_NE((*pipeline)->program(), 0u);
      EXPECT_EQ((*pipeline)->slots().size(), task.bindings.size());
      continue;
    }
    const std::string message(pipeline.status().message());
    EXPECT_EQ(pipeline.status().code(), Code::incompatible_module) << message;
    EXPECT_NE(message.find(task.name), std::string::npos) << message;
    EXPECT_EQ(message.find("The driver"), std::string::npos) << task.module << ": " << message;
  }
  EXPECT_EQ(factory_.counts().made, made);
  EXPECT_EQ(factory_.counts().cache_hits, 0u);
  EXPECT_GT(made, es() ? 250u : 290u);
  if (driver_.gpu.info().features.has(Feature::int8) && driver_.gpu.info().features.has(Feature::int64)) {
    EXPECT_GT(made, 370u);
  }
}

TEST_P(GlPipelines, SmallTypesGoBySpirv) {
  for (const auto& [module, kernel] : {std::pair("types_u8", "ramp"), {"types_f16", "blend"}}) {
    const Task& small = task(module, kernel);
    const auto pipeline = factory_.create(small.desc());
    EXPECT_EQ(pipeline.ok(), driver_.gpu.info().features.has(Feature::int8));
    if (!pipeline.ok()) {
      EXPECT_NE(pipeline.status().message().find("does not have."), std::string_view::npos)
          << pipeline.status().message();
    }
  }
}

TEST_P(GlPipelines, ImagesTellFormatAndAccess) {
  const Task& store = task("formats", "store_2d");
  const Task& load = task("formats", "load_2d");
  const bool has_r8 = !es() || driver_.gpu.facts.target.extended_formats;
  for (const auto& [task, access] : {std::pair(&store, 0x88B9u), {&load, 0x88B8u}}) {
    const auto pipeline = factory_.create(task->desc());
    ASSERT_EQ(pipeline.ok(), has_r8);
    if (!has_r8) continue;
    uint32_t images = 0;
    for (const auto& slot : (*pipeline)->slots()) {
      if (slot.kind != DescriptorKind::storage_image) continue;
      ++images;
      EXPECT_EQ(slot.image_format, 0x8229u);  // GL_R8
      EXPECT_EQ(slot.image_access, access);
      EXPECT_EQ(slot.point, 0u);
    }
    EXPECT_EQ(images, 1u);
    EXPECT_EQ((*pipeline)->count(DescriptorKind::storage_image), 1u);
  }
}

TEST_P(GlPipelines, CountsAreThoseOfTheDriver) {
  const auto pipeline = factory_.create(task("mpm88", "substep_p2g").desc());
  ASSERT_TRUE(pipeline.ok()) << pipeline.status().message();
  uint32_t bound = 0;
  for (const auto& slot : (*pipeline)->slots()) bound += slot.point != kNoSlot;
  EXPECT_EQ((*pipeline)->count(DescriptorKind::uniform_buffer) + (*pipeline)->count(DescriptorKind::storage_buffer),
            bound);
}

TEST_P(GlPipelines, TheDriversWordsAreInTheMessage) {
  driver_.gpu.facts.target.version = 777;
  const Task& some = task("mpm88", "substep_p2g");
  const auto pipeline = factory_.create(some.desc());
  ASSERT_FALSE(pipeline.ok());
  EXPECT_EQ(pipeline.status().code(), Code::incompatible_module);
  const std::string message(pipeline.status().message());
  const std::string begins = "The driver refuses kernel '" + some.name + "' in GLSL ";
  EXPECT_EQ(message.substr(0, begins.size()), begins);
  EXPECT_NE(message.find("7.77"), std::string::npos) << message;
  EXPECT_LT(message.size(), 800u);
  EXPECT_EQ(factory_.counts().made, 0u);
  EXPECT_FALSE(driver_.host.take_messages().empty());
}

TEST_P(GlPipelines, ProgramsDieWhenTheContextIsNextBound) {
  auto pipeline = factory_.create(task("mpm88", "substep_p2g").desc());
  ASSERT_TRUE(pipeline.ok());
  const auto program = (*pipeline)->program();
  EXPECT_TRUE(is_program(program));
  (*pipeline).reset();
  EXPECT_TRUE(is_program(program));
  driver_.host.make_current();
  driver_.gpu.graveyard.dig(driver_.gpu.gl());
  EXPECT_FALSE(is_program(program));
}

INSTANTIATE_TEST_SUITE_P(, GlPipelines, testing::Values(gl_host::Api::gl, gl_host::Api::gles), api_name);

}  // namespace
}  // namespace gl_test
