// Reads texels by a shader where a context has no other way to have them unchanged: OpenGL ES reads framebuffers only,
// and of many formats in wider texels only. Puts back all state.
#pragma once

#include <vector>

#include "gl/gl_texel_box.h"

namespace ist::gl {

class TexelReader {
 public:
  explicit TexelReader(const Gpu& gpu) : gpu_(gpu) {}
  ~TexelReader() { release(); }
  TexelReader(const TexelReader&) = delete;
  TexelReader& operator=(const TexelReader&) = delete;

  // Of all formats but depth with stencil. The context is current.
  Status read(Image& image, const TexelBox& box, const TexelRows& to);
  // The first half of the buffer: words with a depth above a stencil. The second half: words with a depth in the low 24
  // bits, which go into the first. `image`: whose, for messages.
  Status merge_depths(const Image& image, Name buffer, uint64_t size_bytes);
  // What it has made goes; more is made when it is needed.
  void release();

 private:
  struct Program {
    Enum target = 0;
    Format format = 0;
    bool raw = false;
    Name name = 0;
  };
  Result<Name> program(const Image& image, const Image::Texels& texels);
  Result<Name> compile(const std::string& source, const Image& image) const;
  Name sampler();
  void dispatch(Name program, const TexelBox& box, const TexelRows& to, uint32_t row_bytes, uint32_t pitch_bytes);

  const Gpu& gpu_;
  Name sampler_ = 0;
  Name merge_ = 0;
  std::vector<Program> programs_;
};

}  // namespace ist::gl
