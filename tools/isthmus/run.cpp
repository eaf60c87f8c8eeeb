// isthmus run: launches a kernel or a graph of a module, with values, files and new objects as arguments.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "aot/module_reader.h"
#include "console.h"
#include "run/operand.h"
#include "run/scalars.h"
#include "verb.h"

namespace {

using namespace tool;
using ist::Code;
using ist::Status;
using ist::aot::CodeKind;
using ist::aot::DataType;

struct Options {
  std::string module;
  std::string target;
  std::string arch;
  uint32_t device = 0;
  std::vector<std::string> args;
  std::vector<std::string> more_args;
  std::vector<std::string> outs;
  uint32_t repeat = 1;
  bool time = false;
};

struct Pair {
  std::string name;
  std::string value;
};

// What is launched: a kernel, or else a graph.
struct Target {
  const ist::aot::KernelDesc* kernel = nullptr;
  std::string name;
  std::vector<Argument> arguments;
};

#if defined(__aarch64__)
constexpr TiArch kCpu = TI_ARCH_ARM64;
#else
constexpr TiArch kCpu = TI_ARCH_X64;
#endif

TiArch arch_of(const std::string& name, CodeKind code) {
  if (name == "opengl") return TI_ARCH_OPENGL;
  if (name == "gles") return TI_ARCH_GLES;
  if (name == "cuda" || (name.empty() && code == CodeKind::cuda)) return TI_ARCH_CUDA;
  if (name == "cpu" || (name.empty() && code != CodeKind::spirv)) return kCpu;
  return TI_ARCH_VULKAN;
}

template <class List>
std::string names_of(const List& list) {
  std::vector<std::string> names;
  for (const auto& item : list) names.push_back(item.name);
  return listed(names);
}

ist::Result<Target> find_target(const Options& options, const ist::aot::ModuleDesc& module) {
  for (const auto& kernel : module.kernels)
    if (kernel.name == options.target) return Target{&kernel, kernel.name, arguments_of(kernel)};
  for (const auto& graph : module.graphs)
    if (graph.name == options.target) return Target{nullptr, graph.name, arguments_of(module, graph)};
  return Status(Code::name_not_found, "Module '" + options.module + "' has no kernel and no graph '" + options.target +
                                          "'; its kernels are: " + names_of(module.kernels) +
                                          "; its graphs: " + names_of(module.graphs) + ".");
}

ist::Result<std::vector<Pair>> split_pairs(const std::vector<std::string>& texts, const char* what) {
  std::vector<Pair> pairs;
  for (const std::string& text : texts) {
    const size_t at = text.find('=');
    if (at == std::string::npos || at == 0)
      return ist::fail(Code::invalid_argument, "%s is written NAME=VALUE, not '%s'.", what, text.c_str());
    pairs.push_back({text.substr(0, at), text.substr(at + 1)});
  }
  return pairs;
}

// By name, or by position from 0.
ist::Result<size_t> find_argument(const Target& target, const std::string& name) {
  for (size_t i = 0; i < target.arguments.size(); ++i)
    if (target.arguments[i].name == name || std::to_string(i) == name) return i;
  return Status(Code::argument_not_found,
                "'" + target.name + "' has no argument '" + name + "'; it has: " + names_of(target.arguments) + ".");
}

ist::Result<std::vector<Operand>> make_operands(Session& session, const Target& target,
                                                const std::vector<Pair>& values) {
  std::vector<const std::string*> texts(target.arguments.size());
  for (const Pair& pair : values) {
    IST_TRY(const size_t index, find_argument(target, pair.name));
    if (texts[index]) return ist::fail(Code::invalid_argument, "Argument '%s' is given twice.", pair.name.c_str());
    texts[index] = &pair.value;
  }
  std::string missing;
  for (size_t i = 0; i < texts.size(); ++i)
    if (!texts[i])
      missing += (missing.empty() ? "" : ", ") + target.arguments[i].name + ": " + type_text(target.arguments[i]);
  if (!missing.empty())
    return Status(Code::argument_not_found,
                  "'" + target.name + "' needs more arguments, NAME=VALUE each: " + missing + ".");
  std::vector<Operand> operands;
  for (size_t i = 0; i < texts.size(); ++i) {
    IST_TRY(Operand operand, make_operand(session, target.arguments[i], *texts[i]));
    operands.push_back(std::move(operand));
  }
  return operands;
}

// Launches, and keeps what kernels return.
class Launcher {
 public:
  static ist::Result<Launcher> make(const Session& session, const Target& target,
                                    const std::vector<Operand>& operands) {
    Launcher made(session, target);
    if (target.kernel) {
      made.kernel_ = ti_get_aot_module_kernel(session.module(), target.name.c_str());
      if (!made.kernel_) return of_last_error();
      made.results_.resize(target.kernel->returns.size());
      for (const Operand& operand : operands) made.arguments_.push_back(operand.value);
    } else {
      made.graph_ = ti_get_aot_module_compute_graph(session.module(), target.name.c_str());
      if (!made.graph_) return of_last_error();
      for (const Operand& operand : operands) made.named_.push_back({operand.argument.name.c_str(), operand.value});
    }
    return made;
  }

