// Batches and their descriptor sets.
#include "vulkan/vk_batch.h"

#include <cstring>
#include <new>

#include "vulkan/vk_debug.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

constexpr uint32_t kSetsPerPool = 128;

uint64_t hash_of(const BindingLayout& layout, const Descriptor* descriptors) {
  uint64_t hash = reinterpret_cast<uintptr_t>(&layout);
  for (size_t i = 0; i < layout.bindings.size(); ++i) {
    uint64_t words[sizeof(Descriptor) / sizeof(uint64_t)];
    std::memcpy(words, &descriptors[i], sizeof words);
    for (const uint64_t word : words) {
      hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
      hash ^= hash >> 29;
    }
  }
  return hash;
}

// For devices without update templates.
void write_each(const Gpu& gpu, const BindingLayout& layout, VkDescriptorSet set, const Descriptor* descriptors) {
  VkWriteDescriptorSet writes[kMaxBindings];
  const auto count = static_cast<uint32_t>(layout.bindings.size());
  for (uint32_t i = 0; i < count; ++i) {
    writes[i] = {VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};
    writes[i].dstSet = set;
    writes[i].dstBinding = layout.bindings[i].binding;
    writes[i].descriptorCount = 1;
    writes[i].descriptorType = native_kind(layout, i);
    writes[i].pImageInfo = &descriptors[i].image;
    writes[i].pBufferInfo = &descriptors[i].buffer;
  }
  gpu.vk.UpdateDescriptorSets(gpu.device, count, writes, 0, nullptr);
}

}  // namespace

SetCache::~SetCache() {
  for (const VkDescriptorPool pool : pools_) gpu_.vk.DestroyDescriptorPool(gpu_.device, pool, nullptr);
}

void SetCache::reset() {
  if (entries_.empty()) return;
  for (size_t i = 0; i <= pool_ && i < pools_.size(); ++i) gpu_.vk.ResetDescriptorPool(gpu_.device, pools_[i], 0);
  pool_ = 0;
  entries_.clear();
  written_.clear();
  std::fill(index_.begin(), index_.end(), 0);
}

VkDescriptorSet SetCache::find_or_write(const BindingLayout& layout, const Descriptor* descriptors) {
  const uint64_t hash = hash_of(layout, descriptors);
  const size_t count = layout.bindings.size();
  if ((entries_.size() + 1) * 2 > index_.size()) grow_index();
  const size_t mask = index_.size() - 1;
  size_t slot = hash & mask;
  for (; index_[slot] != 0; slot = (slot + 1) & mask) {
    const Entry& entry = entries_[index_[slot] - 1];
    if (entry.hash == hash && entry.layout == &layout &&
        std::memcmp(&written_[entry.first], descriptors, count * sizeof(Descriptor)) == 0)
      return entry.set;
  }
  const VkDescriptorSet set = allocate(layout);
  if (!set) return VK_NULL_HANDLE;
  if (layout.update) {
    gpu_.vk.UpdateDescriptorSetWithTemplate(gpu_.device, set, layout.update, descriptors);
  } else {
    write_each(gpu_, layout, set, descriptors);
  }
  entries_.push_back({hash, &layout, static_cast<uint32_t>(written_.size()), set});
  written_.insert(written_.end(), descriptors, descriptors + count);
  index_[slot] = static_cast<uint32_t>(entries_.size());
  return set;
}

void SetCache::grow_index() {
  index_.assign(index_.empty() ? 64 : index_.size() * 2, 0);
  const size_t mask = index_.size() - 1;
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t slot = entries_[i].hash & mask;
    while (index_[slot] != 0) slot = (slot + 1) & mask;
    index_[slot] = static_cast<uint32_t>(i + 1);
  }
}

VkDescriptorSet SetCache::allocate(const BindingLayout& layout) {
  VkDescriptorSetAllocateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
  info.descriptorSetCount = 1;
  info.pSetLayouts = &layout.set;
  for (bool fresh = false;;) {
    if (pool_ == pools_.size()) {
      if (!add_pool()) return VK_NULL_HANDLE;
      fresh = true;
    }
    info.descriptorPool = pools_[pool_];
    VkDescriptorSet set = VK_NULL_HANDLE;
    const VkResult result = gpu_.vk.AllocateDescriptorSets(gpu_.device, &info, &set);
    if (result == VK_SUCCESS) return set;
    if (fresh || (result != VK_ERROR_OUT_OF_POOL_MEMORY && result != VK_ERROR_FRAGMENTED_POOL)) return VK_NULL_HANDLE;
    ++pool_;
  }
}

