// The pipeline cache over the lives of devices and processes. lavapipe's own cache keeps nothing, so most tests put
// one in its place that does: behind the same functions, with pipelines still made by the driver.
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "unit/cache_test.h"
#include "vulkan_test.h"

extern char** environ;

namespace ist::vk {
namespace {

namespace fs = std::filesystem;

// The generator's number in the head of a SPIR-V module: free for anything, so it makes kernels differ.
constexpr size_t kCodeWord = 2;

// Its entries are the code of shaders, told apart by one word of it.
namespace pretended {

struct Cache {
  std::set<uint32_t> codes;
  size_t given_bytes = 0;
};

std::mutex mutex;
std::map<VkDevice, DeviceTable> real;
std::map<VkShaderModule, uint32_t> modules;
VkPipelineCacheHeaderVersionOne header;
bool refuses_blobs;
bool gives_back_more;  // as SwiftShader: what it was given comes back behind what it has
size_t claimed_bytes;  // 0: the truth

const DeviceTable& real_of(VkDevice device) {
  std::lock_guard lock(mutex);
  return real.at(device);
}

Cache& cache_of(VkPipelineCache handle) { return *reinterpret_cast<Cache*>(handle); }

VkResult create_cache(VkDevice, const VkPipelineCacheCreateInfo* info, const VkAllocationCallbacks*,
                      VkPipelineCache* out) {
  if (info->initialDataSize > 0 && refuses_blobs) return VK_ERROR_INITIALIZATION_FAILED;
  auto cache = std::make_unique<Cache>();
  cache->given_bytes = info->initialDataSize;
  for (size_t at = sizeof header; at + 4 <= info->initialDataSize; at += 4) {
    uint32_t code;
    std::memcpy(&code, static_cast<const char*>(info->pInitialData) + at, 4);
    cache->codes.insert(code);
  }
  *out = reinterpret_cast<VkPipelineCache>(cache.release());
  return VK_SUCCESS;
}

void destroy_cache(VkDevice, VkPipelineCache handle, const VkAllocationCallbacks*) {
  if (handle) delete &cache_of(handle);
}

VkResult get_data(VkDevice, VkPipelineCache handle, size_t* size_bytes, void* data) {
  std::vector<uint32_t> words(sizeof header / 4);
  {
    std::lock_guard lock(mutex);
    std::memcpy(words.data(), &header, sizeof header);
  }
  words.insert(words.end(), cache_of(handle).codes.begin(), cache_of(handle).codes.end());
  if (gives_back_more) words.resize(words.size() + cache_of(handle).given_bytes / 4);
  const size_t needed = words.size() * 4;
  if (!data) {
    *size_bytes = claimed_bytes ? claimed_bytes : needed;
    return VK_SUCCESS;
  }
  if (*size_bytes < needed) return VK_INCOMPLETE;
  *size_bytes = needed;
  std::memcpy(data, words.data(), needed);
  return VK_SUCCESS;
}

VkResult merge_caches(VkDevice, VkPipelineCache to, uint32_t count, const VkPipelineCache* from) {
  for (uint32_t i = 0; i < count; ++i)
    cache_of(to).codes.insert(cache_of(from[i]).codes.begin(), cache_of(from[i]).codes.end());
  return VK_SUCCESS;
}

VkResult create_module(VkDevice device, const VkShaderModuleCreateInfo* info, const VkAllocationCallbacks* callbacks,
                       VkShaderModule* module) {
  const VkResult result = real_of(device).CreateShaderModule(device, info, callbacks, module);
  std::lock_guard lock(mutex);
  modules[*module] = info->pCode[kCodeWord];
  return result;
}

void answer(const void* chain, bool hit) {
  for (auto* link = static_cast<const VkBaseInStructure*>(chain); link; link = link->pNext) {
    if (link->sType != VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO) continue;
    auto* feedback = reinterpret_cast<const VkPipelineCreationFeedbackCreateInfo*>(link);
    feedback->pPipelineCreationFeedback->flags =
        VK_PIPELINE_CREATION_FEEDBACK_VALID_BIT |
        (hit ? VkFlags{VK_PIPELINE_CREATION_FEEDBACK_APPLICATION_PIPELINE_CACHE_HIT_BIT} : 0);
  }
}

VkResult create_pipelines(VkDevice device, VkPipelineCache handle, uint32_t count,
                          const VkComputePipelineCreateInfo* infos, const VkAllocationCallbacks* callbacks,
                          VkPipeline* pipelines) {
  VkComputePipelineCreateInfo info = *infos;
  info.pNext = nullptr;
  {
    std::lock_guard lock(mutex);
    answer(infos->pNext, !cache_of(handle).codes.insert(modules.at(info.stage.module)).second);
  }
  return real_of(device).CreateComputePipelines(device, VK_NULL_HANDLE, count, &info, callbacks, pipelines);
}

void install(Gpu& gpu) {
  std::lock_guard lock(mutex);
  real.insert_or_assign(gpu.device, gpu.vk);
  header = {sizeof header, VK_PIPELINE_CACHE_HEADER_VERSION_ONE, gpu.info().vendor_id, gpu.info().device_id, {}};
  std::memcpy(header.pipelineCacheUUID, gpu.physical->pipeline_cache_uuid, VK_UUID_SIZE);
  gpu.vk.CreatePipelineCache = create_cache;
  gpu.vk.DestroyPipelineCache = destroy_cache;
  gpu.vk.GetPipelineCacheData = get_data;
  gpu.vk.MergePipelineCaches = merge_caches;
  gpu.vk.CreateShaderModule = create_module;
  gpu.vk.CreateComputePipelines = create_pipelines;
}

}  // namespace pretended

std::unique_ptr<Gpu> make_gpu(const std::string& folder) {
  auto instance = Instance::create({});
  EXPECT_TRUE(instance.ok());
  auto physical = describe(**instance, (*(*instance)->physical_devices())[0], 0, DeviceOptions());
  EXPECT_TRUE(physical.ok());
  auto gpu = Gpu::create(std::move(*instance), std::move(*physical));
  EXPECT_TRUE(gpu.ok());
  (*gpu)->pipeline_cache_folder = folder;
  return std::move(*gpu);
}

std::unique_ptr<Device> make_device(std::unique_ptr<Gpu> gpu) {
  auto device = Device::create(std::move(gpu));
  EXPECT_TRUE(device.ok());
  return std::move(*device);
}

// Kernels with the same `code` are the same kernel, others differ.
void compile(ist::Device& device, std::initializer_list<uint32_t> codes) {
  static const PipelineBinding kBindings[] = {
      {0, DescriptorKind::uniform_buffer}, {2, DescriptorKind::storage_buffer}, {3, DescriptorKind::storage_buffer}};
  for (const uint32_t code : codes) {
    std::vector<uint32_t> words(std::begin(k_saxpy), std::end(k_saxpy));
    words[kCodeWord] = code;
    const auto made = device.create_pipeline({words, kBindings, "saxpy"});
    EXPECT_TRUE(made.ok()) << made.status().message();
  }
}

class PipelineCaches : public CacheTest {
 protected:
  void SetUp() override {
    pretended::refuses_blobs = false;
    pretended::gives_back_more = false;
    pretended::claimed_bytes = 0;
    set_log(&take, this, LogLevel::warn);
  }
  void TearDown() override { set_log(nullptr, nullptr, LogLevel::off); }

