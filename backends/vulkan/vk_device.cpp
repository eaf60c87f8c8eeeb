// Puts a device together; lists the devices there are.
#include "vulkan/vk_device.h"

#include "base/log.h"
#include "vulkan/vk_text.h"

namespace ist::vk {

Result<std::vector<DeviceInfo>> list_devices() {
  DeviceOptions options = default_options();
  options.validation.clear();  // asking needs no layer
  IST_TRY(auto instance, Instance::create(options));
  IST_TRY(const auto handles, instance->physical_devices());
  if (handles.empty()) return fail(Code::invalid_state, "No Vulkan device is there.");
  std::vector<DeviceInfo> infos;
  for (uint32_t i = 0; i < handles.size(); ++i) {
    auto physical = describe(*instance, handles[i], i, options);
    if (physical.ok()) {
      infos.push_back((*physical)->info);
      continue;
    }
    // Keeps its place, since an index counts all devices; create_device() says why it cannot be used.
    DeviceInfo unusable;
    unusable.index = i;
    unusable.name = "unusable: " + std::string(physical.status().message());
    infos.push_back(std::move(unusable));
  }
  return infos;
}

bool available() {
  static const bool found = [] {
    const auto infos = list_devices();
    return infos.ok() && (*infos)[0].api_version != 0;
  }();
  return found;
}

Result<std::unique_ptr<ist::Device>> create_device(uint32_t device_index, const DeviceOptions& options) {
  IST_TRY(auto instance, Instance::create(options));
  IST_TRY(const auto handles, instance->physical_devices());
  if (handles.empty()) return fail(Code::invalid_state, "No Vulkan device is there.");
  if (device_index >= handles.size())
    return fail(Code::argument_out_of_range, "Device index %u is out of range: there are %zu Vulkan devices.",
                device_index, handles.size());
  IST_TRY(auto physical, describe(*instance, handles[device_index], device_index, options));
  IST_TRY(auto gpu, Gpu::create(std::move(instance), std::move(physical)));
  gpu->pipeline_cache_folder = options.pipeline_cache_folder;
  IST_TRY(std::unique_ptr<ist::Device> device, Device::create(std::move(gpu)));
  return device;
}

// What works all the same, but slower or for this device alone.
void tell_costs(const PhysicalDevice& device) {
  const auto tell = [&](bool there, const char* what, const char* instead) {
    if (!there) log(LogLevel::info, "Adopted device '%s' has no %s: %s.", device.info.name.c_str(), what, instead);
  };
  tell(device.timeline, "timeline semaphores declared", "fences are used");
  tell(device.max_push_descriptors > 0, "push descriptors declared", "descriptor sets are cached");
  tell(device.external_memory_fd, "VK_KHR_external_memory_fd declared", "nothing can be exported");
}

Result<std::unique_ptr<ist::Device>> adopt_device(const HostDevice& host, const DeviceOptions& options) {
  const auto missing = [](const char* member) { return fail(Code::argument_null, "%s is null.", member); };
  if (!host.instance) return missing("instance");
  if (!host.physical_device) return missing("physical_device");
  if (!host.device) return missing("device");
  if (!host.queue) return missing(host.queue_name);
  IST_TRY(auto instance, Instance::adopt(host, options));
  IST_TRY(auto physical, describe(*instance, host, options));
  IST_TRY(auto gpu, Gpu::adopt(std::move(instance), std::move(physical), host));
  tell_costs(*gpu->physical);
  gpu->pipeline_cache_folder = options.pipeline_cache_folder;
  IST_TRY(std::unique_ptr<ist::Device> device, Device::create(std::move(gpu)));
  return device;
}

Result<std::unique_ptr<Device>> Device::create(std::unique_ptr<Gpu> gpu) {
  IST_TRY(auto submitter, Submitter::create(*gpu));
  IST_TRY(auto pipelines, PipelineFactory::create(*gpu));
  return std::unique_ptr<Device>(new Device(std::move(gpu), std::move(submitter), std::move(pipelines)));
}

Device::Device(std::unique_ptr<Gpu> gpu, std::unique_ptr<Submitter> submitter,
               std::unique_ptr<PipelineFactory> pipelines)
    : gpu_(std::move(gpu)),
      memory_(*gpu_),
      pipelines_(std::move(pipelines)),
      submitter_(std::move(submitter)),
      recording_(*gpu_, memory_, *submitter_),
      images_(*gpu_, memory_, recording_),
      timing_(*gpu_, recording_),
      sharing_(*gpu_, memory_, *submitter_, recording_),
      host_commands_(recording_, *submitter_) {}

Device::~Device() { submitter_->wait_for_own(); }

Result<std::unique_ptr<ist::Buffer>> Device::create_buffer(const BufferDesc& desc) {
  IST_TRY(std::unique_ptr<ist::Buffer> buffer, Buffer::create(*gpu_, memory_, desc));
  return buffer;
}

Result<std::unique_ptr<ist::Pipeline>> Device::create_pipeline(const PipelineDesc& desc) {
  IST_TRY(std::unique_ptr<ist::Pipeline> pipeline, pipelines_->create_pipeline(desc));
  return pipeline;
}

void Device::copy_buffer(ist::Buffer& dst, uint64_t dst_offset, ist::Buffer& src, uint64_t src_offset,
                         uint64_t size_bytes) {
  const VkBufferCopy copy{src_offset, dst_offset, size_bytes};
  gpu_->vk.CmdCopyBuffer(recording_.commands(), static_cast<Buffer&>(src).handle(), static_cast<Buffer&>(dst).handle(),
                         1, &copy);
}

void Device::fill_buffer(ist::Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) {
  gpu_->vk.CmdFillBuffer(recording_.commands(), static_cast<Buffer&>(dst).handle(), offset, size_bytes, word);
}

}  // namespace ist::vk
