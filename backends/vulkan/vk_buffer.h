// A VkBuffer with its memory, or one that the host owns.
#pragma once

#include "vulkan/vk_memory.h"

namespace ist::vk {

class Buffer final : public ist::Buffer {
 public:
  // not_supported: export_sharing on a device that cannot. out_of_memory names the size.
  static Result<std::unique_ptr<Buffer>> create(const Gpu& gpu, Memory& memory, const BufferDesc& desc);

  struct Foreign {
    VkBuffer buffer = VK_NULL_HANDLE;
    uint64_t size_bytes = 0;
    VkBufferUsageFlags usage = 0;
    VkDeviceMemory memory = VK_NULL_HANDLE;
    uint64_t offset_bytes = 0;
  };
  // Wraps a buffer of the host, which stays its owner and keeps it alive. No host address.
  static std::unique_ptr<Buffer> wrap(const Gpu& gpu, const Foreign& foreign);

  ~Buffer() override;

  VkBuffer handle() const { return handle_; }
  VkBufferUsageFlags usage() const { return usage_; }
  const MemoryPiece& piece() const { return piece_; }
  bool exportable() const { return exportable_; }

 private:
  Buffer(const Gpu& gpu, Memory* memory) : gpu_(gpu), memory_(memory) {}
  Status bind(const BufferDesc& desc);

  const Gpu& gpu_;
  Memory* memory_;  // null: the host owns the handle
  VkBuffer handle_ = VK_NULL_HANDLE;
  VkBufferUsageFlags usage_ = 0;
  MemoryPiece piece_;
  bool exportable_ = false;
};

}  // namespace ist::vk
