// Minima from the tables of the specifications (OpenGL 4.3 core table 23.60 on, OpenGL ES 3.1 table 20.40 on).
#include "gl/gl_glsl_target.h"

namespace ist::gl {

using aot::Feature;

std::string GlslTarget::name() const { return (es ? "GLSL ES " : "GLSL ") + std::to_string(version); }

GlslTarget glsl_minimum(bool es, uint32_t version) {
  GlslTarget target;
  target.es = es;
  target.version = version;
  // 1D images are 2D ones of height 1 in ES. Formats are asked for one by one. What prints is left out.
  for (const Feature feature : {Feature::image_1d, Feature::storage_image_extended_formats, Feature::non_semantic_info})
    target.features.add(feature);
  if (es) return target;
  target.features.add(Feature::float64);
  target.features.add(Feature::storage_image_write_without_format);
  target.extended_formats = target.extended_unorm16 = true;
  target.limits.max_group_size_x = 1024;
  target.limits.max_shared_memory_bytes = 32768;
  target.limits.max_storage_buffers = 8;
  target.limits.max_storage_images = 8;
  return target;
}

void add_extension(GlslTarget& target, std::string_view extension) {
  if (target.es) {
    if (extension == "GL_NV_image_formats") target.extended_formats = true;
    if (extension == "GL_EXT_texture_norm16") target.extended_unorm16 = true;
    return;
  }
  if (extension == "GL_ARB_gpu_shader_int64") target.features.add(Feature::int64);
  if (extension == "GL_NV_shader_atomic_float") {
    target.features.add(Feature::buffer_float32_atomic_add);
    target.features.add(Feature::shared_float32_atomic_add);
  }
}

}  // namespace ist::gl
