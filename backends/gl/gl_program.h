// A compute program while it is made. The context is current wherever one is touched.
#pragma once

#include <string>
#include <utility>

#include "base/status.h"
#include "gl_api/gl_functions.h"

namespace ist::gl {

// Deleted unless it is taken.
class Program {
 public:
  // name() is 0 when the driver gives none. `retrievable`: its binary will be asked for.
  Program(const Functions& gl, bool retrievable);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  Name name() const { return name_; }
  Name take() { return std::exchange(name_, 0); }
  bool linked() const;

 private:
  const Functions& gl_;
  Name name_;
};

// A compute shader, deleted at the end.
class Shader {
 public:
  explicit Shader(const Functions& gl);
  ~Shader();
  Shader(const Shader&) = delete;
  Shader& operator=(const Shader&) = delete;

  Name name() const { return name_; }
  void compile(const std::string& text) const;
  // incompatible_module with the driver's message, unless it has been compiled; `kernel` and `language` are for the
  // sentence.
  Status check(const std::string& kernel, const std::string& language) const;
  // Likewise of the program that is made of this shader alone.
  Status link(const Program& program, const std::string& kernel) const;

 private:
  const Functions& gl_;
  Name name_;
};

}  // namespace ist::gl
