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
// The length of a row is the first; those that OpenGL ES 3.0 has come before the others.
constexpr Enum kUnpack[] = {0x0CF2, 0x0CF3, 0x0CF4, kUnpackAlignment, 0x806D, 0x806E, 0x0CF0, 0x0CF1};
constexpr Enum kPack[] = {0x0D02, 0x0D03, 0x0D04, kPackAlignment, 0x806B, 0x806C, 0x0D00, 0x0D01};
constexpr int kUnpackInEs = 6;
constexpr int kPackInEs = 4;

}  // namespace

Name current_program(const Functions& gl) {
  constexpr Enum kCurrentProgram = 0x8B8D, kDeleteStatus = 0x8B80;
  const auto program = static_cast<Name>(ask(gl, kCurrentProgram));
  int32_t deleted = 0;
  if (program) gl.GetProgramiv(program, kDeleteStatus, &deleted);
  return deleted ? 0 : program;
}

BoundTexture::BoundTexture(const Functions& gl, GlTarget target, Name texture)
    : gl_(gl), target_(target.target), before_(static_cast<Name>(ask(gl, target.binding))) {
  gl_.BindTexture(target_, texture);
}

BoundBuffer::BoundBuffer(const Functions& gl, Enum target, Enum binding, Name buffer)
    : gl_(gl), target_(target), before_(static_cast<Name>(ask(gl, binding))) {
  gl_.BindBuffer(target_, buffer);
}

BoundFramebuffer::BoundFramebuffer(const Functions& gl, Enum target, Enum binding)
    : gl_(gl), target_(target), before_(static_cast<Name>(ask(gl, binding))) {
  gl_.GenFramebuffers(1, &framebuffer_);
  gl_.BindFramebuffer(target_, framebuffer_);
}

BoundFramebuffer::~BoundFramebuffer() {
  gl_.BindFramebuffer(target_, before_);
  gl_.DeleteFramebuffers(1, &framebuffer_);
}

Switched::Switched(const Functions& gl, Enum what, bool on)
    : gl_(gl), what_(what), before_(gl.IsEnabled(what) != 0), changed_(before_ != on) {
  if (changed_) set(on);
}

Switched::~Switched() {
  if (changed_) set(before_);
}

PixelRows::PixelRows(const Functions& gl, const Caps& caps, Way way, Name buffer, uint32_t row_length_texels)
    : gl_(gl),
      buffer_(gl, way == Way::unpack ? k::kPixelUnpackBuffer : k::kPixelPackBuffer,
              way == Way::unpack ? k::kPixelUnpackBinding : k::kPixelPackBinding, buffer) {
  const bool unpack = way == Way::unpack;
  count_ = !caps.es ? kMost : unpack ? kUnpackInEs : kPackInEs;
  for (int i = 0; i < count_; ++i) {
    names_[i] = unpack ? kUnpack[i] : kPack[i];
    before_[i] = ask(gl, names_[i]);
    const bool aligns = names_[i] == kUnpackAlignment || names_[i] == kPackAlignment;
    gl_.PixelStorei(names_[i], aligns ? 1 : i == 0 ? static_cast<int32_t>(row_length_texels) : 0);
  }
}

PixelRows::~PixelRows() {
  for (int i = 0; i < count_; ++i) gl_.PixelStorei(names_[i], before_[i]);
}

}  // namespace ist::gl
