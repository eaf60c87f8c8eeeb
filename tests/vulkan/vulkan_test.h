// A device under the validation layer with synchronization validation: any message fails the test.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "shaders/saxpy.h"
#include "vulkan/vk_device.h"

namespace ist::vk {

inline constexpr Scope kComputeWrite{stage::kCompute, access::kShaderWrite};
inline constexpr Scope kComputeBoth{stage::kCompute, access::kShaderRead | access::kShaderWrite};
inline constexpr Scope kComputeRead{stage::kCompute, access::kShaderRead};
inline constexpr Scope kTransferWrite{stage::kTransfer, access::kTransferWrite};
inline constexpr Scope kTransferRead{stage::kTransfer, access::kTransferRead};
inline constexpr Scope kHostRead{stage::kHost, access::kHostRead};

// What the validation layer says, over all threads.
class ValidationLog {
 public:
  ValidationLog() { set_log(&take, this, LogLevel::error); }
  ~ValidationLog() { set_log(nullptr, nullptr, LogLevel::off); }
  std::vector<std::string> lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  // For tests that provoke messages.
  std::vector<std::string> take_lines() {
    std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  static void take(void* self, LogLevel, const char* line) {
    auto& log = *static_cast<ValidationLog*>(self);
    std::lock_guard lock(log.mutex_);
    log.lines_.push_back(line);
  }

  std::mutex mutex_;
  std::vector<std::string> lines_;
};

// The four ways a device may lack what is new.
struct Paths {
  bool without_push_descriptors = false;
  bool without_timeline = false;
};

inline std::string name_of(const testing::TestParamInfo<Paths>& info) {
  return std::string(info.param.without_push_descriptors ? "Sets" : "Push") +
         (info.param.without_timeline ? "Fences" : "Timeline");
}

inline const Paths kAllPaths[] = {{false, false}, {false, true}, {true, false}, {true, true}};

class VulkanTest : public testing::TestWithParam<Paths> {
 protected:
  static DeviceOptions validated_options() {
    DeviceOptions options;
    options.validation = "sync";
    return options;
  }

  void SetUp() override {
    DeviceOptions options = validated_options();
    if (const Paths* paths = parameter()) {
      options.without_push_descriptors = paths->without_push_descriptors;
      options.without_timeline = paths->without_timeline;
    }
    auto created = create_device(0, options);
    ASSERT_TRUE(created.ok()) << created.status().message();
    owner_ = std::move(*created);
    device_ = static_cast<Device*>(owner_.get());
  }

  void TearDown() override {
    device_ = nullptr;
    owner_.reset();
    for (const std::string& line : log_.lines()) ADD_FAILURE() << line;
  }

  std::unique_ptr<ist::Buffer> buffer(uint64_t size_bytes, bool host = true, uint32_t usage = memory_usage::kStorage) {
    BufferDesc desc;
    desc.size_bytes = size_bytes;
    desc.host_read = desc.host_write = host;
    desc.usage = usage;
    auto made = device_->create_buffer(desc);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? std::move(*made) : nullptr;
  }

  template <class Words>
  std::unique_ptr<ist::Pipeline> pipeline(const Words& words, std::vector<PipelineBinding> bindings,
                                          std::string_view name = "test") {
    auto made = device_->create_pipeline({words, bindings, name});
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? std::move(*made) : nullptr;
  }

  // Binding 0 args, 2 x, 3 y: y += a * x.
  std::unique_ptr<ist::Pipeline> saxpy() {
    return pipeline(k_saxpy, {{0, DescriptorKind::uniform_buffer},
                              {2, DescriptorKind::storage_buffer},
                              {3, DescriptorKind::storage_buffer}});
  }

  void record_saxpy(ist::Pipeline& pipeline, ist::Buffer& x, ist::Buffer& y, uint32_t count, float a, uint32_t groups) {
    auto args = device_->allocate_args(8);
    ASSERT_TRUE(args.ok()) << args.status().message();
    std::memcpy(args->host, &count, 4);
    std::memcpy(args->host + 4, &a, 4);
    Bound bound[3];
    bound[0].buffer = args->buffer;
    bound[0].offset_bytes = args->offset_bytes;
    bound[0].size_bytes = 8;
    bound[1].buffer = &x;
    bound[2].buffer = &y;
    device_->dispatch(pipeline, bound, groups);
  }

  void submit_and_wait() {
    const auto serial = device_->submit();
    ASSERT_TRUE(serial.ok()) << serial.status().message();
    const auto done = device_->wait(*serial, UINT64_MAX);
    ASSERT_TRUE(done.ok()) << done.status().message();
    EXPECT_TRUE(*done);
  }

  void begin() {
    const Status status = device_->begin();
    ASSERT_TRUE(status.ok()) << status.message();
  }

  template <class T>
  static std::span<T> view(ist::Buffer& buffer) {
    return {reinterpret_cast<T*>(buffer.host()), buffer.size_bytes() / sizeof(T)};
  }

  const Paths* parameter() const {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    return info && info->value_param() ? &GetParam() : nullptr;
  }

  ValidationLog log_;
  std::unique_ptr<ist::Device> owner_;
  Device* device_ = nullptr;
};

}  // namespace ist::vk
