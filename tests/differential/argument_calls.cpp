// Arguments of kernels and graphs: kinds, types, ranks, counts, and what arrives after a conversion.
#include <bit>
#include <cstring>
#include <sstream>

#include "call_context.h"

namespace differential {
namespace {

void kernel_arguments(Calls& call) {
  const TiAotModule scalars = call.module("scalars.tcm"), tensors = call.module("tensors.tcm"),
                    arrays = call.module("ndarrays.tcm"), textures = call.module("textures.tcm");
  const auto kernel = [&](TiAotModule module, const char* name) {
    return call.api.get_aot_module_kernel(module, name);
  };
  const TiKernel write_i32 = kernel(scalars, "write_i32"), write_f32 = kernel(scalars, "write_f32"),
                 rank1 = kernel(arrays, "rank1"), vec3 = kernel(tensors, "vec3_f32"),
                 vector = kernel(arrays, "vector_f32"), fetch = kernel(textures, "fetch_2d");
  // Large enough for whatever is launched in spite of wrong arguments.
  const TiMemory memory = call.memory(4096);
  const auto array = [&](TiDataType type = TI_DATA_TYPE_I32) { return Calls::array(memory, type, {4}); };

  call("launch", [&] { call.launch(write_i32, {Calls::i32(1), array()}); });
  call("launch of too few arguments", [&] { call.launch(kernel(scalars, "no_array"), {}); });
  call("launch of 65 arguments", [&] { call.launch(write_i32, std::vector<TiArgument>(65, Calls::i32(1))); });
  TiArgument unknown = Calls::i32(1);
  unknown.type = odd<TiArgumentType>(17);
  call("launch with an unknown argument type", [&] { call.launch(write_i32, {unknown, array()}); });
  call("launch with F32 for i32", [&] { call.launch(write_i32, {Calls::f32(1), array()}); });
  call("launch with I32 for f32", [&] { call.launch(write_f32, {Calls::i32(1), array(TI_DATA_TYPE_F32)}); });
  for (int type = 0; type <= 14; ++type) {
    call("launch with SCALAR " + std::to_string(type) + " for i32", [&] {
      call.launch(write_i32, {Calls::scalar(odd<TiDataType>(type), 0), array()});
    });
  }
  const TiArgument floats = array(TI_DATA_TYPE_F32);
  for (int type = 0; type <= 14; ++type) {
    call("launch with TENSOR " + std::to_string(type) + " for a vector of f32", [&] {
      call.launch(vec3, {Calls::tensor(odd<TiDataType>(type), 3), floats});
    });
  }
  call("launch with a short tensor", [&] { call.launch(vec3, {Calls::tensor(TI_DATA_TYPE_F32, 2), floats}); });
  call("launch with an array of another type", [&] { call.launch(rank1, {floats}); });
  call("launch with an array of a lower rank",
       [&] { call.launch(kernel(arrays, "rank2"), {Calls::array(memory, TI_DATA_TYPE_I32, {4})}); });
  call("launch with an array of a higher rank", [&] {
    call.launch(rank1, {Calls::array(memory, TI_DATA_TYPE_I32, {2, 2})});
  });
  TiArgument pairs = floats;
  pairs.value.ndarray.elem_shape = {1, {2}};
  call("launch with elements of another shape", [&] { call.launch(vector, {pairs}); });
  call("launch with elements of no shape", [&] { call.launch(vector, {floats}); });
  call("launch with null memory", [&] { call.launch(rank1, {Calls::array(nullptr, TI_DATA_TYPE_I32, {4})}); });
  call("launch with a null image", [&] { call.launch(fetch, {Calls::texture(nullptr), floats}); });
  call("ti_wait", [&] { call.api.wait(call.runtime()); });
}

void graph_arguments(Calls& call) {
  const TiAotModule module = call.module("graphs.tcm");
  const auto graph = [&](const char* name) { return call.api.get_aot_module_compute_graph(module, name); };
  const TiMemory memory = call.memory(4096);
  const TiComputeGraph twice = graph("twice"), scalar = graph("scalar_i32"), tensors = graph("tensors");
  const TiArgument a = Calls::array(memory, TI_DATA_TYPE_I32, {4}), f = Calls::array(memory, TI_DATA_TYPE_F32, {9}),
                   v = Calls::tensor(TI_DATA_TYPE_F32, 3), m = Calls::tensor(TI_DATA_TYPE_I32, 6);
  TiArgument pairs = a;
  pairs.value.ndarray.elem_shape = {1, {1}};

  call("graph", [&] { call.launch(twice, {{"a", a}, {"out", a}}); });
  call("graph without an argument", [&] { call.launch(twice, {{"a", a}}); });
  call("graph without any argument", [&] { call.launch(twice, {}); });
  call("graph without an array of arguments",
       [&] { call.api.launch_compute_graph(call.runtime(), twice, 2, nullptr); });
  call("graph with an argument more", [&] { call.launch(twice, {{"a", a}, {"out", a}, {"b", a}}); });
  call("graph with one name twice", [&] { call.launch(twice, {{"a", a}, {"out", a}, {"a", a}}); });
  call("graph with a scalar for an array", [&] { call.launch(twice, {{"a", a}, {"out", Calls::i32(1)}}); });
  call("graph with an array of another type", [&] {
    call.launch(twice, {{"a", Calls::array(memory, TI_DATA_TYPE_F32, {4})}, {"out", a}});
  });
  call("graph with an array of another rank", [&] {
    call.launch(twice, {{"a", Calls::array(memory, TI_DATA_TYPE_I32, {2, 2})}, {"out", a}});
  });
  call("graph with elements of another shape", [&] { call.launch(twice, {{"a", pairs}, {"out", a}}); });
  call("graph with null memory", [&] {
    call.launch(twice, {{"a", Calls::array(nullptr, TI_DATA_TYPE_I32, {4})}, {"out", a}});
  });
  call("graph with an array for a scalar", [&] { call.launch(scalar, {{"value", a}, {"out", a}}); });
  call("graph with F32 for i32", [&] { call.launch(scalar, {{"value", Calls::f32(1)}, {"out", a}}); });
  for (int type = 0; type <= 14; ++type) {
    call("graph with SCALAR " + std::to_string(type) + " for i32", [&] {
      call.launch(scalar, {{"value", Calls::scalar(odd<TiDataType>(type), 0)}, {"out", a}});
    });
  }
  call("graph with tensors", [&] { call.launch(tensors, {{"v", v}, {"m", m}, {"out", f}}); });
  call("graph with a short tensor", [&] {
    call.launch(tensors, {{"v", Calls::tensor(TI_DATA_TYPE_F32, 2)}, {"m", m}, {"out", f}});
  });
  call("graph with a tensor of another type", [&] {
    call.launch(tensors, {{"v", Calls::tensor(TI_DATA_TYPE_I32, 3)}, {"m", m}, {"out", f}});
  });
  TiArgument unknown = a;
  unknown.type = odd<TiArgumentType>(17);
  call("graph with an unknown argument type", [&] { call.launch(twice, {{"a", unknown}, {"out", a}}); });
  call("ti_wait", [&] { call.api.wait(call.runtime()); });
}

// What arrives when the argument is not of the parameter's own type: the first element, as an integer of its bits.
void conversions(Calls& call) {
  const Api& api = call.api;
  const TiRuntime runtime = call.runtime();
  const TiAotModule module = call.module("scalars.tcm");
  const auto put = [&](const std::string& what, const char* name, TiDataType type, size_t size, TiArgument argument) {
    const TiMemory memory = call.memory(8);
    const TiKernel kernel = api.get_aot_module_kernel(module, (std::string("write_") + name).c_str());
    call(what + " for " + name, [&] {
      uint64_t bits = 0x5555555555555555;
      std::memcpy(api.map_memory(runtime, memory), &bits, 8);
      api.unmap_memory(runtime, memory);
      call.launch(kernel, {argument, Calls::array(memory, type, {1})});
      api.wait(runtime);
      bits = 0;
      std::memcpy(&bits, api.map_memory(runtime, memory), size);
      api.unmap_memory(runtime, memory);
      std::ostringstream text;
      text << std::hex << bits;
      return text.str();
    });
  };
  const auto half = [](float value) { return Calls::scalar(TI_DATA_TYPE_F16, std::bit_cast<uint32_t>(value)); };
  const TiArgument minus5 = Calls::scalar(TI_DATA_TYPE_I16, 0xfffb), large = Calls::scalar(TI_DATA_TYPE_U16, 0xfffb);
  put("I32 300", "i8", TI_DATA_TYPE_I8, 1, Calls::i32(300));
  put("I32 -1", "u16", TI_DATA_TYPE_U16, 2, Calls::i32(-1));
  put("I32 -5", "u32", TI_DATA_TYPE_U32, 4, Calls::i32(-5));
  put("I32 5", "i64", TI_DATA_TYPE_I64, 8, Calls::i32(5));
  put("I32 -5", "i64", TI_DATA_TYPE_I64, 8, Calls::i32(-5));
  put("I32 -2", "u1", TI_DATA_TYPE_I32, 4, Calls::i32(-2));
  put("I16 -5", "i8", TI_DATA_TYPE_I8, 1, minus5);
  put("I16 -5", "i16", TI_DATA_TYPE_I16, 2, minus5);
  put("I16 -5", "u16", TI_DATA_TYPE_U16, 2, minus5);
  put("I16 -5", "i32", TI_DATA_TYPE_I32, 4, minus5);
  put("I16 -5", "i64", TI_DATA_TYPE_I64, 8, minus5);
  put("U16 65531", "i16", TI_DATA_TYPE_I16, 2, large);
  put("U16 65531", "i32", TI_DATA_TYPE_I32, 4, large);
  put("U16 65531", "u64", TI_DATA_TYPE_U64, 8, large);
  put("U16 65531", "f16", TI_DATA_TYPE_F16, 2, large);
  put("F16 2.5", "f16", TI_DATA_TYPE_F16, 2, half(2.5f));
  put("F16 0.1", "f16", TI_DATA_TYPE_F16, 2, half(0.1f));
  put("F16 65519", "f16", TI_DATA_TYPE_F16, 2, half(65519.0f));
  put("F16 1e30", "f16", TI_DATA_TYPE_F16, 2, half(1e30f));
  put("F16 1e-7", "f16", TI_DATA_TYPE_F16, 2, half(1e-7f));
  put("F16 2.5", "f32", TI_DATA_TYPE_F32, 4, half(2.5f));
  put("F16 0.1", "f32", TI_DATA_TYPE_F32, 4, half(0.1f));
  put("F32 2.5", "f16", TI_DATA_TYPE_F16, 2, Calls::f32(2.5f));
  put("F32 2.5", "f64", TI_DATA_TYPE_F64, 8, Calls::f32(2.5f));
  put("I32 0x4100", "f16", TI_DATA_TYPE_F16, 2, Calls::i32(0x4100));
}

constexpr CallGroup kGroups[] = {
    {"kernel_arguments", kernel_arguments}, {"graph_arguments", graph_arguments}, {"conversions", conversions}};

}  // namespace

std::span<const CallGroup> argument_calls() { return kGroups; }

}  // namespace differential
