// Makes pipelines through the driver's cache, which is loaded from a file and saved to it where a folder is given.
#pragma once

#include <memory>
#include <optional>

#include "vulkan/vk_cache_file.h"
#include "vulkan/vk_gpu.h"

namespace ist::vk {

class PipelineCache {
 public:
  // A file that is not to be believed is told in the log and costs nothing else.
  static Result<std::unique_ptr<PipelineCache>> create(const Gpu& gpu);
  // Saves when a pipeline was compiled that the file does not have. A failure is a line of the log.
  ~PipelineCache();

  // vkCreateComputePipelines of one pipeline, counted.
  VkResult create_pipeline(VkComputePipelineCreateInfo info, VkPipeline* pipeline);

  const PipelineCounts& counts() const { return counts_; }
  // Null without a folder.
  const CacheFile* file() const { return file_ ? &*file_ : nullptr; }

 private:
  explicit PipelineCache(const Gpu& gpu) : gpu_(gpu) {}
  VkResult make(std::span<const std::byte> blob, VkPipelineCache* cache) const;
  Status load();
  void try_to_save();
  Status save();
  // Adds what the file has; `theirs` is that alone, or null.
  Status merge(const CacheFile::Content& there, VkPipelineCache* theirs);
  Result<std::vector<std::byte>> data_of(VkPipelineCache cache) const;

  const Gpu& gpu_;
  VkPipelineCache handle_ = VK_NULL_HANDLE;
  PipelineCounts counts_;
  std::optional<CacheFile> file_;
  uint64_t loaded_checksum_ = 0;  // of the blob that handle_ holds; 0 without one
};

}  // namespace ist::vk
