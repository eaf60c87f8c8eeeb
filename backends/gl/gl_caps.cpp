// Reads what the current context can do. get_proc_addr may find functions that the context does not have, so each
// optional one is taken under the name of the version or extension that brings it, and is null without.
#include "gl/gl_caps.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <initializer_list>
#include <set>

#include "contract/capabilities.h"

namespace ist::gl {
namespace {

using aot::Feature;

constexpr Enum kVendor = 0x1F00;
constexpr Enum kProgramBinaryFormats = 0x87FE, kSpirvExtensions = 0x9553, kSpirvExtensionCount = 0x9554;
constexpr Enum kUniformAlignment = 0x8A34, kStorageAlignment = 0x90DF, kMaxAnisotropy = 0x84FF;
constexpr Enum kGroupCount = 0x91BE, kGroupSize = 0x91BF, kGroupInvocations = 0x90EB, kSharedMemory = 0x8262;
constexpr Enum kStorageBlocks = 0x90DB, kCombinedStorageBlocks = 0x90DC, kStorageBindings = 0x90DD,
               kStorageBlockSize = 0x90DE;
constexpr Enum kUniformBlocks = 0x91BB, kUniformBindings = 0x8A2F, kUniformBlockSize = 0x8A30;
constexpr Enum kComputeImages = 0x91BD, kCombinedImages = 0x90CF, kImageUnits = 0x8F38;
constexpr Enum kComputeTextures = 0x91BC, kCombinedTextures = 0x8B4D;
constexpr Enum kTextureSize = 0x0D33, kTexture3DSize = 0x8073, kCubeSize = 0x851C, kTextureLayers = 0x88FF;

constexpr uint32_t kNever = UINT32_MAX;  // in no version
// GL does not tell. Mesa counts the bytes of a buffer in 32 bits, others in as many as a C int has.
constexpr uint64_t kMaxAllocation = INT32_MAX;
// The translator reads all of 1.6; where the driver reads SPIR-V itself, Mesa does too.
constexpr uint32_t kNewestSpirv = 0x10600;

std::string text_of(const uint8_t* text) { return text ? reinterpret_cast<const char*>(text) : ""; }

struct Extension {
  const char* name;
  const char* suffix;  // of its functions
};

class Reader {
 public:
  Reader(GetProc get, ContextFacts& facts)
      : get_(get),
        facts_(facts),
        gl_(facts.gl),
        es_(facts.caps.es),
        version_(facts.caps.major * 10 + facts.caps.minor) {
    const uint32_t count = integer(k::kExtensionCount);
    for (uint32_t i = 0; i < count; ++i) extensions_.insert(text_of(gl_.GetStringi(k::kExtensions, i)));
  }

  void read();

 private:
  uint32_t integer(Enum name) const {
    int32_t value = 0;
    gl_.GetIntegerv(name, &value);
    return static_cast<uint32_t>(std::max(value, 0));
  }
  uint64_t integer64(Enum name) const {
    int64_t value = 0;
    gl_.GetInteger64v(name, &value);
    return static_cast<uint64_t>(std::max(value, int64_t{0}));
  }
  uint32_t integer_x(Enum name) const {
    int32_t value = 0;
    gl_.GetIntegeri_v(name, 0, &value);
    return static_cast<uint32_t>(std::max(value, 0));
  }
  uint32_t least(std::initializer_list<Enum> names) const {
    uint32_t value = UINT32_MAX;
    for (const Enum name : names) value = std::min(value, integer(name));
    return value;
  }
  uint32_t alignment(Enum name) const {
    const uint32_t value = integer(name);
    return value ? value : 256;  // no specification allows more
  }
  bool has(const char* extension) const { return extensions_.contains(extension); }

  // The suffix under which the functions of what came with a version, or before as an extension, are called; null: it
  // is absent.
  const char* suffix(uint32_t since_gl, uint32_t since_es, std::initializer_list<Extension> before) const {
    if (version_ >= (es_ ? since_es : since_gl)) return "";
    for (const Extension& extension : before)
      if (has(extension.name)) return extension.suffix;
    return nullptr;
  }
  template <class F>
  bool take(const char* suffix, const char* name, F& function) {
    function = suffix ? reinterpret_cast<F>(get_((std::string(name) + suffix).c_str())) : nullptr;
    return function != nullptr;
  }

  void read_buffers();
  void read_images();
  void read_debug();
  void read_programs();
  void read_timer();
  void read_reset_status();
  bool reads_storage_classes() const;
  void read_target();
  void read_info();
  aot::FeatureSet features() const;

