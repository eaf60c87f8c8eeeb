// Loads, counts, merges and saves.
#include "vulkan/vk_pipeline_cache.h"

#include <algorithm>
#include <new>

#include "base/log.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

CacheIdentity identity_of(const PhysicalDevice& device) {
  CacheIdentity identity;
  identity.vendor_id = device.info.vendor_id;
  identity.device_id = device.info.device_id;
  identity.driver_version = device.info.driver_version;
  static_assert(sizeof identity.uuid == sizeof device.pipeline_cache_uuid);
  std::copy_n(device.pipeline_cache_uuid, sizeof identity.uuid, identity.uuid);
  identity.driver = device.info.name + "\n" + device.info.driver;
  return identity;
}

constexpr char kGetData[] = "vkGetPipelineCacheData";

struct Scratch {
  explicit Scratch(const Gpu& gpu) : gpu(gpu) {}
  Scratch(const Scratch&) = delete;
  ~Scratch() { gpu.vk.DestroyPipelineCache(gpu.device, cache, nullptr); }

  const Gpu& gpu;
  VkPipelineCache cache = VK_NULL_HANDLE;
};

void warn(const Status& status) {
  if (!status.ok()) log(LogLevel::warn, "%.*s", static_cast<int>(status.message().size()), status.message().data());
}

}  // namespace

Result<std::unique_ptr<PipelineCache>> PipelineCache::create(const Gpu& gpu) {
  std::unique_ptr<PipelineCache> cache(new PipelineCache(gpu));
  if (!gpu.pipeline_cache_folder.empty())
    cache->file_ = pipeline_cache_file(gpu.pipeline_cache_folder, identity_of(*gpu.physical));
  IST_CHECK(cache->load());
  return cache;
}

PipelineCache::~PipelineCache() {
  if (!handle_) return;
  // A pipeline that the driver did not find was compiled, and so was one it says nothing about.
  if (file_ && counts_.made > counts_.cache_hits) try_to_save();
  gpu_.vk.DestroyPipelineCache(gpu_.device, handle_, nullptr);
}

VkResult PipelineCache::make(std::span<const std::byte> blob, VkPipelineCache* cache) const {
  VkPipelineCacheCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  info.initialDataSize = blob.size();
  info.pInitialData = blob.empty() ? nullptr : blob.data();
  const VkResult result = gpu_.vk.CreatePipelineCache(gpu_.device, &info, nullptr, cache);
  if (result != VK_SUCCESS) *cache = VK_NULL_HANDLE;
  return result;
}

Status PipelineCache::load() {
  if (file_) {
    const CacheFile::Content content = file_->read();
    if (!content.problem.empty())
      log(LogLevel::warn, "Pipeline cache '%s' is ignored: %s.", file_->path().c_str(), content.problem.c_str());
    if (!content.blob.empty()) {
      const VkResult result = make(content.blob, &handle_);
      if (result == VK_SUCCESS) {
        loaded_checksum_ = content.checksum;
        return {};
      }
      log(LogLevel::warn, "Pipeline cache '%s' is ignored: vkCreatePipelineCache returns %s.", file_->path().c_str(),
          result_name(result));
    }
  }
  return vk_status(make({}, &handle_), "vkCreatePipelineCache");
}

VkResult PipelineCache::create_pipeline(VkComputePipelineCreateInfo info, VkPipeline* pipeline) {
  VkPipelineCreationFeedback whole{}, stage{};
  VkPipelineCreationFeedbackCreateInfo feedback{VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO, info.pNext};
  feedback.pPipelineCreationFeedback = &whole;
  // Older versions of the specification want one for each stage.
  feedback.pipelineStageCreationFeedbackCount = 1;
  feedback.pPipelineStageCreationFeedbacks = &stage;
  if (gpu_.physical->creation_feedback) info.pNext = &feedback;
  const VkResult result = gpu_.vk.CreateComputePipelines(gpu_.device, handle_, 1, &info, nullptr, pipeline);
  if (result != VK_SUCCESS) return result;
  constexpr VkPipelineCreationFeedbackFlags kHit =
      VK_PIPELINE_CREATION_FEEDBACK_VALID_BIT | VK_PIPELINE_CREATION_FEEDBACK_APPLICATION_PIPELINE_CACHE_HIT_BIT;
  ++counts_.made;
  if ((whole.flags & kHit) == kHit) ++counts_.cache_hits;
  return result;
}

Result<std::vector<std::byte>> PipelineCache::data_of(VkPipelineCache cache) const {
  size_t size_bytes = 0;
  IST_CHECK(vk_status(gpu_.vk.GetPipelineCacheData(gpu_.device, cache, &size_bytes, nullptr), kGetData));
  if (size_bytes > kMaxCacheBytes) {
    // What is in it cannot be taken out again, so the next process begins anew.
    file_->remove();
    return fail(Code::out_of_memory, "Pipeline cache '%s' has outgrown its limit (%zu of %llu bytes) and is removed.",
                file_->path().c_str(), size_bytes, static_cast<unsigned long long>(kMaxCacheBytes));
  }
  std::vector<std::byte> blob(size_bytes);
  const VkResult result = gpu_.vk.GetPipelineCacheData(gpu_.device, cache, &size_bytes, blob.data());
  if (result == VK_INCOMPLETE)
    return fail(Code::invalid_state, "Pipeline cache '%s' changes while it is read.", file_->path().c_str());
  IST_CHECK(vk_status(result, kGetData));
  blob.resize(size_bytes);
  return blob;
}

Status PipelineCache::merge(const CacheFile::Content& there, VkPipelineCache* theirs) {
  IST_CHECK(vk_status(make(there.blob, theirs), "vkCreatePipelineCache"));
  if (there.checksum == loaded_checksum_) return {};
  return vk_status(gpu_.vk.MergePipelineCaches(gpu_.device, handle_, 1, theirs), "vkMergePipelineCaches");
}

// For the destructor: nothing may leave it.
void PipelineCache::try_to_save() {
  try {
    warn(save());
  } catch (const std::bad_alloc&) {
    log(LogLevel::warn, "Pipeline cache '%s' is not saved: there is no memory for it.", file_->path().c_str());
  }
}

// What two processes save at the very same moment is not merged: the later one wins, the other compiles once more.
Status PipelineCache::save() {
  const CacheFile::Content there = file_->read();
  Scratch theirs(gpu_);
  // A blob that the driver does not take is replaced.
  if (!there.blob.empty()) warn(merge(there, &theirs.cache));
  IST_TRY(const std::vector<std::byte> ours, data_of(handle_));
  if (theirs.cache) {
    // Compared as the driver puts it, since some give back more bytes than they were given though nothing is new.
    const auto known = data_of(theirs.cache);
    if (known.ok() && *known == ours) return {};
  }
  return file_->replace(ours);
}

}  // namespace ist::vk