  Status launch() {
    const TiRuntime runtime = session_->runtime();
    if (!results_.empty()) {
      auto count = static_cast<uint32_t>(results_.size());
      return of_call(ist_call_kernel(runtime, kernel_, static_cast<uint32_t>(arguments_.size()), arguments_.data(),
                                     &count, results_.data()));
    }
    if (kernel_)
      ti_launch_kernel(runtime, kernel_, static_cast<uint32_t>(arguments_.size()), arguments_.data());
    else
      ti_launch_compute_graph(runtime, graph_, static_cast<uint32_t>(named_.size()), named_.data());
    return of_last_error();
  }

  const std::vector<TiTensor>& results() const { return results_; }

 private:
  Launcher(const Session& session, const Target&) : session_(&session) {}
  const Session* session_;
  TiKernel kernel_ = TI_NULL_HANDLE;
  TiComputeGraph graph_ = TI_NULL_HANDLE;
  std::vector<TiArgument> arguments_;
  std::vector<TiNamedArgument> named_;
  std::vector<TiTensor> results_;
};

// "1, 2; 3, 4", as arguments are written.
std::string result_text(const TiTensor& tensor, const std::vector<uint32_t>& shape) {
  const auto type = static_cast<DataType>(tensor.type);
  const auto* bytes = reinterpret_cast<const std::byte*>(&tensor.contents.data);
  const size_t step = ist::aot::element_size_bytes(type), columns = shape.size() == 2 ? shape[1] : 0;
  std::string text;
  for (size_t i = 0; i < tensor.contents.length; ++i) {
    if (i) text += columns && i % columns == 0 ? "; " : ", ";
    text += number_text(bytes + i * step, type);
  }
  return text;
}

void print_results(const Target& target, const Launcher& launcher) {
  for (size_t i = 0; i < launcher.results().size(); ++i) {
    const ist::aot::ReturnValue& value = target.kernel->returns[i];
    std::printf("%s = %s\n", printable(value.name).c_str(), result_text(launcher.results()[i], value.shape).c_str());
  }
}

Status launch_all(const Options& options, const Session& session, Launcher& launcher) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times_us;
  for (uint32_t i = 0; i < options.repeat; ++i) {
    const Clock::time_point begin = Clock::now();
    IST_CHECK(launcher.launch());
    if (!options.time) continue;
    IST_CHECK(session.wait());
    times_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  IST_CHECK(session.wait());
  if (!options.time) return {};
  std::sort(times_us.begin(), times_us.end());
  std::printf("time: %zu %s, each waited for: median %.1f us, least %.1f us, most %.1f us\n", times_us.size(),
              times_us.size() == 1 ? "launch" : "launches", times_us[times_us.size() / 2], times_us.front(),
              times_us.back());
  return {};
}

// Files for those that are named, a line for each other that is written.
Status write_outputs(const Session& session, const Target& target, const std::vector<Operand>& operands,
                     const std::vector<Pair>& outs) {
  std::vector<bool> is_written(operands.size());
  for (const Pair& out : outs) {
    IST_TRY(const size_t index, find_argument(target, out.name));
    IST_CHECK(write_operand(session, operands[index], out.value));
    is_written[index] = true;
  }
  for (size_t i = 0; i < operands.size(); ++i) {
    const bool holds_results = (operands[i].is_array() || operands[i].is_image()) && operands[i].argument.access & 2;
    if (is_written[i] || !holds_results) continue;
    IST_TRY(const std::string line, summary(session, operands[i]));
    std::printf("%s: %s\n", printable(operands[i].argument.name).c_str(), line.c_str());
  }
  return {};
}

// Before anything is launched: what cannot be written.
Status check_outputs(const Target& target, const std::vector<Operand>& operands, const std::vector<Pair>& outs) {
  for (size_t i = 0; i < outs.size(); ++i) {
    IST_TRY(const size_t index, find_argument(target, outs[i].name));
    IST_CHECK(check_output(operands[index], outs[i].value));
    for (size_t k = 0; k < i; ++k)
      if (is_same_file(outs[k].value, outs[i].value))
        return ist::fail(Code::invalid_argument, "Outputs '%s' and '%s' are to be written to one file, '%s'.",
                         outs[k].name.c_str(), outs[i].name.c_str(), outs[i].value.c_str());
  }
  return {};
}

Status run(const Options& options) {
  IST_TRY(const ist::aot::ModuleDesc module, ist::aot::read_module_from_path(options.module));
  IST_TRY(const Target target, find_target(options, module));
  std::vector<std::string> texts = options.args;
  texts.insert(texts.end(), options.more_args.begin(), options.more_args.end());
  IST_TRY(const std::vector<Pair> values, split_pairs(texts, "An argument"));
  IST_TRY(const std::vector<Pair> outs, split_pairs(options.outs, "An output"));
  for (const auto* pairs : {&values, &outs})
    for (const Pair& pair : *pairs) IST_CHECK(find_argument(target, pair.name).take_status());
  IST_TRY(Session session, Session::open(arch_of(options.arch, module.code), options.device, options.module));
  IST_TRY(const std::vector<Operand> operands, make_operands(session, target, values));
  IST_CHECK(check_outputs(target, operands, outs));
  IST_TRY(Launcher launcher, Launcher::make(session, target, operands));
  IST_CHECK(launch_all(options, session, launcher));
  print_results(target, launcher);
  return write_outputs(session, target, operands, outs);
}

}  // namespace

