// Base of the tests in which the library works on a host's device. After each test it checks what must hold
// for all of them: nothing of the library's is left, nothing of the host's is gone, nobody waited for a whole
// queue or device, and the validation layer was silent.
#pragma once

#include <gtest/gtest.h>
#include <taichi/taichi_vulkan.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "conformance/support.h"
#include "host_device.h"
#include "spy_driver.h"

namespace host {

using conformance::Array;
using conformance::expect_error;
using conformance::expect_no_error;
using conformance::Module;
using conformance::take_error;

// Lines of the library's log while it lives.
class LogLines {
 public:
  explicit LogLines(IstLogLevel at_most = IST_LOG_WARN) { ist_set_log(take, this, at_most); }
  ~LogLines() { conformance::listen_to_validation(); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;
  // How many hold this word, whatever its case.
  size_t with(std::string_view word) const;
  std::string all() const;

 private:
  static void TI_API_CALL take(void* self, IstLogLevel level, const char* line);

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

std::string lower(std::string_view text);

class HostTest : public testing::Test {
 public:
  // A runtime goes before the objects of the test that were made from it do; destroying those is then silent.
  class Runtime {
   public:
    explicit Runtime(TiRuntime handle) : handle_(handle) {}
    ~Runtime() { destroy(); }
    Runtime(Runtime&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Runtime& operator=(Runtime&&) = delete;
    operator TiRuntime() const { return handle_; }
    void destroy() {
      if (handle_) ti_destroy_runtime(std::exchange(handle_, nullptr));
    }

   private:
    TiRuntime handle_;
  };

 protected:
  static HostOptions with(FeatureSet features, uint32_t api_version = VK_API_VERSION_1_1);
  // Features and extensions of ist_vulkan_needs.
  static HostOptions as_needed(uint32_t api_version = VK_API_VERSION_1_3);

  // Makes the host's device, and a spy that gives no function which such a device does not have.
  void start(const HostOptions& options = {});
  // The host's device by way of the spy.
  TiVulkanRuntimeInteropInfo imported() const;
  IstVulkanDevice adopted() const;
  // Runtimes on it; a failure fails the test and gives null.
  Runtime import();
  Runtime adopt();

  HostDevice& host() { return *host_; }
  SpyDriver& spy() { return *spy_; }
  // All that the library made is gone.
  void expect_nothing_left(const char* when);
  void expect_host_works();

  void TearDown() override;

 private:
  std::optional<HostDevice> host_;
  std::optional<SpyDriver> spy_;
};

// fields.tcm: fills, scales and reads a field; works on any device of Vulkan 1.1.
void run_fields(TiRuntime runtime, int32_t base = 5);
// Capabilities as ti_get_runtime_capabilities tells them.
std::vector<std::pair<TiCapability, uint32_t>> capabilities(TiRuntime runtime);
void declare(TiRuntime runtime, const std::vector<TiCapabilityLevelInfo>& list);

}  // namespace host
