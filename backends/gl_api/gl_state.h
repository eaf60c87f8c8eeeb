// The host's GL state, changed for the length of a scope and put back. Whatever this library binds or sets in a
// context is one of these.
#pragma once

#include "gl_api/gl_formats.h"

namespace ist::gl {

// The program that can be made current again; 0: none. One that was deleted while it is current dies with the next.
Name current_program(const Functions& gl);

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

// A fresh framebuffer, to read from or to draw to.
class BoundFramebuffer {
 public:
  BoundFramebuffer(const Functions& gl, Enum target, Enum binding);
  ~BoundFramebuffer();
  BoundFramebuffer(const BoundFramebuffer&) = delete;
  BoundFramebuffer& operator=(const BoundFramebuffer&) = delete;

 private:
  const Functions& gl_;
  Enum target_;
  Name framebuffer_ = 0;
  Name before_;
};

class ReadFramebuffer : public BoundFramebuffer {
 public:
  explicit ReadFramebuffer(const Functions& gl)
      : BoundFramebuffer(gl, k::kReadFramebuffer, k::kReadFramebufferBinding) {}
};

class DrawFramebuffer : public BoundFramebuffer {
 public:
  explicit DrawFramebuffer(const Functions& gl)
      : BoundFramebuffer(gl, k::kDrawFramebuffer, k::kDrawFramebufferBinding) {}
};

// What glEnable and glDisable switch. With the functions that compute.
class Switched {
 public:
  Switched(const Functions& gl, Enum what, bool on);
  ~Switched();
  Switched(const Switched&) = delete;
  Switched& operator=(const Switched&) = delete;

 private:
  // Only what has changed is put back: of several viewports' switches, the first answers and all are set.
  void set(bool on) { on ? gl_.Enable(what_) : gl_.Disable(what_); }
  const Functions& gl_;
  Enum what_;
  bool before_;
  bool changed_;
};

// Texels go to or come from a buffer (0: host memory), rows apart (0: with no gaps), slices one after another.
class PixelRows {
 public:
  enum class Way { unpack, pack };
  PixelRows(const Functions& gl, const Caps& caps, Way way, Name buffer, uint32_t row_length_texels);
  ~PixelRows();
  PixelRows(const PixelRows&) = delete;
  PixelRows& operator=(const PixelRows&) = delete;

 private:
  static constexpr int kMost = 8;
  const Functions& gl_;
  BoundBuffer buffer_;
  int count_ = 0;
  Enum names_[kMost] = {};
  int32_t before_[kMost] = {};
};

// Host memory, row after row.
class TightPixels : public PixelRows {
 public:
  TightPixels(const Functions& gl, const Caps& caps, Way way) : PixelRows(gl, caps, way, 0, 0) {}
};

}  // namespace ist::gl