  std::unique_ptr<Device> device() {
    auto gpu = make_gpu(folder());
    pretended::install(*gpu);
    return make_device(std::move(gpu));
  }
  std::unique_ptr<Device> device_without_feedback() {
    auto gpu = make_gpu(folder());
    pretended::install(*gpu);
    gpu->physical->creation_feedback = false;
    return make_device(std::move(gpu));
  }
  // Made and destroyed: hits of these kernels in what was saved before.
  uint64_t hits_of(std::initializer_list<uint32_t> codes) {
    const auto fresh = device();
    compile(*fresh, codes);
    EXPECT_EQ(fresh->pipeline_counts().made, codes.size());
    return fresh->pipeline_counts().cache_hits;
  }
  std::string only_file() const {
    const auto all = names();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? "" : folder() + "/" + all[0];
  }
  // Each replacement is a new file.
  uint64_t generation() const {
    struct stat facts {};
    EXPECT_EQ(stat(only_file().c_str(), &facts), 0);
    return facts.st_ino ^ static_cast<uint64_t>(facts.st_mtim.tv_nsec) << 20;
  }
  std::vector<std::string> take_lines() { return std::exchange(lines_, {}); }

 private:
  static void take(void* self, LogLevel, const char* line) {
    static_cast<PipelineCaches*>(self)->lines_.push_back(line);
  }