// Any layout that a pipeline may have fits into an empty pool.
bool SetCache::add_pool() {
  static_assert(kSetsPerPool >= kMaxBindings);
  const VkDescriptorPoolSize sizes[] = {
      {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC, kSetsPerPool},
      {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, kSetsPerPool},
      {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, kSetsPerPool * 4},
      {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, kSetsPerPool},
      {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, kSetsPerPool},
  };
  VkDescriptorPoolCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  info.maxSets = kSetsPerPool;
  info.poolSizeCount = static_cast<uint32_t>(std::size(sizes));
  info.pPoolSizes = sizes;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  if (gpu_.vk.CreateDescriptorPool(gpu_.device, &info, nullptr, &pool) != VK_SUCCESS) return false;
  pools_.push_back(pool);
  return true;
}

Result<std::unique_ptr<Batch>> Batch::create(const Gpu& gpu) {
  std::unique_ptr<Batch> batch(new Batch(gpu));
  VkCommandPoolCreateInfo pool{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  pool.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
  pool.queueFamilyIndex = gpu.physical->queue_family;
  IST_CHECK(vk_status(gpu.vk.CreateCommandPool(gpu.device, &pool, nullptr, &batch->pool_), "vkCreateCommandPool"));
  VkCommandBufferAllocateInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  info.commandPool = batch->pool_;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  IST_CHECK(vk_status(gpu.vk.AllocateCommandBuffers(gpu.device, &info, &batch->own_), "vkAllocateCommandBuffers"));
  set_name(gpu, VK_OBJECT_TYPE_COMMAND_BUFFER, batch->own_, "isthmus batch");
  return batch;
}

Batch::~Batch() {
  for (const VkQueryPool pool : stamp_pools_) gpu_.vk.DestroyQueryPool(gpu_.device, pool, nullptr);
  if (pool_) gpu_.vk.DestroyCommandPool(gpu_.device, pool_, nullptr);
}

Status Batch::begin(ArgsPool& pool, VkCommandBuffer hosts) {
  pool.give_back(args);
  sets.reset();
  stamp_count_ = 0;
  serial = 0;
  commands_ = hosts ? hosts : own_;
  if (hosts) return {};
  IST_CHECK(vk_status(gpu_.vk.ResetCommandPool(gpu_.device, pool_, 0), "vkResetCommandPool"));
  VkCommandBufferBeginInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  return vk_status(gpu_.vk.BeginCommandBuffer(commands_, &info), "vkBeginCommandBuffer");
}

uint32_t Batch::stamp() {
  const uint32_t pool = stamp_count_ / kStampsPerPool;
  const uint32_t query = stamp_count_ % kStampsPerPool;
  if (pool == stamp_pools_.size()) {
    VkQueryPoolCreateInfo info{VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO};
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = kStampsPerPool;
    VkQueryPool made = VK_NULL_HANDLE;
    if (gpu_.vk.CreateQueryPool(gpu_.device, &info, nullptr, &made) != VK_SUCCESS) return UINT32_MAX;
    stamp_pools_.push_back(made);
  }
  if (query == 0) gpu_.vk.CmdResetQueryPool(commands_, stamp_pools_[pool], 0, kStampsPerPool);
  gpu_.vk.CmdWriteTimestamp(commands_, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, stamp_pools_[pool], query);
  return stamp_count_++;
}

bool Batch::read_stamps(std::vector<uint64_t>& ticks) const {
  ticks.resize(stamp_count_);
  for (uint32_t first = 0; first < stamp_count_; first += kStampsPerPool) {
    const uint32_t count = std::min(kStampsPerPool, stamp_count_ - first);
    const VkResult result =
        gpu_.vk.GetQueryPoolResults(gpu_.device, stamp_pools_[first / kStampsPerPool], 0, count,
                                    count * sizeof(uint64_t), &ticks[first], sizeof(uint64_t), VK_QUERY_RESULT_64_BIT);
    if (result != VK_SUCCESS) return false;
  }
  return true;
}

}  // namespace ist::vk
