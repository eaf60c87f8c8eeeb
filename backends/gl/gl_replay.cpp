// Binds what differs from what is bound, dispatches, copies.
#include "gl/gl_replay.h"

#include <algorithm>
#include <cstring>

#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr Enum kUniformBuffer = 0x8A11, kShaderStorageBuffer = 0x90D2, kTexture0 = 0x84C0, kCopyReadBinding = 0x8F36,
               kCopyWriteBinding = 0x8F37, kR32ui = 0x8236, kTimestamp = 0x8E28, kSourceApplication = 0x824A;
constexpr uint32_t kAllBarriers = 0xFFFFFFFF;
constexpr uint64_t kFillBytes = uint64_t{64} << 10;

const Buffer& native(const ist::Buffer& buffer) { return static_cast<const Buffer&>(buffer); }

bool overlap(uint64_t a, uint64_t b, uint64_t size_bytes) { return a < b + size_bytes && b < a + size_bytes; }

// Both ends of a copy.
class BoundCopy {
 public:
  BoundCopy(const Functions& gl, Name dst, Name src)
      : dst_(gl, k::kCopyWriteBuffer, kCopyWriteBinding, dst), src_(gl, k::kCopyReadBuffer, kCopyReadBinding, src) {}

 private:
  BoundBuffer dst_;
  BoundBuffer src_;
};

void copy_bytes(const Functions& gl, Name dst, uint64_t dst_offset, Name src, uint64_t src_offset, uint64_t size) {
  const BoundCopy bound(gl, dst, src);
  gl.CopyBufferSubData(k::kCopyReadBuffer, k::kCopyWriteBuffer, static_cast<IntPtr>(src_offset),
                       static_cast<IntPtr>(dst_offset), static_cast<IntPtr>(size));
}

}  // namespace

Status Replay::prepare() {
  BufferDesc desc;
  desc.size_bytes = 16;
  IST_TRY(empty_block_, Buffer::create(gpu_, desc));
  if (!gpu_.caps().clear_buffer) {
    desc.size_bytes = kFillBytes;
    IST_TRY(fill_block_, Buffer::create(gpu_, desc));
  }
  IST_TRY(default_sampler_, Sampler::create(gpu_, {}));
  // Contexts may tell a version of which they lack this.
  feedback_ = gpu_.borrowed() && (gpu_.es() || has_extension(gpu_.gl(), "GL_ARB_transform_feedback2"));
  return {};
}

void Replay::release() {
  empty_block_.reset();
  fill_block_.reset();
  scratch_.reset();
  default_sampler_.reset();
  texels_.release();
}

TouchedState Replay::touched_by(const CommandList& commands) const {
  TouchedState touched;
  touched.feedback = feedback_;
  for (const DispatchCommand& command : commands.dispatches) {
    const Pipeline& pipeline = *command.pipeline;
    touched.program = true;
    touched.uniform_points = std::max(touched.uniform_points, pipeline.count(DescriptorKind::uniform_buffer));
    touched.storage_points = std::max(touched.storage_points, pipeline.count(DescriptorKind::storage_buffer));
    touched.texture_units = std::max(touched.texture_units, pipeline.count(DescriptorKind::sampled_image));
    touched.image_units = std::max(touched.image_units, pipeline.count(DescriptorKind::storage_image));
  }
  return touched;
}

// Calls f(Buffer&) once for each buffer of the batch whose host address is a copy; `written`: only for those that the
// batch may write.
template <class F>
void Replay::each_shadow(const CommandList& commands, bool written, F&& f) {
  if (gpu_.caps().buffer_storage) return;
  shadows_.clear();
  const auto visit = [&](ist::Buffer* buffer) {
    if (!buffer || !native(*buffer).shadowed()) return;
    if (std::find(shadows_.begin(), shadows_.end(), buffer) != shadows_.end()) return;
    shadows_.push_back(buffer);
    f(static_cast<Buffer&>(*buffer));
  };
  for (const DispatchCommand& dispatch : commands.dispatches) {
    const auto slots = dispatch.pipeline->slots();
    for (size_t i = 0; i < slots.size(); ++i) {
      if (written && slots[i].kind != DescriptorKind::storage_buffer) continue;
      visit(commands.bound[dispatch.first_bound + i].buffer);
    }
  }
  for (const CopyBufferCommand& copy : commands.buffer_copies) {
    visit(copy.dst);
    if (!written) visit(copy.src);
  }
  for (const FillBufferCommand& fill : commands.fills) visit(fill.dst);
  for (const TexelCommand& upload : commands.uploads)
    if (!written) visit(upload.buffer);
  for (const TexelCommand& download : commands.downloads) visit(download.buffer);
}

