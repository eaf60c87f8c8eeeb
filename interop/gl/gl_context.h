// IstGl: a runtime joined with a GL context, what they share, and what GL holds of it.
//
// Locks: mutex() of this before that of the runtime; a call holds both, and gives the runtime's up where it
// blocks. Fences are looked at under the runtime's.
#pragma once

#include <ist/gl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capi/entry.h"
#include "core/handover.h"
#include "core/subresource_map.h"
#include "gl_memory.h"
#include "gl_sync.h"
#include "gl_texture.h"

namespace ist::gl_host {

// An object of the runtime as GL has it. It may outlive the runtime's.
struct Shared {
  std::unique_ptr<Texture> texture;  // exactly one of the two
  std::unique_ptr<GlBuffer> buffer;
  bool copied = false;
  std::string copy_reason;                // of copies
  std::string text;                       // "Image 'dye'"
  SubresourceMap<uint8_t> lent{1, 1, 0};  // 1: GL holds it

  Name name() const { return texture ? texture->name() : buffer->name(); }
  bool lent_at_all() const;
};

// How objects on shared memory are ordered with GL.
struct Rungs {
  IstRung to_gl = IST_RUNG_HOST;
  IstRung from_gl = IST_RUNG_GL_FENCE;
  std::string reason;  // why no semaphores
};

class GlContext final : public Child {
 public:
  GlContext(Runtime& runtime, std::shared_ptr<Link> link);
  ~GlContext() override;

  std::mutex& mutex() { return mutex_; }
  // Under mutex(): what a call that waited for it must ask again.
  bool detached() const { return detached_; }
  const Link& link() const { return *link_; }
  Runtime& owner() { return runtime(); }

  // Drops the fences that have passed. With the runtime's lock.
  void look_at_fences();

  // Makes the object's twin if there is none.
  Result<Shared*> share(ImageResource& image);
  Result<Shared*> share(Memory& memory);
  Status unshare(const void* object);
  // not_supported: a rung is forced that is not there.
  Result<IstGlObject> describe(const Shared& shared) const;

  // The peers of the parts are filled in by these. All parts or none.
  Status lend(capi::Call& call, std::vector<Handover> parts);
  Status take_back(capi::Call& call, std::vector<Handover> parts);
  Status detach(capi::Call& call, bool context_gone);

 private:
  // A part with its twin.
  struct Item {
    Handover part;
    Shared* shared = nullptr;
  };
  using Items = std::vector<Item>;
  // Texels of a mip level, or bytes of a memory, on their way between the twins.
  struct Copy {
    const Item* item = nullptr;
    uint32_t mip = 0;
    std::vector<std::byte> bytes;
  };
  using Copies = std::vector<Copy>;

  template <class T>
  Result<Shared*> share_or_copy(T& object);
  Result<std::unique_ptr<Shared>> import(ImageResource& image);
  Result<std::unique_ptr<Shared>> import(Memory& memory);
  Result<std::unique_ptr<Shared>> copy(ImageResource& image);
  Result<std::unique_ptr<Shared>> copy(Memory& memory);
  Status check_device() const;
  Status check_export(bool exportable, uint32_t export_mask) const;

  Result<Rungs> rungs() const;
  // Empty: both sides can have them. Else why not.
  std::string why_no_semaphores() const;

  Result<Items> items_of(std::vector<Handover> parts);
  Status check_writable(const Items& items) const;
  Status check_held(const Items& items) const;
  Status order_to_gl(capi::Call& call, const Items& shared, const Rungs& rungs);
  Status return_to_runtime(capi::Call& call, const Items& shared, const Rungs& rungs);
  Status signal_semaphore(capi::Call& call, const Items& shared);
  Status finish(capi::Call& call, const Items& shared);
  // Calls f(buffer count, buffers, texture count, textures, layouts), each name once.
  template <class F>
  void with_names(const Items& items, F&& f) const;
  std::vector<Handover> all_held();
  static void mark(const Items& items, bool lent);

  static Result<Copies> read(capi::Call& call, const Items& copied);
  static void upload(capi::Call& call, const Copies& copies);
  static Result<Copies> download(capi::Call& call, const Items& copied);
  static Status write(capi::Call& call, const Copies& copies);

  std::mutex mutex_;
  bool detached_ = false;
  std::shared_ptr<Link> link_;
  std::map<const void*, std::unique_ptr<Shared>> shared_;  // by handle, which no other object ever has
  std::vector<std::shared_ptr<Fence>> fences_;
  SemaphorePool semaphores_;
};

}  // namespace ist::gl_host
