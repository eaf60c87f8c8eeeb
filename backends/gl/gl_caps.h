// What a context can do: the one table of differences between OpenGL and OpenGL ES, versions, extensions and drivers.
// Whoever else asks for the version or for an extension asks in the wrong place.
#pragma once

#include <string>

#include "contract/device.h"
#include "gl/gl_glsl_target.h"
#include "gl_api/gl_functions.h"

namespace ist::gl {

struct ComputeCaps {
  bool buffer_storage = false;      // persistent mappings
  bool clear_buffer = false;        // glClearBufferSubData
  bool copy_image = false;          // glCopyImageSubData
  bool texture_view = false;        // glTextureView
  bool format_views = false;        // and views of another format have the same texels
  bool texture_sub_image = false;   // glGetTextureSubImage
  bool program_binaries = false;    // at least one format
  bool gl_spirv = false;            // shaders from SPIR-V words
  bool debug = false;               // labels, groups, messages
  bool timer = false;               // time stamps
  bool reset_status = false;        // glGetGraphicsResetStatus
  bool linear_float = false;        // 32-bit float textures can be filtered
  bool color_buffer_float = false;  // and be attached to framebuffers; 16-bit likewise
  bool color_buffer_half = false;
  bool anisotropy = false;
  float max_anisotropy = 1;
  bool ordered_sharing = false;      // a second context of the share group does no harm
  uint32_t uniform_alignment = 256;  // of offsets, in bytes
  uint32_t storage_alignment = 256;
  uint32_t max_texture_units = 0;  // of one task; also of all that may be bound
  uint32_t max_texture_size = 0;
  uint32_t max_3d_size = 0;
  uint32_t max_cube_size = 0;
  uint32_t max_layers = 0;
  std::string identity;  // vendor, renderer, version: whose program binaries are whose
};

// All that is known of a context; immutable once read.
struct ContextFacts {
  Functions gl;
  Caps caps;
  ComputeCaps compute;
  GlslTarget target;  // of the translator
  DeviceInfo info;
};

// Of the context that is current. `arch` opengl or gles: not_supported if the context is the other one, is too old or
// lacks a function. `adopted`: it is the host's. Leaves no state changed and no error behind.
Result<ContextFacts> read_context(GetProc get_proc_addr, Arch arch, bool adopted);

}  // namespace ist::gl
