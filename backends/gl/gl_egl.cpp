// Finds displays that need no window system: Mesa's surfaceless platform, devices, at last what EGL takes by default.
#include "gl/gl_egl.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <type_traits>

#include "base/library.h"
#include "gl/gl_context.h"

namespace ist::gl {
namespace {

constexpr egl::Int kExtensions = 0x3055, kDeviceAttribute = 0x322C;
constexpr egl::Enum kPlatformSurfaceless = 0x31DD, kPlatformDevice = 0x313F;

// Whether a list of words, parted by blanks, holds this one.
bool lists(std::string_view words, std::string_view word) {
  for (size_t at = words.find(word); at != std::string_view::npos; at = words.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

std::string query_string(const Egl& egl, egl::Display display) {
  const char* text = egl.QueryString(display, kExtensions);
  return text ? text : "";
}

bool load_functions(void* library, Egl& egl) {
  bool all = true;
#define IST_EGL_LOAD(name, result, parameters) all &= find_function(library, "egl" #name, egl.name);
  IST_EGL_FUNCTIONS(IST_EGL_LOAD)
#undef IST_EGL_LOAD
  return all;
}

void load_extensions(Egl& egl) {
  const std::string client = query_string(egl, nullptr);
  const auto load = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(egl.GetProcAddress(name));
  };
  if (lists(client, "EGL_EXT_platform_base")) load(egl.GetPlatformDisplay, "eglGetPlatformDisplayEXT");
  const bool base = lists(client, "EGL_EXT_device_base");
  if (base || lists(client, "EGL_EXT_device_enumeration")) load(egl.QueryDevices, "eglQueryDevicesEXT");
  if (base || lists(client, "EGL_EXT_device_query")) load(egl.QueryDisplayAttrib, "eglQueryDisplayAttribEXT");
  if (base || lists(client, "EGL_EXT_device_query")) load(egl.QueryDeviceString, "eglQueryDeviceStringEXT");
  egl.surfaceless_platform = egl.GetPlatformDisplay && lists(client, "EGL_MESA_platform_surfaceless");
  egl.device_platform = egl.GetPlatformDisplay && egl.QueryDevices && lists(client, "EGL_EXT_platform_device");
}

const Egl* open_egl() {
  void* library = open_library("libEGL.so.1");
  if (!library) return nullptr;
  static Egl egl;
  if (!load_functions(library, egl)) return nullptr;
  load_extensions(egl);
  return &egl;
}

// Without a handle: it cannot be used.
EglDisplay initialised(const Egl& egl, egl::Display handle) {
  EglDisplay display;
  egl::Int major = 0, minor = 0;
  if (!handle || !egl.Initialize(handle, &major, &minor)) return display;
  display.extensions = query_string(egl, handle);
  display.version_1_5 = major > 1 || minor >= 5;
  const bool chooses_version = display.version_1_5 || display.has("EGL_KHR_create_context");
  if (chooses_version && display.has("EGL_KHR_surfaceless_context")) display.handle = handle;
  return display;
}

std::vector<egl::Device> all_devices(const Egl& egl) {
  egl::Int count = 0;
  if (!egl.device_platform || !egl.QueryDevices(0, nullptr, &count) || count < 1) return {};
  std::vector<egl::Device> devices(static_cast<size_t>(count));
  if (!egl.QueryDevices(count, devices.data(), &count)) return {};
  devices.resize(static_cast<size_t>(std::clamp<egl::Int>(count, 0, static_cast<egl::Int>(devices.size()))));
  return devices;
}

EglDisplay of_device(const Egl& egl, egl::Device device) {
  return initialised(egl, egl.GetPlatformDisplay(kPlatformDevice, device, nullptr));
}

EglDisplay surfaceless(const Egl& egl) {
  if (!egl.surfaceless_platform) return {};
  return initialised(egl, egl.GetPlatformDisplay(kPlatformSurfaceless, nullptr, nullptr));
}

// The device behind a display; the first where EGL does not tell.
egl::Device device_of(const Egl& egl, const EglDisplay& display, const std::vector<egl::Device>& devices) {
  intptr_t device = 0;
  if (egl.QueryDisplayAttrib && egl.QueryDisplayAttrib(display.handle, kDeviceAttribute, &device) && device)
    return reinterpret_cast<egl::Device>(device);
  return devices.empty() ? nullptr : devices.front();
}

bool is_software(const Egl& egl, egl::Device device) {
  const char* extensions = egl.QueryDeviceString && device ? egl.QueryDeviceString(device, kExtensions) : nullptr;
  return extensions && lists(extensions, "EGL_MESA_device_software");
}

// The platform's choice first, then the other devices; opened only when they are asked for. A platform that would
// render on the CPU stands back behind hardware (Mesa's does, where the GPU's driver is not Mesa's).
struct Choice {
  EglDisplay first;
  std::vector<egl::Device> others;
};

void prefer_hardware(const Egl& egl, Choice& choice, egl::Device software) {
  for (egl::Device& other : choice.others) {
    if (is_software(egl, other)) continue;
    EglDisplay display = of_device(egl, other);
    if (!display.handle) continue;
    choice.first = std::move(display);
    other = software;
    return;
  }
}

Choice find_choice(const Egl& egl) {
  Choice choice{surfaceless(egl), all_devices(egl)};
  auto& others = choice.others;
  if (choice.first.handle) {
    const egl::Device device = device_of(egl, choice.first, others);
    std::erase(others, device);
    if (is_software(egl, device)) prefer_hardware(egl, choice, device);
    return choice;
  }
  while (!others.empty() && !choice.first.handle) {
    choice.first = of_device(egl, others.front());
    others.erase(others.begin());
  }
  if (!choice.first.handle) choice.first = initialised(egl, egl.GetDisplay(nullptr));
  return choice;
}

// Null: there is no EGL.
const Choice* choice() {
  static const Choice* found = load_egl() ? new Choice(find_choice(*load_egl())) : nullptr;
  return found;
}

}  // namespace

const Egl* load_egl() {
  static const Egl* egl = open_egl();
  return egl;
}

bool EglDisplay::has(std::string_view extension) const { return lists(extensions, extension); }

uint32_t own_device_count() {
  const Choice* found = choice();
  if (!found || !found->first.handle) return 0;
  return static_cast<uint32_t>(1 + found->others.size());
}

Result<EglDisplay> open_display(uint32_t device_index) {
  const Choice* found = choice();
  if (!found) return fail(Code::not_supported, "OpenGL without a host needs EGL; libEGL.so.1 is not found.");
  if (!found->first.handle) return fail(Code::not_supported, "EGL has no display that works without a window system.");
  const uint32_t count = own_device_count();
  if (device_index >= count)
    return fail(Code::argument_out_of_range, "Device index %u is out of range: there are %u EGL devices.", device_index,
                count);
  if (device_index == 0) {
    load_egl()->Initialize(found->first.handle, nullptr, nullptr);  // the host may have terminated it since
    return found->first;
  }
  const EglDisplay display = of_device(*load_egl(), found->others[device_index - 1]);
  if (display.handle) return display;
  return fail(Code::not_supported, "EGL cannot open its device %u: %s.", device_index,
              egl_error_text(*load_egl()).c_str());
}

std::string egl_error_text(const Egl& egl) {
  static constexpr const char* kNames[] = {"EGL_SUCCESS",       "EGL_NOT_INITIALIZED",     "EGL_BAD_ACCESS",
                                           "EGL_BAD_ALLOC",     "EGL_BAD_ATTRIBUTE",       "EGL_BAD_CONFIG",
                                           "EGL_BAD_CONTEXT",   "EGL_BAD_CURRENT_SURFACE", "EGL_BAD_DISPLAY",
                                           "EGL_BAD_MATCH",     "EGL_BAD_NATIVE_PIXMAP",   "EGL_BAD_NATIVE_WINDOW",
                                           "EGL_BAD_PARAMETER", "EGL_BAD_SURFACE",         "EGL_CONTEXT_LOST"};
  const auto error = static_cast<uint32_t>(egl.GetError());
  const uint32_t index = error - 0x3000;
  char text[64];
  std::snprintf(text, sizeof text, "%s (0x%x)", index < std::size(kNames) ? kNames[index] : "an unknown error", error);
  return text;
}

}  // namespace ist::gl
