// Implementation of the common ground of the host tests.
#include "host_test.h"

#include <algorithm>
#include <cctype>

namespace host {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

size_t LogLines::with(std::string_view word) const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(lines_.begin(), lines_.end(), [word](const std::string& line) {
    return lower(line).find(lower(word)) != std::string::npos;
  }));
}

std::string LogLines::all() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  return text;
}

void TI_API_CALL LogLines::take(void* self, IstLogLevel, const char* line) {
  auto& lines = *static_cast<LogLines*>(self);
  std::lock_guard lock(lines.mutex_);
  lines.lines_.push_back(line);
}

HostOptions HostTest::with(FeatureSet features, uint32_t api_version) {
  HostOptions options;
  options.features = features;
  options.api_version = api_version;
  return options;
}

HostOptions HostTest::as_needed(uint32_t api_version) {
  HostOptions options = with(FeatureSet::needs, api_version);
  options.needs = &ist_vulkan_needs;
  return options;
}

void HostTest::start(const HostOptions& options) {
  host_.emplace(options);
  ASSERT_TRUE(*host_);
  spy_.emplace();
  const IstVulkanDevice declared = host_->declared();
  std::vector<const char*> extensions(declared.device_extensions,
                                      declared.device_extensions + declared.device_extension_count);
  extensions.insert(extensions.end(), declared.instance_extensions,
                    declared.instance_extensions + declared.instance_extension_count);
  spy_->allow_only(options.api_version, extensions);
}

TiVulkanRuntimeInteropInfo HostTest::imported() const {
  TiVulkanRuntimeInteropInfo info = host_->interop_info();
  info.get_instance_proc_addr = spy_->get();
  return info;
}

IstVulkanDevice HostTest::adopted() const {
  IstVulkanDevice info = host_->declared();
  info.get_instance_proc_addr = spy_->get();
  return info;
}

HostTest::Runtime HostTest::import() {
  const TiVulkanRuntimeInteropInfo info = imported();
  Runtime runtime(ti_import_vulkan_runtime(&info));
  EXPECT_NE(runtime, nullptr) << take_error().message;
  return runtime;
}

HostTest::Runtime HostTest::adopt() {
  const IstVulkanDevice info = adopted();
  TiRuntime runtime = nullptr;
  EXPECT_EQ(ist_vulkan_adopt_device(&info, &runtime), TI_ERROR_SUCCESS) << take_error().message;
  return Runtime(runtime);
}

void HostTest::expect_nothing_left(const char* when) {
  for (const auto& [type, count] : spy_->live()) ADD_FAILURE() << when << ": " << count << " Vk" << type << " left";
  EXPECT_EQ(spy_->device_memory_bytes(), 0u) << when;
  EXPECT_EQ(spy_->foreign_destroys(), 0u) << when << ": destroyed what the host made";
}

void HostTest::expect_host_works() {
  HostBuffer buffer = host_->make_buffer(256, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  const VkCommandBuffer commands = host_->begin();
  host_->vk().CmdFillBuffer(commands, buffer.buffer, 0, VK_WHOLE_SIZE, 0xfeedbeefu);
  host_->submit_and_wait(commands);
  EXPECT_EQ(buffer.as<uint32_t>()[63], 0xfeedbeefu);
  host_->destroy(buffer);
}

void HostTest::TearDown() {
  expect_no_error("after the test");
  if (!host_ || !*host_) return;
  expect_nothing_left("after the test");
  EXPECT_EQ(spy_->idle_waits(), 0u) << "waits for a queue or device that others use too";
  EXPECT_EQ(spy_->overlapping_submits(), 0u);
  expect_host_works();
  spy_.reset();
  host_.reset();
}

void run_fields(TiRuntime runtime, int32_t base) {
  Module module(runtime, "fields");
  module.launch("fill", {conformance::i32(base)});
  module.launch("scale", {conformance::i32(3)});
  Array<int32_t> out(runtime, {20});
  module.launch("read_line", {out.arg()});
  const std::vector<int32_t> line = out.read();
  for (int32_t i = 0; i < 20; ++i) ASSERT_EQ(line[static_cast<size_t>(i)], (base + i) * 3) << i;
}

std::vector<std::pair<TiCapability, uint32_t>> capabilities(TiRuntime runtime) {
  uint32_t count = 0;
  ti_get_runtime_capabilities(runtime, &count, nullptr);
  std::vector<TiCapabilityLevelInfo> list(count);
  ti_get_runtime_capabilities(runtime, &count, list.data());
  std::vector<std::pair<TiCapability, uint32_t>> pairs;
  for (const TiCapabilityLevelInfo& entry : list) pairs.emplace_back(entry.capability, entry.level);
  return pairs;
}

void declare(TiRuntime runtime, const std::vector<TiCapabilityLevelInfo>& list) {
  ti_set_runtime_capabilities_ext(runtime, static_cast<uint32_t>(list.size()), list.data());
  expect_no_error("set capabilities");
}

}  // namespace host
