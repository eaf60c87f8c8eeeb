// Damaged shaders give a clear refusal, or some text: never a crash or an exception.
#include <gtest/gtest.h>

#include <random>

#include "gl/gl_translate.h"
#include "modules.h"

namespace gl_test {
namespace {

void expect_survival(const Task& original, const std::vector<uint32_t>& words) {
  const ist::PipelineDesc desc{words, original.bindings, original.name};
  for (const bool es : {false, true}) {
    const auto shader = translate(desc, ist::gl::glsl_minimum(es, es ? 310 : 430));
    if (shader.ok()) continue;
    EXPECT_FALSE(shader.status().message().empty());
  }
}

TEST(GlMutation, RandomWords) {
  std::mt19937 random(7);
  for (const Task& task : all_tasks()) {
    for (int round = 0; round < 24; ++round) {
      std::vector<uint32_t> words = task.words;
      for (int flips = 0; flips <= round / 4; ++flips)
        words[5 + random() % (words.size() - 5)] =
            round % 2 == 0 ? static_cast<uint32_t>(random()) : random() % words[3];
      expect_survival(task, words);
    }
  }
}

}  // namespace
}  // namespace gl_test
