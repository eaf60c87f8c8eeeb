// Chooses memory types, grows and shrinks the block pools.
#include "vulkan/vk_memory.h"

#include <algorithm>

#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

constexpr VkMemoryPropertyFlags kVisible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
constexpr VkMemoryPropertyFlags kCoherent = VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
constexpr VkMemoryPropertyFlags kCached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
constexpr VkMemoryPropertyFlags kLocal = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags kUnwanted = VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |
                                            VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD |
                                            VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD |
                                            VK_MEMORY_PROPERTY_RDMA_CAPABLE_BIT_NV;

// Higher is better, negative: unfit. Equal scores keep the driver's order, fastest first.
int score(VkMemoryPropertyFlags flags, HostAccess host) {
  if (flags & kUnwanted) return -1;
  const bool mappable = (flags & kVisible) && (flags & kCoherent);
  switch (host) {
    case HostAccess::none:
      return ((flags & kLocal) ? 4 : 0) + ((flags & kVisible) ? 0 : 1);
    case HostAccess::read:
      return mappable ? ((flags & kCached) ? 4 : 0) + ((flags & kLocal) ? 0 : 1) : -1;
    case HostAccess::write:
      return mappable ? ((flags & kCached) ? 0 : 1) : -1;
  }
  return -1;
}

bool is_out_of_memory(VkResult result) {
  return result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY ||
         result == VK_ERROR_TOO_MANY_OBJECTS;
}

// Query is the struct that names the object; Ask and AskOld are the functions of 1.1 and 1.0.
template <class Query, class Ask, class AskOld, class Object>
MemoryNeeds ask_needs(const Gpu& gpu, const Query& query, Ask ask, AskOld ask_old, Object object) {
  MemoryNeeds result;
  if (!ask) {
    ask_old(gpu.device, object, &result.requirements);
    return result;
  }
  VkMemoryDedicatedRequirements dedicated{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
  VkMemoryRequirements2 needs{VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, &dedicated};
  ask(gpu.device, &query, &needs);
  return {needs.memoryRequirements, dedicated.requiresDedicatedAllocation == VK_TRUE,
          dedicated.prefersDedicatedAllocation == VK_TRUE};
}

}  // namespace

MemoryNeeds needs_of(const Gpu& gpu, VkBuffer buffer) {
  VkBufferMemoryRequirementsInfo2 query{VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2};
  query.buffer = buffer;
  return ask_needs(gpu, query, gpu.vk.GetBufferMemoryRequirements2, gpu.vk.GetBufferMemoryRequirements, buffer);
}

MemoryNeeds needs_of(const Gpu& gpu, VkImage image) {
  VkImageMemoryRequirementsInfo2 query{VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2};
  query.image = image;
  return ask_needs(gpu, query, gpu.vk.GetImageMemoryRequirements2, gpu.vk.GetImageMemoryRequirements, image);
}

Memory::Memory(const Gpu& gpu)
    : gpu_(gpu),
      split_images_(gpu.physical->limits.bufferImageGranularity > 1),
      pools_(size_t{gpu.physical->memory.memoryTypeCount} * 4) {}

Memory::~Memory() {
  for (Pool& pool : pools_)
    for (const auto& block : pool.blocks) free_native(block->memory, block->spans.size_bytes());
}

