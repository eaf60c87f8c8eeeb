// Compiles, links, and asks why not.
#include "gl/gl_program.h"

#include <algorithm>
#include <vector>

namespace ist::gl {
namespace {

constexpr Enum kComputeShader = 0x91B9, kCompileStatus = 0x8B81, kLinkStatus = 0x8B82, kInfoLogLength = 0x8B84;
constexpr Enum kBinaryRetrievable = 0x8257;

// Enough of a message for a sentence; some drivers repeat the source in it.
constexpr size_t kMaxLines = 4;
constexpr size_t kMaxBytes = 600;

std::string beginning_of(const std::string& log) {
  std::string lines;
  size_t count = 0;
  for (size_t at = 0; at < log.size() && count < kMaxLines;) {
    const size_t end = std::min(log.find('\n', at), log.size());
    if (end > at) lines.append(count++ == 0 ? "" : " / ").append(log, at, end - at);
    at = end + 1;
  }
  if (lines.size() > kMaxBytes) lines.resize(kMaxBytes);
  return lines.empty() ? "it gives no reason" : lines;
}

template <class GetLength, class GetLog>
std::string read_log(Name name, GetLength get_length, GetLog get_log) {
  int32_t length = 0;
  get_length(name, kInfoLogLength, &length);
  if (length <= 0) return beginning_of("");
  std::vector<char> text(static_cast<size_t>(length));
  Size written = 0;
  get_log(name, length, &written, text.data());
  return beginning_of(std::string(text.data(), static_cast<size_t>(std::clamp(written, 0, length))));
}

}  // namespace

Program::Program(const Functions& gl, bool retrievable) : gl_(gl), name_(gl.CreateProgram()) {
  if (name_ && retrievable) gl.ProgramParameteri(name_, kBinaryRetrievable, 1);
}

Program::~Program() {
  if (name_) gl_.DeleteProgram(name_);
}

bool Program::linked() const {
  int32_t status = 0;
  gl_.GetProgramiv(name_, kLinkStatus, &status);
  return status != 0;
}

Shader::Shader(const Functions& gl) : gl_(gl), name_(gl.CreateShader(kComputeShader)) {}

Shader::~Shader() {
  if (name_) gl_.DeleteShader(name_);
}

void Shader::compile(const std::string& text) const {
  const char* source = text.c_str();
  const auto length = static_cast<int32_t>(text.size());
  gl_.ShaderSource(name_, 1, &source, &length);
  gl_.CompileShader(name_);
}

Status Shader::check(const std::string& kernel, const std::string& language) const {
  int32_t status = 0;
  gl_.GetShaderiv(name_, kCompileStatus, &status);
  if (status) return {};
  return fail(Code::incompatible_module, "The driver refuses kernel '%s' in %s: %s.", kernel.c_str(), language.c_str(),
              read_log(name_, gl_.GetShaderiv, gl_.GetShaderInfoLog).c_str());
}

Status Shader::link(const Program& program, const std::string& kernel) const {
  gl_.AttachShader(program.name(), name_);
  gl_.LinkProgram(program.name());
  gl_.DetachShader(program.name(), name_);
  if (program.linked()) return {};
  return fail(Code::incompatible_module, "The driver does not link kernel '%s': %s.", kernel.c_str(),
              read_log(program.name(), gl_.GetProgramiv, gl_.GetProgramInfoLog).c_str());
}

}  // namespace ist::gl
