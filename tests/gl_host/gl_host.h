// A host that draws with OpenGL or OpenGL ES, without a window: EGL opened at run time, the functions it calls, and
// every error message of the driver kept. Knows nothing of the library.
#pragma once

#include <EGL/egl.h>
#include <GL/glcorearb.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gl_host {

enum class Api { gl, gles };

// Function, and its type in glcorearb.h.
#define GL_HOST_FUNCTIONS(FUNCTION)                                   \
  FUNCTION(ActiveTexture, PFNGLACTIVETEXTUREPROC)                     \
  FUNCTION(AttachShader, PFNGLATTACHSHADERPROC)                       \
  FUNCTION(BindBuffer, PFNGLBINDBUFFERPROC)                           \
  FUNCTION(BindBufferBase, PFNGLBINDBUFFERBASEPROC)                   \
  FUNCTION(BindFramebuffer, PFNGLBINDFRAMEBUFFERPROC)                 \
  FUNCTION(BindTexture, PFNGLBINDTEXTUREPROC)                         \
  FUNCTION(BindVertexArray, PFNGLBINDVERTEXARRAYPROC)                 \
  FUNCTION(BufferData, PFNGLBUFFERDATAPROC)                           \
  FUNCTION(BufferSubData, PFNGLBUFFERSUBDATAPROC)                     \
  FUNCTION(CheckFramebufferStatus, PFNGLCHECKFRAMEBUFFERSTATUSPROC)   \
  FUNCTION(Clear, PFNGLCLEARPROC)                                     \
  FUNCTION(ClearColor, PFNGLCLEARCOLORPROC)                           \
  FUNCTION(CompileShader, PFNGLCOMPILESHADERPROC)                     \
  FUNCTION(CopyBufferSubData, PFNGLCOPYBUFFERSUBDATAPROC)             \
  FUNCTION(CreateProgram, PFNGLCREATEPROGRAMPROC)                     \
  FUNCTION(CreateShader, PFNGLCREATESHADERPROC)                       \
  FUNCTION(DebugMessageCallback, PFNGLDEBUGMESSAGECALLBACKPROC)       \
  FUNCTION(DeleteBuffers, PFNGLDELETEBUFFERSPROC)                     \
  FUNCTION(DeleteFramebuffers, PFNGLDELETEFRAMEBUFFERSPROC)           \
  FUNCTION(DeleteProgram, PFNGLDELETEPROGRAMPROC)                     \
  FUNCTION(DeleteShader, PFNGLDELETESHADERPROC)                       \
  FUNCTION(DeleteTextures, PFNGLDELETETEXTURESPROC)                   \
  FUNCTION(DeleteVertexArrays, PFNGLDELETEVERTEXARRAYSPROC)           \
  FUNCTION(Disable, PFNGLDISABLEPROC)                                 \
  FUNCTION(DispatchCompute, PFNGLDISPATCHCOMPUTEPROC)                 \
  FUNCTION(DrawArrays, PFNGLDRAWARRAYSPROC)                           \
  FUNCTION(Enable, PFNGLENABLEPROC)                                   \
  FUNCTION(EnableVertexAttribArray, PFNGLENABLEVERTEXATTRIBARRAYPROC) \
  FUNCTION(Finish, PFNGLFINISHPROC)                                   \
  FUNCTION(FramebufferTexture2D, PFNGLFRAMEBUFFERTEXTURE2DPROC)       \
  FUNCTION(FramebufferTextureLayer, PFNGLFRAMEBUFFERTEXTURELAYERPROC) \
  FUNCTION(GenBuffers, PFNGLGENBUFFERSPROC)                           \
  FUNCTION(GenFramebuffers, PFNGLGENFRAMEBUFFERSPROC)                 \
  FUNCTION(GenTextures, PFNGLGENTEXTURESPROC)                         \
  FUNCTION(GenVertexArrays, PFNGLGENVERTEXARRAYSPROC)                 \
  FUNCTION(GetError, PFNGLGETERRORPROC)                               \
  FUNCTION(GetIntegerv, PFNGLGETINTEGERVPROC)                         \
  FUNCTION(GetProgramInfoLog, PFNGLGETPROGRAMINFOLOGPROC)             \
  FUNCTION(GetProgramiv, PFNGLGETPROGRAMIVPROC)                       \
  FUNCTION(GetShaderInfoLog, PFNGLGETSHADERINFOLOGPROC)               \
  FUNCTION(GetShaderiv, PFNGLGETSHADERIVPROC)                         \
  FUNCTION(GetString, PFNGLGETSTRINGPROC)                             \
  FUNCTION(GetStringi, PFNGLGETSTRINGIPROC)                           \
  FUNCTION(GetUniformLocation, PFNGLGETUNIFORMLOCATIONPROC)           \
  FUNCTION(IsBuffer, PFNGLISBUFFERPROC)                               \
  FUNCTION(IsTexture, PFNGLISTEXTUREPROC)                             \
  FUNCTION(LinkProgram, PFNGLLINKPROGRAMPROC)                         \
  FUNCTION(MapBufferRange, PFNGLMAPBUFFERRANGEPROC)                   \
  FUNCTION(MemoryBarrier, PFNGLMEMORYBARRIERPROC)                     \
  FUNCTION(PixelStorei, PFNGLPIXELSTOREIPROC)                         \
  FUNCTION(ReadPixels, PFNGLREADPIXELSPROC)                           \
  FUNCTION(Scissor, PFNGLSCISSORPROC)                                 \
  FUNCTION(ShaderSource, PFNGLSHADERSOURCEPROC)                       \
  FUNCTION(TexParameteri, PFNGLTEXPARAMETERIPROC)                     \
  FUNCTION(TexStorage2D, PFNGLTEXSTORAGE2DPROC)                       \
  FUNCTION(TexSubImage1D, PFNGLTEXSUBIMAGE1DPROC)                     \
  FUNCTION(TexSubImage2D, PFNGLTEXSUBIMAGE2DPROC)                     \
  FUNCTION(TexSubImage3D, PFNGLTEXSUBIMAGE3DPROC)                     \
  FUNCTION(FramebufferTexture1D, PFNGLFRAMEBUFFERTEXTURE1DPROC)       \
  FUNCTION(Uniform1i, PFNGLUNIFORM1IPROC)                             \
  FUNCTION(UnmapBuffer, PFNGLUNMAPBUFFERPROC)                         \
  FUNCTION(UseProgram, PFNGLUSEPROGRAMPROC)                           \
  FUNCTION(VertexAttribPointer, PFNGLVERTEXATTRIBPOINTERPROC)         \
  FUNCTION(Viewport, PFNGLVIEWPORTPROC)

