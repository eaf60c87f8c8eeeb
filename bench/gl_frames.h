// Pictures of 1920 x 1080 from a kernel of the library to an OpenGL texture, shared or by way of the host. Opens EGL
// and the library at run time, with a runtime of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace ist::bench {

class GlFrames {
 public:
  // Null, with the reason: the library has no ist_gl_*, there is no EGL or no context that shares memory with its
  // device.
  static std::unique_ptr<GlFrames> open(const std::string& library, uint32_t device_index,
                                        const std::string& modules_folder, std::string& reason);
  virtual ~GlFrames() = default;

  // Milliseconds per frame, each to the end of a draw that samples the texture. Fails when a texel is wrong or a
  // shared frame was copied.
  virtual double shared_ms(int frames) = 0;
  virtual double uploaded_ms(int frames) = 0;
  // The kernel alone, waited for.
  virtual double kernel_ms(int frames) = 0;
};

}  // namespace ist::bench
