// Sampler objects.
#include <algorithm>

#include "gl/gl_image.h"

namespace ist::gl {
namespace {

constexpr Enum kWraps[] = {0x2802, 0x2803, 0x8072};  // s, t, r
constexpr Enum kRepeat = 0x2901, kMirroredRepeat = 0x8370, kClampToEdge = 0x812F;
constexpr Enum kLinear = 0x2601, kNearestMipmapLinear = 0x2702, kLinearMipmapLinear = 0x2703;
constexpr Enum kMaxAnisotropy = 0x84FE;

Enum native_mode(AddressMode mode) {
  switch (mode) {
    case AddressMode::repeat:
      return kRepeat;
    case AddressMode::mirrored_repeat:
      return kMirroredRepeat;
    case AddressMode::clamp_to_edge:
      break;
  }
  return kClampToEdge;
}

void set(const Functions& gl, Name name, Enum what, Enum value) {
  gl.SamplerParameteri(name, what, static_cast<int32_t>(value));
}

Name make(const Gpu& gpu, const SamplerDesc& desc) {
  const Functions& gl = gpu.gl();
  Name name = 0;
  gl.GenSamplers(1, &name);
  const bool linear_mag = desc.mag_filter == Filter::linear, linear_min = desc.min_filter == Filter::linear;
  // Between mips as on Vulkan: linear as soon as anything is.
  const bool linear = linear_mag || linear_min;
  set(gl, name, k::kMagFilter, linear_mag ? kLinear : k::kNearest);
  set(gl, name, k::kMinFilter,
      linear_min ? kLinearMipmapLinear
      : linear   ? kNearestMipmapLinear
                 : k::kNearestMipmapNearest);
  for (const Enum wrap : kWraps) set(gl, name, wrap, native_mode(desc.address_mode));
  if (desc.max_anisotropy > 1 && gpu.caps().anisotropy)
    gl.SamplerParameterf(name, kMaxAnisotropy, std::min(desc.max_anisotropy, gpu.caps().max_anisotropy));
  return name;
}

}  // namespace

Result<std::unique_ptr<Sampler>> Sampler::create(const Gpu& gpu, const SamplerDesc& desc) {
  IST_TRY(const Current current, Current::enter(*gpu.work));
  const Functions& gl = gpu.gl();
  drain_errors(gl);
  std::unique_ptr<Sampler> sampler(new Sampler(gpu));
  SamplerDesc nearest = desc;
  nearest.mag_filter = nearest.min_filter = Filter::nearest;
  nearest.max_anisotropy = 0;
  sampler->name_ = make(gpu, desc);
  sampler->nearest_ = make(gpu, nearest);
  const Enum error = gl.GetError();
  if (error == k::kNoError) return sampler;
  return fail(error == k::kOutOfMemory ? Code::out_of_memory : Code::not_supported,
              "Device '%s' makes no sampler of filters %u and %u and address mode %u: %s.", gpu.info().name.c_str(),
              static_cast<unsigned>(desc.mag_filter), static_cast<unsigned>(desc.min_filter),
              static_cast<unsigned>(desc.address_mode), error_text(error).c_str());
}

Sampler::~Sampler() {
  gpu_.graveyard.bury(Graveyard::Kind::sampler, name_);
  gpu_.graveyard.bury(Graveyard::Kind::sampler, nearest_);
}

}  // namespace ist::gl
