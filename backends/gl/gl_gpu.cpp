// Deletes what has died.
#include "gl/gl_gpu.h"

#include "base/options.h"

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

// GL_MAX_LABEL_LENGTH and GL_MAX_DEBUG_MESSAGE_LENGTH are at least 256, the end included.
std::string_view label_of(std::string_view text) { return text.substr(0, 255); }

void set_label(const Gpu& gpu, Enum kind, Name object, const std::string& name) {
  if (!gpu.caps().debug || !options().debug_names) return;
  const auto current = Current::enter(*gpu.work);
  const std::string_view label = label_of(name);
  if (current.ok()) gpu.gl().ObjectLabel(kind, object, static_cast<Size>(label.size()), label.data());
}

}  // namespace ist::gl
