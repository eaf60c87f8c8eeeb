// An argument of a kernel with what stands for it: its value, or an object on the device and what is to become of it.
#pragma once

#include <ist/core.h>

#include <string>
#include <vector>

#include "../module/formats.h"
#include "../module/signature.h"
#include "session.h"

namespace tool {

struct Operand {
  Argument argument;
  TiArgument value{};
  // Arrays: all dimensions, those of the element last. Images: slowest first, channels last.
  std::vector<uint64_t> shape;
  const Format* format = nullptr;  // images only

  // Of its numbers: of arrays and images.
  ist::aot::DataType type() const { return format ? format->component : argument.type; }
  bool is_array() const { return argument.kind == ist::aot::ParamKind::ndarray; }
  bool is_image() const {
    return argument.kind == ist::aot::ParamKind::sampled_texture ||
           argument.kind == ist::aot::ParamKind::storage_texture;
  }
};

// Makes what `text` says: a number, "1,2;3,4", "@FILE.npy", "@FILE.png", "zeros:SHAPE", "new:SIZE:FORMAT". The
// sentences name the argument.
ist::Result<Operand> make_operand(Session& session, const Argument& argument, const std::string& text);

// Whether write_operand() can write it there, as far as is known before anything is launched. The sentences name the
// argument or the file.
ist::Status check_output(const Operand& operand, const std::string& path);

// Writes what an array or an image now holds to a .npy or a .png.
ist::Status write_operand(const Session& session, const Operand& operand, const std::string& path);

// "i32[16] = 3, 3, 3, ...": the first numbers of an array or an image.
ist::Result<std::string> summary(const Session& session, const Operand& operand);

}  // namespace tool
