// Turns the contract's commands into vkCmd*: the hot path of every launch.
#include "vulkan/vk_recording.h"

#include <cassert>
#include <cstring>

#include "vulkan/vk_convert.h"
#include "vulkan/vk_debug.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

// One half of a queue family ownership transfer, or an ordinary barrier (both families ignored).
struct Handover {
  uint32_t from_family = VK_QUEUE_FAMILY_IGNORED;
  uint32_t to_family = VK_QUEUE_FAMILY_IGNORED;
  Scope src;
  Scope dst;
};

// VK_QUEUE_FAMILY_IGNORED: the peer's queue can use the object as it is.
uint32_t family_of(const Gpu& gpu, const Peer& peer, bool concurrent) {
  const uint32_t ours = gpu.physical->queue_family;
  const bool modern = gpu.info().api_version >= VK_API_VERSION_1_1;
  switch (peer.kind) {
    case Peer::Kind::same_device:
      break;
    case Peer::Kind::queue_family:
      return concurrent || peer.family == ours ? VK_QUEUE_FAMILY_IGNORED : peer.family;
    case Peer::Kind::foreign:
      if (gpu.physical->queue_family_foreign) return VK_QUEUE_FAMILY_FOREIGN_EXT;
      [[fallthrough]];  // the widest that there is
    case Peer::Kind::external:
      if (modern) return VK_QUEUE_FAMILY_EXTERNAL;
  }
  return VK_QUEUE_FAMILY_IGNORED;
}

// The half that is ours says nothing of what the peer does with the memory (Vulkan 1.3, section 7.7.4).
Handover handover_of(const Gpu& gpu, Transfer transfer, const Peer& peer, bool concurrent, Scope src, Scope dst) {
  Handover result{VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED, src, dst};
  if (transfer == Transfer::none) return result;
  const bool acquired = transfer == Transfer::acquire;
  // An acquisition comes after the wait for the peer: its stages meet those of the semaphore's wait, which are all.
  if (acquired) result.src.stages |= dst.stages;
  const uint32_t theirs = family_of(gpu, peer, concurrent);
  if (theirs == VK_QUEUE_FAMILY_IGNORED) return result;
  const uint32_t ours = concurrent ? VK_QUEUE_FAMILY_IGNORED : gpu.physical->queue_family;
  result.from_family = acquired ? theirs : ours;
  result.to_family = acquired ? ours : theirs;
  (acquired ? result.src : result.dst).access = 0;
  return result;
}

}  // namespace

Recording::Recording(const Gpu& gpu, Memory& memory, Submitter& submitter)
    : gpu_(gpu),
      submitter_(submitter),
      args_(gpu.physical->limits.minUniformBufferOffsetAlignment,
            [&gpu, &memory](const BufferDesc& desc) -> Result<std::unique_ptr<ist::Buffer>> {
              IST_TRY(auto buffer, Buffer::create(gpu, memory, desc));
              return std::unique_ptr<ist::Buffer>(std::move(buffer));
            }) {}

Status Recording::begin() {
  if (batch_) return {};
  IST_CHECK(submitter_.health());
  IST_TRY(Batch * batch, idle_batch(true));
  IST_CHECK(batch->begin(args_));
  start(*batch);
  return {};
}

Status Recording::begin_in(VkCommandBuffer hosts) {
  IST_CHECK(submitter_.health());
  IST_TRY(Batch * batch, idle_batch(false));
  IST_CHECK(batch->begin(args_, hosts));
  if (submitter_.has_points()) IST_CHECK(submitter_.submit(VK_NULL_HANDLE).take_status());
  start(*batch);
  return {};
}

void Recording::start(Batch& batch) {
  batch_ = &batch;
  bound_pipeline_ = VK_NULL_HANDLE;
  bound_layout_ = nullptr;
  bound_set_ = VK_NULL_HANDLE;
}

Result<uint64_t> Recording::end_in() {
  const uint64_t serial = submitter_.reserve();
  Batch* batch = std::exchange(batch_, nullptr);
  Status failure = std::exchange(failure_, Status());
  if (!failure.ok()) {
    submitter_.give_back(serial);
    return failure;
  }
  batch->serial = serial;
  return serial;
}

void Recording::dropped_in(uint64_t serial) {
  for (const auto& batch : ring_)
    if (batch->serial == serial) batch->serial = 0;
  submitter_.give_back(serial);
}

Result<Batch*> Recording::idle_batch(bool may_wait) {
  Batch* oldest = nullptr;
  for (const auto& batch : ring_)
    if (!oldest || batch->serial < oldest->serial) oldest = batch.get();
  const bool idle = oldest && oldest->serial <= submitter_.completed();
  if (!idle && (ring_.size() < kMaxBatches || !may_wait || !submitter_.awaitable(oldest->serial))) {
    IST_TRY(auto batch, Batch::create(gpu_));
    ring_.push_back(std::move(batch));
    return ring_.back().get();
  }
  if (!idle) IST_CHECK(submitter_.wait(oldest->serial, UINT64_MAX));
  if (oldest->serial && oldest->stamp_count() > 0) remember_stamps(*oldest);
  return oldest;
}