Status Replay::run(const CommandList& commands, std::span<const Name> queries) {
  const Functions& gl = gpu_.gl();
  forget_bindings();
  drain_errors(gl);  // of whoever has called GL before
  each_shadow(commands, false, [](Buffer& buffer) { buffer.upload_shadow(); });
  Status status;
  if (gpu_.borrowed()) {
    const StateGuard guard(gpu_, touched_by(commands));
    status = carry_out(commands, queries);
    // How the host goes on is not known here.
    if (!commands.dispatches.empty()) gl.MemoryBarrier(kAllBarriers);
  } else {
    status = carry_out(commands, queries);
  }
  each_shadow(commands, true, [](Buffer& buffer) { buffer.download_shadow(); });
  return status;
}

Status Replay::carry_out(const CommandList& commands, std::span<const Name> queries) {
  using Kind = CommandList::Kind;
  const Functions& gl = gpu_.gl();
  Status first;
  const auto keep = [&](Status status) {
    if (first.ok() && !status.ok()) first = std::move(status);
  };
  for (const auto [kind, index] : commands.order) {
    switch (kind) {
      case Kind::barrier:
        gl.MemoryBarrier(index);
        break;
      case Kind::dispatch:
        keep(dispatch(commands.dispatches[index], commands));
        break;
      case Kind::copy_buffer:
        keep(copy(commands.buffer_copies[index]));
        break;
      case Kind::fill_buffer:
        fill(commands.fills[index]);
        break;
      case Kind::copy_image:
        keep(errors());  // texel commands forget the errors before them
        keep(texels_.copy(commands.image_copies[index]));
        break;
      case Kind::upload:
        keep(errors());
        keep(texels_.upload(commands.uploads[index]));
        break;
      case Kind::download:
        keep(errors());
        keep(texels_.download(commands.downloads[index]));
        break;
      case Kind::blit_mip:
        keep(errors());
        keep(texels_.blit(commands.blits[index]));
        break;
      case Kind::push_label: {
        const std::string& label = commands.labels[index];
        gl.PushDebugGroup(kSourceApplication, 0, static_cast<Size>(label.size()), label.data());
        break;
      }
      case Kind::pop_label:
        gl.PopDebugGroup();
        break;
      case Kind::stamp:
        gl.QueryCounter(queries[index], kTimestamp);
        break;
    }
  }
  return first;
}

Status Replay::errors() {
  const Functions& gl = gpu_.gl();
  const Enum error = gl.GetError();
  if (error == k::kNoError) return {};
  drain_errors(gl);
  const Code code = error == k::kOutOfMemory ? Code::out_of_memory : Code::invalid_state;
  return fail(code, "Device '%s' could not carry out a batch: %s.", gpu_.info().name.c_str(),
              error_text(error).c_str());
}

void Replay::forget_bindings() {
  program_ = 0;
  std::fill(std::begin(uniforms_), std::end(uniforms_), BoundRange{});
  std::fill(std::begin(storages_), std::end(storages_), BoundRange{});
}

Status Replay::dispatch(const DispatchCommand& command, const CommandList& commands) {
  const Functions& gl = gpu_.gl();
  const Pipeline& pipeline = *command.pipeline;
  if (program_ != pipeline.program()) {
    program_ = pipeline.program();
    gl.UseProgram(program_);
  }
  const std::span<const Pipeline::Slot> slots = pipeline.slots();
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i].point != kNoSlot) IST_CHECK(bind(slots[i], commands.bound[command.first_bound + i]));
  gl.DispatchCompute(command.group_count_x, 1, 1);
  return {};
}

