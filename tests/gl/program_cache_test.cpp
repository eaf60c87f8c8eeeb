// Programs on disk: found again by the driver that made them, and by nobody else; whatever else is there does no harm.
#include "gl/gl_program_cache.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <random>

#include "driver.h"
#include "gl/gl_pipeline.h"
#include "modules.h"
#include "unit/cache_test.h"

extern char** environ;

namespace gl_test {
namespace {

namespace fs = std::filesystem;
using ist::PipelineCounts;
using ist::gl::PipelineFactory;

constexpr const char* kFolderVariable = "GL_TEST_PROGRAMS";

// Big and small, and one with images.
std::vector<const Task*> some_tasks() {
  return {&task("mpm88", "substep_p2g"), &task("bounds", "by_shape"), &task("formats_integer", "store_2d"),
          &task("types_f64", "root")};
}

PipelineCounts make_all(const ist::gl::Gpu& gpu, const std::string& folder, const std::vector<const Task*>& tasks) {
  PipelineFactory factory(gpu, folder);
  for (const Task* task : tasks) {
    const auto pipeline = factory.create(task->desc());
    if (pipeline.ok()) continue;
    EXPECT_EQ(pipeline.status().code(), ist::Code::incompatible_module);
    EXPECT_EQ(pipeline.status().message().find("The driver"), std::string_view::npos) << pipeline.status().message();
  }
  return factory.counts();
}

class GlPrograms : public ist::CacheTest, public testing::WithParamInterface<gl_host::Api> {
 protected:
  GlPrograms() : driver_(GetParam()) { fs::remove_all(folder()); }
  void SetUp() override { ASSERT_EQ(driver_.broken, ""); }
  void TearDown() override {
    if (!driver_.broken.empty()) return;
    driver_.host.make_current();
    EXPECT_EQ(driver_.gpu.gl().GetError(), ist::gl::k::kNoError);
    driver_.gpu.graveyard.dig(driver_.gpu.gl());
  }
  // Drivers that give no binaries away make everything anew.
  uint64_t kept(uint64_t programs) const { return driver_.gpu.caps().program_binaries ? programs : 0; }
  PipelineCounts make(const std::vector<const Task*>& tasks = some_tasks()) {
    return make_all(driver_.gpu, folder(), tasks);
  }
  // Another process that makes all tasks, with the programs of this folder.
  pid_t start_process() const {
    const std::string filter = "--gtest_filter=*GlProgramsProcess.*/" + api_name({GetParam(), 0});
    const std::string folder_set = std::string(kFolderVariable) + "=" + folder();
    char* arguments[] = {const_cast<char*>("gl_tests"), const_cast<char*>(filter.c_str()),
                         const_cast<char*>("--gtest_brief=1"), nullptr};
    std::vector<char*> variables = {const_cast<char*>(folder_set.c_str())};
    for (char** variable = environ; *variable; ++variable)
      if (!std::string_view(*variable).starts_with("GTEST_")) variables.push_back(*variable);
    variables.push_back(nullptr);
    pid_t process = -1;
    EXPECT_EQ(::posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, arguments, variables.data()), 0);
    return process;
  }
  static int end_of(pid_t process) {
    int status = -1;
    EXPECT_EQ(::waitpid(process, &status, 0), process);
    return status;
  }