  GetProc get_;
  ContextFacts& facts_;
  Functions& gl_;
  bool es_;
  uint32_t version_;
  std::set<std::string, std::less<>> extensions_;
};

void Reader::read_buffers() {
  ComputeCaps& caps = facts_.compute;
  caps.buffer_storage =
      es_ ? take(suffix(kNever, kNever, {{"GL_EXT_buffer_storage", "EXT"}}), "glBufferStorage", gl_.BufferStorage)
          : take(suffix(44, kNever, {{"GL_ARB_buffer_storage", ""}}), "glBufferStorage", gl_.BufferStorage);
  caps.clear_buffer = !es_;
  caps.uniform_alignment = alignment(kUniformAlignment);
  caps.storage_alignment = alignment(kStorageAlignment);
}

void Reader::read_images() {
  ComputeCaps& caps = facts_.compute;
  caps.copy_image = take(suffix(43, 32, {{"GL_EXT_copy_image", "EXT"}, {"GL_OES_copy_image", "OES"}}),
                         "glCopyImageSubData", gl_.CopyImageSubData);
  caps.texture_view = take(suffix(43, kNever, {{"GL_EXT_texture_view", "EXT"}, {"GL_OES_texture_view", "OES"}}),
                           "glTextureView", gl_.TextureView);
  // zink (measured: Mesa 22.3) keeps what is copied to such a view apart from the texture.
  caps.format_views = caps.texture_view && !facts_.caps.renderer.starts_with("zink");
  caps.texture_sub_image =
      take(suffix(45, kNever, {{"GL_ARB_get_texture_sub_image", ""}}), "glGetTextureSubImage", gl_.GetTextureSubImage);
  caps.linear_float = !es_ || has("GL_OES_texture_float_linear");
  caps.color_buffer_float = facts_.caps.float_attachments;
  caps.color_buffer_half = caps.color_buffer_float || has("GL_EXT_color_buffer_half_float");
  caps.anisotropy =
      suffix(46, kNever, {{"GL_ARB_texture_filter_anisotropic", ""}, {"GL_EXT_texture_filter_anisotropic", ""}});
  if (caps.anisotropy) gl_.GetFloatv(kMaxAnisotropy, &caps.max_anisotropy);
  // zink (likewise) loses the order of commands once a second context shares with the first, used or not.
  caps.ordered_sharing = !facts_.caps.renderer.starts_with("zink");
  caps.max_texture_units = least({kComputeTextures, kCombinedTextures});
  caps.max_texture_size = integer(kTextureSize);
  caps.max_3d_size = integer(kTexture3DSize);
  caps.max_cube_size = integer(kCubeSize);
  caps.max_layers = integer(kTextureLayers);
}

void Reader::read_debug() {
  const char* from = suffix(43, 32, {{"GL_KHR_debug", es_ ? "KHR" : ""}});
  const bool labels = take(from, "glObjectLabel", gl_.ObjectLabel);
  const bool push = take(from, "glPushDebugGroup", gl_.PushDebugGroup);
  const bool pop = take(from, "glPopDebugGroup", gl_.PopDebugGroup);
  const bool messages = take(from, "glDebugMessageCallback", gl_.DebugMessageCallback);
  facts_.compute.debug = labels && push && pop && messages;
}

void Reader::read_timer() {
  const char* from = suffix(33, kNever, {{"GL_EXT_disjoint_timer_query", "EXT"}});
  const bool make = take(from, "glGenQueries", gl_.GenQueries);
  const bool forget = take(from, "glDeleteQueries", gl_.DeleteQueries);
  const bool ask = take(from, "glGetQueryObjectui64v", gl_.GetQueryObjectui64v);
  facts_.compute.timer = take(from, "glQueryCounter", gl_.QueryCounter) && make && forget && ask;
}

void Reader::read_reset_status() {
  const char* from = suffix(
      45, 32, {{"GL_KHR_robustness", es_ ? "KHR" : ""}, {"GL_ARB_robustness", "ARB"}, {"GL_EXT_robustness", "EXT"}});
  facts_.compute.reset_status = take(from, "glGetGraphicsResetStatus", gl_.GetGraphicsResetStatus);
}

// Without this one the driver reads no shader of Taichi.
bool Reader::reads_storage_classes() const {
  const uint32_t count = integer(kSpirvExtensionCount);
  for (uint32_t i = 0; i < count; ++i)
    if (text_of(gl_.GetStringi(kSpirvExtensions, i)) == "SPV_KHR_storage_buffer_storage_class") return true;
  return false;
}

void Reader::read_programs() {
  ComputeCaps& caps = facts_.compute;
  caps.program_binaries = integer(kProgramBinaryFormats) > 0;
  const char* from = es_ ? nullptr : suffix(46, kNever, {{"GL_ARB_gl_spirv", "ARB"}});
  const bool specialize = take(from, "glSpecializeShader", gl_.SpecializeShader);
  const bool load = take(from ? "" : nullptr, "glShaderBinary", gl_.ShaderBinary);
  caps.gl_spirv = specialize && load && reads_storage_classes();
}

void Reader::read_target() {
  GlslTarget& target = facts_.target;
  target = glsl_minimum(es_, !es_ ? 430 : version_ >= 32 ? 320 : 310);  // fma() is of 320
  for (const std::string& extension : extensions_) add_extension(target, extension);
  DeviceLimits& limits = target.limits;
  limits.max_group_count_x = integer_x(kGroupCount);
  limits.max_group_size_x = std::min(integer_x(kGroupSize), integer(kGroupInvocations));
  limits.max_shared_memory_bytes = integer(kSharedMemory);
  limits.max_storage_range_bytes = integer64(kStorageBlockSize);
  limits.max_uniform_range_bytes = integer64(kUniformBlockSize);
  limits.max_storage_buffers = least({kStorageBlocks, kCombinedStorageBlocks, kStorageBindings});
  limits.max_storage_images = least({kComputeImages, kCombinedImages, kImageUnits});
  limits.max_sampled_images = facts_.compute.max_texture_units;
  limits.max_uniform_buffers = least({kUniformBlocks, kUniformBindings});
  limits.max_bindings =
      limits.max_storage_buffers + limits.max_storage_images + limits.max_sampled_images + limits.max_uniform_buffers;
  limits.max_allocation_bytes = kMaxAllocation;
}

bool names(const std::string& renderer, const char* driver) { return renderer.find(driver) != std::string::npos; }

// What shaders can do in the target's language, and what SPIR-V can say beside it where the driver reads that. Never
// addresses and subgroups: Mesa crashes on them. SwiftShader, below zink, kills the process at all of these.
aot::FeatureSet Reader::features() const {
  aot::FeatureSet set = facts_.target.features;
  if (!facts_.compute.gl_spirv || names(facts_.caps.renderer, "SwiftShader")) return set;
  for (const Feature feature :
       {Feature::int8, Feature::int16, Feature::float16, Feature::storage_8bit, Feature::storage_16bit,
        Feature::uniform_storage_8bit, Feature::uniform_storage_16bit, Feature::buffer_float32_atomic_add,
        Feature::buffer_float64_atomic_add, Feature::buffer_float16_atomic_add})
    set.add(feature);
  if (set.has(Feature::int64)) set.add(Feature::buffer_int64_atomics);
  return set;
}

bool renders_on_cpu(const std::string& renderer) {
  for (const char* name : {"llvmpipe", "softpipe", "SwiftShader", "lavapipe"})
    if (names(renderer, name)) return true;
  return false;
}

void Reader::read_info() {
  const Caps& caps = facts_.caps;
  const std::string vendor = text_of(gl_.GetString(kVendor));
  const std::string version = text_of(gl_.GetString(k::kVersion));
  facts_.compute.identity = vendor + "\n" + caps.renderer + "\n" + version;
  DeviceInfo& info = facts_.info;
  info.is_cpu = renders_on_cpu(caps.renderer);
  info.api_version = version_;
  std::memcpy(info.device_uuid, caps.device_uuid, sizeof info.device_uuid);
  std::memcpy(info.driver_uuid, caps.driver_uuid, sizeof info.driver_uuid);
  info.name = caps.renderer;
  info.driver = vendor + ", " + version;
  info.api =
      std::string(es_ ? "OpenGL ES " : "OpenGL ") + std::to_string(caps.major) + "." + std::to_string(caps.minor);
  info.features = features();
  info.spirv_version = kNewestSpirv;
  info.capabilities = list_capabilities(info.features, info.spirv_version, {});
  info.limits = facts_.target.limits;
}

void Reader::read() {
  read_buffers();
  read_images();
  read_debug();
  read_timer();
  read_reset_status();
  read_programs();
  read_target();
  read_info();
}

}  // namespace

Result<ContextFacts> read_context(GetProc get_proc_addr, Arch arch, bool adopted) {
  IST_TRY(Table table, load_table(get_proc_addr));
  const bool es = arch == Arch::gles;
  if (table.caps.es != es) {
    return fail(Code::not_supported, "The current context has OpenGL%s %u.%u; the runtime is to use OpenGL%s.",
                table.caps.es ? " ES" : "", table.caps.major, table.caps.minor, es ? " ES" : "");
  }
  IST_CHECK(load_compute(get_proc_addr, table));
  ContextFacts facts;
  facts.gl = table.gl;
  facts.caps = std::move(table.caps);
  facts.info.arch = arch;
  facts.info.adopted = adopted;
  Reader(get_proc_addr, facts).read();
  return facts;
}

}  // namespace ist::gl
