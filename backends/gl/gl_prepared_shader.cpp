// Prunes, scans, numbers and counts.
#include "gl/gl_prepared_shader.h"

#include <algorithm>

#include "aot/spirv_prune.h"
#include "gl/gl_image_words.h"

namespace ist::gl {
namespace {

using aot::Resource;
using aot::ResourceKind;

constexpr const char* kKindNames[kKinds] = {"uniform buffers", "storage buffers", "sampled images", "storage images"};
static_assert(static_cast<size_t>(ResourceKind::storage_image) == static_cast<size_t>(DescriptorKind::storage_image));

constexpr Enum kReadOnly = 0x88B8, kWriteOnly = 0x88B9, kReadWrite = 0x88BA;
constexpr uint8_t kReads = 1, kWrites = 2;

std::string names_of(aot::FeatureSet set) {
  std::string names;
  for (unsigned i = 0; i < static_cast<unsigned>(aot::Feature::count); ++i) {
    const auto feature = static_cast<aot::Feature>(i);
    if (set.has(feature)) names.append(names.empty() ? "" : ", ").append(aot::feature_name(feature));
  }
  return names;
}

class Preparation {
 public:
  Preparation(const PipelineDesc& desc, const DeviceLimits& limits) : desc_(desc), limits_(limits) {
    result_.name = desc.name;
  }

  Result<PreparedShader> run() {
    IST_TRY(const aot::SpirvModule given, aot::SpirvModule::parse(desc_.words, result_.name));
    result_.words = aot::prune_shader(given);
    IST_TRY(const aot::SpirvModule shader, aot::SpirvModule::parse(result_.words, result_.name));
    IST_TRY(result_.scan, aot::scan_shader(shader, result_.name));
    IST_CHECK(give_slots(shader));
    IST_CHECK(check_group());
    IST_CHECK(check_counts());
    return std::move(result_);
  }

 private:
  Status give_slots(const aot::SpirvModule& shader) {
    for (const PipelineBinding& binding : desc_.bindings) result_.slots.push_back({binding.kind});
    for (const Resource& resource : result_.scan.resources) {
      const auto bound =
          std::find_if(desc_.bindings.begin(), desc_.bindings.end(),
                       [&](const PipelineBinding& binding) { return binding.binding == resource.binding; });
      const auto kind = static_cast<size_t>(resource.kind);
      if (bound == desc_.bindings.end() || static_cast<size_t>(bound->kind) != kind) {
        return fail(Code::invalid_argument, "Kernel '%s' has %s at binding %u, but what is bound there is not of them.",
                    result_.name.c_str(), kKindNames[kind], resource.binding);
      }
      Slot& slot = result_.slots[static_cast<size_t>(bound - desc_.bindings.begin())];
      if (slot.point == kNoSlot) slot.point = result_.counts[kind]++;
      result_.point_of[resource.variable] = slot.point;
      if (resource.kind == ResourceKind::storage_image) describe_image(shader, resource, slot);
    }
    return {};
  }

  void describe_image(const aot::SpirvModule& shader, const Resource& image, Slot& slot) {
    const uint32_t pointee = shader.pointee(shader.definition(image.variable).type);
    const uint32_t format = shader.word(shader.definition(pointee), 8);
    result_.image_format[image.variable] = format;
    slot.image_format = gl_image_format(format);
    const Enum access = image.access == kReads ? kReadOnly : image.access == kWrites ? kWriteOnly : kReadWrite;
    slot.image_access = slot.image_access == 0 || slot.image_access == access ? access : kReadWrite;
  }

  Status check_group() const {
    const aot::Needs& needs = result_.scan.needs;
    if (needs.local_size_x > limits_.max_group_size_x) {
      return fail(Code::incompatible_module,
                  "Kernel '%s' has workgroups of %u invocations, but the device takes at most %u.",
                  result_.name.c_str(), needs.local_size_x, limits_.max_group_size_x);
    }
    if (needs.shared_memory_bytes > limits_.max_shared_memory_bytes) {
      return fail(Code::incompatible_module, "Kernel '%s' needs %u bytes of shared memory, but the device has %u.",
                  result_.name.c_str(), needs.shared_memory_bytes, limits_.max_shared_memory_bytes);
    }
    return {};
  }

  Status check_counts() const {
    const uint32_t most[kKinds] = {limits_.max_uniform_buffers, limits_.max_storage_buffers, limits_.max_sampled_images,
                                   limits_.max_storage_images};
    for (size_t kind = 0; kind < kKinds; ++kind) {
      if (result_.counts[kind] <= most[kind]) continue;
      return fail(Code::incompatible_module, "Kernel '%s' binds %u %s, but the device takes at most %u.",
                  result_.name.c_str(), result_.counts[kind], kKindNames[kind], most[kind]);
    }
    return {};
  }

  const PipelineDesc& desc_;
  const DeviceLimits& limits_;
  PreparedShader result_;
};

}  // namespace

Result<PreparedShader> prepare_shader(const PipelineDesc& desc, const DeviceLimits& limits) {
  return Preparation(desc, limits).run();
}

Status check_features(const PreparedShader& shader, aot::FeatureSet features, const std::string& language) {
  const aot::FeatureSet absent = shader.scan.needs.features.without(features);
  if (absent.empty()) return {};
  return fail(Code::incompatible_module, "Kernel '%s' needs %s, which the device's %s does not have.",
              shader.name.c_str(), names_of(absent).c_str(), language.c_str());
}

}  // namespace ist::gl
