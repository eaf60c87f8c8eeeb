// Matching of names, and launches in order.
#include "core/graph.h"

#include <algorithm>
#include <string>

#include "core/arguments.h"
#include "core/introspection.h"
#include "core/kernel.h"

namespace ist {
namespace {

bool named(const TiNamedArgument& argument, const std::string& name) { return argument.name && name == argument.name; }

std::string text_of(const uint32_t* dims, size_t count) {
  std::string text = "(";
  for (size_t i = 0; i < count; ++i) text.append(i ? ", " : "").append(std::to_string(dims[i]));
  return text + ")";
}

// The reader of a graph is stricter than that of a kernel: element shapes are equal, not only as large.
Status check_element_shape(const aot::GraphDesc& graph, const aot::GraphArg& wanted, const TiArgument& given) {
  if (wanted.kind != aot::ParamKind::ndarray || given.type != TI_ARGUMENT_TYPE_NDARRAY) return {};
  const TiNdShape& shape = given.value.ndarray.elem_shape;
  const auto& expected = wanted.element_shape;
  const size_t count = std::min<size_t>(shape.dim_count, std::size(shape.dims));
  if (std::equal(expected.begin(), expected.end(), shape.dims, shape.dims + count)) return {};
  return fail(Code::invalid_argument,
              "Graph '%s', argument '%s' has elements of shape %s, but the ndarray given has %s.", graph.name.c_str(),
              wanted.name.c_str(), text_of(expected.data(), expected.size()).c_str(),
              text_of(shape.dims, count).c_str());
}

}  // namespace

const std::vector<IstArgumentInfo>& Graph::argument_infos() {
  if (argument_infos_.empty()) argument_infos_ = describe_arguments(module_.desc(), desc_);
  return argument_infos_;
}

Status Graph::make_ready() {
  if (ready_) return {};
  std::vector<PreparedLaunch> prepared;
  std::vector<std::string> labels;
  for (const aot::Dispatch& dispatch : desc_.dispatches) {
    Kernel& kernel = module_.kernel_at(dispatch.kernel);
    IST_CHECK(kernel.make_ready().in("making graph '" + desc_.name + "' ready"));
    prepared.push_back(kernel.make_prepared());
    labels.push_back(desc_.name + " / " + kernel.desc().name);
  }
  prepared_ = std::move(prepared);
  labels_ = std::move(labels);
  matched_.assign(desc_.args.size(), 0);
  ready_ = true;
  return {};
}

// Far more than any graph takes: a count that is none is told from one before it is believed.
constexpr uint32_t kMostArguments = 65536;

// Callers pass their arguments in one order, call after call: the last match is looked at first.
Status Graph::match(uint32_t count, const TiNamedArgument* arguments) {
  for (size_t i = 0; i < desc_.args.size(); ++i) {
    const std::string& name = desc_.args[i].name;
    uint32_t found = matched_[i];
    if (found >= count || !named(arguments[found], name)) {
      for (found = 0; found < count && !named(arguments[found], name);) ++found;
    }
    if (found == count) {
      return fail(Code::argument_not_found, "Graph '%s' takes an argument '%s', which is not among the %u given.",
                  desc_.name.c_str(), name.c_str(), count);
    }
    matched_[i] = found;
  }
  return {};
}

Status Graph::launch(uint32_t count, const TiNamedArgument* arguments) {
  if (count > 0 && !arguments) return fail(Code::argument_null, "args is null, but arg_count is %u.", count);
  if (count > kMostArguments)
    return fail(Code::argument_out_of_range, "arg_count (%u) is above the limit of %u.", count, kMostArguments);
  IST_CHECK(make_ready());
  IST_CHECK(match(count, arguments));
  for (size_t i = 0; i < desc_.args.size(); ++i) {
    IST_CHECK(check_element_shape(desc_, desc_.args[i], arguments[matched_[i]].argument));
  }
  for (size_t i = 0; i < desc_.dispatches.size(); ++i) {
    const aot::Dispatch& dispatch = desc_.dispatches[i];
    const aot::KernelDesc& kernel = module_.kernel_at(dispatch.kernel).desc();
    for (uint32_t position = 0; position < dispatch.args.size(); ++position) {
      const TiArgument& argument = arguments[matched_[dispatch.args[position]]].argument;
      IST_CHECK(prepare_argument(runtime(), kernel, position, argument, prepared_[i]));
    }
  }
  for (size_t i = 0; i < desc_.dispatches.size(); ++i) {
    IST_CHECK(module_.kernel_at(desc_.dispatches[i].kernel).record_for_effect(prepared_[i], labels_[i]));
  }
  return {};
}

}  // namespace ist