void Recording::remember_stamps(const Batch& batch) {
  Stamps stamps;
  if (stamps_.size() == kStampHistory) {
    stamps = std::move(stamps_.front());  // for its memory
    stamps_.pop_front();
  }
  stamps.serial = batch.serial;
  if (batch.read_stamps(stamps.ticks)) stamps_.push_back(std::move(stamps));
}

const std::vector<uint64_t>* Recording::stamps_of(uint64_t serial) {
  for (const Stamps& stamps : stamps_)
    if (stamps.serial == serial) return &stamps.ticks;
  if (serial == 0 || serial > submitter_.completed()) return nullptr;
  for (const auto& batch : ring_) {
    if (batch->serial != serial || batch.get() == batch_ || batch->stamp_count() == 0) continue;
    remember_stamps(*batch);
    return !stamps_.empty() && stamps_.back().serial == serial ? &stamps_.back().ticks : nullptr;
  }
  return nullptr;
}

Result<uint64_t> Recording::submit() {
  if (!batch_) {
    IST_CHECK(submitter_.health());
    return submitter_.last_serial();
  }
  // A batch that cannot be ended or handed over is gone; its serial goes to the next one.
  Batch* batch = std::exchange(batch_, nullptr);
  Status failure = std::exchange(failure_, Status());
  Status ended = submitter_.judge(gpu_.vk.EndCommandBuffer(batch->commands()), "vkEndCommandBuffer");
  if (!ended.ok()) {
    submitter_.forget_points();
    return ended;
  }
  IST_TRY(batch->serial, submitter_.submit(batch->commands()));
  if (!failure.ok()) return failure;
  return batch->serial;
}

void Recording::keep(Status status) {
  if (failure_.ok()) failure_ = std::move(status);
}

void Recording::barrier(const BarrierCommand& command) {
  const VkQueueFlags queue = gpu_.physical->queue_flags;
  Scope src = command.src;
  Scope dst = command.dst;
  image_barriers_.clear();
  for (const ImageBarrierCommand& one : command.images) {
    const auto& image = static_cast<const Image&>(*one.image);
    const SubresourceRange& r = one.range;
    const Handover handover = handover_of(gpu_, one.transfer, one.peer, image.concurrent(), one.src, one.dst);
    VkImageMemoryBarrier native{VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER};
    native.srcAccessMask = source_scope(handover.src, queue).access;
    native.dstAccessMask = destination_scope(handover.dst, queue).access;
    native.oldLayout = to_vk(one.from);
    native.newLayout = to_vk(one.to);
    native.srcQueueFamilyIndex = handover.from_family;
    native.dstQueueFamilyIndex = handover.to_family;
    native.image = image.handle();
    native.subresourceRange = {barrier_aspects(image.format()), r.base_mip, r.mip_count, r.base_layer, r.layer_count};
    image_barriers_.push_back(native);
    src.stages |= handover.src.stages;
    dst.stages |= handover.dst.stages;
  }
  buffer_barriers_.clear();
  for (const BufferTransferCommand& one : command.buffers) {
    const auto& buffer = static_cast<const Buffer&>(*one.buffer);
    const bool acquired = one.transfer == Transfer::acquire;
    const Handover handover = handover_of(gpu_, one.transfer, one.peer, buffer.concurrent(),
                                          acquired ? Scope{} : one.ours, acquired ? one.ours : Scope{});
    VkBufferMemoryBarrier native{VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER};
    native.srcAccessMask = source_scope(handover.src, queue).access;
    native.dstAccessMask = destination_scope(handover.dst, queue).access;
    native.srcQueueFamilyIndex = handover.from_family;
    native.dstQueueFamilyIndex = handover.to_family;
    native.buffer = buffer.handle();
    native.size = VK_WHOLE_SIZE;
    buffer_barriers_.push_back(native);
    src.stages |= handover.src.stages;
    dst.stages |= handover.dst.stages;
  }
  const NativeScope from = source_scope({src.stages, command.src.access}, queue);
  const NativeScope to = destination_scope({dst.stages, command.dst.access}, queue);
  VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER};
  memory.srcAccessMask = from.access;
  memory.dstAccessMask = to.access;
  const uint32_t memory_count = command.src.access || command.dst.access ? 1 : 0;
  gpu_.vk.CmdPipelineBarrier(commands(), from.stages, to.stages, 0, memory_count, &memory,
                             static_cast<uint32_t>(buffer_barriers_.size()), buffer_barriers_.data(),
                             static_cast<uint32_t>(image_barriers_.size()), image_barriers_.data());
}

