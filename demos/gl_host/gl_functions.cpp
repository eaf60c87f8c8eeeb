// Loading of functions, and building of programs.
#include "gl_host/gl_functions.h"

#include <stdexcept>

namespace demo {
namespace {

template <class Function>
Function load(IstGlProc (*get_proc_addr)(const char*), const char* name) {
  const IstGlProc function = get_proc_addr(name);
  if (!function) throw std::runtime_error("The OpenGL context has no function '" + std::string(name) + "'.");
  return reinterpret_cast<Function>(function);
}

}  // namespace

Gl::Gl(IstGlProc (*get_proc_addr)(const char* name), bool es) : es(es) {
#define DEMO_GL_LOAD(name, type) name = load<type>(get_proc_addr, "gl" #name);
  DEMO_GL_FUNCTIONS(DEMO_GL_LOAD)
#undef DEMO_GL_LOAD
}

std::string Gl::text(GLenum what) const { return reinterpret_cast<const char*>(GetString(what)); }

GLuint Gl::shader(GLenum stage, const char* source) const {
  const char* version = es ? "#version 320 es\nprecision highp float;\nprecision highp int;\n" : "#version 330 core\n";
  const char* lines[] = {version, source};
  const GLuint shader = CreateShader(stage);
  ShaderSource(shader, 2, lines, nullptr);
  CompileShader(shader);
  GLint compiled = 0;
  GetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
  if (compiled) return shader;
  char log[1024] = "";
  GetShaderInfoLog(shader, sizeof log, nullptr, log);
  throw std::runtime_error("A shader does not compile: " + std::string(log));
}

GLuint Gl::program(const char* vertex, const char* fragment) const {
  const GLuint program = CreateProgram();
  for (const GLuint stage : {shader(GL_VERTEX_SHADER, vertex), shader(GL_FRAGMENT_SHADER, fragment)}) {
    AttachShader(program, stage);
    DeleteShader(stage);
  }
  LinkProgram(program);
  GLint linked = 0;
  GetProgramiv(program, GL_LINK_STATUS, &linked);
  if (linked) return program;
  char log[1024] = "";
  GetProgramInfoLog(program, sizeof log, nullptr, log);
  throw std::runtime_error("A program does not link: " + std::string(log));
}

}  // namespace demo
