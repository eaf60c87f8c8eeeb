// Asks and puts back. A query costs a few nanoseconds on the drivers measured.
#include "gl/gl_state_guard.h"

#include <iterator>

#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr Enum kActiveTexture = 0x84E0, kTexture0 = 0x84C0, kSamplerBinding = 0x8919;
constexpr Enum kUniformBuffer = 0x8A11, kUniformBinding = 0x8A28, kUniformStart = 0x8A29, kUniformSize = 0x8A2A;
constexpr Enum kStorageBuffer = 0x90D2, kStorageBinding = 0x90D3, kStorageStart = 0x90D4, kStorageSize = 0x90D5;
constexpr Enum kImageName = 0x8F3A, kImageLevel = 0x8F3B, kImageLayered = 0x8F3C, kImageLayer = 0x8F3D,
               kImageAccess = 0x8F3E, kImageFormat = 0x906E;
constexpr Enum kFeedbackPaused = 0x8E23, kFeedbackActive = 0x8E24;

// Of the textures that images of the runtime are; ES has those behind the first two.
constexpr GlTarget kTargets[] = {
    {k::kTexture1D, k::kTextureBinding1D},           {k::kTexture1DArray, k::kTextureBinding1DArray},
    {k::kTexture2D, k::kTextureBinding2D},           {k::kTexture3D, k::kTextureBinding3D},
    {k::kTexture2DArray, k::kTextureBinding2DArray}, {k::kTextureCube, k::kTextureBindingCube},
};
constexpr size_t kTargetCount = std::size(kTargets);
constexpr size_t kFirstOfEs = 2;

int32_t ask(const Functions& gl, Enum what) {
  int32_t value = 0;
  gl.GetIntegerv(what, &value);
  return value;
}

int32_t ask_at(const Functions& gl, Enum what, uint32_t index) {
  int32_t value = 0;
  gl.GetIntegeri_v(what, index, &value);
  return value;
}

}  // namespace

StateGuard::StateGuard(const Gpu& gpu, const TouchedState& touched) : gpu_(gpu), has_program_(touched.program) {
  feedback_ = touched.feedback && ask(gpu.gl(), kFeedbackActive) && !ask(gpu.gl(), kFeedbackPaused);
  if (feedback_) gpu.gl().PauseTransformFeedback();
  if (!has_program_) return;
  program_ = current_program(gpu.gl());
  save_points(uniforms_, kUniformBinding, kUniformStart, kUniformSize, touched.uniform_points);
  save_points(storages_, kStorageBinding, kStorageStart, kStorageSize, touched.storage_points);
  save_textures(touched.texture_units);
  save_images(touched.image_units);
}

StateGuard::~StateGuard() {
  if (has_program_) {
    restore_images();
    restore_textures();
    restore_points(storages_, kStorageBuffer);
    restore_points(uniforms_, kUniformBuffer);
    gpu_.gl().UseProgram(program_);
  }
  if (feedback_) gpu_.gl().ResumeTransformFeedback();
}

void StateGuard::save_points(BufferPoints& saved, Enum binding, Enum start, Enum size, uint32_t count) {
  const Functions& gl = gpu_.gl();
  if (count > 0) saved.generic = static_cast<Name>(ask(gl, binding));
  for (uint32_t i = 0; i < count; ++i) {
    BufferPoint point;
    point.buffer = static_cast<Name>(ask_at(gl, binding, i));
    gl.GetInteger64i_v(start, i, &point.offset);
    gl.GetInteger64i_v(size, i, &point.size);
    saved.points.push_back(point);
  }
}

// Binding a point binds the target, too.
void StateGuard::restore_points(const BufferPoints& saved, Enum target) {
  const Functions& gl = gpu_.gl();
  for (uint32_t i = 0; i < saved.points.size(); ++i) {
    const BufferPoint& point = saved.points[i];
    if (point.buffer && point.size > 0) {
      gl.BindBufferRange(target, i, point.buffer, static_cast<IntPtr>(point.offset), static_cast<IntPtr>(point.size));
    } else {
      gl.BindBufferBase(target, i, point.buffer);
    }
  }
  if (!saved.points.empty()) gl.BindBuffer(target, saved.generic);
}

void StateGuard::save_textures(uint32_t count) {
  if (count == 0) return;
  const Functions& gl = gpu_.gl();
  active_texture_ = static_cast<Enum>(ask(gl, kActiveTexture));
  for (uint32_t unit = 0; unit < count; ++unit) {
    gl.ActiveTexture(kTexture0 + unit);
    TextureUnit saved;
    saved.sampler = static_cast<Name>(ask(gl, kSamplerBinding));
    for (size_t t = gpu_.es() ? kFirstOfEs : 0; t < kTargetCount; ++t)
      saved.textures[t] = static_cast<Name>(ask(gl, kTargets[t].binding));
    textures_.push_back(saved);
  }
}

void StateGuard::restore_textures() {
  if (textures_.empty()) return;
  const Functions& gl = gpu_.gl();
  for (uint32_t unit = 0; unit < textures_.size(); ++unit) {
    gl.ActiveTexture(kTexture0 + unit);
    for (size_t t = gpu_.es() ? kFirstOfEs : 0; t < kTargetCount; ++t)
      gl.BindTexture(kTargets[t].target, textures_[unit].textures[t]);
    gl.BindSampler(unit, textures_[unit].sampler);
  }
  gl.ActiveTexture(active_texture_);
}

void StateGuard::save_images(uint32_t count) {
  const Functions& gl = gpu_.gl();
  for (uint32_t unit = 0; unit < count; ++unit) {
    ImageUnit saved;
    saved.texture = static_cast<Name>(ask_at(gl, kImageName, unit));
    saved.level = ask_at(gl, kImageLevel, unit);
    gl.GetBooleani_v(kImageLayered, unit, &saved.layered);
    saved.layer = ask_at(gl, kImageLayer, unit);
    saved.access = static_cast<Enum>(ask_at(gl, kImageAccess, unit));
    saved.format = static_cast<Enum>(ask_at(gl, kImageFormat, unit));
    images_.push_back(saved);
  }
}

void StateGuard::restore_images() {
  for (uint32_t unit = 0; unit < images_.size(); ++unit) {
    const ImageUnit& saved = images_[unit];
    gpu_.gl().BindImageTexture(unit, saved.texture, saved.level, saved.layered, saved.layer, saved.access,
                               saved.format);
  }
}

}  // namespace ist::gl
