// EGL as our own contexts need it: opened at run time, displays without a window system. Knows no GL function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ist::gl {

// The part of EGL's names that is called; declared here so that no header of EGL is needed.
namespace egl {
using Display = void*;
using Context = void*;
using Surface = void*;
using Config = void*;
using Device = void*;
using Enum = uint32_t;
using Int = int32_t;
using Bool = uint32_t;
using Procedure = void (*)();

inline constexpr Enum kOpenGl = 0x30A2, kOpenGlEs = 0x30A0;
inline constexpr Int kNone = 0x3038;
}  // namespace egl

// FUNCTION(what GetError is to eglGetError, result, parameters). Of EGL 1.4: all must be there.
#define IST_EGL_FUNCTIONS(FUNCTION)                                                                     \
  FUNCTION(BindAPI, egl::Bool, (egl::Enum))                                                             \
  FUNCTION(ChooseConfig, egl::Bool, (egl::Display, const egl::Int*, egl::Config*, egl::Int, egl::Int*)) \
  FUNCTION(CreateContext, egl::Context, (egl::Display, egl::Config, egl::Context, const egl::Int*))     \
  FUNCTION(DestroyContext, egl::Bool, (egl::Display, egl::Context))                                     \
  FUNCTION(GetCurrentContext, egl::Context, ())                                                         \
  FUNCTION(GetCurrentDisplay, egl::Display, ())                                                         \
  FUNCTION(GetCurrentSurface, egl::Surface, (egl::Int))                                                 \
  FUNCTION(GetDisplay, egl::Display, (void*))                                                           \
  FUNCTION(GetError, egl::Int, ())                                                                      \
  FUNCTION(GetProcAddress, egl::Procedure, (const char*))                                               \
  FUNCTION(Initialize, egl::Bool, (egl::Display, egl::Int*, egl::Int*))                                 \
  FUNCTION(MakeCurrent, egl::Bool, (egl::Display, egl::Surface, egl::Surface, egl::Context))            \
  FUNCTION(QueryAPI, egl::Enum, ())                                                                     \
  FUNCTION(QueryString, const char*, (egl::Display, egl::Int))

struct Egl {
#define IST_EGL_MEMBER(name, result, parameters) result(*name) parameters = nullptr;
  IST_EGL_FUNCTIONS(IST_EGL_MEMBER)
#undef IST_EGL_MEMBER
  // Of extensions: null without them.
  egl::Display (*GetPlatformDisplay)(egl::Enum, void*, const egl::Int*) = nullptr;
  egl::Bool (*QueryDevices)(egl::Int, egl::Device*, egl::Int*) = nullptr;
  egl::Bool (*QueryDisplayAttrib)(egl::Display, egl::Int, intptr_t*) = nullptr;
  const char* (*QueryDeviceString)(egl::Device, egl::Int) = nullptr;
  bool surfaceless_platform = false;
  bool device_platform = false;
};

// Opened at the first call, for as long as the process lives; null: there is no usable libEGL. Any thread.
const Egl* load_egl();

// An initialised display whose contexts are current without a surface. Never terminated: the host may use it as well.
struct EglDisplay {
  egl::Display handle = nullptr;
  bool version_1_5 = false;
  std::string extensions;

  bool has(std::string_view extension) const;
};

// not_supported: EGL is absent, or has no such display; argument_out_of_range. Any thread.
Result<EglDisplay> open_display(uint32_t device_index);

// "EGL_BAD_MATCH (0x3009)", of the last call on this thread.
std::string egl_error_text(const Egl& egl);

}  // namespace ist::gl
