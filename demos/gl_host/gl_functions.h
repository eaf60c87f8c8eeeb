// The functions of OpenGL 4.5 and OpenGL ES 3.2 that this app calls, found through the context they belong to.
#pragma once

#include <GL/glcorearb.h>
#include <ist/gl.h>

#include <string>

namespace demo {

// Name without "gl", and its type in glcorearb.h.
#define DEMO_GL_FUNCTIONS(FUNCTION)                                   \
  FUNCTION(ActiveTexture, PFNGLACTIVETEXTUREPROC)                     \
  FUNCTION(AttachShader, PFNGLATTACHSHADERPROC)                       \
  FUNCTION(BindBuffer, PFNGLBINDBUFFERPROC)                           \
  FUNCTION(BindFramebuffer, PFNGLBINDFRAMEBUFFERPROC)                 \
  FUNCTION(BindRenderbuffer, PFNGLBINDRENDERBUFFERPROC)               \
  FUNCTION(BindSampler, PFNGLBINDSAMPLERPROC)                         \
  FUNCTION(BindTexture, PFNGLBINDTEXTUREPROC)                         \
  FUNCTION(BindVertexArray, PFNGLBINDVERTEXARRAYPROC)                 \
  FUNCTION(BlendFuncSeparate, PFNGLBLENDFUNCSEPARATEPROC)             \
  FUNCTION(BufferData, PFNGLBUFFERDATAPROC)                           \
  FUNCTION(CheckFramebufferStatus, PFNGLCHECKFRAMEBUFFERSTATUSPROC)   \
  FUNCTION(Clear, PFNGLCLEARPROC)                                     \
  FUNCTION(ClearColor, PFNGLCLEARCOLORPROC)                           \
  FUNCTION(CompileShader, PFNGLCOMPILESHADERPROC)                     \
  FUNCTION(CreateProgram, PFNGLCREATEPROGRAMPROC)                     \
  FUNCTION(CreateShader, PFNGLCREATESHADERPROC)                       \
  FUNCTION(DebugMessageCallback, PFNGLDEBUGMESSAGECALLBACKPROC)       \
  FUNCTION(DeleteBuffers, PFNGLDELETEBUFFERSPROC)                     \
  FUNCTION(DeleteFramebuffers, PFNGLDELETEFRAMEBUFFERSPROC)           \
  FUNCTION(DeleteProgram, PFNGLDELETEPROGRAMPROC)                     \
  FUNCTION(DeleteRenderbuffers, PFNGLDELETERENDERBUFFERSPROC)         \
  FUNCTION(DeleteSamplers, PFNGLDELETESAMPLERSPROC)                   \
  FUNCTION(DeleteShader, PFNGLDELETESHADERPROC)                       \
  FUNCTION(DeleteTextures, PFNGLDELETETEXTURESPROC)                   \
  FUNCTION(DeleteVertexArrays, PFNGLDELETEVERTEXARRAYSPROC)           \
  FUNCTION(Disable, PFNGLDISABLEPROC)                                 \
  FUNCTION(DrawArrays, PFNGLDRAWARRAYSPROC)                           \
  FUNCTION(DrawElements, PFNGLDRAWELEMENTSPROC)                       \
  FUNCTION(Enable, PFNGLENABLEPROC)                                   \
  FUNCTION(EnableVertexAttribArray, PFNGLENABLEVERTEXATTRIBARRAYPROC) \
  FUNCTION(Finish, PFNGLFINISHPROC)                                   \
  FUNCTION(FramebufferRenderbuffer, PFNGLFRAMEBUFFERRENDERBUFFERPROC) \
  FUNCTION(GenBuffers, PFNGLGENBUFFERSPROC)                           \
  FUNCTION(GenFramebuffers, PFNGLGENFRAMEBUFFERSPROC)                 \
  FUNCTION(GenRenderbuffers, PFNGLGENRENDERBUFFERSPROC)               \
  FUNCTION(GenSamplers, PFNGLGENSAMPLERSPROC)                         \
  FUNCTION(GenTextures, PFNGLGENTEXTURESPROC)                         \
  FUNCTION(GenVertexArrays, PFNGLGENVERTEXARRAYSPROC)                 \
  FUNCTION(GetProgramInfoLog, PFNGLGETPROGRAMINFOLOGPROC)             \
  FUNCTION(GetProgramiv, PFNGLGETPROGRAMIVPROC)                       \
  FUNCTION(GetShaderInfoLog, PFNGLGETSHADERINFOLOGPROC)               \
  FUNCTION(GetShaderiv, PFNGLGETSHADERIVPROC)                         \
  FUNCTION(GetString, PFNGLGETSTRINGPROC)                             \
  FUNCTION(GetUniformLocation, PFNGLGETUNIFORMLOCATIONPROC)           \
  FUNCTION(LinkProgram, PFNGLLINKPROGRAMPROC)                         \
  FUNCTION(ReadPixels, PFNGLREADPIXELSPROC)                           \
  FUNCTION(RenderbufferStorage, PFNGLRENDERBUFFERSTORAGEPROC)         \
  FUNCTION(SamplerParameteri, PFNGLSAMPLERPARAMETERIPROC)             \
  FUNCTION(Scissor, PFNGLSCISSORPROC)                                 \
  FUNCTION(ShaderSource, PFNGLSHADERSOURCEPROC)                       \
  FUNCTION(TexStorage2D, PFNGLTEXSTORAGE2DPROC)                       \
  FUNCTION(TexSubImage2D, PFNGLTEXSUBIMAGE2DPROC)                     \
  FUNCTION(Uniform1f, PFNGLUNIFORM1FPROC)                             \
  FUNCTION(Uniform2f, PFNGLUNIFORM2FPROC)                             \
  FUNCTION(UseProgram, PFNGLUSEPROGRAMPROC)                           \
  FUNCTION(VertexAttribIPointer, PFNGLVERTEXATTRIBIPOINTERPROC)       \
  FUNCTION(VertexAttribPointer, PFNGLVERTEXATTRIBPOINTERPROC)         \
  FUNCTION(Viewport, PFNGLVIEWPORTPROC)

// All that follows belongs to the thread on which the context is current.
struct Gl {
  // Throws std::runtime_error naming a function that is not there.
  Gl(IstGlProc (*get_proc_addr)(const char* name), bool es);

  // A linked program; sources begin behind the line #version. Throws std::runtime_error with the compiler's log.
  GLuint program(const char* vertex, const char* fragment) const;
  std::string text(GLenum what) const;

  bool es;
#define DEMO_GL_MEMBER(name, type) type name = nullptr;
  DEMO_GL_FUNCTIONS(DEMO_GL_MEMBER)
#undef DEMO_GL_MEMBER

 private:
  GLuint shader(GLenum stage, const char* source) const;
};

}  // namespace demo
