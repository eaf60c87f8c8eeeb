// Loads the table and asks the context what it can do.
#include "gl_api/gl_functions.h"

#include <cstdio>
#include <cstring>
#include <set>
#include <string_view>

#include "base/log.h"

namespace ist::gl {
namespace {

using Extensions = std::set<std::string, std::less<>>;

template <class F>
bool load(GetProc get, const char* name, F& function) {
  function = reinterpret_cast<F>(get(name));
  return function != nullptr;
}

// The name of the first function that is not found; null: all are.
#define IST_GL_LOAD(name, result, parameters) \
  if (!load(get, "gl" #name, gl.name) && !absent) absent = "gl" #name;
const char* load_core(GetProc get, Functions& gl) {
  const char* absent = nullptr;
  IST_GL_CORE_FUNCTIONS(IST_GL_LOAD)
  return absent;
}
const char* load_desktop(GetProc get, Functions& gl) {
  const char* absent = nullptr;
  IST_GL_DESKTOP_FUNCTIONS(IST_GL_LOAD)
  return absent;
}
const char* load_memory(GetProc get, bool es, Functions& gl) {
  const char* absent = nullptr;
  IST_GL_MEMORY_FUNCTIONS(IST_GL_LOAD)
  if (!es) {
    IST_GL_MEMORY_1D_FUNCTIONS(IST_GL_LOAD)
  }
  return absent;
}
const char* load_semaphores(GetProc get, Functions& gl) {
  const char* absent = nullptr;
  IST_GL_SEMAPHORE_FUNCTIONS(IST_GL_LOAD)
  return absent;
}
const char* load_compute_core(GetProc get, bool es, Functions& gl) {
  const char* absent = nullptr;
  IST_GL_COMPUTE_FUNCTIONS(IST_GL_LOAD)
  if (!es) {
    IST_GL_DESKTOP_COMPUTE_FUNCTIONS(IST_GL_LOAD)
  }
  return absent;
}
#undef IST_GL_LOAD

template <class F>
void load_optional(GetProc get, const std::string& name, F& function) {
  for (const char* suffix : {"", "ARB", "KHR", "EXT", "OES"})
    if (load(get, (name + suffix).c_str(), function)) return;
}

const char* text_of(const uint8_t* text) { return text ? reinterpret_cast<const char*>(text) : ""; }

Status read_version(const Functions& gl, Caps& caps) {
  const std::string_view text = text_of(gl.GetString(k::kVersion));
  constexpr std::string_view kEs = "OpenGL ES ";
  caps.es = text.starts_with(kEs);
  const std::string number(text.substr(caps.es ? kEs.size() : 0));
  if (std::sscanf(number.c_str(), "%u.%u", &caps.major, &caps.minor) != 2)
    return fail(Code::not_supported, "The context's GL_VERSION ('%s') has no number.", std::string(text).c_str());
  const uint32_t version = caps.major * 10 + caps.minor;
  if (version >= (caps.es ? 30u : 32u)) return {};
  return fail(Code::not_supported, "The context has OpenGL%s %u.%u; OpenGL 3.2 or OpenGL ES 3.0 is needed.",
              caps.es ? " ES" : "", caps.major, caps.minor);
}

Extensions read_extensions(const Functions& gl) {
  int32_t count = 0;
  gl.GetIntegerv(k::kExtensionCount, &count);
  Extensions names;
  for (int32_t i = 0; i < count; ++i) names.emplace(text_of(gl.GetStringi(k::kExtensions, static_cast<uint32_t>(i))));
  return names;
}

// The first of `names` that the context lacks, null: none.
template <class... Names>
const char* first_absent(const Extensions& extensions, Names... names) {
  for (const char* name : {names...})
    if (!extensions.contains(name)) return name;
  return nullptr;
}

void find_memory_objects(GetProc get, const Extensions& extensions, Table& table) {
  Caps& caps = table.caps;
  const char* absent = first_absent(extensions, "GL_EXT_memory_object", "GL_EXT_memory_object_fd");
  if (!absent) absent = load_memory(get, caps.es, table.gl);
  if (absent) {
    caps.missing_memory = std::string(absent) + " is absent";
    return;
  }
  int32_t devices = 0;
  table.gl.GetIntegerv(k::kDeviceUuidCount, &devices);
  if (devices != 1) {  // of several, none could be told to be the one that renders
    caps.missing_memory = "the context has " + std::to_string(devices) + " devices";
    return;
  }
  table.gl.GetUnsignedBytei_vEXT(k::kDeviceUuid, 0, caps.device_uuid);
  table.gl.GetUnsignedBytevEXT(k::kDriverUuid, caps.driver_uuid);
  caps.memory_objects = true;
}

void find_semaphores(GetProc get, const Extensions& extensions, Table& table) {
  const char* absent = first_absent(extensions, "GL_EXT_semaphore", "GL_EXT_semaphore_fd");
  if (!absent) absent = load_semaphores(get, table.gl);
  table.caps.semaphores = !absent;
  if (absent) table.caps.missing_semaphore = std::string(absent) + " is absent";
}

}  // namespace

Result<Table> load_table(GetProc get) {
  Table table;
  Caps& caps = table.caps;
  if (const char* absent = load_core(get, table.gl))
    return fail(Code::not_supported, "get_proc_addr does not find %s.", absent);
  IST_CHECK(read_version(table.gl, caps));
  if (const char* absent = caps.es ? nullptr : load_desktop(get, table.gl))
    return fail(Code::not_supported, "get_proc_addr does not find %s.", absent);
  const Extensions extensions = read_extensions(table.gl);
  const bool es32 = caps.es && caps.major * 10 + caps.minor >= 32;
  caps.one_dimensional = !caps.es;
  caps.get_tex_image = !caps.es;
  caps.norm16 = !caps.es || extensions.contains("GL_EXT_texture_norm16");
  caps.float_attachments = !caps.es || es32 || extensions.contains("GL_EXT_color_buffer_float");
  caps.renderer = text_of(table.gl.GetString(k::kRenderer));
  const bool zink = caps.renderer.starts_with("zink");
  caps.waits_spend_semaphores = zink;
  caps.moves_srgb = zink && !caps.es;
  find_memory_objects(get, extensions, table);
  find_semaphores(get, extensions, table);
  drain_errors(table.gl);
  return table;
}

// Functions are looked at through get_proc_addr only, which may find some that the context does not have: what is
// optional counts only with its version or extension, which is for the caller to ask.
Status load_compute(GetProc get, Table& table) {
  const Caps& caps = table.caps;
  if (caps.major * 10 + caps.minor < (caps.es ? 31u : 43u)) {
    return fail(Code::not_supported, "The context has OpenGL%s %u.%u; compute needs OpenGL 4.3 or OpenGL ES 3.1.",
                caps.es ? " ES" : "", caps.major, caps.minor);
  }
  Functions& gl = table.gl;
  if (const char* absent = load_compute_core(get, caps.es, gl))
    return fail(Code::not_supported, "get_proc_addr does not find %s.", absent);
#define IST_GL_LOAD_OPTIONAL(name, result, parameters) load_optional(get, "gl" #name, gl.name);
  IST_GL_OPTIONAL_FUNCTIONS(IST_GL_LOAD_OPTIONAL)
#undef IST_GL_LOAD_OPTIONAL
  return {};
}

bool has_extension(const Functions& gl, std::string_view name) {
  int32_t count = 0;
  gl.GetIntegerv(k::kExtensionCount, &count);
  for (int32_t i = 0; i < count; ++i)
    if (name == text_of(gl.GetStringi(k::kExtensions, static_cast<uint32_t>(i)))) return true;
  return false;
}

std::string error_text(Enum error) {
  const char* name = "an unknown error";
  switch (error) {
    case 0x0500:
      name = "GL_INVALID_ENUM";
      break;
    case 0x0501:
      name = "GL_INVALID_VALUE";
      break;
    case 0x0502:
      name = "GL_INVALID_OPERATION";
      break;
    case k::kOutOfMemory:
      name = "GL_OUT_OF_MEMORY";
      break;
    case 0x0506:
      name = "GL_INVALID_FRAMEBUFFER_OPERATION";
      break;
    case 0x0507:
      name = "GL_CONTEXT_LOST";
      break;
    default:
      break;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%s (0x%x)", name, error);
  return text;
}

void drain_errors(const Functions& gl) {
  constexpr int kMost = 16;  // a lost context may report without end
  for (int i = 0; i < kMost; ++i) {
    const Enum error = gl.GetError();
    if (error == k::kNoError) return;
    log(LogLevel::warn, "Earlier OpenGL commands have left an error behind: %s.", error_text(error).c_str());
  }
}

}  // namespace ist::gl
