// Deletes what has died.
#include "gl/gl_gpu.h"

namespace ist::gl {

void Graveyard::bury(Kind kind, Name name) {
  if (!name) return;
  std::lock_guard lock(mutex_);
  graves_.push_back({kind, name});
}

// Both lists keep their memory. The driver is called without the lock: deleting may take long.
void Graveyard::dig(const Functions& gl) {
  {
    std::lock_guard lock(mutex_);
    if (graves_.empty()) return;
    std::swap(graves_, taken_);
  }
  for (const Grave& grave : taken_) {
    switch (grave.kind) {
      case Kind::buffer:
        gl.DeleteBuffers(1, &grave.name);
        break;
      case Kind::texture:
        gl.DeleteTextures(1, &grave.name);
        break;
      case Kind::sampler:
        gl.DeleteSamplers(1, &grave.name);
        break;
      case Kind::program:
        gl.DeleteProgram(grave.name);
        break;
    }
  }
  taken_.clear();
}

}  // namespace ist::gl
