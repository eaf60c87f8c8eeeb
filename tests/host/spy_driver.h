// Stands between the library and the Vulkan loader: counts calls and living objects, records what tests ask
// about, hands out only what a device of a given version has, and pretends failures that real drivers do not
// give on demand. One spy at a time; runtimes that got its functions go first. Calls of the host itself do
// not pass here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "host_table.h"

namespace host {

struct SeenBarrier {
  VkImage image;
  VkImageLayout from, to;
  uint32_t from_family, to_family;
};

// A buffer or image as it was asked for, before any pretence was taken back.
struct SeenResource {
  VkFlags usage;
  VkSharingMode sharing;
  std::vector<uint32_t> families;
};

struct SeenSubmit {
  std::thread::id thread;
  VkQueue queue;
};

class SpyDriver {
 public:
  SpyDriver();
  ~SpyDriver();
  SpyDriver(const SpyDriver&) = delete;
  SpyDriver& operator=(const SpyDriver&) = delete;

  // Give this to the library.
  PFN_vkGetInstanceProcAddr get() const;

  // Names are those of Vulkan, e.g. "vkQueueSubmit".
  uint64_t calls(std::string_view name) const;
  bool asked(std::string_view name) const;
  // Functions that were asked for and not given, though the driver has them.
  std::set<std::string> refused() const;
  // vkQueueSubmit and vkQueueSubmit2.
  uint64_t submits() const;
  // vkQueueWaitIdle and vkDeviceWaitIdle.
  uint64_t idle_waits() const;
  // Submits that began while another had not returned.
  uint64_t overlapping_submits() const;

  // Objects made and not yet destroyed, by type, e.g. {"Fence", 2}; "DeviceMemory" is among them.
  std::map<std::string, int64_t> live() const;
  uint64_t device_memory_bytes() const;
  // Calls that destroyed what was not made through this spy; for instance and device they end here.
  uint64_t foreign_destroys() const;

  std::vector<SeenResource> images() const;
  std::vector<SeenResource> buffers() const;
  std::vector<SeenBarrier> barriers() const;
  std::vector<SeenSubmit> seen_submits() const;
  // Off: the four lists above stay as they are, so that a look at the heap sees the library alone.
  void keep_records(bool on);

  // Only core functions up to this version and functions of these extensions are given from now on.
  void allow_only(uint32_t api_version, const std::vector<const char*>& extensions);
  // The device shows one more queue family with these capabilities; returns its index. CONCURRENT sharing
  // is taken back before the real driver sees it.
  uint32_t pretend_another_family(const HostTable& vk, VkPhysicalDevice device, VkQueueFlags flags);
  // The nth vkAllocateMemory from now (1: the next) and the `count - 1` after it fail for lack of memory.
  void fail_allocations(uint64_t nth, uint64_t count = 1);
  // The nth call from now (1: the next) that makes anything but device memory, or submits, fails for lack of host
  // memory; 0: none. All such calls are counted.
  void fail_creation(uint64_t nth);
  uint64_t creations() const;
  // The function that failed so, e.g. "vkCreateFence"; empty if none has since fail_creation.
  std::string failed_creation() const;
  // From the nth submit from now on the device is lost: submits and waits say so.
  void lose_device(uint64_t nth);
  // Called in each submit, on its thread, before the driver is.
  void on_submit(std::function<void(VkQueue)> look);

  // For the wrapped functions.
  PFN_vkVoidFunction hand_out(const char* name, PFN_vkVoidFunction real);
  void born(std::string_view type, uint64_t handle, uint64_t size_bytes = 0);
  void died(std::string_view type, uint64_t handle);
  bool allocation_fails();
  bool creation_fails(std::string_view name);
  // False: the device is lost, and the driver is not to be asked.
  bool enter_submit(VkQueue queue);
  void leave_submit();
  bool lost() const;
  std::optional<VkQueueFlags> extra_family() const;
  void saw_image(const VkImageCreateInfo& info);
  void saw_buffer(const VkBufferCreateInfo& info);
  void saw_barrier(const SeenBarrier& barrier);

 private:
  struct Objects {
    std::map<uint64_t, uint64_t> size_of;
  };

  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> asked_;
  std::set<std::string> refused_;
  std::map<std::string, Objects, std::less<>> live_;
  uint64_t foreign_destroys_ = 0, submits_ = 0, overlapping_submits_ = 0, submits_inside_ = 0;
  std::vector<SeenResource> images_, buffers_;
  std::vector<SeenBarrier> barriers_;
  std::vector<SeenSubmit> seen_submits_;
  bool recording_ = true;
  uint32_t allowed_version_ = UINT32_MAX;
  std::optional<std::set<std::string, std::less<>>> allowed_extensions_;
  std::optional<VkQueueFlags> extra_family_;
  uint64_t fail_in_ = 0, fail_count_ = 0, lose_in_ = 0, creations_ = 0, fail_creation_ = 0;
  std::string failed_creation_;
  bool lost_ = false;
  std::function<void(VkQueue)> on_submit_;
};

}  // namespace host
