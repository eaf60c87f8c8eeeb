// C++ owners over ist/vulkan.h; the rules are those of share.hpp. Apart from the others, as it needs Vulkan's headers.
#ifndef IST_CPP_VULKAN_HPP
#define IST_CPP_VULKAN_HPP

#include <ist/vulkan.h>
#include <ist/cpp/share.hpp>

namespace isthmus {

// A runtime on the host's device, as ist_vulkan_adopt_device. The device outlives it.
inline ti::Runtime adopt_device(const IstVulkanDevice& device) {
  TiRuntime runtime = TI_NULL_HANDLE;
  if (ist_vulkan_adopt_device(&device, &runtime) != TI_ERROR_SUCCESS) return ti::Runtime();
  return ti::Runtime(TI_ARCH_VULKAN, runtime, true);
}

// Kernels and copies in a command buffer of the host, from begin to the report that it was submitted. One that is
// destroyed before that report is dropped: the host never submits it. Several go newest first.
class Recording {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  IstRecording recording_ = TI_NULL_HANDLE;
  enum class State { none, open, ended, submitted } state_ = State::none;

  void take(Recording& b) {
    runtime_ = std::exchange(b.runtime_, nullptr);
    recording_ = std::exchange(b.recording_, nullptr);
    state_ = std::exchange(b.state_, State::none);
  }
  TiError move_on(TiError error, State next) {
    if (error == TI_ERROR_SUCCESS) state_ = next;
    return error;
  }

 public:
  Recording() = default;
  // As ist_vulkan_begin_recording: what this thread launches on the runtime goes into `commands`.
  static Recording begin(TiRuntime runtime, VkCommandBuffer commands) {
    Recording made;
    if (ist_vulkan_begin_recording(runtime, commands) == TI_ERROR_SUCCESS) {
      made.runtime_ = runtime;
      made.state_ = State::open;
    }
    return made;
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  Recording(Recording&& b) noexcept { take(b); }
  Recording& operator=(Recording&& b) noexcept {
    if (this != &b) {
      drop();
      take(b);
    }
    return *this;
  }
  ~Recording() { drop(); }

  // It has been begun, and neither dropped nor retired.
  bool is_valid() const { return state_ != State::none; }
  bool is_open() const { return state_ == State::open; }
  bool is_submitted() const { return state_ == State::submitted; }
  IstRecording recording() const { return recording_; }

  // As ist_vulkan_end_recording, on the thread that began.
  TiError end() { return move_on(ist_vulkan_end_recording(runtime_, &recording_), State::ended); }
  // As ist_vulkan_submitted: with the point that the host's submit fires, or without, for a host that retires.
  TiError submitted(const IstSyncPoint& done) {
    return move_on(ist_vulkan_submitted(runtime_, recording_, &done), State::submitted);
  }
  TiError submitted() { return move_on(ist_vulkan_submitted(runtime_, recording_, nullptr), State::submitted); }
  // As ist_vulkan_retire.
  TiError retire() { return move_on(ist_vulkan_retire(runtime_, recording_), State::none); }
  // Does now what the destructor would. One that was submitted is only forgotten.
  TiError drop() {
    if (state_ == State::open)
      if (const TiError error = end()) return error;
    const bool dropped = state_ == State::ended;
    const TiError error = dropped ? ist_vulkan_drop(runtime_, recording_) : TI_ERROR_SUCCESS;
    return move_on(error, State::none);
  }
};

}  // namespace isthmus

#endif  // IST_CPP_VULKAN_HPP