  std::vector<std::string> lines_;
};

TEST_F(PipelineCaches, TheNextDeviceFindsWhatTheFirstCompiled) {
  EXPECT_EQ(hits_of({1, 2, 3}), 0u);
  EXPECT_EQ(hits_of({3, 1, 2}), 3u);
  EXPECT_EQ(hits_of({1, 4}), 1u);
  EXPECT_EQ(hits_of({1, 2, 3, 4}), 4u);
  EXPECT_EQ(take_lines(), std::vector<std::string>());
}

TEST_F(PipelineCaches, TheSameKernelAgainIsAHitWithoutAFile) {
  auto gpu = make_gpu("");
  pretended::install(*gpu);
  const auto device = make_device(std::move(gpu));
  compile(*device, {1, 1, 2});
  EXPECT_EQ(device->pipeline_counts().made, 3u);
  EXPECT_EQ(device->pipeline_counts().cache_hits, 1u);
}

TEST_F(PipelineCaches, WithoutAFolderNothingIsWritten) {
  auto gpu = make_gpu("");
  pretended::install(*gpu);
  auto device = make_device(std::move(gpu));
  EXPECT_EQ(device->pipelines().cache().file(), nullptr);
  compile(*device, {1});
  device.reset();
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_EQ(DeviceOptions().pipeline_cache_folder, "");
}

TEST_F(PipelineCaches, NothingIsWrittenWhenNothingWasCompiled) {
  hits_of({});
  EXPECT_FALSE(fs::exists(folder()));
  hits_of({1, 2});
  const uint64_t before = generation();
  hits_of({});
  hits_of({2, 1});
  EXPECT_EQ(generation(), before);
  hits_of({3});
  EXPECT_NE(generation(), before);
}

TEST_F(PipelineCaches, ADriverThatTellsNothingIsSavedWhenItsDataChanges) {
  compile(*device_without_feedback(), {1, 2});
  const uint64_t before = generation();
  {
    const auto second = device_without_feedback();
    compile(*second, {1, 2});
    EXPECT_EQ(second->pipeline_counts().made, 2u);
    EXPECT_EQ(second->pipeline_counts().cache_hits, 0u);
  }
  EXPECT_EQ(generation(), before);
  compile(*device_without_feedback(), {3});
  EXPECT_NE(generation(), before);
  EXPECT_EQ(hits_of({1, 2, 3}), 3u);
}

TEST_F(PipelineCaches, ADriverThatGivesBackMoreThanItWasGivenDoesNotGrowTheFile) {
  pretended::gives_back_more = true;
  compile(*device_without_feedback(), {1, 2});
  const uint64_t before = generation();
  for (int life = 0; life < 3; ++life) compile(*device_without_feedback(), {2, 1});
  EXPECT_EQ(generation(), before);
}

TEST_F(PipelineCaches, WhatOthersSavedMeanwhileIsKept) {
  auto first = device(), second = device(), third = device();
  compile(*first, {1, 10});
  compile(*second, {2, 10});
  compile(*third, {2});
  first.reset();
  second.reset();
  const uint64_t before = generation();
  third.reset();  // has nothing that the others have not saved
  EXPECT_EQ(generation(), before);
  EXPECT_EQ(hits_of({1, 2, 10}), 3u);
}

TEST_F(PipelineCaches, ACorruptFileIsToldOnceAndReplaced) {
  hits_of({1, 2});
  const std::string path = only_file();
  for (const uint64_t at : {0u, 20u, 40u, 60u, 70u}) {
    auto bytes = read_file(path);
    bytes[at] ^= std::byte{4};
    write_file(path, bytes);
    EXPECT_EQ(hits_of({1, 2}), 0u) << at;
    const auto lines = take_lines();
    ASSERT_EQ(lines.size(), 1u) << at;
    EXPECT_NE(lines[0].find(path), std::string::npos) << lines[0];
    EXPECT_EQ(hits_of({1, 2}), 2u) << at;
    EXPECT_EQ(take_lines(), std::vector<std::string>()) << at;
  }
}

TEST_F(PipelineCaches, ABlobThatTheDriverRefusesIsReplaced) {
  hits_of({1});
  pretended::refuses_blobs = true;
  EXPECT_EQ(hits_of({2}), 0u);
  const auto lines = take_lines();
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines[0].find("VK_ERROR_INITIALIZATION_FAILED"), std::string::npos) << lines[0];
  pretended::refuses_blobs = false;
  EXPECT_EQ(hits_of({2}), 1u);
}

TEST_F(PipelineCaches, AFolderThatCannotBeWrittenCostsALineAndNothingElse) {
  write_file(folder(), {});
  EXPECT_EQ(hits_of({1, 2}), 0u);
  const auto lines = take_lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("is ignored"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("is not saved"), std::string::npos) << lines[1];
}

TEST_F(PipelineCaches, ACacheThatOutgrewItsLimitBeginsAnew) {
  hits_of({1});
  pretended::claimed_bytes = kMaxCacheBytes + 1;
  hits_of({2});
  EXPECT_EQ(names(), std::vector<std::string>());
  const auto lines = take_lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("outgrown"), std::string::npos) << lines[0];
  pretended::claimed_bytes = 0;
  EXPECT_EQ(hits_of({1, 2}), 0u);
  EXPECT_EQ(hits_of({1, 2}), 2u);
}

