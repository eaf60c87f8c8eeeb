// Chooses the contestant and does the arithmetic both share.
#include "subject.h"

namespace ist::bench {

uint64_t Array::count() const {
  uint64_t product = 1;
  for (const uint32_t extent : shape) product *= extent;
  return product;
}

uint64_t Array::size_bytes() const {
  uint64_t components = 1;
  for (const uint32_t extent : element_shape) components *= extent;
  return count() * components * 4;
}

std::unique_ptr<Subject> make_subject(const SubjectSpec& spec) {
  if (!spec.library.empty()) return make_capi_subject(spec);
  if (spec.api == Api::cpu) return make_raw_cpu_subject();
  return spec.api == Api::opengl ? make_raw_gl_subject(spec) : make_raw_vulkan_subject(spec);
}

}  // namespace ist::bench