Status Replay::bind(const Pipeline::Slot& slot, const Bound& bound) {
  switch (slot.kind) {
    case DescriptorKind::uniform_buffer:
    case DescriptorKind::storage_buffer:
      bind_buffer(slot, bound);
      return {};
    case DescriptorKind::sampled_image:
      return bind_texture(slot, bound);
    case DescriptorKind::storage_image:
      break;
  }
  const auto& image = static_cast<const Image&>(*bound.image);
  gpu_.gl().BindImageTexture(slot.point, image.storage_name(), 0, image.layered(), 0, slot.image_access,
                             slot.image_format ? slot.image_format : image.storage_format());
  return {};
}

void Replay::bind_buffer(const Pipeline::Slot& slot, const Bound& bound) {
  const bool uniform = slot.kind == DescriptorKind::uniform_buffer;
  const Buffer& buffer = bound.buffer ? native(*bound.buffer) : *empty_block_;
  // Blocks end at multiples of 16 bytes, and all of a block must be bound.
  const uint64_t room = buffer.padded_bytes() - bound.offset_bytes;
  const uint64_t size = bound.buffer ? std::min((bound.size_bytes + 15) & ~uint64_t{15}, room) : room;
  const BoundRange range{buffer.name(), bound.offset_bytes, size};
  if (slot.point < kRemembered) {
    BoundRange& remembered = (uniform ? uniforms_ : storages_)[slot.point];
    if (remembered == range) return;
    remembered = range;
  }
  gpu_.gl().BindBufferRange(uniform ? kUniformBuffer : kShaderStorageBuffer, slot.point, range.buffer,
                            static_cast<IntPtr>(range.offset), static_cast<IntPtr>(range.size));
}

Status Replay::bind_texture(const Pipeline::Slot& slot, const Bound& bound) {
  const Functions& gl = gpu_.gl();
  auto& image = static_cast<Image&>(*bound.image);
  const Sampler& sampler = bound.sampler ? static_cast<const Sampler&>(*bound.sampler) : *default_sampler_;
  IST_TRY(const Image::Shown shown, image.shown_as(bound.view));
  gl.ActiveTexture(kTexture0 + slot.point);
  gl.BindTexture(shown.target, shown.name);
  gl.BindSampler(slot.point, sampler.name_for(image));
  return {};
}

Status Replay::copy(const CopyBufferCommand& command) {
  const Functions& gl = gpu_.gl();
  const Name dst = command.dst->name();
  const Name src = command.src->name();
  if (dst != src || !overlap(command.dst_offset, command.src_offset, command.size_bytes)) {
    copy_bytes(gl, dst, command.dst_offset, src, command.src_offset, command.size_bytes);
    return {};
  }
  if (!scratch_ || scratch_->size_bytes() < command.size_bytes) {
    BufferDesc desc;
    desc.size_bytes = command.size_bytes;
    IST_TRY(scratch_, Buffer::create_in(gpu_, desc));
  }
  copy_bytes(gl, scratch_->name(), 0, src, command.src_offset, command.size_bytes);
  copy_bytes(gl, dst, command.dst_offset, scratch_->name(), 0, command.size_bytes);
  return {};
}

void Replay::fill(const FillBufferCommand& command) {
  const Functions& gl = gpu_.gl();
  const Name name = command.dst->name();
  if (gpu_.caps().clear_buffer) {
    const BoundBuffer bound(gl, k::kCopyWriteBuffer, kCopyWriteBinding, name);
    gl.ClearBufferSubData(k::kCopyWriteBuffer, kR32ui, static_cast<IntPtr>(command.offset),
                          static_cast<IntPtr>(command.size_bytes), k::kRedInteger, k::kUnsignedInt, &command.word);
    return;
  }
  if (!fill_ready_ || fill_word_ != command.word) {
    const std::vector<uint32_t> pattern(kFillBytes / 4, command.word);
    const BoundBuffer bound(gl, k::kCopyWriteBuffer, kCopyWriteBinding, fill_block_->name());
    gl.BufferSubData(k::kCopyWriteBuffer, 0, static_cast<IntPtr>(kFillBytes), pattern.data());
    fill_word_ = command.word;
    fill_ready_ = true;
  }
  for (uint64_t done = 0; done < command.size_bytes; done += kFillBytes) {
    const uint64_t bytes = std::min(kFillBytes, command.size_bytes - done);
    copy_bytes(gl, name, command.offset + done, fill_block_->name(), 0, bytes);
  }
}

}  // namespace ist::gl