TEST_F(PipelineCaches, ThreadsSaveIntoOneFolderAtOnce) {
  auto gpu = make_gpu(folder());
  const CacheFile file = *make_device(std::move(gpu))->pipelines().cache().file();
  std::atomic<int> busy{3};
  std::vector<std::thread> writers;
  for (uint32_t writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      for (uint32_t round = 0; round < 8; ++round) {
        auto gpu_of_thread = make_gpu(folder());
        pretended::install(*gpu_of_thread);
        compile(*make_device(std::move(gpu_of_thread)), {100 * writer + round});
      }
      --busy;
    });
  }
  bool seen = false;
  while (busy > 0) {
    const CacheFile::Content content = file.read();
    EXPECT_EQ(content.problem, "");
    EXPECT_TRUE(!seen || !content.blob.empty());
    seen = seen || !content.blob.empty();
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(file.read().problem, "");
  EXPECT_EQ(names().size(), 1u);
  EXPECT_EQ(take_lines(), std::vector<std::string>());
}

// Runs this test once more in processes of their own, which find the folder in this variable.
constexpr char kSharedFolder[] = "IST_TEST_CACHE_FOLDER";
constexpr char kSharedNumber[] = "IST_TEST_CACHE_NUMBER";

void save_again_and_again(const char* folder, uint32_t writer) {
  for (uint32_t round = 0; round < 8; ++round) {
    auto gpu = make_gpu(folder);
    pretended::install(*gpu);
    compile(*make_device(std::move(gpu)), {100 * writer + round});
  }
}

pid_t spawn_writer(const std::string& folder, uint32_t writer) {
  setenv(kSharedFolder, folder.c_str(), 1);
  setenv(kSharedNumber, std::to_string(writer).c_str(), 1);
  char program[] = "vulkan_tests", filter[] = "--gtest_filter=PipelineCaches.ProcessesSaveIntoOneFolderAtOnce";
  char* const arguments[] = {program, filter, nullptr};
  pid_t process = -1;
  EXPECT_EQ(posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, arguments, environ), 0);
  unsetenv(kSharedFolder);
  return process;
}

TEST_F(PipelineCaches, ProcessesSaveIntoOneFolderAtOnce) {
  if (const char* shared = std::getenv(kSharedFolder)) {
    save_again_and_again(shared, static_cast<uint32_t>(std::atoi(std::getenv(kSharedNumber))));
    return;
  }
  const CacheFile file = *device()->pipelines().cache().file();
  std::vector<pid_t> writers;
  for (uint32_t writer = 0; writer < 3; ++writer) writers.push_back(spawn_writer(folder(), writer));
  bool seen = false;
  while (!writers.empty()) {
    const CacheFile::Content content = file.read();
    EXPECT_EQ(content.problem, "");
    EXPECT_TRUE(!seen || !content.blob.empty());
    seen = seen || !content.blob.empty();
    int status = 0;
    if (waitpid(writers.back(), &status, WNOHANG) == 0) continue;
    EXPECT_EQ(status, 0);
    writers.pop_back();
  }
  EXPECT_TRUE(seen);
  EXPECT_EQ(names().size(), 1u);
  // The newest kernel of whoever saved last is there, with all that this one had loaded.
  EXPECT_GT(hits_of({7, 107, 207}), 0u);
}

// The driver's own cache, whatever it keeps, under the validation layer. Compiles only, so it also runs on drivers
// for devices that are not there (RADV with RADV_FORCE_FAMILY), which have no timeline semaphores.
TEST_F(PipelineCaches, TheRealDriverTakesItsOwnFileBack) {
  DeviceOptions options;
  options.validation = "sync";
  options.without_timeline = true;
  options.pipeline_cache_folder = folder();
  constexpr uint64_t kEmptyFileBytes = 64;  // our header and the driver's
  uint64_t hits = 0, hits_again = 0, before = 0;
  bool told = false;
  for (int life = 0; life < 3; ++life) {
    auto made = create_device(0, options);
    ASSERT_TRUE(made.ok()) << made.status().message();
    told = static_cast<Device&>(**made).gpu().physical->creation_feedback;
    compile(**made, {1, 2});
    EXPECT_EQ((*made)->pipeline_counts().made, 2u);
    hits = (*made)->pipeline_counts().cache_hits;
    EXPECT_LE(hits, 2u);
    compile(**made, {1});
    hits_again = (*made)->pipeline_counts().cache_hits - hits;
    made->reset();
    EXPECT_EQ(names().size(), 1u);
    if (life == 0) before = generation();
  }
  EXPECT_EQ(generation(), before);
  EXPECT_EQ(hits, told && fs::file_size(only_file()) > kEmptyFileBytes ? 2u : 0u);
  RecordProperty("hits_of_2_in_the_file", static_cast<int>(hits));
  RecordProperty("hits_of_1_made_twice", static_cast<int>(hits_again));
  RecordProperty("file_bytes", static_cast<int>(fs::file_size(only_file())));
  EXPECT_EQ(take_lines(), std::vector<std::string>());
}

}  // namespace
}  // namespace ist::vk
