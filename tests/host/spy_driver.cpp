// What the spy knows and what it pretends.
#include "spy_driver.h"

#include <gtest/gtest.h>

#include <utility>

#include "spy_functions.h"

namespace host {
namespace {

std::atomic<SpyDriver*> active{nullptr};

template <class Info>
SeenResource seen(const Info& info) {
  SeenResource resource{info.usage, info.sharingMode, {}};
  if (info.sharingMode == VK_SHARING_MODE_CONCURRENT) {
    resource.families.assign(info.pQueueFamilyIndices, info.pQueueFamilyIndices + info.queueFamilyIndexCount);
  }
  return resource;
}

}  // namespace

SpyDriver* active_spy() { return active.load(); }

SpyDriver::SpyDriver() {
  EXPECT_EQ(active.load(), nullptr) << "one spy at a time";
  reset_calls();
  active = this;
}

SpyDriver::~SpyDriver() { active = nullptr; }

PFN_vkGetInstanceProcAddr SpyDriver::get() const {
  const SpyFunction* root = find_function("vkGetInstanceProcAddr");
  static HostTable table;
  EXPECT_TRUE(table.load_global());
  root->real = reinterpret_cast<PFN_vkVoidFunction>(table.GetInstanceProcAddr);
  return reinterpret_cast<PFN_vkGetInstanceProcAddr>(root->wrapper);
}

uint64_t SpyDriver::calls(std::string_view name) const {
  const SpyFunction* function = find_function(name);
  EXPECT_NE(function, nullptr) << name;
  return function ? function->calls.load() : 0;
}

bool SpyDriver::asked(std::string_view name) const {
  std::lock_guard lock(mutex_);
  return asked_.contains(name);
}

std::set<std::string> SpyDriver::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

uint64_t SpyDriver::submits() const {
  std::lock_guard lock(mutex_);
  return submits_;
}

uint64_t SpyDriver::idle_waits() const { return calls("vkQueueWaitIdle") + calls("vkDeviceWaitIdle"); }

uint64_t SpyDriver::overlapping_submits() const {
  std::lock_guard lock(mutex_);
  return overlapping_submits_;
}

std::map<std::string, int64_t> SpyDriver::live() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, int64_t> counts;
  for (const auto& [type, objects] : live_) {
    if (!objects.size_of.empty()) counts[type] = static_cast<int64_t>(objects.size_of.size());
  }
  return counts;
}

uint64_t SpyDriver::device_memory_bytes() const {
  std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  if (const auto found = live_.find("DeviceMemory"); found != live_.end()) {
    for (const auto& [handle, size_bytes] : found->second.size_of) sum += size_bytes;
  }
  return sum;
}

uint64_t SpyDriver::foreign_destroys() const {
  std::lock_guard lock(mutex_);
  return foreign_destroys_;
}

std::vector<SeenResource> SpyDriver::images() const {
  std::lock_guard lock(mutex_);
  return images_;
}

std::vector<SeenResource> SpyDriver::buffers() const {
  std::lock_guard lock(mutex_);
  return buffers_;
}

std::vector<SeenBarrier> SpyDriver::barriers() const {
  std::lock_guard lock(mutex_);
  return barriers_;
}

std::vector<SeenSubmit> SpyDriver::seen_submits() const {
  std::lock_guard lock(mutex_);
  return seen_submits_;
}

void SpyDriver::keep_records(bool on) {
  std::lock_guard lock(mutex_);
  recording_ = on;
}

void SpyDriver::allow_only(uint32_t api_version, const std::vector<const char*>& extensions) {
  std::lock_guard lock(mutex_);
  allowed_version_ = api_version;
  allowed_extensions_.emplace(extensions.begin(), extensions.end());
}

uint32_t SpyDriver::pretend_another_family(const HostTable& vk, VkPhysicalDevice device, VkQueueFlags flags) {
  uint32_t count = 0;
  vk.GetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::lock_guard lock(mutex_);
  extra_family_ = flags;
  return count;
}

