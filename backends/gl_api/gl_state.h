// The host's GL state, changed for the length of a scope and put back. Whatever this library binds or sets in a
// context is one of these.
#pragma once

#include "gl_api/gl_formats.h"

namespace ist::gl {

// A texture bound to its target, on the unit that is active.
class BoundTexture {
 public:
  BoundTexture(const Functions& gl, GlTarget target, Name texture);
  ~BoundTexture() { gl_.BindTexture(target_, before_); }
  BoundTexture(const BoundTexture&) = delete;
  BoundTexture& operator=(const BoundTexture&) = delete;

 private:
  const Functions& gl_;
  Enum target_;
  Name before_;
};

// A buffer (0: none) bound where `binding` is what asks for it.
class BoundBuffer {
 public:
  BoundBuffer(const Functions& gl, Enum target, Enum binding, Name buffer);
  ~BoundBuffer() { gl_.BindBuffer(target_, before_); }
  BoundBuffer(const BoundBuffer&) = delete;
  BoundBuffer& operator=(const BoundBuffer&) = delete;

 private:
  const Functions& gl_;
  Enum target_;
  Name before_;
};

// A fresh framebuffer to read from.
class ReadFramebuffer {
 public:
  explicit ReadFramebuffer(const Functions& gl);
  ~ReadFramebuffer();
  ReadFramebuffer(const ReadFramebuffer&) = delete;
  ReadFramebuffer& operator=(const ReadFramebuffer&) = delete;

 private:
  const Functions& gl_;
  Name framebuffer_ = 0;
  Name before_;
};

// Texels go to or come from host memory, row after row with no gaps.
class TightPixels {
 public:
  enum class Way { unpack, pack };
  TightPixels(const Functions& gl, const Caps& caps, Way way);
  ~TightPixels();
  TightPixels(const TightPixels&) = delete;
  TightPixels& operator=(const TightPixels&) = delete;

 private:
  static constexpr int kMost = 8;
  const Functions& gl_;
  BoundBuffer no_buffer_;
  int count_ = 0;
  Enum names_[kMost] = {};
  int32_t before_[kMost] = {};
};

}  // namespace ist::gl
