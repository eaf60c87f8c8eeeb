// Damaged shaders on their way to a driver as SPIR-V: whatever is not refused is given to the driver, in a process
// that may end, and must not. An argument is the number of mutants, a second one that of the first.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "driver.h"
#include "gl/gl_spirv_route.h"
#include "modules.h"
#include "mutants.h"
#ifdef IST_SPIRV_TOOLS
#include <spirv-tools/libspirv.hpp>
#endif

namespace gl_test {
namespace {

uint32_t first_mutant = 0;
uint32_t mutant_count = 12000;

// What both processes see. The child notes each mutant before it begins.
struct Progress {
  uint32_t mutant = 0;
  uint32_t given = 0;    // to the driver
  uint32_t invalid = 0;  // of these, by spirv-val
  uint32_t linked = 0;   // of these, by the driver
};

class Watched {
 public:
  Watched() : progress_(new(map()) Progress) {}
  ~Watched() { munmap(progress_, sizeof(Progress)); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  Progress& progress() { return *progress_; }

  // The child's status; 0 when it did all of its work.
  template <class Work>
  int run(const Work& work) {
    const pid_t child = fork();
    if (child == 0) {
      work(*progress_);
      _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
  }

 private:
  static void* map() {
    return mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  }
  Progress* progress_;
};

// Also those that would be translated: damage is the same, and there are more of them.
const std::vector<const Task*>& tasks_of_route() {
  static const std::vector<const Task*> found = [] {
    std::vector<const Task*> tasks;
    for (const Task& task : all_tasks()) {
      const auto prepared = ist::gl::prepare_shader(task.desc(), ist::gl::glsl_minimum(false, 450).limits);
      if (prepared.ok() && ist::gl::renumbered_words(*prepared).ok()) tasks.push_back(&task);
    }
    return tasks;
  }();
  return found;
}

const Task& original_of(uint32_t mutant) { return *tasks_of_route()[mutant % tasks_of_route().size()]; }

// Empty: refused.
std::vector<uint32_t> words_for_driver(uint32_t mutant) {
  const Task& task = original_of(mutant);
  const std::vector<uint32_t> words = mutated(task.words, mutant);
  const ist::PipelineDesc desc{words, task.bindings, task.name};
  const auto prepared = ist::gl::prepare_shader(desc, ist::gl::glsl_minimum(false, 450).limits);
  if (!prepared.ok()) return {};
  auto given = ist::gl::renumbered_words(*prepared);
  return given.ok() ? *std::move(given) : std::vector<uint32_t>();
}

bool is_valid([[maybe_unused]] uint32_t mutant, [[maybe_unused]] const std::vector<uint32_t>& words) {
#ifdef IST_SPIRV_TOOLS
  static spvtools::SpirvTools tools(SPV_ENV_UNIVERSAL_1_5);
  tools.SetMessageConsumer([mutant](spv_message_level_t level, const char*, const spv_position_t&, const char* text) {
    if (level <= SPV_MSG_ERROR) std::fprintf(stderr, "spirv-val, mutant %u: %s\n", mutant, text);
  });
  static const spvtools::ValidatorOptions options = [] {
    spvtools::ValidatorOptions relaxed;
    relaxed.SetScalarBlockLayout(true);
    return relaxed;
  }();
  return tools.Validate(words.data(), words.size(), options);
#else
  return true;
#endif
}

bool links(const Driver& driver, const std::vector<uint32_t>& words) {
  const ist::gl::Shader shader(driver.gpu.gl());
  const ist::gl::Program program(driver.gpu.gl(), false);
  ist::gl::specialize(driver.gpu.gl(), shader, words);
  return shader.check("mutant", "SPIR-V").ok() && shader.link(program, "mutant").ok();
}

TEST(GlSpirvMutation, NoneEndsTheDriver) {
  ASSERT_FALSE(tasks_of_route().empty());
  Watched watched;
  Progress& progress = watched.progress();
  progress.mutant = first_mutant;
  const uint32_t end = first_mutant + mutant_count;
  while (progress.mutant < end) {
    const int status = watched.run([&](Progress& p) {
      Driver driver(gl_host::Api::gl);
      if (!driver.broken.empty()) _exit(1);
      driver.host.make_current();
      for (; p.mutant < end; ++p.mutant) {
        const auto words = words_for_driver(p.mutant);
        if (words.empty()) continue;
        ++p.given;
        p.invalid += !is_valid(p.mutant, words);
        p.linked += links(driver, words);
      }
    });
    if (status == 0) break;
    ADD_FAILURE() << "Mutant " << progress.mutant << " (of " << original_of(progress.mutant).module << ", "
                  << original_of(progress.mutant).name << ") ends the driver's process: status " << status;
    ++progress.mutant;
  }
  std::printf("%u mutants, %u given to the driver, %u linked, %u invalid\n", mutant_count, progress.given,
              progress.linked, progress.invalid);
#ifdef IST_SPIRV_TOOLS
  EXPECT_EQ(progress.invalid, 0u);
#endif
}

}  // namespace
}  // namespace gl_test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1) gl_test::mutant_count = static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10));
  if (argc > 2) gl_test::first_mutant = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  return RUN_ALL_TESTS();
}
