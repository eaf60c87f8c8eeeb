// One frame, step by step.
#include "frames.h"

#include <cstdio>
#include <stdexcept>

namespace demo {
namespace {

constexpr VkClearColorValue kBackground = {{0.043f, 0.055f, 0.075f, 1.0f}};

OwnedSemaphore create_timeline(const Gpu& gpu) {
  auto type = typed<VkSemaphoreTypeCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  auto info = typed<VkSemaphoreCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO);
  info.pNext = &type;
  VkSemaphore semaphore = VK_NULL_HANDLE;
  expect_vulkan(gpu.vk.vkCreateSemaphore(gpu.device(), &info, nullptr, &semaphore), "vkCreateSemaphore");
  return OwnedSemaphore(gpu, semaphore);
}

// What the host reads in a frame, and in which state it wants it.
std::vector<IstHandover> handovers(const SceneView& view) {
  std::vector<IstHandover> objects;
  if (view.texture.image) {
    IstHandover& texture = objects.emplace_back();
    texture.image = view.texture.image;
    texture.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  }
  if (view.points.count) {
    objects.emplace_back().memory = view.points.positions;
    objects.emplace_back().memory = view.points.materials;
  }
  for (IstHandover& object : objects) object.flags = IST_HANDOVER_READ_ONLY_BIT;
  return objects;
}

void swap_red_and_blue(std::vector<uint8_t>& pixels) {
  for (size_t i = 0; i < pixels.size(); i += 4) std::swap(pixels[i], pixels[i + 2]);
}

}  // namespace

Frames::Frames(const HostDevice& device, TiRuntime runtime, Target& target, Scene& scene, const Renderer& renderer,
               Submit submit)
    : gpu_(device.gpu()),
      runtime_(runtime),
      target_(target),
      scene_(scene),
      renderer_(renderer),
      submit_(submit),
      wait_semaphores_(reinterpret_cast<PFN_vkWaitSemaphores>(device.device_function("vkWaitSemaphores"))),
      counter_value_(
          reinterpret_cast<PFN_vkGetSemaphoreCounterValue>(device.device_function("vkGetSemaphoreCounterValue"))),
      timeline_(create_timeline(gpu_)) {
  for (Slot& slot : slots_) slot = make_slot();
}

Frames::~Frames() {
  gpu_.vk.vkDeviceWaitIdle(gpu_.device());
  // Now the runtime looks at our timeline no more.
  ti_wait(runtime_);
  // The host has waited itself, so there is no point to wait for.
  if (ist_take_back(runtime_, uint32_t(lent_.size()), lent_.data(), nullptr) != TI_ERROR_SUCCESS && !lent_.empty()) {
    std::fprintf(stderr, "vulkan_host: what was lent cannot be taken back.\n");
  }
}

Frames::Slot Frames::make_slot() const {
  Slot slot;
  auto pool = typed<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
  pool.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
  pool.queueFamilyIndex = gpu_.queue_family();
  VkCommandPool made = VK_NULL_HANDLE;
  expect_vulkan(gpu_.vk.vkCreateCommandPool(gpu_.device(), &pool, nullptr, &made), "vkCreateCommandPool");
  slot.pool = OwnedCommandPool(gpu_, made);
  auto info = typed<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
  info.commandPool = made;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  expect_vulkan(gpu_.vk.vkAllocateCommandBuffers(gpu_.device(), &info, &slot.commands), "vkAllocateCommandBuffers");
  slot.acquired = create_semaphore(gpu_);
  return slot;
}

bool Frames::draw(const Stir& stir, const Over& over, bool keep) {
  Slot& slot = slots_[frame_ % kInFlight];
  wait_for(slot.frame);
  if (!target_.acquire(slot.acquired.get())) return false;
  slot.frame = ++frame_;
  begin(slot);

  if (submit_ == Submit::own) {
    const IstSyncPoint ready = simulate(stir);
    record_drawing(slot, over, keep);
    submit(slot, &ready);
  } else {
    const IstRecording recording = record_simulation(slot.commands, stir);
    record_drawing(slot, over, keep);
    submit(slot, nullptr);
    const IstSyncPoint drawn = ist_vulkan_point(IST_RUNG_TIMELINE, timeline_.get(), frame_);
    expect_taichi(ist_vulkan_submitted(runtime_, recording, &drawn), "ist_vulkan_submitted");
  }
  target_.present();
  return true;
}

// The runtime's next work waits on the device until the host has drawn the frame before; the host's submit will wait
// for the point that is returned.
IstSyncPoint Frames::simulate(const Stir& stir) {
  take_back(ist_vulkan_point(IST_RUNG_TIMELINE, timeline_.get(), frame_ - 1));
  scene_.step(stir);
  IstSyncPoint ready{};
  ready.rung = IST_RUNG_TIMELINE;
  lend(&ready);
  return ready;
}

