// The same work as a careful hand-written Vulkan program does it: exact group counts, push descriptors
// where the device has them, arguments written into a mapped ring, one barrier per dispatch, one
// submit per wait.
#include <algorithm>
#include <cstring>

#include "fail.h"
#include "loop_bounds.h"
#include "raw_device.h"
#include "raw_module.h"
#include "subject.h"

namespace ist::bench {
namespace {

constexpr uint64_t kRingBytes = 1 << 20;

struct Pipeline {
  std::string task;
  VkShaderModule shader = VK_NULL_HANDLE;
  VkDescriptorSetLayout set_layout = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkPipeline pipeline = VK_NULL_HANDLE;
};

// One dispatch with its descriptors ready to push; `infos` is what `writes` point into.
struct Step {
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  uint32_t groups = 0;
  std::vector<VkDescriptorBufferInfo> infos;
  std::vector<VkWriteDescriptorSet> writes;
  VkDescriptorBufferInfo* args = nullptr;  // null: the task reads no arguments
  VkDescriptorSet set = VK_NULL_HANDLE;    // used without push descriptors
};

struct Call {
  std::vector<std::byte> args;
  std::vector<uint32_t> offsets;  // of each argument in args
  std::vector<std::unique_ptr<Step>> steps;
};

struct Launch {
  Call call;                                  // of a kernel
  VkCommandBuffer recorded = VK_NULL_HANDLE;  // of a graph
};

struct LoadedModule {
  RawModule contents;
  std::vector<Pipeline> pipelines;
};

class RawVulkanSubject final : public Subject {
 public:
  explicit RawVulkanSubject(const SubjectSpec& spec) : device_index_(spec.device_index) {}

  void create_runtime() override;
  void destroy_runtime() override;
  std::string device_name() override { return read_device_names(d_.instance, d_.physical).device; }
  std::string driver_name() override { return read_device_names(d_.instance, d_.physical).driver; }

  ModuleId load_module(const std::string& path) override;
  void destroy_module(ModuleId module) override;
  MemoryId allocate(uint64_t size_bytes, bool host_access) override;
  void* map(MemoryId memory) override;
  void unmap(MemoryId memory) override { vk().vkUnmapMemory(d_.device, buffers_[memory].memory); }
  LaunchId prepare_kernel(ModuleId module, const std::string& name, std::vector<Argument> arguments) override;
  LaunchId prepare_graph(ModuleId module, const std::string& name, std::vector<Argument> arguments) override;
  void set_i32(LaunchId launch, uint32_t index, int32_t value) override;
  void launch(LaunchId launch) override;
  void wait() override;

 private:
  const RawFunctions& vk() const { return d_.vk; }
  bool pushes() const { return d_.vk.vkCmdPushDescriptorSetKHR != nullptr; }
  VkDescriptorType args_type() const {
    return pushes() ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER : VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC;
  }

  Pipeline create_pipeline(const ModuleFiles& files, const RawTask& task) const;
  Call make_call(const LoadedModule& module, const std::string& name, const std::vector<Argument>& arguments);
  std::unique_ptr<Step> make_step(const LoadedModule& module, const RawKernel& kernel, const RawTask& task,
                                  const std::vector<Argument>& arguments);
  void allocate_set(Step& step, VkDescriptorSetLayout layout);

  VkCommandBuffer allocate_commands();
  void begin(VkCommandBuffer commands, VkCommandBufferUsageFlags usage) const;
  void finish(VkCommandBuffer commands) const;
  void record(VkCommandBuffer commands, Call& call, uint64_t args_offset_bytes);
  void submit(VkCommandBuffer commands);
  void submit_pending();
  void wait_for_submitted();
  uint64_t reserve_args(uint64_t size_bytes);

