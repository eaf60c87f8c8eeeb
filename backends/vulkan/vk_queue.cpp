// One mutex for each VkQueue in use, shared by all runtimes on it.
#include "vulkan/vk_queue.h"

#include <unordered_map>

namespace ist::vk {
namespace {

std::shared_ptr<std::mutex> mutex_of(VkQueue queue) {
  static std::mutex guard;
  static std::unordered_map<VkQueue, std::weak_ptr<std::mutex>> known;
  std::lock_guard lock(guard);
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<std::mutex>& entry = known[queue];
  std::shared_ptr<std::mutex> mutex = entry.lock();
  if (!mutex) entry = mutex = std::make_shared<std::mutex>();
  return mutex;
}

}  // namespace

Queue::Queue(VkQueue handle, HostLock host) : handle_(handle), host_(host), mutex_(mutex_of(handle)) {}

// Ours first: the host's lock is never held while we wait for another runtime's submission.
void Queue::lock() const {
  mutex_->lock();
  if (host_.lock) host_.lock(host_.user, handle_);
}

void Queue::unlock() const {
  if (host_.unlock) host_.unlock(host_.user, handle_);
  mutex_->unlock();
}

}  // namespace ist::vk
