// One batch of commands: its command buffer and all that lives exactly as long as the batch is in
// flight (arguments, descriptor sets, time stamps). Does not know how it is submitted.
#pragma once

#include <memory>
#include <vector>

#include "contract/args_pool.h"
#include "vulkan/vk_buffer.h"
#include "vulkan/vk_pipeline.h"

namespace ist::vk {

// Descriptor sets of one batch; a set is reused for dispatches that bind the same things.
class SetCache {
 public:
  explicit SetCache(const Gpu& gpu) : gpu_(gpu) {}
  ~SetCache();

  // A set with these descriptors, written now or found. Null without host memory.
  VkDescriptorSet find_or_write(const BindingLayout& layout, const Descriptor* descriptors);
  // Invalidates all sets and keeps the pools.
  void reset();

  size_t written_count() const { return entries_.size(); }

 private:
  struct Entry {
    uint64_t hash;
    const BindingLayout* layout;
    uint32_t first;  // of its descriptors in written_
    VkDescriptorSet set;
  };

  VkDescriptorSet allocate(const BindingLayout& layout);
  bool add_pool();
  void grow_index();

  const Gpu& gpu_;
  std::vector<VkDescriptorPool> pools_;
  size_t pool_ = 0;  // the one in use
  std::vector<Entry> entries_;
  std::vector<Descriptor> written_;
  std::vector<uint32_t> index_;  // open addressing: 1 + entry, 0 free; a power of two
};

class Batch {
 public:
  static Result<std::unique_ptr<Batch>> create(const Gpu& gpu);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Makes the batch, which must not be in flight, empty and opens its command buffer, unless the commands go into
  // an open one of the host.
  Status begin(ArgsPool& args, VkCommandBuffer hosts = VK_NULL_HANDLE);

  VkCommandBuffer commands() const { return commands_; }

  // Records a time stamp and returns its number in the batch; UINT32_MAX when there is no room for it.
  uint32_t stamp();
  uint32_t stamp_count() const { return stamp_count_; }
  // Ticks of the stamps [0, stamp_count()) of a finished batch.
  bool read_stamps(std::vector<uint64_t>& ticks) const;

  uint64_t serial = 0;  // once submitted; 0 before
  std::vector<ArgsChunk*> args;
  SetCache sets;

 private:
  static constexpr uint32_t kStampsPerPool = 256;

  explicit Batch(const Gpu& gpu) : sets(gpu), gpu_(gpu) {}

  const Gpu& gpu_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkCommandBuffer own_ = VK_NULL_HANDLE;
  VkCommandBuffer commands_ = VK_NULL_HANDLE;  // own_, or the host's
  std::vector<VkQueryPool> stamp_pools_;
  uint32_t stamp_count_ = 0;
};

}  // namespace ist::vk