  uint32_t device_index_;
  RawDevice d_;
  VkCommandPool command_pool_ = VK_NULL_HANDLE;
  VkDescriptorPool descriptor_pool_ = VK_NULL_HANDLE;
  VkCommandBuffer commands_ = VK_NULL_HANDLE;
  bool recording_ = false;
  VkSemaphore timeline_ = VK_NULL_HANDLE;
  uint64_t timeline_value_ = 0;
  uint64_t reached_value_ = 0;  // known to be signalled
  RawBuffer ring_;
  std::byte* ring_data_ = nullptr;
  uint64_t ring_used_bytes_ = 0;
  uint64_t ring_kept_bytes_ = 0;  // the front of the ring holds the arguments of graphs
  std::vector<RawBuffer> buffers_;
  std::vector<LoadedModule> modules_;
  std::vector<std::unique_ptr<Launch>> launches_;
};

void RawVulkanSubject::create_runtime() {
  d_.create(device_index_);
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = d_.queue_family;
  require(vk().vkCreateCommandPool(d_.device, &pool, nullptr, &command_pool_), "vkCreateCommandPool");
  commands_ = allocate_commands();

  VkSemaphoreTypeCreateInfo type{};
  type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo semaphore{};
  semaphore.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  semaphore.pNext = &type;
  require(vk().vkCreateSemaphore(d_.device, &semaphore, nullptr, &timeline_), "vkCreateSemaphore");

  ring_ = d_.create_buffer(kRingBytes, VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, true);
  void* data = nullptr;
  require(vk().vkMapMemory(d_.device, ring_.memory, 0, VK_WHOLE_SIZE, 0, &data), "vkMapMemory");
  ring_data_ = static_cast<std::byte*>(data);
}

void RawVulkanSubject::destroy_runtime() {
  vk().vkDeviceWaitIdle(d_.device);
  for (const RawBuffer& buffer : buffers_) d_.destroy_buffer(buffer);
  d_.destroy_buffer(ring_);
  if (descriptor_pool_) vk().vkDestroyDescriptorPool(d_.device, descriptor_pool_, nullptr);
  vk().vkDestroySemaphore(d_.device, timeline_, nullptr);
  vk().vkDestroyCommandPool(d_.device, command_pool_, nullptr);
  d_.destroy();
}

Pipeline RawVulkanSubject::create_pipeline(const ModuleFiles& files, const RawTask& task) const {
  Pipeline out;
  out.task = task.name;
  const std::vector<uint32_t> words = files.words(task.name + ".spv");
  VkShaderModuleCreateInfo shader{};
  shader.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  shader.codeSize = words.size() * 4;
  shader.pCode = words.data();
  require(vk().vkCreateShaderModule(d_.device, &shader, nullptr, &out.shader), "vkCreateShaderModule");

  std::vector<VkDescriptorSetLayoutBinding> bindings;
  for (const RawBinding& binding : task.bindings)
    bindings.push_back({binding.binding, binding.argument ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER : args_type(), 1,
                        VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
  VkDescriptorSetLayoutCreateInfo set{};
  set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  set.flags = pushes() ? VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR : 0;
  set.bindingCount = static_cast<uint32_t>(bindings.size());
  set.pBindings = bindings.data();
  require(vk().vkCreateDescriptorSetLayout(d_.device, &set, nullptr, &out.set_layout), "vkCreateDescriptorSetLayout");
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &out.set_layout;
  require(vk().vkCreatePipelineLayout(d_.device, &layout, nullptr, &out.layout), "vkCreatePipelineLayout");

  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = out.shader;
  info.stage.pName = "main";
  info.layout = out.layout;
  require(vk().vkCreateComputePipelines(d_.device, VK_NULL_HANDLE, 1, &info, nullptr, &out.pipeline),
          "vkCreateComputePipelines");
  return out;
}

ModuleId RawVulkanSubject::load_module(const std::string& path) {
  const ModuleFiles files(path);
  LoadedModule module{read_raw_module(files), {}};
  // Kernels of graphs share the code of the kernels they came from.
  for (const RawKernel& kernel : module.contents.kernels)
    for (const RawTask& task : kernel.tasks)
      if (std::ranges::find(module.pipelines, task.name, &Pipeline::task) == module.pipelines.end())
        module.pipelines.push_back(create_pipeline(files, task));
  modules_.push_back(std::move(module));
  return static_cast<ModuleId>(modules_.size() - 1);
}

void RawVulkanSubject::destroy_module(ModuleId module) {
  for (const Pipeline& pipeline : modules_[module].pipelines) {
    vk().vkDestroyPipeline(d_.device, pipeline.pipeline, nullptr);
    vk().vkDestroyPipelineLayout(d_.device, pipeline.layout, nullptr);
    vk().vkDestroyDescriptorSetLayout(d_.device, pipeline.set_layout, nullptr);
    vk().vkDestroyShaderModule(d_.device, pipeline.shader, nullptr);
  }
  modules_[module] = {};
}

MemoryId RawVulkanSubject::allocate(uint64_t size_bytes, bool host_access) {
  buffers_.push_back(d_.create_buffer(size_bytes, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, host_access));
  return static_cast<MemoryId>(buffers_.size() - 1);
}

void* RawVulkanSubject::map(MemoryId memory) {
  void* data = nullptr;
  require(vk().vkMapMemory(d_.device, buffers_[memory].memory, 0, VK_WHOLE_SIZE, 0, &data), "vkMapMemory");
  return data;
}

LaunchId RawVulkanSubject::prepare_kernel(ModuleId module, const std::string& name, std::vector<Argument> arguments) {
  auto launch = std::make_unique<Launch>();
  launch->call = make_call(modules_[module], name, arguments);
  launches_.push_back(std::move(launch));
  return static_cast<LaunchId>(launches_.size() - 1);
}

// A graph with unchanging arguments is recorded once; replaying it is one submit.
LaunchId RawVulkanSubject::prepare_graph(ModuleId module, const std::string& name, std::vector<Argument> arguments) {
  wait();
  auto launch = std::make_unique<Launch>();
  launch->recorded = allocate_commands();
  begin(launch->recorded, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  const LoadedModule& loaded = modules_[module];
  const auto graph = std::ranges::find(loaded.contents.graphs, name, &RawGraph::name);
  if (graph == loaded.contents.graphs.end()) fail("The module has no graph '%s'.", name.c_str());
  for (const RawDispatch& dispatch : graph->dispatches) {
    std::vector<Argument> positional;
    for (const std::string& wanted : dispatch.arguments) {
      const auto found = std::ranges::find(arguments, wanted, &Argument::name);
      if (found == arguments.end()) fail("The graph wants an argument '%s'.", wanted.c_str());
      positional.push_back(*found);
    }
    Call call = make_call(loaded, dispatch.kernel, positional);
    record(launch->recorded, call, reserve_args(call.args.size()));
  }
  ring_kept_bytes_ = ring_used_bytes_;
  finish(launch->recorded);
  launches_.push_back(std::move(launch));
  return static_cast<LaunchId>(launches_.size() - 1);
}

Call RawVulkanSubject::make_call(const LoadedModule& module, const std::string& name,
                                 const std::vector<Argument>& arguments) {
  const auto kernel = std::ranges::find(module.contents.kernels, name, &RawKernel::name);
  if (kernel == module.contents.kernels.end()) fail("The module has no kernel '%s'.", name.c_str());
  if (kernel->parameters.size() != arguments.size())
    fail("Kernel '%s' takes %zu arguments, not %zu.", name.c_str(), kernel->parameters.size(), arguments.size());
  Call call;
  call.args.resize(kernel->args_size_bytes);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const uint32_t offset = kernel->parameters[i].offset_bytes;
    call.offsets.push_back(offset);
    if (const auto* number = std::get_if<int32_t>(&arguments[i].value)) {
      std::memcpy(call.args.data() + offset, number, sizeof *number);
    } else {
      const auto& shape = std::get<Array>(arguments[i].value).shape;
      std::memcpy(call.args.data() + offset, shape.data(), shape.size() * sizeof shape[0]);
    }
  }
  for (const RawTask& task : kernel->tasks) call.steps.push_back(make_step(module, *kernel, task, arguments));
  return call;
}

std::unique_ptr<Step> RawVulkanSubject::make_step(const LoadedModule& module, const RawKernel& kernel,
                                                  const RawTask& task, const std::vector<Argument>& arguments) {
  const Pipeline& pipeline = *std::ranges::find(module.pipelines, task.name, &Pipeline::task);
  auto step = std::make_unique<Step>();
  step->pipeline = pipeline.pipeline;
  step->layout = pipeline.layout;
  step->groups = group_count(kernel, task, arguments);

  step->infos.resize(task.bindings.size());
  step->writes.resize(task.bindings.size());
  for (size_t i = 0; i < task.bindings.size(); ++i) {
    const RawBinding& binding = task.bindings[i];
    VkDescriptorBufferInfo& info = step->infos[i];
    if (binding.argument) {
      const auto& array = std::get<Array>(arguments[*binding.argument].value);
      info = {buffers_[array.memory].buffer, 0, VK_WHOLE_SIZE};
    } else {
      info = {ring_.buffer, 0, kernel.args_size_bytes};
      step->args = &info;
    }
    VkWriteDescriptorSet& write = step->writes[i];
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstBinding = binding.binding;
    write.descriptorCount = 1;
    write.descriptorType = binding.argument ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER : args_type();
    write.pBufferInfo = &info;
  }
  if (!pushes()) allocate_set(*step, pipeline.set_layout);
  return step;
}

void RawVulkanSubject::allocate_set(Step& step, VkDescriptorSetLayout layout) {
  if (!descriptor_pool_) {
    const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC, 1024},
                                          {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 8192}};
    VkDescriptorPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool.maxSets = 1024;
    pool.poolSizeCount = 2;
    pool.pPoolSizes = sizes;
    require(vk().vkCreateDescriptorPool(d_.device, &pool, nullptr, &descriptor_pool_), "vkCreateDescriptorPool");
  }
  VkDescriptorSetAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  info.descriptorPool = descriptor_pool_;
  info.descriptorSetCount = 1;
  info.pSetLayouts = &layout;
  require(vk().vkAllocateDescriptorSets(d_.device, &info, &step.set), "vkAllocateDescriptorSets");
  for (VkWriteDescriptorSet& write : step.writes) write.dstSet = step.set;
  vk().vkUpdateDescriptorSets(d_.device, static_cast<uint32_t>(step.writes.size()), step.writes.data(), 0, nullptr);
}

void RawVulkanSubject::set_i32(LaunchId launch, uint32_t index, int32_t value) {
  Call& call = launches_[launch]->call;
  std::memcpy(call.args.data() + call.offsets[index], &value, sizeof value);
}

VkCommandBuffer RawVulkanSubject::allocate_commands() {
  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = command_pool_;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  require(vk().vkAllocateCommandBuffers(d_.device, &info, &commands), "vkAllocateCommandBuffers");
  return commands;
}

void RawVulkanSubject::begin(VkCommandBuffer commands, VkCommandBufferUsageFlags usage) const {
  VkCommandBufferBeginInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  info.flags = usage;
  require(vk().vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

void RawVulkanSubject::finish(VkCommandBuffer commands) const {
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  vk().vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier,
                            0, nullptr, 0, nullptr);
  require(vk().vkEndCommandBuffer(commands), "vkEndCommandBuffer");
}

void RawVulkanSubject::record(VkCommandBuffer commands, Call& call, uint64_t args_offset_bytes) {
  std::memcpy(ring_data_ + args_offset_bytes, call.args.data(), call.args.size());
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
  for (const auto& step : call.steps) {
    if (step->groups == 0) continue;
    vk().vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, step->pipeline);
    if (pushes()) {
      if (step->args) step->args->offset = args_offset_bytes;
      vk().vkCmdPushDescriptorSetKHR(commands, VK_PIPELINE_BIND_POINT_COMPUTE, step->layout, 0,
                                     static_cast<uint32_t>(step->writes.size()), step->writes.data());
    } else {
      const auto offset = static_cast<uint32_t>(args_offset_bytes);
      vk().vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, step->layout, 0, 1, &step->set,
                                   step->args ? 1 : 0, &offset);
    }
    vk().vkCmdDispatch(commands, step->groups, 1, 1);
    vk().vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0,
                              1, &barrier, 0, nullptr, 0, nullptr);
  }
}

