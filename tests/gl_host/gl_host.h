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
#define GL_HOST_FUNCTIONS(FUNCTION)                                       \
  FUNCTION(ActiveTexture, PFNGLACTIVETEXTUREPROC)                         \
  FUNCTION(AttachShader, PFNGLATTACHSHADERPROC)                           \
  FUNCTION(BeginQuery, PFNGLBEGINQUERYPROC)                               \
  FUNCTION(BeginTransformFeedback, PFNGLBEGINTRANSFORMFEEDBACKPROC)       \
  FUNCTION(BindBuffer, PFNGLBINDBUFFERPROC)                               \
  FUNCTION(BindBufferBase, PFNGLBINDBUFFERBASEPROC)                       \
  FUNCTION(BindBufferRange, PFNGLBINDBUFFERRANGEPROC)                     \
  FUNCTION(BindFramebuffer, PFNGLBINDFRAMEBUFFERPROC)                     \
  FUNCTION(BindImageTexture, PFNGLBINDIMAGETEXTUREPROC)                   \
  FUNCTION(BindProgramPipeline, PFNGLBINDPROGRAMPIPELINEPROC)             \
  FUNCTION(BindRenderbuffer, PFNGLBINDRENDERBUFFERPROC)                   \
  FUNCTION(BindSampler, PFNGLBINDSAMPLERPROC)                             \
  FUNCTION(BindTexture, PFNGLBINDTEXTUREPROC)                             \
  FUNCTION(BindTransformFeedback, PFNGLBINDTRANSFORMFEEDBACKPROC)         \
  FUNCTION(BindVertexArray, PFNGLBINDVERTEXARRAYPROC)                     \
  FUNCTION(BlendFunc, PFNGLBLENDFUNCPROC)                                 \
  FUNCTION(BufferData, PFNGLBUFFERDATAPROC)                               \
  FUNCTION(BufferSubData, PFNGLBUFFERSUBDATAPROC)                         \
  FUNCTION(CheckFramebufferStatus, PFNGLCHECKFRAMEBUFFERSTATUSPROC)       \
  FUNCTION(Clear, PFNGLCLEARPROC)                                         \
  FUNCTION(ClearColor, PFNGLCLEARCOLORPROC)                               \
  FUNCTION(ColorMask, PFNGLCOLORMASKPROC)                                 \
  FUNCTION(CompileShader, PFNGLCOMPILESHADERPROC)                         \
  FUNCTION(CopyBufferSubData, PFNGLCOPYBUFFERSUBDATAPROC)                 \
  FUNCTION(CreateProgram, PFNGLCREATEPROGRAMPROC)                         \
  FUNCTION(CreateShader, PFNGLCREATESHADERPROC)                           \
  FUNCTION(CullFace, PFNGLCULLFACEPROC)                                   \
  FUNCTION(DebugMessageCallback, PFNGLDEBUGMESSAGECALLBACKPROC)           \
  FUNCTION(DeleteBuffers, PFNGLDELETEBUFFERSPROC)                         \
  FUNCTION(DeleteFramebuffers, PFNGLDELETEFRAMEBUFFERSPROC)               \
  FUNCTION(DeleteProgram, PFNGLDELETEPROGRAMPROC)                         \
  FUNCTION(DeleteProgramPipelines, PFNGLDELETEPROGRAMPIPELINESPROC)       \
  FUNCTION(DeleteQueries, PFNGLDELETEQUERIESPROC)                         \
  FUNCTION(DeleteSamplers, PFNGLDELETESAMPLERSPROC)                       \
  FUNCTION(DeleteShader, PFNGLDELETESHADERPROC)                           \
  FUNCTION(DeleteTextures, PFNGLDELETETEXTURESPROC)                       \
  FUNCTION(DeleteVertexArrays, PFNGLDELETEVERTEXARRAYSPROC)               \
  FUNCTION(DepthMask, PFNGLDEPTHMASKPROC)                                 \
  FUNCTION(Disable, PFNGLDISABLEPROC)                                     \
  FUNCTION(DispatchCompute, PFNGLDISPATCHCOMPUTEPROC)                     \
  FUNCTION(DrawArrays, PFNGLDRAWARRAYSPROC)                               \
  FUNCTION(DrawBuffers, PFNGLDRAWBUFFERSPROC)                             \
  FUNCTION(Enable, PFNGLENABLEPROC)                                       \
  FUNCTION(EnableVertexAttribArray, PFNGLENABLEVERTEXATTRIBARRAYPROC)     \
  FUNCTION(EndQuery, PFNGLENDQUERYPROC)                                   \
  FUNCTION(EndTransformFeedback, PFNGLENDTRANSFORMFEEDBACKPROC)           \
  FUNCTION(Finish, PFNGLFINISHPROC)                                       \
  FUNCTION(FramebufferTexture, PFNGLFRAMEBUFFERTEXTUREPROC)               \
  FUNCTION(FramebufferTexture1D, PFNGLFRAMEBUFFERTEXTURE1DPROC)           \
  FUNCTION(FramebufferTexture2D, PFNGLFRAMEBUFFERTEXTURE2DPROC)           \
  FUNCTION(FramebufferTextureLayer, PFNGLFRAMEBUFFERTEXTURELAYERPROC)     \
  FUNCTION(GenBuffers, PFNGLGENBUFFERSPROC)                               \
  FUNCTION(GenFramebuffers, PFNGLGENFRAMEBUFFERSPROC)                     \
  FUNCTION(GenProgramPipelines, PFNGLGENPROGRAMPIPELINESPROC)             \
  FUNCTION(GenQueries, PFNGLGENQUERIESPROC)                               \
  FUNCTION(GenRenderbuffers, PFNGLGENRENDERBUFFERSPROC)                   \
  FUNCTION(GenSamplers, PFNGLGENSAMPLERSPROC)                             \
  FUNCTION(GenTextures, PFNGLGENTEXTURESPROC)                             \
  FUNCTION(GenTransformFeedbacks, PFNGLGENTRANSFORMFEEDBACKSPROC)         \
  FUNCTION(GenVertexArrays, PFNGLGENVERTEXARRAYSPROC)                     \
  FUNCTION(GetBooleani_v, PFNGLGETBOOLEANI_VPROC)                         \
  FUNCTION(GetBooleanv, PFNGLGETBOOLEANVPROC)                             \
  FUNCTION(GetBufferParameteriv, PFNGLGETBUFFERPARAMETERIVPROC)           \
  FUNCTION(GetError, PFNGLGETERRORPROC)                                   \
  FUNCTION(GetInteger64i_v, PFNGLGETINTEGER64I_VPROC)                     \
  FUNCTION(GetIntegeri_v, PFNGLGETINTEGERI_VPROC)                         \
  FUNCTION(GetIntegerv, PFNGLGETINTEGERVPROC)                             \
  FUNCTION(GetProgramInfoLog, PFNGLGETPROGRAMINFOLOGPROC)                 \
  FUNCTION(GetProgramiv, PFNGLGETPROGRAMIVPROC)                           \
  FUNCTION(GetShaderInfoLog, PFNGLGETSHADERINFOLOGPROC)                   \
  FUNCTION(GetShaderiv, PFNGLGETSHADERIVPROC)                             \
  FUNCTION(GetString, PFNGLGETSTRINGPROC)                                 \
  FUNCTION(GetStringi, PFNGLGETSTRINGIPROC)                               \
  FUNCTION(GetTexParameteriv, PFNGLGETTEXPARAMETERIVPROC)                 \
  FUNCTION(GetUniformLocation, PFNGLGETUNIFORMLOCATIONPROC)               \
  FUNCTION(GetVertexAttribiv, PFNGLGETVERTEXATTRIBIVPROC)                 \
  FUNCTION(IsBuffer, PFNGLISBUFFERPROC)                                   \
  FUNCTION(IsEnabled, PFNGLISENABLEDPROC)                                 \
  FUNCTION(IsProgram, PFNGLISPROGRAMPROC)                                 \
  FUNCTION(IsSampler, PFNGLISSAMPLERPROC)                                 \
  FUNCTION(IsTexture, PFNGLISTEXTUREPROC)                                 \
  FUNCTION(LinkProgram, PFNGLLINKPROGRAMPROC)                             \
  FUNCTION(MapBufferRange, PFNGLMAPBUFFERRANGEPROC)                       \
  FUNCTION(MemoryBarrier, PFNGLMEMORYBARRIERPROC)                         \
  FUNCTION(PixelStorei, PFNGLPIXELSTOREIPROC)                             \
  FUNCTION(ReadBuffer, PFNGLREADBUFFERPROC)                               \
  FUNCTION(ReadPixels, PFNGLREADPIXELSPROC)                               \
  FUNCTION(Scissor, PFNGLSCISSORPROC)                                     \
  FUNCTION(ShaderSource, PFNGLSHADERSOURCEPROC)                           \
  FUNCTION(StencilMask, PFNGLSTENCILMASKPROC)                             \
  FUNCTION(TexImage2D, PFNGLTEXIMAGE2DPROC)                               \
  FUNCTION(TexParameteri, PFNGLTEXPARAMETERIPROC)                         \
  FUNCTION(TexStorage1D, PFNGLTEXSTORAGE1DPROC)                           \
  FUNCTION(TexStorage2D, PFNGLTEXSTORAGE2DPROC)                           \
  FUNCTION(TexStorage3D, PFNGLTEXSTORAGE3DPROC)                           \
  FUNCTION(TexSubImage1D, PFNGLTEXSUBIMAGE1DPROC)                         \
  FUNCTION(TexSubImage2D, PFNGLTEXSUBIMAGE2DPROC)                         \
  FUNCTION(TexSubImage3D, PFNGLTEXSUBIMAGE3DPROC)                         \
  FUNCTION(TransformFeedbackVaryings, PFNGLTRANSFORMFEEDBACKVARYINGSPROC) \
  FUNCTION(Uniform1i, PFNGLUNIFORM1IPROC)                                 \
  FUNCTION(Uniform1ui, PFNGLUNIFORM1UIPROC)                               \
  FUNCTION(UnmapBuffer, PFNGLUNMAPBUFFERPROC)                             \
  FUNCTION(UseProgram, PFNGLUSEPROGRAMPROC)                               \
  FUNCTION(VertexAttribIPointer, PFNGLVERTEXATTRIBIPOINTERPROC)           \
  FUNCTION(VertexAttribPointer, PFNGLVERTEXATTRIBPOINTERPROC)             \
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
