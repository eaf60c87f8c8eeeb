// The objects of a scene as textures and buffers of the context: shared once, then handed over and back each
// frame. The whole of what an OpenGL host needs of the library.
#pragma once

#include <ist/gl.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "scenes/scene.h"

namespace demo {

// The thread's last error of the library, in words.
std::string last_error();
// Throws std::runtime_error with it when a call has failed.
void check(TiError result);

class Sharing {
 public:
  // Joins runtime and context, and shares all that the scene may ever show. Where that needs copies: throws
  // without allow_copies, tells stderr with it. The context is current on this thread until the end.
  Sharing(TiRuntime runtime, const IstGlInfo& info, const Scene& scene, bool allow_copies);
  ~Sharing();
  Sharing(const Sharing&) = delete;
  Sharing& operator=(const Sharing&) = delete;

  // GL commands from now on see what the scene has made last; nothing else may touch these objects.
  void lend(const SceneView& view);
  // The runtime's work from now on comes after the GL commands so far.
  void take_back(const SceneView& view);

  // The GL name of an image or memory of the scene.
  uint32_t name_of(const void* object) const { return objects_.at(object).name; }
  // How hand-overs are ordered, and what keeps them from being better; empty: nothing.
  IstRung to_gl() const { return first().to_gl; }
  IstRung from_gl() const { return first().from_gl; }
  bool copied() const;
  std::string reason() const { return first().reason; }

 private:
  void share(TiRuntime runtime, const Scene& scene, bool allow_copies);
  const IstGlObject& first() const { return objects_.begin()->second; }

  IstGl gl_ = nullptr;
  std::map<const void*, IstGlObject> objects_;
};

}  // namespace demo
