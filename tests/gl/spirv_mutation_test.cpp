// Damaged shaders on their way to a driver as SPIR-V: whatever is not refused is given to the driver, in a process
// that may end, and must not. An argument is the number of mutants, a second one that of the first.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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
uint32_t mutant_count = 20000;

// What both processes see. The child notes each mutant before it begins.
struct Progress {
  uint32_t mutant = 0;
  uint32_t given = 0;    // to the driver
  uint32_t invalid = 0;  // of these, by spirv-val
  uint32_t linked = 0;   // of these, by the driver
};

class Watched {
 public:
  Watched() : progress_(new (map()) Progress) {}
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

constexpr int kNoDriver = 1, kNoSpirv = 2;

// Up to `end`, or to the mutant that ends the process.
void give_all(Progress& progress, uint32_t end) {
  Driver driver(gl_host::Api::gl);
  if (!driver.broken.empty()) _exit(kNoDriver);
  if (!driver.gpu.caps().gl_spirv) _exit(kNoSpirv);
  driver.host.make_current();
  for (; progress.mutant < end; ++progress.mutant) {
    const auto words = words_for_driver(progress.mutant);
    if (words.empty()) continue;
    ++progress.given;
    progress.invalid += !is_valid(progress.mutant, words);
    progress.linked += links(driver, words);
  }
}

TEST(GlSpirvMutation, NoneEndsTheDriver) {
  ASSERT_FALSE(tasks_of_route().empty());
  Watched watched;
  Progress& progress = watched.progress();
  progress.mutant = first_mutant;
  const uint32_t end = first_mutant + mutant_count;
  while (progress.mutant < end) {
    const int status = watched.run([&](Progress& seen) { give_all(seen, end); });
    if (status == 0) break;
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == kNoDriver);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSpirv) GTEST_SKIP() << "The driver takes no SPIR-V.";
    ADD_FAILURE() << "Mutant " << progress.mutant << " (of " << original_of(progress.mutant).module << ", "
                  << original_of(progress.mutant).name << ") ends the driver's process: status " << status;
    ++progress.mutant;
  }
  std::printf("%u mutants, %u given to the driver, %u linked, %u invalid\n", mutant_count, progress.given,
              progress.linked, progress.invalid);
  EXPECT_GT(progress.linked, 0u);
  // Other versions of spirv-val ask for a little more or less.
  EXPECT_LE(progress.invalid, progress.given / 1000);
}

// One wrong word each, in a shader with a loop and branches.
struct Wrong {
  const char* what;
  uint32_t opcode;
  uint32_t operand;      // word of the first such instruction
  uint32_t like_opcode;  // 0: the value itself; else the first id that such an instruction defines
  uint32_t value;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.what; }

class GlSpirvRules : public testing::TestWithParam<Wrong> {};

TEST_P(GlSpirvRules, AreAsked) {
  const Wrong& wrong = GetParam();
  const Task& original = task("fluid", "find_curl");
  std::vector<uint32_t> words = original.words;
  const auto shader = ist::aot::SpirvModule::parse(original.words, original.name);
  ASSERT_TRUE(shader.ok());
  const auto first = [&](uint32_t opcode) {
    for (const auto& instruction : (*shader).instructions())
      if (instruction.opcode == opcode) return instruction;
    return ist::aot::Instruction();
  };
  const auto at = first(wrong.opcode);
  ASSERT_GT(at.length, wrong.operand);
  words[at.at + wrong.operand] = wrong.like_opcode ? first(wrong.like_opcode).result : wrong.value;
  const ist::PipelineDesc desc{words, original.bindings, original.name};
  const auto prepared = ist::gl::prepare_shader(desc, ist::gl::glsl_minimum(false, 450).limits);
  const bool refused = !prepared.ok() || !ist::gl::renumbered_words(*prepared).ok();
  EXPECT_TRUE(refused);
}

INSTANTIATE_TEST_SUITE_P(
    , GlSpirvRules,
    testing::Values(Wrong{"interface is no variable", spv::OpEntryPoint, 5, spv::OpTypeInt, 0},
                    Wrong{"hint of a function", spv::OpFunction, 3, 0, 0x8000},
                    Wrong{"merge is the entry", spv::OpSelectionMerge, 1, spv::OpLabel, 0},
                    Wrong{"hint of a selection", spv::OpSelectionMerge, 2, 0, 64},
                    Wrong{"loop merges at the entry", spv::OpLoopMerge, 1, spv::OpLabel, 0},
                    Wrong{"loop continues at the entry", spv::OpLoopMerge, 2, spv::OpLabel, 0},
                    Wrong{"hint of a loop without its operand", spv::OpLoopMerge, 3, 0, 8},
                    Wrong{"branch to the entry", spv::OpBranch, 1, spv::OpLabel, 0},
                    Wrong{"phi of a block that does not lead there", spv::OpPhi, 6, spv::OpLabel, 0},
                    Wrong{"variable of another storage class", spv::OpVariable, 3, 0, spv::StorageClassWorkgroup},
                    Wrong{"decoration of another target", spv::OpDecorate, 2, 0, spv::DecorationArrayStride},
                    Wrong{"decoration of a member", spv::OpMemberDecorate, 3, 0, spv::DecorationBuiltIn},
                    Wrong{"size of a group that its constant does not tell", spv::OpExecutionMode, 3, 0, 7},
                    Wrong{"signedness", spv::OpTypeInt, 3, 0, 2}, Wrong{"memory model", spv::OpMemoryModel, 2, 0, 3}),
    [](const auto& info) {
      std::string name = info.param.what;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

}  // namespace
}  // namespace gl_test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1) gl_test::mutant_count = static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10));
  if (argc > 2) gl_test::first_mutant = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  return RUN_ALL_TESTS();
}
