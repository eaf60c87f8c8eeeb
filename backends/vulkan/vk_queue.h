// A VkQueue that is handed to one submission at a time, whoever in this process submits through us, and
// to the host's lock if it has one. Knows nothing of what is submitted.
#pragma once

#include <memory>
#include <mutex>

#include "vulkan/vk_host.h"

namespace ist::vk {

// A BasicLockable: external synchronisation of the queue (Vulkan 1.3, section 3.6). Any thread.
class Queue {
 public:
  Queue() = default;
  explicit Queue(VkQueue handle, HostLock host = {});

  VkQueue handle() const { return handle_; }

  void lock() const;
  void unlock() const;

 private:
  VkQueue handle_ = VK_NULL_HANDLE;
  HostLock host_;
  std::shared_ptr<std::mutex> mutex_;  // one for all that name this VkQueue
};

}  // namespace ist::vk
