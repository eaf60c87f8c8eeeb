// Twins: made on shared memory where that can be, else as copies; and what is told of them.
#include "gl_context.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "capi/rungs.h"

namespace ist::gl_host {
namespace {

constexpr uint32_t kOpaqueFd = 1u << static_cast<uint32_t>(HandleType::opaque_fd);

const void* key_of(const Child& object) { return reinterpret_cast<const void*>(object.handle()); }

std::string hex(const uint8_t (&uuid)[16]) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : uuid) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

bool Shared::lent_at_all() const {
  bool any = false;
  lent.for_each(lent.full_range(), [&](const SubresourceRange&, uint8_t held) { any |= held != 0; });
  return any;
}

GlContext::GlContext(Runtime& runtime, std::shared_ptr<Link> link)
    : Child(runtime, Kind::gl_context), link_(std::move(link)) {}

// By a runtime that goes before its context: no context need be current here.
GlContext::~GlContext() {
  link_->close(true);
  for (const auto& fence : fences_) fence->settle(true);
  for (auto& [key, shared] : shared_) {
    if (shared->texture) shared->texture->forget();
    if (shared->buffer) shared->buffer->forget();
  }
}

void GlContext::look_at_fences() {
  std::erase_if(fences_, [](const std::shared_ptr<Fence>& fence) { return fence->passed(); });
}

Status GlContext::check_device() const {
  const Caps& caps = link_->caps();
  const DeviceInfo& device = runtime().info();
  if (!caps.memory_objects) return Status(Code::not_supported, caps.missing_memory);
  if (std::memcmp(caps.device_uuid, device.device_uuid, sizeof caps.device_uuid) == 0 &&
      std::memcmp(caps.driver_uuid, device.driver_uuid, sizeof caps.driver_uuid) == 0)
    return {};
  return fail(Code::invalid_interop,
              "the runtime's device %s (driver %s) is not the OpenGL context's device %s (driver %s)",
              hex(device.device_uuid).c_str(), hex(device.driver_uuid).c_str(), hex(caps.device_uuid).c_str(),
              hex(caps.driver_uuid).c_str());
}

Status GlContext::check_export(bool exportable, uint32_t export_mask) const {
  if (!exportable) return fail(Code::not_supported, "it was allocated without export_sharing");
  IST_CHECK(check_device());
  if (runtime().device().share_ops() && (export_mask & kOpaqueFd)) return {};
  return fail(Code::not_supported, "device '%s' exports no file descriptors of it", runtime().info().name.c_str());
}

Result<std::unique_ptr<Shared>> GlContext::import(ImageResource& image) {
  const ImageDesc& desc = image.desc();
  IST_CHECK(check_export(desc.export_sharing || desc.imported, runtime().info().share.image_export));
  ShareOps& ops = *runtime().device().share_ops();
  Image& native = *image.tracked().image;
  IST_TRY(const OsHandle handle, ops.export_handle(native, HandleType::opaque_fd));
  auto shared = std::make_unique<Shared>();
  IST_TRY(shared->texture, Texture::import(link_, desc, ops.allocation_of(native), OwnedFd(static_cast<int>(handle))));
  return shared;
}

Result<std::unique_ptr<Shared>> GlContext::import(Memory& memory) {
  const BufferDesc& desc = memory.desc();
  IST_CHECK(check_export(desc.export_sharing || desc.imported, runtime().info().share.memory_export));
  ShareOps& ops = *runtime().device().share_ops();
  Buffer& native = *memory.tracked().buffer;
  IST_TRY(const OsHandle handle, ops.export_handle(native, HandleType::opaque_fd));
  auto shared = std::make_unique<Shared>();
  IST_TRY(shared->buffer,
          GlBuffer::import(link_, memory.size_bytes(), ops.allocation_of(native), OwnedFd(static_cast<int>(handle))));
  return shared;
}

Result<std::unique_ptr<Shared>> GlContext::copy(ImageResource& image) {
  auto shared = std::make_unique<Shared>();
  IST_TRY(shared->texture, Texture::copy_of(link_, image.desc()));
  return shared;
}

Result<std::unique_ptr<Shared>> GlContext::copy(Memory& memory) {
  auto shared = std::make_unique<Shared>();
  IST_TRY(shared->buffer, GlBuffer::copy_of(link_, memory.size_bytes()));
  return shared;
}

template <class T>
Result<Shared*> GlContext::share_or_copy(T& object) {
  auto& known = shared_[key_of(object)];
  if (known) return known.get();
  drain_errors(link_->gl());
  auto made = import(object);
  if (!made.ok()) {
    std::string reason(made.status().message());
    if (reason.ends_with('.')) reason.pop_back();  // it becomes the end of another sentence
    if (runtime().require_zero_copy) {
      const Code code = made.status().code() == Code::invalid_interop ? Code::invalid_interop : Code::not_supported;
      shared_.erase(key_of(object));
      return fail(code, "%s cannot be shared with OpenGL without a copy: %s.", object.text().c_str(), reason.c_str());
    }
    made = copy(object);
    if (!made.ok()) {
      shared_.erase(key_of(object));
      return made.take_status();
    }
    (*made)->copied = true;
    (*made)->copy_reason = reason;
    log(LogLevel::warn, "%s is copied at each hand-over to or from OpenGL: %s.", object.text().c_str(), reason.c_str());
  }
  (*made)->text = object.text();
  known = std::move(*made);
  return known.get();
}

Result<Shared*> GlContext::share(ImageResource& image) {
  IST_TRY(Shared * shared, share_or_copy(image));
  if (!shared->lent_at_all()) shared->lent = {image.desc().mip_count, image.desc().layer_count, 0};
  return shared;
}

Result<Shared*> GlContext::share(Memory& memory) { return share_or_copy(memory); }

Status GlContext::unshare(const void* object) {
  if (!object) return fail(Code::argument_null, "object is null.");
  const auto found = shared_.find(object);
  if (found == shared_.end())
    return fail(Code::invalid_state, "object (%p) is not shared with this OpenGL context.", object);
  if (found->second->lent_at_all())
    return fail(Code::invalid_state, "%s is lent to OpenGL; take it back (ist_gl_take_back) before it is unshared.",
                found->second->text.c_str());
  shared_.erase(found);
  return {};
}

std::string GlContext::why_no_semaphores() const {
  if (!link_->caps().semaphores) return link_->caps().missing_semaphore;
  if (runtime().info().share.binary_export & kOpaqueFd) return {};
  return "device '" + runtime().info().name + "' exports no binary semaphores as file descriptors";
}

Result<Rungs> GlContext::rungs() const {
  Rungs rungs;
  rungs.reason = why_no_semaphores();
  const bool semaphores = rungs.reason.empty();
  switch (runtime().forced_rung) {
    case IST_RUNG_AUTO:
      if (semaphores) rungs.to_gl = rungs.from_gl = IST_RUNG_BINARY;
      return rungs;
    case IST_RUNG_BINARY:
      if (!semaphores) break;
      rungs.to_gl = rungs.from_gl = IST_RUNG_BINARY;
      return rungs;
    case IST_RUNG_HOST:
      rungs.from_gl = IST_RUNG_HOST;
      return rungs;
    case IST_RUNG_GL_FENCE:
      return rungs;
    default:
      break;
  }
  return fail(Code::not_supported,
              "Rung %s is forced, but towards this OpenGL context there are only %sGL_FENCE and HOST%s%s.",
              capi::rung_name(runtime().forced_rung), semaphores ? "BINARY, " : "", semaphores ? "" : "; ",
              rungs.reason.c_str());
}

Result<IstGlObject> GlContext::describe(const Shared& shared) const {
  IstGlObject object{};
  object.name = shared.name();
  object.target = shared.texture ? shared.texture->target() : k::kArrayBuffer;
  object.internal_format = shared.texture ? shared.texture->internal_format() : 0;
  object.copied = shared.copied ? 1 : 0;
  object.to_gl = object.from_gl = IST_RUNG_HOST;
  std::string reason = shared.copy_reason;
  if (!shared.copied) {
    IST_TRY(const Rungs chosen, rungs());
    object.to_gl = chosen.to_gl;
    object.from_gl = chosen.from_gl;
    reason = chosen.reason;
  }
  std::strncpy(object.reason, reason.c_str(), sizeof object.reason - 1);
  return object;
}

}  // namespace ist::gl_host
