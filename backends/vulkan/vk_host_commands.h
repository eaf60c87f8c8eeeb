// Recording into a command buffer of the host, on Vulkan.
#pragma once

#include "contract/recording_ops.h"
#include "vulkan/vk_recording.h"

namespace ist::vk {

class RecordingOps final : public ist::RecordingOps {
 public:
  RecordingOps(Recording& recording, Submitter& submitter) : recording_(recording), submitter_(submitter) {}

  Status begin_in(uint64_t native_commands) override {
    return recording_.begin_in(reinterpret_cast<VkCommandBuffer>(native_commands));
  }
  Result<uint64_t> end_in() override { return recording_.end_in(); }
  void submitted_in(uint64_t serial, const DevicePoint& done) override { submitter_.submitted_by_host(serial, done); }
  void finished_in(uint64_t serial) override { submitter_.finished_by_host(serial); }
  void dropped_in(uint64_t serial) override { recording_.dropped_in(serial); }
  bool awaitable(uint64_t serial) override { return submitter_.awaitable(serial); }

 private:
  Recording& recording_;
  Submitter& submitter_;
};

}  // namespace ist::vk
