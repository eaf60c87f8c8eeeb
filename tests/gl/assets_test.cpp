// Every task of every module, for four targets: those that are refused stand in refused.txt with the reason, all
// others compile and link.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "gl/gl_pipeline.h"
#include "gl_host/gl_host.h"
#include "modules.h"

namespace gl_test {
namespace {

using ist::gl::GlslTarget;

constexpr const char* kExtensions[] = {"GL_ARB_gpu_shader_int64", "GL_NV_shader_atomic_float", "GL_NV_image_formats",
                                       "GL_EXT_texture_norm16"};

// Of this version with the limits of Mesa's drivers and those extensions that `has` knows.
template <class Has>
GlslTarget usual(bool es, uint32_t version, const Has& has) {
  GlslTarget target = ist::gl::glsl_minimum(es, version);
  for (const char* extension : kExtensions)
    if (has(extension)) ist::gl::add_extension(target, extension);
  target.limits.max_storage_buffers = 15;
  target.limits.max_group_size_x = 256;
  target.limits.max_shared_memory_bytes = 32768;
  return target;
}

bool always(const char*) { return true; }

// And takes SPIR-V too.
ist::aot::FeatureSet with_spirv(const GlslTarget& target) {
  using ist::aot::Feature;
  ist::aot::FeatureSet features = target.features;
  for (const Feature feature :
       {Feature::int8, Feature::int16, Feature::float16, Feature::storage_8bit, Feature::storage_16bit,
        Feature::uniform_storage_8bit, Feature::uniform_storage_16bit, Feature::buffer_int64_atomics,
        Feature::buffer_float64_atomic_add, Feature::buffer_float16_atomic_add})
    features.add(feature);
  return features;
}

struct Named {
  const char* name;
  GlslTarget target;
  ist::aot::FeatureSet spirv = {};
};

const std::vector<Named>& targets() {
  static const std::vector<Named> all = {
      {"OpenGL 4.3, nothing beyond it", ist::gl::glsl_minimum(false, 430)},
      {"OpenGL 4.5 of Mesa", usual(false, 450, always), with_spirv(usual(false, 450, always))},
      {"OpenGL ES 3.1, nothing beyond it", ist::gl::glsl_minimum(true, 310)},
      {"OpenGL ES 3.2 of Mesa", usual(true, 320, always)},
  };
  return all;
}

TEST(GlAssets, OnlyWhatIsListedIsRefused) {
  std::ostringstream refused;
  refused << "# Tasks of assets/modules that are not translated, and why. Compared by tests/gl/assets_test.cpp.\n";
  for (const Named& named : targets()) {
    refused << "\n## " << named.name << "\n";
    size_t good = 0;
    for (const Task& task : all_tasks()) {
      const auto prepared = ist::gl::prepare_shader(task.desc(), named.target.limits);
      ist::Status status;
      if (prepared.ok()) {
        auto shader = ist::gl::for_driver(*prepared, named.target, named.spirv);
        status = shader.take_status();
      } else {
        status = ist::Status(prepared.status().code(), std::string(prepared.status().message()));
      }
      good += status.ok();
      if (status.ok()) continue;
      EXPECT_EQ(status.code(), ist::Code::incompatible_module);
      refused << task.module << ": " << status.message() << "\n";
    }
    refused << good << " tasks are translated.\n";
  }
  std::ifstream file(IST_REFUSED);
  const std::string committed((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(refused.str(), committed);
  if (refused.str() != committed) std::ofstream("refused.txt") << refused.str();
}

// Empty: compiled and linked.
std::string problem_of(const gl_host::GlHost& g, const std::string& source) {
  const GLuint shader = g.CreateShader(GL_COMPUTE_SHADER);
  const char* text = source.c_str();
  g.ShaderSource(shader, 1, &text, nullptr);
  g.CompileShader(shader);
  const GLuint program = g.CreateProgram();
  g.AttachShader(program, shader);
  GLint compiled = 0, linked = 0;
  g.GetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
  if (compiled) g.LinkProgram(program);
  if (compiled) g.GetProgramiv(program, GL_LINK_STATUS, &linked);
  char log[2000] = "";
  if (!compiled) g.GetShaderInfoLog(shader, sizeof log, nullptr, log);
  if (compiled && !linked) g.GetProgramInfoLog(program, sizeof log, nullptr, log);
  g.DeleteShader(shader);
  g.DeleteProgram(program);
  return compiled && linked ? "" : std::string(compiled ? "does not link: " : "does not compile: ") + log;
}

class GlCompile : public testing::TestWithParam<gl_host::Api> {};

TEST_P(GlCompile, WhatIsTranslated) {
  gl_host::GlHost g(GetParam());
  ASSERT_EQ(g.problem(), "");
  const bool es = GetParam() == gl_host::Api::gles;
  const auto has = [&](const char* extension) { return g.has_extension(extension); };
  for (const GlslTarget& target :
       {ist::gl::glsl_minimum(es, es ? 310 : 430), usual(es, es ? 310 : 430, has), usual(es, es ? 320 : 450, has)}) {
    for (const Task& task : all_tasks()) {
      const auto shader = translate(task.desc(), target);
      if (!shader.ok()) continue;
      EXPECT_EQ(problem_of(g, (*shader).source), "") << task.module << ", " << task.name << "\n" << (*shader).source;
    }
  }
  EXPECT_EQ(g.GetError(), GLenum{GL_NO_ERROR});
}

INSTANTIATE_TEST_SUITE_P(, GlCompile, testing::Values(gl_host::Api::gl, gl_host::Api::gles), [](const auto& info) {
  return info.param == gl_host::Api::gl ? std::string("OpenGL") : std::string("OpenGLES");
});

}  // namespace
}  // namespace gl_test
