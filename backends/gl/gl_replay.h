// Carries out a command list in the context that is current: the hot path of every launch.
#pragma once

#include <memory>

#include "gl/gl_commands.h"
#include "gl/gl_state_guard.h"
#include "gl/gl_texel_copies.h"

namespace ist::gl {

// Thread-safety: serialised by the runtime. The context is current in every call.
class Replay {
 public:
  explicit Replay(const Gpu& gpu) : gpu_(gpu), texels_(gpu) {}
  // Makes what dispatches need beside their own objects.
  Status prepare();

  // All commands, even behind one that fails; the first failure is returned. The time stamps go into `queries`.
  Status run(const CommandList& commands, std::span<const Name> queries);
  // What the driver says went wrong since run() or the last call.
  Status errors();
  // What it has made goes.
  void release();

 private:
  TouchedState touched_by(const CommandList& commands) const;
  template <class F>
  void each_shadow(const CommandList& commands, bool written, F&& f);
  Status carry_out(const CommandList& commands, std::span<const Name> queries);
  Status dispatch(const DispatchCommand& command, const CommandList& commands);
  Status bind(const Pipeline::Slot& slot, const Bound& bound);
  void bind_buffer(const Pipeline::Slot& slot, const Bound& bound);
  Status bind_texture(const Pipeline::Slot& slot, const Bound& bound);
  Status copy(const CopyBufferCommand& command);
  void fill(const FillBufferCommand& command);
  void forget_bindings();

  struct BoundRange {
    Name buffer = 0;
    uint64_t offset = 0;
    uint64_t size = 0;
    friend bool operator==(const BoundRange&, const BoundRange&) = default;
  };
  static constexpr size_t kRemembered = 32;  // binding points of a kind

  const Gpu& gpu_;
  TexelCopies texels_;
  std::unique_ptr<Buffer> empty_block_;  // bound where a kernel looks at no bytes
  std::unique_ptr<Buffer> fill_block_;   // a pattern, where GL has no fill
  uint32_t fill_word_ = 0;
  bool fill_ready_ = false;
  bool feedback_ = false;            // of a host, which may be in the middle of it
  std::unique_ptr<Buffer> scratch_;  // of copies within one buffer
  std::unique_ptr<Sampler> default_sampler_;
  // What this batch has bound, so that equal binds are made once.
  Name program_ = 0;
  BoundRange uniforms_[kRemembered];
  BoundRange storages_[kRemembered];
  std::vector<const ist::Buffer*> shadows_;
};

}  // namespace ist::gl