Memory::Candidates Memory::rank_types(uint32_t type_bits, HostAccess host) const {
  const VkPhysicalDeviceMemoryProperties& memory = gpu_.physical->memory;
  std::array<int, VK_MAX_MEMORY_TYPES> scores;
  Candidates result;
  for (uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
    scores[i] = (type_bits >> i & 1) ? score(memory.memoryTypes[i].propertyFlags, host) : -1;
    if (scores[i] >= 0) result.types[result.count++] = i;
  }
  std::stable_sort(result.types.begin(), result.types.begin() + result.count,
                   [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  return result;
}

uint32_t Memory::pool_index(uint32_t type, const MemoryRequest& request) const {
  const bool apart = split_images_ && !request.linear;
  return type * 4 + (request.host != HostAccess::none ? 2 : 0) + (apart ? 1 : 0);
}

Result<MemoryPiece> Memory::allocate(const MemoryRequest& request) {
  const uint64_t size = request.requirements.size;
  if (size > gpu_.info().limits.max_allocation_bytes)
    return fail(Code::out_of_memory, "An allocation of %llu bytes exceeds the device's limit (%llu bytes).",
                static_cast<unsigned long long>(size),
                static_cast<unsigned long long>(gpu_.info().limits.max_allocation_bytes));
  const bool own = request.own_allocation || request.export_types || size >= kOwnAllocationBytes;
  const Candidates candidates = rank_types(request.requirements.memoryTypeBits, request.host);
  MemoryPiece piece;
  VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  for (const bool retry : {false, true}) {
    if (retry)
      for (Pool& pool : pools_) free_unused_blocks(pool, 0);
    for (uint32_t i = 0; i < candidates.count; ++i) {
      const uint32_t type = candidates.types[i];
      result = own ? allocate_own(request, type, piece) : allocate_from_pool(request, type, piece);
      if (result == VK_SUCCESS) return piece;
      if (!is_out_of_memory(result)) return vk_status(result, "vkAllocateMemory");
    }
  }
  if (candidates.count == 0)
    return fail(Code::not_supported, "No memory type of the device (mask 0x%x) suits the object.",
                request.requirements.memoryTypeBits);
  return fail(Code::out_of_memory, "Device memory is exhausted: %llu bytes are asked for (%s).",
              static_cast<unsigned long long>(size), result_name(result));
}

VkResult Memory::allocate_own(const MemoryRequest& request, uint32_t type, MemoryPiece& piece) {
  VkMemoryDedicatedAllocateInfo dedicated{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO};
  dedicated.buffer = request.dedicated_buffer;
  dedicated.image = request.dedicated_image;
  VkExportMemoryAllocateInfo exported{VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO};
  exported.handleTypes = request.export_types;
  const void* next = nullptr;
  if (dedicated.buffer || dedicated.image) next = &dedicated;
  if (request.export_types) {
    exported.pNext = next;
    next = &exported;
  }
  piece = {};
  const VkResult result = allocate_native(request.requirements.size, type, request.host != HostAccess::none, next,
                                          piece.memory, piece.host);
  piece.size_bytes = piece.allocation_bytes = request.requirements.size;
  piece.dedicated = dedicated.buffer || dedicated.image;
  return result;
}

VkResult Memory::allocate_from_pool(const MemoryRequest& request, uint32_t type, MemoryPiece& piece) {
  const VkMemoryRequirements& needs = request.requirements;
  const uint32_t index = pool_index(type, request);
  Pool& pool = pools_[index];
  const auto cut = [&](MemoryBlock& block) {
    const auto offset = block.spans.allocate(needs.size, needs.alignment);
    if (!offset) return false;
    piece = {block.memory, *offset,
             needs.size,   block.host ? block.host + *offset : nullptr,
             &block,       block.spans.size_bytes()};
    return true;
  };
  for (const auto& block : pool.blocks)
    if (cut(*block)) return VK_SUCCESS;

  uint64_t size = std::min(kFirstBlockBytes << std::min<size_t>(pool.blocks.size(), 4), kLargestBlockBytes);
  while (size < needs.size) size *= 2;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  std::byte* host = nullptr;
  VkResult result = allocate_native(size, type, request.host != HostAccess::none, nullptr, memory, host);
  if (is_out_of_memory(result) && size > needs.size) {  // a nearly full heap may still have the piece itself
    size = needs.size;
    result = allocate_native(size, type, request.host != HostAccess::none, nullptr, memory, host);
  }
  if (result != VK_SUCCESS) return result;
  pool.blocks.push_back(std::make_unique<MemoryBlock>(MemoryBlock{memory, host, FreeSpans(size), index}));
  cut(*pool.blocks.back());
  return VK_SUCCESS;
}

VkResult Memory::allocate_native(uint64_t size_bytes, uint32_t type, bool host, const void* next,
                                 VkDeviceMemory& memory, std::byte*& mapped) {
  VkMemoryAllocateFlagsInfo flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, next};
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, gpu_.has_addresses() ? &flags : next};
  info.allocationSize = size_bytes;
  info.memoryTypeIndex = type;
  const VkPhysicalDeviceMemoryProperties& properties = gpu_.physical->memory;
  if (size_bytes > properties.memoryHeaps[properties.memoryTypes[type].heapIndex].size)
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  const VkResult result = gpu_.vk.AllocateMemory(gpu_.device, &info, nullptr, &memory);
  if (result != VK_SUCCESS) return result;
  allocations_.fetch_add(1, std::memory_order_relaxed);
  ++live_;
  live_bytes_ += size_bytes;
  return host ? map_native(memory, size_bytes, mapped) : VK_SUCCESS;
}

// Frees what cannot be mapped.
VkResult Memory::map_native(VkDeviceMemory& memory, uint64_t size_bytes, std::byte*& mapped) {
  void* address = nullptr;
  const VkResult result = gpu_.vk.MapMemory(gpu_.device, memory, 0, VK_WHOLE_SIZE, 0, &address);
  if (result != VK_SUCCESS) {
    free_native(memory, size_bytes);
    memory = VK_NULL_HANDLE;
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  mapped = static_cast<std::byte*>(address);
  return VK_SUCCESS;
}

void Memory::free_native(VkDeviceMemory memory, uint64_t size_bytes) {
  gpu_.vk.FreeMemory(gpu_.device, memory, nullptr);  // unmaps
  --live_;
  live_bytes_ -= size_bytes;
}

void Memory::release(const MemoryPiece& piece) {
  if (!piece.memory) return;
  if (!piece.block) return free_native(piece.memory, piece.allocation_bytes);
  piece.block->spans.release(piece.offset_bytes, piece.size_bytes);
  if (piece.block->spans.unused()) free_unused_blocks(pools_[piece.block->pool], 1);
}

void Memory::free_unused_blocks(Pool& pool, size_t keep) {
  std::erase_if(pool.blocks, [&](const std::unique_ptr<MemoryBlock>& block) {
    if (!block->spans.unused()) return false;
    if (keep > 0) {
      --keep;
      return false;
    }
    free_native(block->memory, block->spans.size_bytes());
    return true;
  });
}

}  // namespace ist::vk
