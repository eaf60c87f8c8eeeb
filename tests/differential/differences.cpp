// Each row is one of docs/abi.md, and each entry is seen in every run: what no longer differs has to leave this table.
#include "differences.h"

#include <sstream>

namespace differential {
namespace {

constexpr const char* kWrong = "too few arguments, wrong type, rank or element shape, array larger than its memory";
constexpr const char* kBits = "I32 for a float parameter, F32 for an integer one";
constexpr const char* kScalars = "scalars as `TI_ARGUMENT_TYPE_SCALAR`, of types other than I16, U16 and F16";
constexpr const char* kTensors = "tensors of 8- and 64-bit types";
constexpr const char* kUnknownTensors = "tensors of unknown types";
constexpr const char* kGraph = "a graph argument missing, or of the wrong kind";
constexpr const char* kImages = "mips, array layers, cubes, depth formats, samplers";
constexpr const char* kHandles = "stale, foreign or wrong handles";
constexpr const char* kAborts = "extents of 0, format 0, device index 0xffffffff";
constexpr const char* kLackingFormats = "formats that the device lacks";
constexpr const char* kLackingUsage = "attachment and depth layouts of images that cannot be in them";
constexpr const char* kNarrow = "integers below zero for a wider parameter";
constexpr const char* kTextless = "`ti_set_last_error(e < 0, null)`";
constexpr const char* kIntegers = "R16, RG16, RGB16, RGBA16 with integer formats";
constexpr const char* kCapabilities = "capabilities of an own runtime";

// One difference for each of `numbers`, which take the place of # in the label.
struct Pattern {
  const char* label;
  const char* numbers;
  const char* released;
  const char* ours;
  const char* row;
  bool depends_on_device = false;
};

constexpr Pattern kPatterns[] = {
    // Errors and runtimes
    {"ti_set_last_error -4 without text", "", "INVALID_STATE size 23 text 'string pointer is null'",
     "INVALID_ARGUMENT size 1 text ''", kTextless},
    {"ti_set_last_error -77 without text", "", "INVALID_STATE size 23 text 'string pointer is null'",
     "-77 size 1 text ''", kTextless},
    {"ti_get_available_archs", "", "crash", "some ok", "`ti_get_available_archs` without a display"},
    {"capability of buffer addresses", "", "not there ok", "there ok", kCapabilities, true},
    {"capability of non-semantic info", "", "not there ok", "there ok", kCapabilities, true},
    {"ti_set_runtime_capabilities_ext without array", "", "crash", "ARGUMENT_NULL",
     "`ti_set_runtime_capabilities_ext` with a count and no list"},
    {"ti_create_runtime of arch 7", "", "null NOT_SUPPORTED", "made ok", "`TI_ARCH_GLES` by `ti_create_runtime`"},
    {"ti_create_runtime of device 1000", "", "made ok", "null ARGUMENT_OUT_OF_RANGE", "device index past the end"},
    {"ti_create_runtime of device 0xffffffff", "", "crash", "null ARGUMENT_OUT_OF_RANGE", kAborts},
    {"ti_create_vulkan_runtime_ext with an unknown instance extension", "", "crash", "null NOT_SUPPORTED",
     "unknown instance extension"},
    {"ti_create_vulkan_runtime_ext with an unknown device extension", "", "made ok", "null NOT_SUPPORTED",
     "unknown device extension"},
    // Memory
    {"ti_allocate_memory of size 0", "", "crash", "null INVALID_ARGUMENT", "memory of 0 bytes"},
    {"ti_map_memory without host access", "", "made ok", "null INVALID_STATE",
     "mapping memory allocated without host access"},
    {"ti_free_memory while mapped", "", "crash", "ok", "freeing mapped memory"},
    {"ti_map_memory of freed memory", "", "crash", "null INVALID_ARGUMENT", kHandles},
    {"ti_map_memory of no handle", "", "crash", "null INVALID_ARGUMENT", kHandles},
    {"ti_copy_memory past the end", "", "ok", "ARGUMENT_OUT_OF_RANGE", "copies past the end"},
    // Images
    {"ti_allocate_image of format 0", "", "crash", "null INVALID_ARGUMENT", kAborts},
    {"ti_allocate_image of width 0", "", "crash", "null INVALID_ARGUMENT", kAborts},
    {"ti_allocate_image of format #", "4 5 6 15 19 23 27 31 35 39 41 42 43", "made ok", "null NOT_SUPPORTED",
     kLackingFormats, true},
    {"ti_allocate_image with 3 mips", "", "null NOT_SUPPORTED", "made ok", kImages},
    {"ti_allocate_image with 2 layers", "", "null NOT_SUPPORTED", "null INVALID_ARGUMENT", kImages},
    {"ti_allocate_image with 2 layers of a 2D array", "", "null NOT_SUPPORTED", "made ok", kImages},
    {"ti_allocate_image with 6 faces", "", "null NOT_SUPPORTED", "made ok", kImages},
    {"ti_create_sampler", "", "null NOT_SUPPORTED", "made ok", kImages},
    {"ti_create_sampler without runtime", "", "null NOT_SUPPORTED", "null ARGUMENT_NULL", kImages},
    {"ti_create_sampler without info", "", "null NOT_SUPPORTED", "null ARGUMENT_NULL", kImages},
    {"ti_destroy_sampler without runtime", "", "NOT_SUPPORTED", "ARGUMENT_NULL", kImages},
    {"ti_destroy_sampler of null", "", "NOT_SUPPORTED", "ARGUMENT_NULL", kImages},
    {"ti_copy_image of a part with offsets", "", "0 135 ok", "7 96 ok", "offsets in image copies"},
    {"ti_transition_image of an attachment to 0", "", "ok", "INVALID_ARGUMENT", "transition to `UNDEFINED`"},
    {"ti_transition_image of an attachment to 6", "", "ok", "INVALID_ARGUMENT", kLackingUsage},
    {"ti_transition_image of an attachment to 7", "", "INVALID_STATE", "INVALID_ARGUMENT", kLackingUsage},
    {"ti_transition_image of no attachment to 4", "", "ok", "INVALID_ARGUMENT", kLackingUsage},
    {"ti_transition_image of depth to 7", "", "INVALID_STATE", "ok", "`DEPTH_ATTACHMENT_READ` (7)"},
    // What is exported
    {"device address of exported memory", "", "not there ok", "there ok", kCapabilities, true},
    {"ti_export_vulkan_image of format 17", "", "70 ok", "74 ok", kIntegers},
    {"ti_export_vulkan_image of format 18", "", "77 ok", "81 ok", kIntegers},
    {"ti_export_vulkan_image of format 20", "", "91 ok", "95 ok", kIntegers},
    // Arguments of kernels
    {"launch after the module was destroyed", "", "crash", "INVALID_ARGUMENT",
     "kernel launched after its module was destroyed"},
    {"launch of too few arguments", "", "ok", "ARGUMENT_NOT_FOUND", kWrong},
    {"launch with F32 for i32", "", "ok", "INVALID_ARGUMENT", kBits},
    {"launch with I32 for f32", "", "ok", "INVALID_ARGUMENT", kBits},
    {"launch with SCALAR # for i32", "0", "ok", "INVALID_ARGUMENT", kWrong},
    {"launch with SCALAR # for i32", "1 2", "ARGUMENT_OUT_OF_RANGE", "INVALID_ARGUMENT", kScalars},
    {"launch with SCALAR # for i32", "3 5 6 7 8 10 11", "ARGUMENT_OUT_OF_RANGE", "ok", kScalars},
    {"launch with TENSOR # for a vector of f32", "0 4 5 9 10", "ok", "INVALID_ARGUMENT", kWrong},
    {"launch with TENSOR # for a vector of f32", "2 3 6 7 8 11", "NOT_SUPPORTED", "INVALID_ARGUMENT", kTensors},
    {"launch with TENSOR # for a vector of f32", "12 13 14", "NOT_SUPPORTED", "ARGUMENT_OUT_OF_RANGE", kUnknownTensors},
    {"launch with a short tensor", "", "ok", "INVALID_ARGUMENT", kWrong},
    {"launch with an array of another type", "", "ok", "INVALID_ARGUMENT", kWrong},
    {"launch with an array of a higher rank", "", "INVALID_STATE", "INVALID_ARGUMENT", kWrong},
    {"launch with an array of a lower rank", "", "ok", "INVALID_ARGUMENT", kWrong},
    {"launch with elements of another shape", "", "ok", "INVALID_ARGUMENT", kWrong},
    {"I32 -5 for i64", "", "fffffffb ok", "fffffffffffffffb ok", kNarrow},
    {"I16 -5 for i32", "", "fffb ok", "fffffffb ok", kNarrow},
    {"I16 -5 for i64", "", "fffb ok", "fffffffffffffffb ok", kNarrow},
    {"U16 65531 for f16", "", "fffb ok", "5555 INVALID_ARGUMENT", kWrong},
    {"I32 0x4100 for f16", "", "4100 ok", "5555 INVALID_ARGUMENT", kBits},
    {"F32 2.5 for f16", "", "0 ok", "4100 ok", "F32 for an f16 or f64 parameter"},
    {"F32 2.5 for f64", "", "40200000 ok", "4004000000000000 ok", "F32 for an f16 or f64 parameter"},
    // Arguments of graphs
    {"graph without an argument", "", "INVALID_STATE", "ARGUMENT_NOT_FOUND", kGraph},
    {"graph without any argument", "", "INVALID_STATE", "ARGUMENT_NOT_FOUND", kGraph},
    {"graph with a scalar for an array", "", "INVALID_STATE", "INVALID_ARGUMENT", kGraph},
    {"graph with an array of another type", "", "INVALID_STATE", "INVALID_ARGUMENT", kGraph},
    {"graph with an array of another rank", "", "INVALID_STATE", "INVALID_ARGUMENT", kGraph},
    {"graph with elements of another shape", "", "INVALID_STATE", "INVALID_ARGUMENT", kGraph},
    {"graph with an array for a scalar", "", "INVALID_STATE", "INVALID_ARGUMENT", kGraph},
    {"graph with a short tensor", "", "INVALID_STATE", "INVALID_ARGUMENT", kGraph},
    {"graph with a tensor of another type", "", "ok", "INVALID_ARGUMENT", kWrong},
    {"graph with F32 for i32", "", "ok", "INVALID_ARGUMENT", kBits},
    {"graph with SCALAR # for i32", "0", "ok", "INVALID_ARGUMENT", kWrong},
    {"graph with SCALAR # for i32", "1 2", "ARGUMENT_OUT_OF_RANGE", "INVALID_ARGUMENT", kScalars},
    {"graph with SCALAR # for i32", "3 5 6 7 8 10 11", "ARGUMENT_OUT_OF_RANGE", "ok", kScalars},
};

std::vector<Difference> expanded() {
  std::vector<Difference> all;
  for (const Pattern& pattern : kPatterns) {
    const std::string label = pattern.label;
    const size_t mark = label.find('#');
    if (mark == std::string::npos)
      all.push_back({label, pattern.released, pattern.ours, pattern.row, pattern.depends_on_device});
    std::istringstream numbers(pattern.numbers);
    for (std::string number; numbers >> number;) {
      all.push_back({std::string(label).replace(mark, 1, number), pattern.released, pattern.ours, pattern.row,
                     pattern.depends_on_device});
    }
  }
  return all;
}

}  // namespace

const std::vector<Difference>& differences() {
  static const std::vector<Difference> all = expanded();
  return all;
}

}  // namespace differential
