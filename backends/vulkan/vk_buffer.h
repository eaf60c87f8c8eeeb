// A VkBuffer with its memory, own or imported, or one that the host owns.
#pragma once

#include "vulkan/vk_memory.h"
#include "vulkan/vk_share_query.h"

namespace ist::vk {

class Buffer final : public ist::Buffer {
 public:
  // not_supported: export_sharing on a device that cannot. out_of_memory names the size.
  static Result<std::unique_ptr<Buffer>> create(const Gpu& gpu, Memory& memory, const BufferDesc& desc);

  // On an allocation of somebody else's; errors as those of Memory::import. Host pages are mapped at once.
  static Result<std::unique_ptr<Buffer>> import(const Gpu& gpu, Memory& memory, const BufferDesc& desc,
                                                const MemoryImport& source);

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
  // What handles it can be exported as: none unless it was made for that.
  VkExternalMemoryHandleTypeFlags export_types() const { return export_types_; }
  const MemoryOrigin& origin() const { return origin_; }
  bool concurrent() const { return memory_ && gpu_.sharing_mode() == VK_SHARING_MODE_CONCURRENT; }

 private:
  Buffer(const Gpu& gpu, Memory* memory) : gpu_(gpu), memory_(memory) {}
  Status make(const BufferDesc& desc, VkExternalMemoryHandleTypeFlags handle_types);
  Result<MemoryPiece> own_memory(const BufferDesc& desc, const ExportTypes& exported);
  Status bind(const MemoryPiece& piece);

  const Gpu& gpu_;
  Memory* memory_;  // null: the host owns the handle
  VkBuffer handle_ = VK_NULL_HANDLE;
  VkBufferUsageFlags usage_ = 0;
  MemoryPiece piece_;
  VkExternalMemoryHandleTypeFlags export_types_ = 0;
  MemoryOrigin origin_;
};

}  // namespace ist::vk
