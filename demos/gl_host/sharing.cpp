// Hand-overs between the runtime and OpenGL. The host only reads, so that is what it asks for.
#include "gl_host/sharing.h"

#include <cstdio>

namespace demo {
namespace {

IstHandover read_only(TiImage image, TiMemory memory) {
  IstHandover handover{};
  handover.image = image;
  handover.memory = memory;
  handover.layout = image ? TI_IMAGE_LAYOUT_SHADER_READ : TI_IMAGE_LAYOUT_UNDEFINED;
  handover.flags = IST_HANDOVER_READ_ONLY_BIT;
  return handover;
}

std::vector<IstHandover> handovers(const SceneView& view) {
  if (view.texture.image) return {read_only(view.texture.image, TI_NULL_HANDLE)};
  return {read_only(TI_NULL_HANDLE, view.points.positions), read_only(TI_NULL_HANDLE, view.points.materials)};
}

}  // namespace

std::string last_error() {
  char text[1024] = "";
  uint64_t size = sizeof text;
  ti_get_last_error(&size, text);
  return text;
}

void check(TiError result) {
  if (result != TI_ERROR_SUCCESS) throw std::runtime_error(last_error());
}

Sharing::Sharing(TiRuntime runtime, const IstGlInfo& info, const Scene& scene, bool allow_copies) {
  check(ist_gl_attach(runtime, &info, &gl_));
  try {
    share(runtime, scene, allow_copies);
  } catch (...) {
    ist_gl_detach(gl_, TI_FALSE);
    throw;
  }
}

Sharing::~Sharing() { ist_gl_detach(gl_, TI_FALSE); }

void Sharing::share(TiRuntime runtime, const Scene& scene, bool allow_copies) {
  check(ist_set_option(runtime, IST_OPTION_REQUIRE_ZERO_COPY, 1));
  bool told = false;
  for (const Scene::Object& object : scene.objects()) {
    IstGlObject shared{};
    shared.size = sizeof shared;
    const auto share_it = [&] {
      return object.image ? ist_gl_share_image(gl_, object.image, &shared)
                          : ist_gl_share_memory(gl_, object.memory, &shared);
    };
    TiError result = share_it();
    if (result != TI_ERROR_SUCCESS && allow_copies && !told) {
      std::fprintf(stderr, "gl_host: no zero copy: %s\n", last_error().c_str());
      told = true;
      check(ist_set_option(runtime, IST_OPTION_REQUIRE_ZERO_COPY, 0));
      result = share_it();
    }
    if (result != TI_ERROR_SUCCESS)
      throw std::runtime_error(last_error() + (allow_copies ? "" : " With --allow-copies it goes on."));
    objects_[object.image ? static_cast<const void*>(object.image) : object.memory] = shared;
  }
}

bool Sharing::copied() const {
  for (const auto& [object, shared] : objects_)
    if (shared.copied) return true;
  return false;
}

void Sharing::lend(const SceneView& view) {
  const std::vector<IstHandover> objects = handovers(view);
  check(ist_gl_lend(gl_, uint32_t(objects.size()), objects.data()));
}

void Sharing::take_back(const SceneView& view) {
  const std::vector<IstHandover> objects = handovers(view);
  check(ist_gl_take_back(gl_, uint32_t(objects.size()), objects.data()));
}

}  // namespace demo