  Driver driver_;
};

TEST_P(GlPrograms, AreFoundAgain) {
  const auto first = make();
  EXPECT_EQ(first.cache_hits, 0u);
  EXPECT_GE(first.made, 3u);
  EXPECT_EQ(names().size(), kept(first.made));
  const auto second = make();
  EXPECT_EQ(second.made, first.made);
  EXPECT_EQ(second.cache_hits, kept(first.made));
  Driver other(GetParam());
  ASSERT_EQ(other.broken, "");
  const auto third = make_all(other.gpu, folder(), some_tasks());
  EXPECT_EQ(third.cache_hits, kept(first.made));
  EXPECT_EQ(names().size(), kept(first.made));
}

TEST_P(GlPrograms, FoundOnesHaveTheSameSlots) {
  for (const Task* task : some_tasks()) {
    const auto fresh = PipelineFactory(driver_.gpu, folder()).create(task->desc());
    const auto found = PipelineFactory(driver_.gpu, folder()).create(task->desc());
    ASSERT_EQ(fresh.ok(), found.ok());
    if (!fresh.ok()) continue;
    EXPECT_TRUE(std::ranges::equal((*fresh)->slots(), (*found)->slots()));
  }
}

// Drivers crash when they are asked for the binary of such a program.
TEST_P(GlPrograms, FromSpirvAreNotKept) {
  const Task& small = task("types_u8", "ramp");
  const auto made = make({&small}).made;
  EXPECT_EQ(made, driver_.gpu.info().features.has(ist::aot::Feature::int8) ? 1u : 0u);
  EXPECT_EQ(make({&small}).cache_hits, 0u);
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_P(GlPrograms, AreKeptNowhereWithoutAFolder) {
  make_all(driver_.gpu, "", some_tasks());
  const auto again = make_all(driver_.gpu, "", some_tasks());
  EXPECT_EQ(again.cache_hits, 0u);
  EXPECT_FALSE(fs::exists(folder()));
}

// The context of these tests is a host's.
TEST_P(GlPrograms, OfHostsContextsAreKeptNowhere) {
  ASSERT_TRUE(driver_.gpu.borrowed());
  const auto make_one = [&] {
    PipelineFactory factory(driver_.gpu);
    EXPECT_TRUE(factory.create(task("bounds", "by_shape").desc()).ok());
    return factory.counts().cache_hits;
  };
  EXPECT_EQ(make_one() + make_one(), 0u);
}

TEST_P(GlPrograms, OtherDriversOtherTargetsAndOtherBindingsHaveOthers) {
  const auto first = make();
  driver_.gpu.facts.compute.identity += " rebuilt";
  EXPECT_EQ(make().cache_hits, 0u);
  EXPECT_EQ(make().cache_hits, kept(first.made));
  uint32_t& version = driver_.gpu.facts.target.version;
  version = driver_.gpu.es() ? 310 + 320 - version : 430 + 450 - version;
  EXPECT_EQ(make().cache_hits, 0u);
  driver_.gpu.facts.target.features.add(ist::aot::Feature::variable_pointers);
  EXPECT_EQ(make().cache_hits, 0u);
  EXPECT_EQ(names().size(), kept(4 * first.made));
  Task more = task("bounds", "by_shape");
  more.bindings.insert(more.bindings.begin(), {99, ist::DescriptorKind::storage_buffer});
  EXPECT_EQ(make({&more}).cache_hits, 0u);
}

// A file that was put under another's name tells by its key.
TEST_P(GlPrograms, AreNotMistakenForEachOther) {
  make({&task("bounds", "by_shape")});
  const auto before = names();
  if (before.empty()) return;
  const auto bytes = read_file(folder() + "/" + before[0]);
  make({&task("mpm88", "substep_p2g")});
  for (const std::string& name : names()) write_file(folder() + "/" + name, bytes);
  EXPECT_EQ(make({&task("mpm88", "substep_p2g")}).cache_hits, 0u);
  EXPECT_EQ(make({&task("mpm88", "substep_p2g")}).cache_hits, 1u);
}

TEST_P(GlPrograms, DamagedOnesAreMadeAnew) {
  const Task& some = task("bounds", "by_shape");
  make({&some});
  if (kept(1) == 0) return;
  const std::string path = folder() + "/" + names().at(0);
  const auto good = read_file(path);
  std::mt19937 random(3);
  for (int round = 0; round < 1000; ++round) {
    auto bad = good;
    if (round % 10 == 0) bad.resize(random() % bad.size());
    for (int flips = 0; flips <= round % 7 && !bad.empty(); ++flips)
      bad[random() % bad.size()] ^= static_cast<std::byte>(1 + random() % 255);
    if (bad == good) continue;
    write_file(path, bad);
    const auto counts = make({&some});
    ASSERT_EQ(counts.made, 1u) << round;
    ASSERT_EQ(counts.cache_hits, 0u) << round;
  }
  EXPECT_EQ(make({&some}).cache_hits, 1u);
}

// Sound files, but what the driver is given is not what it gave.
TEST_P(GlPrograms, WhatTheDriverDoesNotTakeIsMadeAnew) {
  const Task& some = task("bounds", "by_shape");
  make({&some});
  if (kept(1) == 0) return;
  const std::string path = folder() + "/" + names().at(0);
  const auto good = read_file(path);
  uint32_t key_bytes = 0;
  std::memcpy(&key_bytes, good.data() + 32, sizeof key_bytes);
  const auto hits_of = [&](auto change) {
    auto bad = good;
    change(bad);
    const uint64_t size_bytes = bad.size() - 32;
    const uint64_t checksum = ist::checksum_of(std::span(bad).subspan(32));
    std::memcpy(bad.data() + 16, &size_bytes, sizeof size_bytes);
    std::memcpy(bad.data() + 24, &checksum, sizeof checksum);
    write_file(path, bad);
    const auto counts = make({&some});
    EXPECT_EQ(counts.made, 1u);
    return counts.cache_hits;
  };
  EXPECT_EQ(hits_of([](auto&) {}), 1u);
  EXPECT_EQ(hits_of([](auto& bytes) { bytes[36] ^= std::byte{1}; }), 0u) << "format";
  EXPECT_EQ(hits_of([&](auto& bytes) { bytes.resize(40 + key_bytes); }), 0u) << "no binary";
  EXPECT_EQ(hits_of([&](auto& bytes) { bytes.resize(40 + key_bytes + 1); }), 0u) << "one byte";
  EXPECT_EQ(hits_of([&](auto& bytes) { bytes.resize(bytes.size() - 4); }), 0u) << "cut off";
  EXPECT_EQ(hits_of([&](auto& bytes) { bytes[32] ^= std::byte{4}; }), 0u) << "length of the key";
  EXPECT_EQ(make({&some}).cache_hits, 1u);
}

TEST_P(GlPrograms, AFolderThatCannotBeWrittenDoesNoHarm) {
  for (int round = 0; round < 2; ++round) {
    const auto counts = make_all(driver_.gpu, "/proc/isthmus/programs", some_tasks());
    EXPECT_GE(counts.made, 3u);
    EXPECT_EQ(counts.cache_hits, 0u);
  }
}

TEST_P(GlPrograms, OtherProcessesUseThem) {
  const pid_t one = start_process(), two = start_process();
  EXPECT_EQ(end_of(one), 0);
  EXPECT_EQ(end_of(two), 0);
  std::vector<const Task*> tasks;
  for (const Task& task : all_tasks()) tasks.push_back(&task);
  const size_t files = names().size();
  const auto counts = make(tasks);
  EXPECT_GT(counts.made, 250u);
  EXPECT_GT(files, kept(200));
  EXPECT_EQ(names().size(), files);
  // Some modules have the same kernels.
  EXPECT_GE(counts.cache_hits, files);
  for (const std::string& name : names()) EXPECT_TRUE(name.ends_with(".bin")) << name;
}

INSTANTIATE_TEST_SUITE_P(, GlPrograms, testing::Values(gl_host::Api::gl, gl_host::Api::gles), api_name);

// What start_process() runs; by itself it keeps nothing.
class GlProgramsProcess : public BothApis {};

TEST_P(GlProgramsProcess, MakesAll) {
  const char* folder = std::getenv(kFolderVariable);
  Driver driver(GetParam());
  ASSERT_EQ(driver.broken, "");
  std::vector<const Task*> tasks;
  for (const Task& task : all_tasks()) tasks.push_back(&task);
  EXPECT_GT(make_all(driver.gpu, folder ? folder : "", tasks).made, 250u);
}

INSTANTIATE_TEST_SUITE_P(, GlProgramsProcess, testing::Values(gl_host::Api::gl, gl_host::Api::gles), api_name);

}  // namespace
}  // namespace gl_test
