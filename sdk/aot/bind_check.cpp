// Where a shader and its metadata must say the same: workgroup size, bindings, block sizes, images.
#include <algorithm>

#include "aot/spirv_scan.h"

namespace ist::aot {

namespace {

ResourceKind expected_kind(BindKind kind) {
  switch (kind) {
    case BindKind::args:
    case BindKind::argpack:
      return ResourceKind::uniform_buffer;
    case BindKind::sampled_image:
      return ResourceKind::sampled_image;
    case BindKind::storage_image:
      return ResourceKind::storage_image;
    default:
      return ResourceKind::storage_buffer;
  }
}

const char* kind_name(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::uniform_buffer:
      return "uniform buffer";
    case ResourceKind::storage_buffer:
      return "storage buffer";
    case ResourceKind::sampled_image:
      return "sampled image";
    case ResourceKind::storage_image:
      return "storage image";
  }
  return "resource";
}

Status check_size(const Resource& resource, const Bind& bind, const KernelDesc& kernel, const TaskDesc& task) {
  const bool is_args = bind.kind == BindKind::args;
  const uint32_t limit = is_args ? kernel.args_bytes : kernel.rets_bytes;
  if (!is_args && bind.kind != BindKind::rets) return {};
  if (resource.size_bytes <= limit) return {};
  return fail(Code::corrupted_data, "File '%s.spv' reads (%llu) bytes of %s, of which metadata.json gives (%u).",
              task.name.c_str(), static_cast<unsigned long long>(resource.size_bytes),
              is_args ? "arguments" : "return values", limit);
}

Status check_image(const Resource& resource, const KernelDesc& kernel, const TaskDesc& task, Bind& bind) {
  bind.image_dim = resource.image_dim;
  bind.image_format = resource.image_format;
  const Param& param = kernel.params[bind.param];
  if (param.rank == resource.image_dim) return {};
  return fail(Code::corrupted_data,
              "File '%s.spv' has an image of (%u) dimensions at binding (%u), where argument '%s' has (%u).",
              task.name.c_str(), static_cast<unsigned>(resource.image_dim), bind.binding, param.name.c_str(),
              param.rank);
}

}  // namespace

Status check_binds(const ShaderScan& scan, const KernelDesc& kernel, TaskDesc& task) {
  if (scan.needs.local_size_x != task.local_size_x) {
    return fail(Code::corrupted_data, "File '%s.spv' has workgroups of (%u), metadata.json says (%u).",
                task.name.c_str(), scan.needs.local_size_x, task.local_size_x);
  }
  for (Bind& bind : task.binds) bind.access = 0;
  for (const Resource& resource : scan.resources) {
    const auto bind = std::lower_bound(task.binds.begin(), task.binds.end(), resource.binding,
                                       [](const Bind& a, uint32_t binding) { return a.binding < binding; });
    if (bind == task.binds.end() || bind->binding != resource.binding) {
      return fail(Code::corrupted_data, "File '%s.spv' has a %s at binding (%u), which metadata.json lacks.",
                  task.name.c_str(), kind_name(resource.kind), resource.binding);
    }
    if (expected_kind(bind->kind) != resource.kind) {
      return fail(Code::corrupted_data, "File '%s.spv' has a %s at binding (%u), where metadata.json has a %s.",
                  task.name.c_str(), kind_name(resource.kind), resource.binding, kind_name(expected_kind(bind->kind)));
    }
    bind->access |= resource.access;
    if (resource.image_dim != 0) {
      IST_CHECK(check_image(resource, kernel, task, *bind));
    } else {
      IST_CHECK(check_size(resource, *bind, kernel, task));
    }
  }
  return {};
}

}  // namespace ist::aot
