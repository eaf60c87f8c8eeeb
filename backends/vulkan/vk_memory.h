// Device memory: blocks cut into pieces, and allocations of their own for what is large or shared.
// Knows sizes and memory types; what lives in a piece is the caller's.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "contract/owned_fd.h"
#include "contract/share_ops.h"
#include "vulkan/vk_gpu.h"
#include "vulkan/vk_spans.h"

namespace ist::vk {

enum class HostAccess : uint8_t { none, write, read };

// What the driver says an object needs. A device of Vulkan 1.0 cannot say that it wants an allocation of
// its own.
struct MemoryNeeds {
  VkMemoryRequirements requirements{};
  bool requires_dedicated = false;
  bool prefers_dedicated = false;
};
MemoryNeeds needs_of(const Gpu& gpu, VkBuffer buffer);
MemoryNeeds needs_of(const Gpu& gpu, VkImage image);

struct MemoryRequest {
  VkMemoryRequirements requirements{};
  HostAccess host = HostAccess::none;
  bool linear = true;           // buffers; optimal images are kept apart where the granularity asks
  bool own_allocation = false;  // never a piece of a block
  VkExternalMemoryHandleTypeFlags export_types = 0;  // implies own_allocation
  VkBuffer dedicated_buffer = VK_NULL_HANDLE;        // at most one: the allocation is dedicated to it
  VkImage dedicated_image = VK_NULL_HANDLE;
};

struct MemoryPiece {
  VkDeviceMemory memory = VK_NULL_HANDLE;
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  std::byte* host = nullptr;            // of the first byte; null unless host access was asked for
  struct MemoryBlock* block = nullptr;  // null: an allocation of its own
  uint64_t allocation_bytes = 0;        // of the whole VkDeviceMemory
  bool dedicated = false;
};

// An allocation of somebody else's.
struct MemoryImport {
  HandleType type = HandleType::none;
  OsHandle handle = -1;     // duplicated
  void* pointer = nullptr;  // instead of a handle: pages of the host
  SharedAllocation allocation;
};

// The handle that an imported allocation came by, kept to be handed on: what was imported is not exportable by
// itself. One open file for each such object.
struct MemoryOrigin {
  HandleType type = HandleType::none;
  OwnedFd file;
  static Result<MemoryOrigin> keep(const MemoryImport& source);
};

// One VkDeviceMemory that is cut into pieces.
struct MemoryBlock {
  VkDeviceMemory memory = VK_NULL_HANDLE;
  std::byte* host = nullptr;
  FreeSpans spans;
  uint32_t pool = 0;
};

// Thread-safety: calls are serialised by the runtime; allocation_count() is for any thread.
class Memory {
 public:
  explicit Memory(const Gpu& gpu);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // out_of_memory names the size. Host access means visible and coherent memory, mapped for ever.
  Result<MemoryPiece> allocate(const MemoryRequest& request);
  // A piece of somebody else's allocation that fulfils the request. argument_out_of_range: it does not fit
  // there, found before the driver is asked; invalid_interop: the driver refuses the handle.
  Result<MemoryPiece> import(const MemoryRequest& request, const MemoryImport& source);
  void release(const MemoryPiece& piece);

  // vkAllocateMemory calls since creation, and how many of them are alive.
  uint64_t allocation_count() const { return allocations_.load(std::memory_order_relaxed); }
  uint32_t live_count() const { return live_; }
  uint64_t live_bytes() const { return live_bytes_; }

  static constexpr uint64_t kFirstBlockBytes = uint64_t{1} << 20;
  static constexpr uint64_t kLargestBlockBytes = uint64_t{16} << 20;
  static constexpr uint64_t kOwnAllocationBytes = uint64_t{4} << 20;  // from this size on

 private:
  struct Pool {
    std::vector<std::unique_ptr<MemoryBlock>> blocks;
  };
  struct Candidates {
    std::array<uint32_t, VK_MAX_MEMORY_TYPES> types;
    uint32_t count = 0;
  };

  Candidates rank_types(uint32_t type_bits, HostAccess host) const;
  uint32_t pool_index(uint32_t type, const MemoryRequest& request) const;
  VkResult allocate_own(const MemoryRequest& request, uint32_t type, MemoryPiece& piece);
  VkResult allocate_from_pool(const MemoryRequest& request, uint32_t type, MemoryPiece& piece);
  VkResult allocate_native(uint64_t size_bytes, uint32_t type, bool host, const void* next, VkDeviceMemory& memory,
                           std::byte*& mapped);
  VkResult map_native(VkDeviceMemory& memory, uint64_t size_bytes, std::byte*& mapped);
  Result<uint32_t> import_types(const MemoryRequest& request, const MemoryImport& source, int file) const;
  void free_native(VkDeviceMemory memory, uint64_t size_bytes);
  void free_unused_blocks(Pool& pool, size_t keep);

  const Gpu& gpu_;
  const bool split_images_;
  std::vector<Pool> pools_;  // by type, host access, tiling
  std::atomic<uint64_t> allocations_{0};
  uint32_t live_ = 0;
  uint64_t live_bytes_ = 0;
};

}  // namespace ist::vk