// The host's drawing of the frame before is on the same queue, and the barriers of the loan are in the command buffer.
IstRecording Frames::record_simulation(VkCommandBuffer commands, const Stir& stir) {
  expect_taichi(ist_vulkan_begin_recording(runtime_, commands), "ist_vulkan_begin_recording");
  IstSyncPoint order{};
  order.rung = IST_RUNG_QUEUE;
  take_back(order);
  scene_.step(stir);
  lend(&order);
  IstRecording recording = TI_NULL_HANDLE;
  expect_taichi(ist_vulkan_end_recording(runtime_, &recording), "ist_vulkan_end_recording");
  return recording;
}

void Frames::wait_for(uint64_t frame) {
  const VkSemaphore timeline = timeline_.get();
  uint64_t reached = 0;
  expect_vulkan(counter_value_(gpu_.device(), timeline, &reached), "vkGetSemaphoreCounterValue");
  if (reached >= frame) return;
  ++waits_;
  auto info = typed<VkSemaphoreWaitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO);
  info.semaphoreCount = 1;
  info.pSemaphores = &timeline;
  info.pValues = &frame;
  expect_vulkan(wait_semaphores_(gpu_.device(), &info, UINT64_MAX), "vkWaitSemaphores");
}

void Frames::begin(Slot& slot) const {
  expect_vulkan(gpu_.vk.vkResetCommandPool(gpu_.device(), slot.pool.get(), 0), "vkResetCommandPool");
  auto info = typed<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  expect_vulkan(gpu_.vk.vkBeginCommandBuffer(slot.commands, &info), "vkBeginCommandBuffer");
}

void Frames::take_back(const IstSyncPoint& drawn) {
  if (lent_.empty()) return;
  expect_taichi(ist_take_back(runtime_, uint32_t(lent_.size()), lent_.data(), &drawn), "ist_take_back");
  rung_to_runtime_ = drawn.rung;
  lent_.clear();
}

void Frames::lend(IstSyncPoint* ready) {
  std::vector<IstHandover> objects = handovers(scene_.view());
  expect_taichi(ist_lend(runtime_, uint32_t(objects.size()), objects.data(), ready), "ist_lend");
  rung_to_host_ = ready->rung;
  lent_ = std::move(objects);
}

void Frames::record_drawing(Slot& slot, const Over& over, bool keep) {
  const VkExtent2D extent = target_.extent();
  if (over.build) over.build(extent);
  target_.pass().begin(slot.commands, kBackground);
  renderer_.draw(slot.commands, extent, scene_.view());
  if (over.draw) over.draw(slot.commands);
  target_.pass().end(slot.commands);
  if (keep) {
    kept_extent_ = extent;
    kept_.emplace(gpu_, extent);
    target_.copy(slot.commands, *kept_);
  }
  expect_vulkan(gpu_.vk.vkEndCommandBuffer(slot.commands), "vkEndCommandBuffer");
}

void Frames::submit(const Slot& slot, const IstSyncPoint* ready) {
  std::vector<VkSemaphore> waits, signals = {timeline_.get()};
  std::vector<uint64_t> wait_values, signal_values = {frame_};
  std::vector<VkPipelineStageFlags> stages;
  if (ready) {
    waits.push_back(reinterpret_cast<VkSemaphore>(ready->semaphore));
    wait_values.push_back(ready->value);
    // Where the scene's objects are read first.
    stages.push_back(VK_PIPELINE_STAGE_VERTEX_INPUT_BIT | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT);
  }
  if (target_.uses_semaphores()) {
    waits.push_back(slot.acquired.get());
    wait_values.push_back(0);
    stages.push_back(VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT);
    signals.push_back(target_.drawn());
    signal_values.push_back(0);
  }
  auto values = typed<VkTimelineSemaphoreSubmitInfo>(VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
  values.waitSemaphoreValueCount = uint32_t(wait_values.size());
  values.pWaitSemaphoreValues = wait_values.data();
  values.signalSemaphoreValueCount = uint32_t(signal_values.size());
  values.pSignalSemaphoreValues = signal_values.data();
  auto info = typed<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
  info.pNext = &values;
  info.waitSemaphoreCount = uint32_t(waits.size());
  info.pWaitSemaphores = waits.data();
  info.pWaitDstStageMask = stages.data();
  info.commandBufferCount = 1;
  info.pCommandBuffers = &slot.commands;
  info.signalSemaphoreCount = uint32_t(signals.size());
  info.pSignalSemaphores = signals.data();
  expect_vulkan(gpu_.vk.vkQueueSubmit(gpu_.queue(), 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
}

Picture Frames::picture() {
  if (!kept_) throw std::runtime_error("No frame has been drawn to be kept.");
  wait_for(frame_);
  Picture picture{kept_extent_, kept_->read()};
  if (target_.is_bgra()) swap_red_and_blue(picture.rgba);
  return picture;
}

}  // namespace demo
