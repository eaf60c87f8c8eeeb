// Asks, changes, puts back.
#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

int32_t ask(const Functions& gl, Enum what) {
  int32_t value = 0;
  gl.GetIntegerv(what, &value);
  return value;
}

constexpr Enum kUnpackAlignment = 0x0CF5, kPackAlignment = 0x0D05;
// Those that OpenGL ES 3.0 has come first.
constexpr Enum kUnpack[] = {0x0CF2, 0x0CF3, 0x0CF4, kUnpackAlignment, 0x806D, 0x806E, 0x0CF0, 0x0CF1};
constexpr Enum kPack[] = {0x0D02, 0x0D03, 0x0D04, kPackAlignment, 0x806B, 0x806C, 0x0D00, 0x0D01};
constexpr int kUnpackInEs = 6;
constexpr int kPackInEs = 4;

}  // namespace

BoundTexture::BoundTexture(const Functions& gl, GlTarget target, Name texture)
    : gl_(gl), target_(target.target), before_(static_cast<Name>(ask(gl, target.binding))) {
  gl_.BindTexture(target_, texture);
}

BoundBuffer::BoundBuffer(const Functions& gl, Enum target, Enum binding, Name buffer)
    : gl_(gl), target_(target), before_(static_cast<Name>(ask(gl, binding))) {
  gl_.BindBuffer(target_, buffer);
}

ReadFramebuffer::ReadFramebuffer(const Functions& gl)
    : gl_(gl), before_(static_cast<Name>(ask(gl, k::kReadFramebufferBinding))) {
  gl_.GenFramebuffers(1, &framebuffer_);
  gl_.BindFramebuffer(k::kReadFramebuffer, framebuffer_);
}

ReadFramebuffer::~ReadFramebuffer() {
  gl_.BindFramebuffer(k::kReadFramebuffer, before_);
  gl_.DeleteFramebuffers(1, &framebuffer_);
}

TightPixels::TightPixels(const Functions& gl, const Caps& caps, Way way)
    : gl_(gl),
      no_buffer_(gl, way == Way::unpack ? k::kPixelUnpackBuffer : k::kPixelPackBuffer,
                 way == Way::unpack ? k::kPixelUnpackBinding : k::kPixelPackBinding, 0) {
  const bool unpack = way == Way::unpack;
  count_ = !caps.es ? kMost : unpack ? kUnpackInEs : kPackInEs;
  for (int i = 0; i < count_; ++i) {
    names_[i] = unpack ? kUnpack[i] : kPack[i];
    before_[i] = ask(gl, names_[i]);
    gl_.PixelStorei(names_[i], names_[i] == kUnpackAlignment || names_[i] == kPackAlignment ? 1 : 0);
  }
}

TightPixels::~TightPixels() {
  for (int i = 0; i < count_; ++i) gl_.PixelStorei(names_[i], before_[i]);
}

}  // namespace ist::gl