VkSampler Recording::sampler_for(const Bound& bound, const Image& image) {
  if (bound.sampler) return static_cast<const Sampler*>(bound.sampler)->handle_for(image);
  if (!default_sampler_) {
    auto sampler = Sampler::create(gpu_, {});
    if (!sampler.ok()) {
      keep(sampler.take_status());
      return VK_NULL_HANDLE;
    }
    default_sampler_ = std::move(*sampler);
  }
  return default_sampler_->handle_for(image);
}

bool Recording::fill_descriptor(const Pipeline& pipeline, size_t element, const Bound& bound, Descriptor& out) {
  const PipelineBinding& binding = pipeline.layout.bindings[element];
  if (binding.kind == DescriptorKind::uniform_buffer || binding.kind == DescriptorKind::storage_buffer) {
    if (!bound.buffer) {
      keep(fail(Code::invalid_argument, "Binding %u of a dispatch has no buffer.", binding.binding));
      return false;
    }
    out.buffer.buffer = static_cast<const Buffer*>(bound.buffer)->handle();
    out.buffer.offset = bound.offset_bytes;
    out.buffer.range = bound.size_bytes ? bound.size_bytes : bound.buffer->size_bytes() - bound.offset_bytes;
    return true;
  }
  if (!bound.image) {
    keep(fail(Code::invalid_argument, "Binding %u of a dispatch has no image.", binding.binding));
    return false;
  }
  const bool sampled = binding.kind == DescriptorKind::sampled_image;
  auto& image = static_cast<Image&>(*bound.image);
  const VkResult result = image.view(bound.view, sampled ? MipMode::all : MipMode::first, out.image.imageView);
  if (result != VK_SUCCESS) {
    keep(submitter_.judge(result, "vkCreateImageView"));
    return false;
  }
  out.image.imageLayout = to_vk(bound.layout);
  out.image.sampler = sampled ? sampler_for(bound, image) : VK_NULL_HANDLE;
  return !sampled || out.image.sampler;
}

void Recording::dispatch(Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x) {
  const BindingLayout& layout = pipeline.layout;
  const size_t count = layout.bindings.size();
  assert(bound.size() == count);
  // Unions and padding are compared bytewise, so every byte has to be set.
  Descriptor descriptors[kMaxBindings];
  std::memset(static_cast<void*>(descriptors), 0, count * sizeof(Descriptor));
  for (size_t i = 0; i < count; ++i)
    if (!fill_descriptor(pipeline, i, bound[i], descriptors[i])) return;

  const VkCommandBuffer commands = batch_->commands();
  if (bound_pipeline_ != pipeline.handle) {
    gpu_.vk.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle);
    bound_pipeline_ = pipeline.handle;
  }
  if (count > 0 && !layout.push) {
    bind_sets(layout, descriptors);
    if (!bound_set_) return;
  } else if (count > 0 &&
             (bound_layout_ != &layout || std::memcmp(descriptors, bound_, count * sizeof(Descriptor)) != 0)) {
    gpu_.vk.CmdPushDescriptorSetWithTemplateKHR(commands, layout.update, layout.pipeline, 0, descriptors);
    std::memcpy(static_cast<void*>(bound_), descriptors, count * sizeof(Descriptor));
    bound_layout_ = &layout;
  }
  gpu_.vk.CmdDispatch(commands, group_count_x, 1, 1);
}

void Recording::bind_sets(const BindingLayout& layout, Descriptor* descriptors) {
  uint32_t offset = 0;
  const bool dynamic = layout.dynamic != UINT32_MAX;
  if (dynamic) offset = static_cast<uint32_t>(std::exchange(descriptors[layout.dynamic].buffer.offset, 0));
  const VkDescriptorSet set = batch_->sets.find_or_write(layout, descriptors);
  if (!set) {
    keep(fail(Code::out_of_memory, "No memory is left for a descriptor set of %zu bindings.", layout.bindings.size()));
    bound_set_ = VK_NULL_HANDLE;
    return;
  }
  if (set == bound_set_ && bound_layout_ == &layout && offset == bound_offset_) return;
  gpu_.vk.CmdBindDescriptorSets(batch_->commands(), VK_PIPELINE_BIND_POINT_COMPUTE, layout.pipeline, 0, 1, &set,
                                dynamic ? 1 : 0, &offset);
  bound_set_ = set;
  bound_layout_ = &layout;
  bound_offset_ = offset;
}

void Recording::push_label(std::string_view name) { begin_label(gpu_, commands(), name); }

void Recording::pop_label() { end_label(gpu_, commands()); }

}  // namespace ist::vk
