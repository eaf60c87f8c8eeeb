// State of the host's context that dispatches touch, saved once for a batch and put back after it. (Copies put back
// what they touch one by one, with gl_api/gl_state.h.)
#pragma once

#include <vector>

#include "gl/gl_gpu.h"

namespace ist::gl {

// How far a batch goes: points and units 0 .. n - 1 of each kind.
struct TouchedState {
  bool program = false;
  bool feedback = false;  // the context has transform feedback
  uint32_t uniform_points = 0;
  uint32_t storage_points = 0;
  uint32_t texture_units = 0;
  uint32_t image_units = 0;
};

// Transform feedback rests meanwhile: it lets no program be changed. The context is current at both ends.
class StateGuard {
 public:
  StateGuard(const Gpu& gpu, const TouchedState& touched);
  ~StateGuard();
  StateGuard(const StateGuard&) = delete;
  StateGuard& operator=(const StateGuard&) = delete;

 private:
  struct BufferPoint {
    Name buffer = 0;
    int64_t offset = 0;
    int64_t size = 0;  // 0: bound whole
  };
  struct TextureUnit {
    Name sampler = 0;
    Name textures[6] = {};  // by target
  };
  struct ImageUnit {
    Name texture = 0;
    int32_t level = 0;
    uint8_t layered = 0;
    int32_t layer = 0;
    Enum access = 0;
    Enum format = 0;
  };
  // A target with indexed points: the points in use, and what is bound to the target itself.
  struct BufferPoints {
    Name generic = 0;
    std::vector<BufferPoint> points;
  };

  void save_points(BufferPoints& saved, Enum binding, Enum start, Enum size, uint32_t count);
  void restore_points(const BufferPoints& saved, Enum target);
  void save_textures(uint32_t count);
  void restore_textures();
  void save_images(uint32_t count);
  void restore_images();

  const Gpu& gpu_;
  bool feedback_ = false;  // was going on
  bool has_program_ = false;
  Name program_ = 0;
  BufferPoints uniforms_;
  BufferPoints storages_;
  Enum active_texture_ = 0;
  std::vector<TextureUnit> textures_;
  std::vector<ImageUnit> images_;
};

}  // namespace ist::gl
