// One runtime: a device, its timeline, and everything that lives under it.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/handle_table.h"
#include "contract/device.h"
#include "core/capabilities.h"
#include "core/staging.h"
#include "core/timeline.h"

namespace ist {

class Runtime;

// An object under a runtime: in the runtime's list from birth to death. Touched under its lock only.
class Child : public Object {
 public:
  Child(Runtime& runtime, Kind kind);
  ~Child() override;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Runtime& runtime() const { return runtime_; }
  HandleBits handle() const { return handle_; }
  Kind kind() const { return kind_; }

  std::string name;  // as the host calls it (ist_set_name); "memory 3" until it does

 private:
  friend class Runtime;
  Runtime& runtime_;
  Kind kind_;
  HandleBits handle_ = 0;
  Child* previous_ = nullptr;
  Child* next_ = nullptr;
};

// What a layer above keeps with a runtime and the core does not know; goes before the device does.
class Extension {
 public:
  virtual ~Extension() = default;
};
enum class ExtensionSlot : uint32_t { semaphores, recordings, count };

// Threads: hold mutex() for every call but those that say otherwise.
class Runtime : public Object {
 public:
  explicit Runtime(std::unique_ptr<Device> device);
  // Retires every child, waits for the runtime's own work and destroys the device. No lock held.
  ~Runtime() override;

  std::mutex& mutex() { return mutex_; }
  // Set once, before the handle is given out.
  HandleBits handle() const { return handle_; }
  void set_handle(HandleBits handle) { handle_ = handle; }

  Device& device() { return *device_; }
  const DeviceInfo& info() const { return device_->info(); }  // immutable: any thread
  Timeline& timeline() { return timeline_; }
  Staging& staging() { return staging_; }

  // Publishes a new child under a handle. The table owns it from now on.
  template <class T>
  T* adopt(std::unique_ptr<T> child) {
    T* raw = child.get();
    raw->handle_ = HandleTable::instance().add(raw->kind(), raw, handle_);
    child.release();
    return raw;
  }

  // The text for as long as the runtime lives; equal texts are kept once.
  const char* keep_text(const std::string& text) { return texts_.insert(text).first->c_str(); }

  std::unique_ptr<Extension>& extension(ExtensionSlot slot) { return extensions_[static_cast<size_t>(slot)]; }

  // The 1 MiB that every kernel's loop bounds, reductions and random state share; made at first use.
  Result<TrackedBuffer*> global_tmps();

  // What ti_get_runtime_capabilities tells: the device's, until the host declares its own list.
  const std::vector<CapabilityLevel>& capabilities() const { return capabilities_; }
  // From now on modules may need what the list grants and no more; of an adopted device, what it grants
  // is no longer an assumption.
  void declare(std::vector<CapabilityLevel> capabilities);

  // What modules may need here.
  struct Terms {
    aot::FeatureSet features;
    aot::FeatureSet assumed;  // those that nobody has said are enabled
    uint32_t spirv_version = 0;
    bool declared = false;  // by the host
  };
  const Terms& terms() const { return terms_; }
  // Those among `needed` that are assumed and have not been asked for before: for the log.
  aot::FeatureSet new_assumptions(aot::FeatureSet needed);

  // Calls f(Child&) for every child, newest first; f may not add or remove one.
  template <class F>
  void each_child(F&& f) const {
    for (Child* child = children_; child; child = child->next_) f(*child);
  }

  std::string name;
  uint64_t refused = 0;  // calls that failed
  // Switches of ist_set_option.
  bool require_zero_copy = false;
  uint32_t forced_rung = 0;

 private:
  friend class Child;

  std::mutex mutex_;
  HandleBits handle_ = 0;
  std::unique_ptr<Device> device_;
  Timeline timeline_;
  Staging staging_;
  TrackedBuffer global_tmps_;
  std::unique_ptr<Extension> extensions_[static_cast<size_t>(ExtensionSlot::count)];
  std::set<std::string> texts_;
  std::vector<CapabilityLevel> capabilities_;
  Terms terms_;
  aot::FeatureSet told_assumptions_;
  Child* children_ = nullptr;
  uint64_t child_count_ = 0;  // ever made
};

// Makes a device object; when memory is short, tries once more after all that is dead has been freed,
// for which it waits.
template <class Make>
auto with_freed_memory(Runtime& runtime, Make&& make) -> decltype(make()) {
  Timeline& timeline = runtime.timeline();
  timeline.collect();
  auto made = make();
  if (made.ok() || made.status().code() != Code::out_of_memory || !timeline.buries()) return made;
  if (!timeline.may_submit().ok()) return made;
  IST_CHECK(timeline.submit());
  IST_CHECK(timeline.reach(timeline.last_serial()));
  IST_CHECK(timeline.wait(timeline.last_serial()));
  timeline.collect();
  return make();
}

// Waits, with `lock` released, until few enough batches are unfinished: before a call that records and
// before it has resolved any handle. Fails as Timeline::may_record().
Status make_room(std::unique_lock<std::mutex>& lock, Runtime& runtime);

// What kernels that have finished complained of since the last asking (ProgramOps::take_failure).
Status take_failure(Runtime& runtime);

// Submits if the batch `serial` is still open, and blocks until it has finished, with `lock` (of
// runtime.mutex()) released meanwhile. Fails as Timeline::may_submit(). What the caller touches afterwards must be
// pinned.
Status wait_unlocked(std::unique_lock<std::mutex>& lock, Runtime& runtime, uint64_t serial);

}  // namespace ist
