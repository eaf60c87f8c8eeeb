// Contexts of OpenGL and OpenGL ES without a window, on every EGL display that is here. EGL is opened at run time.
#pragma once

#include <EGL/egl.h>
#include <GL/glcorearb.h>

#include <string>
#include <vector>

namespace doctor {

enum class GlApi { gl, gles };

// Function without its prefix, and its type.
#define DOCTOR_GL_FUNCTIONS(FUNCTION)                               \
  FUNCTION(BindFramebuffer, PFNGLBINDFRAMEBUFFERPROC)               \
  FUNCTION(BindTexture, PFNGLBINDTEXTUREPROC)                       \
  FUNCTION(CheckFramebufferStatus, PFNGLCHECKFRAMEBUFFERSTATUSPROC) \
  FUNCTION(DeleteFramebuffers, PFNGLDELETEFRAMEBUFFERSPROC)         \
  FUNCTION(DeleteTextures, PFNGLDELETETEXTURESPROC)                 \
  FUNCTION(Finish, PFNGLFINISHPROC)                                 \
  FUNCTION(FramebufferTexture2D, PFNGLFRAMEBUFFERTEXTURE2DPROC)     \
  FUNCTION(GenFramebuffers, PFNGLGENFRAMEBUFFERSPROC)               \
  FUNCTION(GenTextures, PFNGLGENTEXTURESPROC)                       \
  FUNCTION(GetError, PFNGLGETERRORPROC)                             \
  FUNCTION(GetIntegerv, PFNGLGETINTEGERVPROC)                       \
  FUNCTION(GetString, PFNGLGETSTRINGPROC)                           \
  FUNCTION(GetStringi, PFNGLGETSTRINGIPROC)                         \
  FUNCTION(ReadPixels, PFNGLREADPIXELSPROC)                         \
  FUNCTION(TexStorage2D, PFNGLTEXSTORAGE2DPROC)                     \
  FUNCTION(TexSubImage2D, PFNGLTEXSUBIMAGE2DPROC)

// Names of the displays to try: "device0", "device1", ..., "surfaceless". Empty, with `problem` filled, where there is
// no EGL.
std::vector<std::string> egl_displays(std::string& problem);

// The newest context that a display makes, current on the thread that made it.
class GlContext {
 public:
  GlContext(GlApi api, const std::string& display);
  ~GlContext();
  GlContext(const GlContext&) = delete;
  GlContext& operator=(const GlContext&) = delete;

  // Empty: there is a context. Else why not.
  const std::string& problem() const { return problem_; }
  // As the driver tells it.
  std::string text(GLenum which) const;
  bool has_extension(const std::string& name) const;

#define DOCTOR_GL_MEMBER(name, type) type name = nullptr;
  DOCTOR_GL_FUNCTIONS(DOCTOR_GL_MEMBER)
#undef DOCTOR_GL_MEMBER

 private:
  bool make(const std::string& display);

  GlApi api_;
  std::string problem_;
  EGLDisplay display_ = EGL_NO_DISPLAY;
  EGLContext context_ = EGL_NO_CONTEXT;
};

// As IstGlInfo wants it.
void (*gl_function(const char* name))();

}  // namespace doctor
