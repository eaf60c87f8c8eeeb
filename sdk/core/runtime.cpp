// Birth and death of a runtime and of what lives under it.
#include "core/runtime.h"

#include <algorithm>

#include "base/log.h"
#include "contract/program_ops.h"

namespace ist {

namespace {

constexpr uint64_t kGlobalTmpsBytes = 1 << 20;  // reference: every gfx module counts on this size

std::string short_name(Kind kind) {
  switch (kind) {
    case Kind::memory:
      return "memory ";
    case Kind::image:
      return "image ";
    case Kind::sampler:
      return "sampler ";
    case Kind::aot_module:
      return "module ";
    default:
      return "";
  }
}

}  // namespace

// Short names stay within the string itself.
Child::Child(Runtime& runtime, Kind kind)
    : name(short_name(kind) + std::to_string(++runtime.child_count_)),
      runtime_(runtime),
      kind_(kind),
      next_(runtime.children_) {
  if (next_) next_->previous_ = this;
  runtime.children_ = this;
}

Child::~Child() {
  (previous_ ? previous_->next_ : runtime_.children_) = next_;
  if (next_) next_->previous_ = previous_;
}

Runtime::Runtime(std::unique_ptr<Device> device)
    : device_(std::move(device)),
      timeline_(*device_),
      staging_(timeline_),
      capabilities_(info().capabilities),
      terms_{info().features, info().assumed, info().spirv_version, false} {}

void Runtime::declare(std::vector<CapabilityLevel> capabilities) {
  // Our own list does not name all that a device has; what it never named is not taken away by leaving it out.
  const aot::FeatureSet named = info().undeclared ? nameable_features() : granted_features(info().capabilities);
  const aot::FeatureSet granted = granted_features(capabilities);
  terms_.features = info().features.without(named.without(granted));
  terms_.assumed = info().assumed.without(named);
  terms_.spirv_version = std::min(info().spirv_version, granted_spirv(capabilities, info().spirv_version));
  terms_.declared = true;
  capabilities_ = std::move(capabilities);
}

aot::FeatureSet Runtime::new_assumptions(aot::FeatureSet needed) {
  const aot::FeatureSet fresh = aot::FeatureSet{needed.bits & terms_.assumed.bits}.without(told_assumptions_);
  told_assumptions_.bits |= fresh.bits;
  return fresh;
}

Runtime::~Runtime() {
  while (children_) {
    Child* child = children_;
    if (!HandleTable::instance().retire(child->handle(), child->kind())) delete child;
  }
  for (auto& extension : extensions_) extension.reset();
  timeline_.abandon_host();
  (void)timeline_.submit();  // its failure is old news; what was handed over is waited for
  Status finished = timeline_.reach(timeline_.last_serial());
  if (finished.ok()) finished = timeline_.wait(timeline_.last_serial());
  if (!finished.ok()) {
    log(LogLevel::error, "The runtime is destroyed while its device does not answer: %s",
        std::string(finished.message()).c_str());
  }
  const Status failed = take_failure(*this);
  if (!failed.ok()) log(LogLevel::error, "Nobody has waited to be told: %s", std::string(failed.message()).c_str());
}

Result<TrackedBuffer*> Runtime::global_tmps() {
  if (!global_tmps_.buffer) {
    BufferDesc desc;
    desc.size_bytes = kGlobalTmpsBytes;
    desc.usage = memory_usage::kStorage;
    IST_TRY(global_tmps_.buffer, device_->create_buffer(desc));
    global_tmps_.zero_at_first_use = true;
  }
  return &global_tmps_;
}

Status make_room(std::unique_lock<std::mutex>& lock, Runtime& runtime) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.may_record());
  if (!timeline.crowded() || !timeline.may_submit().ok()) return {};
  return wait_unlocked(lock, runtime, timeline.last_serial() - 1);
}

Status take_failure(Runtime& runtime) {
  ProgramOps* programs = runtime.device().program_ops();
  return programs ? programs->take_failure() : Status();
}

Status wait_unlocked(std::unique_lock<std::mutex>& lock, Runtime& runtime, uint64_t serial) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.may_submit());
  Status submitted;
  if (runtime.device().recording() && serial >= runtime.device().recording_serial()) submitted = timeline.submit();
  serial = std::min(serial, timeline.last_serial());  // a batch that could not be handed over never ends
  if (timeline.finished(serial)) {
    timeline.count_wait(false);
    return submitted;
  }
  IST_CHECK(timeline.reach(serial));
  timeline.count_wait(true);
  lock.unlock();
  Status waited = timeline.wait(serial);
  lock.lock();
  timeline.collect();
  return submitted.ok() ? std::move(waited) : std::move(submitted);
}

}  // namespace ist