VerbRun add_run(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("MODULE", options->module, "A module: a folder or a .tcm")->required();
  command.add_option("KERNEL", options->target, "A kernel or a graph of it")->required();
  command.add_option("NAME=VALUE", options->more_args, "Arguments, as with --arg");
  command.add_option("--arg", options->args, "An argument by name or position; see below")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  command.add_option("--out", options->outs, "Write an array or an image to a .npy or a .png when all is done")
      ->type_name("NAME=FILE")
      ->expected(1)
      ->take_all();
  command.add_option("--arch", options->arch, "What to run on; by itself: what the module is for")
      ->check(CLI::IsMember({"vulkan", "opengl", "gles", "cpu", "cuda"}))
      ->type_name("ARCH");
  command.add_option("--device", options->device, "Which of its devices; isthmus doctor lists them")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--repeat", options->repeat, "Launch so many times")
      ->check(CLI::Range(1u, 1000000000u))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--time", options->time, "Wait for each launch and print how long it took");
  command.footer(
      "A VALUE is:\n"
      "  3  0x1f  -1.5  true    a number\n"
      "  1,2,3  1,2;3,4         a vector, a matrix by rows, or a small array\n"
      "  zeros:256x256          a new array, zero; the element's own shape is not named\n"
      "  new:640x480[:rgba8]    a new image, zero\n"
      "  @a.npy  @picture.png   an array or an image from a file\n"
      "\nExamples:\n"
      "  isthmus run graphs.tcm add_to a=zeros:16 value=3 --out a=a.npy\n"
      "  isthmus run fractal paint image=new:640x480 width=640 height=480 \\\n"
      "      c_re=-0.8 c_im=0.156 zoom=1 limit=200 --out image=julia.png\n"
      "  isthmus inspect fractal --kernel paint     tells what there is to give\n"
      "\nEnds with 0, with 1 when something cannot be run, with 2 for wrong use.");
  return [options] {
    const Status status = run(*options);
    if (!status.ok()) complain(std::string(status.message()));
    return status.ok() ? kWell : kFailed;
  };
}
