// Carries out the commands that touch images, but for dispatches. Whatever it binds or sets in the context is as
// before after each call.
#pragma once

#include "gl/gl_commands.h"

namespace ist::gl {

class TexelCopies {
 public:
  explicit TexelCopies(const Gpu& gpu) : gpu_(gpu) {}

  // The context is current. A failure is one of the driver: out of memory, or a framebuffer that it refuses.
  Status copy(const CopyImageCommand& command);
  Status upload(const TexelCommand& command);
  Status download(const TexelCommand& command);
  Status blit(const BlitMipCommand& command);

 private:
  const Gpu& gpu_;
};

}  // namespace ist::gl