void SpyDriver::fail_allocations(uint64_t nth, uint64_t count) {
  std::lock_guard lock(mutex_);
  fail_in_ = nth;
  fail_count_ = count;
}

void SpyDriver::fail_creation(uint64_t nth) {
  std::lock_guard lock(mutex_);
  fail_creation_ = nth == 0 ? 0 : creations_ + nth;
  failed_creation_.clear();
}

uint64_t SpyDriver::creations() const {
  std::lock_guard lock(mutex_);
  return creations_;
}

std::string SpyDriver::failed_creation() const {
  std::lock_guard lock(mutex_);
  return failed_creation_;
}

void SpyDriver::lose_device(uint64_t nth) {
  std::lock_guard lock(mutex_);
  lose_in_ = nth;
}

void SpyDriver::on_submit(std::function<void(VkQueue)> look) {
  std::lock_guard lock(mutex_);
  on_submit_ = std::move(look);
}

PFN_vkVoidFunction SpyDriver::hand_out(const char* name, PFN_vkVoidFunction real) {
  std::lock_guard lock(mutex_);
  asked_.insert(name);
  if (!real) return nullptr;
  const SpyFunction* function = find_function(name);
  const bool given = function && (!allowed_extensions_ || function->version <= allowed_version_ ||
                                  allowed_extensions_->contains(function->extension));
  if (!given) {
    refused_.insert(name);
    return nullptr;
  }
  function->real = real;
  return function->wrapper;
}

void SpyDriver::born(std::string_view type, uint64_t handle, uint64_t size_bytes) {
  std::lock_guard lock(mutex_);
  auto found = live_.find(type);
  if (found == live_.end()) found = live_.emplace(type, Objects{}).first;
  found->second.size_of[handle] = size_bytes;
}

void SpyDriver::died(std::string_view type, uint64_t handle) {
  if (handle == 0) return;
  std::lock_guard lock(mutex_);
  const auto found = live_.find(type);
  if (found == live_.end() || found->second.size_of.erase(handle) == 0) ++foreign_destroys_;
}

bool SpyDriver::allocation_fails() {
  std::lock_guard lock(mutex_);
  if (fail_in_ == 0) return false;
  if (fail_in_ > 1) {
    --fail_in_;
    return false;
  }
  if (--fail_count_ == 0) fail_in_ = 0;
  return true;
}

bool SpyDriver::creation_fails(std::string_view name) {
  std::lock_guard lock(mutex_);
  if (++creations_ != fail_creation_) return false;
  failed_creation_ = "vk" + std::string(name);
  return true;
}

bool SpyDriver::enter_submit(VkQueue queue) {
  std::function<void(VkQueue)> look;
  {
    std::lock_guard lock(mutex_);
    ++submits_;
    if (submits_inside_++ > 0) ++overlapping_submits_;
    if (recording_) seen_submits_.push_back({std::this_thread::get_id(), queue});
    if (lose_in_ > 0 && --lose_in_ == 0) lost_ = true;
    look = on_submit_;
  }
  if (look) look(queue);
  return !lost();
}

void SpyDriver::leave_submit() {
  std::lock_guard lock(mutex_);
  --submits_inside_;
}

bool SpyDriver::lost() const {
  std::lock_guard lock(mutex_);
  return lost_;
}

std::optional<VkQueueFlags> SpyDriver::extra_family() const {
  std::lock_guard lock(mutex_);
  return extra_family_;
}

void SpyDriver::saw_image(const VkImageCreateInfo& info) {
  std::lock_guard lock(mutex_);
  if (recording_) images_.push_back(seen(info));
}

void SpyDriver::saw_buffer(const VkBufferCreateInfo& info) {
  std::lock_guard lock(mutex_);
  if (recording_) buffers_.push_back(seen(info));
}

void SpyDriver::saw_barrier(const SeenBarrier& barrier) {
  std::lock_guard lock(mutex_);
  if (recording_) barriers_.push_back(barrier);
}

}  // namespace host