// A context of OpenGL 4.5 core or OpenGL ES 3.2, current on the thread that made it.
class GlHost {
 public:
  // `share`: a context whose objects this one sees.
  explicit GlHost(Api api, const GlHost* share = nullptr);
  ~GlHost();
  GlHost(const GlHost&) = delete;
  GlHost& operator=(const GlHost&) = delete;

  // Empty: there is such a context. Else why not.
  const std::string& problem() const { return problem_; }
  Api api() const { return api_; }
  std::string renderer() const;
  bool has_extension(const std::string& name) const;

  void make_current();
  void make_none_current();
  // As a host does on its way out; nothing of GL may be called any more.
  void destroy();
  // Error messages since the last look.
  std::vector<std::string> take_messages();

  // Linked, or 0 with `log` filled. Sources begin behind the line #version.
  GLuint program(const std::string& vertex, const std::string& fragment, std::string* log = nullptr) const;
  GLuint compute(const std::string& source, std::string* log = nullptr) const;

#define GL_HOST_MEMBER(name, type) type name = nullptr;
  GL_HOST_FUNCTIONS(GL_HOST_MEMBER)
#undef GL_HOST_MEMBER

 private:
  GLuint shader(GLenum stage, const std::string& source, std::string* log) const;
  GLuint link(const std::vector<GLuint>& shaders, std::string* log) const;

  Api api_;
  std::string problem_;
  EGLDisplay display_ = EGL_NO_DISPLAY;
  EGLContext context_ = EGL_NO_CONTEXT;
  std::vector<std::string> messages_;
};

// As IstGlInfo wants it.
void (*get_proc_addr(const char* name))();

}  // namespace gl_host
