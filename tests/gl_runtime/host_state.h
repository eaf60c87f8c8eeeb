// All state of a context that a runtime might touch, set to what is unusual, and read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gl_host/gl_host.h"

namespace gl_runtime {

class HostState {
 public:
  explicit HostState(gl_host::GlHost& host);
  // Everything has an object or a value that is not the default, and no two bindings are alike.
  void disturb();
  bool has_transform_feedback() const { return feedback_; }

  using Values = std::map<std::string, std::vector<int64_t>>;
  Values read();
  // One line for each value that is not the same; empty: all are.
  static std::string difference(const Values& before, const Values& after);

 private:
  struct Target {
    const char* name;
    GLenum target;
    GLenum binding;
  };
  // All that the context has: a driver may tell a version of which it lacks some.
  using Bind = PFNGLBINDBUFFERPROC;
  std::vector<Target> those_here(const std::vector<Target>& all, Bind bind) const;
  bool knows(GLenum what) const;

  void disturb_programs();
  void disturb_buffers();
  void disturb_indexed_buffers();
  void disturb_textures();
  void disturb_images();
  void disturb_framebuffers();
  void disturb_pixels();
  void disturb_switches();
  void read_buffers(Values& values);
  void read_textures(Values& values);
  void read_images(Values& values);
  void read_framebuffers(Values& values);

  GLuint make_buffer();
  GLuint make_texture(GLenum target);
  GLint integer(GLenum what) const;
  std::vector<int64_t> integers(GLenum what, size_t count) const;
  std::vector<GLenum> integers_asked() const;
  std::vector<GLenum> switches() const;

  gl_host::GlHost& g_;
  bool es_;
  std::vector<Target> textures_;
  std::vector<Target> buffers_;
  bool feedback_;
};

}  // namespace gl_runtime