uint64_t RawVulkanSubject::reserve_args(uint64_t size_bytes) {
  const uint64_t alignment = std::max<uint64_t>(d_.limits.minUniformBufferOffsetAlignment, 16);
  const uint64_t padded = (size_bytes + alignment - 1) / alignment * alignment;
  if (ring_used_bytes_ + padded > kRingBytes) {
    wait();
    if (ring_used_bytes_ + padded > kRingBytes) fail("The argument ring is too small.");
  }
  const uint64_t offset = ring_used_bytes_;
  ring_used_bytes_ += padded;
  return offset;
}

void RawVulkanSubject::launch(LaunchId id) {
  Launch& launch = *launches_[id];
  if (launch.recorded) {
    submit_pending();
    submit(launch.recorded);
    return;
  }
  const uint64_t offset = reserve_args(launch.call.args.size());
  if (!recording_) {
    // The one command buffer may still run if a graph was submitted after it.
    wait_for_submitted();
    begin(commands_, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    recording_ = true;
  }
  record(commands_, launch.call, offset);
}

void RawVulkanSubject::submit(VkCommandBuffer commands) {
  ++timeline_value_;
  VkTimelineSemaphoreSubmitInfo timeline{};
  timeline.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
  timeline.signalSemaphoreValueCount = 1;
  timeline.pSignalSemaphoreValues = &timeline_value_;
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.pNext = &timeline;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  info.signalSemaphoreCount = 1;
  info.pSignalSemaphores = &timeline_;
  require(vk().vkQueueSubmit(d_.queue, 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
}

void RawVulkanSubject::submit_pending() {
  if (!recording_) return;
  finish(commands_);
  recording_ = false;
  submit(commands_);
}

void RawVulkanSubject::wait_for_submitted() {
  if (reached_value_ == timeline_value_) return;
  VkSemaphoreWaitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
  info.semaphoreCount = 1;
  info.pSemaphores = &timeline_;
  info.pValues = &timeline_value_;
  require(vk().vkWaitSemaphores(d_.device, &info, UINT64_MAX), "vkWaitSemaphores");
  reached_value_ = timeline_value_;
}

void RawVulkanSubject::wait() {
  submit_pending();
  wait_for_submitted();
  ring_used_bytes_ = ring_kept_bytes_;
}

}  // namespace

std::unique_ptr<Subject> make_raw_vulkan_subject(const SubjectSpec& spec) {
  return std::make_unique<RawVulkanSubject>(spec);
}

}  // namespace ist::bench
