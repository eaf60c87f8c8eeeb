// Makes one mistake, named by its first argument, and prints what the library says of it: docs/troubleshooting.md shows
// these messages.
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include <ist/cpp/ist.hpp>

namespace {

std::string modules;  // the folder with the modules of assets

ti::Runtime make(TiArch arch = TI_ARCH_VULKAN) { return ti::Runtime(arch); }

struct Loaded {
  ti::Runtime runtime;
  ti::AotModule module;

  explicit Loaded(const char* name, TiArch arch = TI_ARCH_VULKAN)
      : runtime(arch), module(runtime.load_aot_module(modules + "/" + name)) {}
};

constexpr TiImageUsageFlags kBoth = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;

TiImageAllocateInfo image_info(TiImageUsageFlags usage = kBoth) {
  TiImageAllocateInfo info = {};
  info.dimension = TI_IMAGE_DIMENSION_2D;
  info.extent = {64, 64, 1, 1};
  info.mip_level_count = 1;
  info.format = TI_FORMAT_RGBA8;
  info.usage = usage;
  return info;
}

ti::Image make_dye(ti::Runtime& runtime, TiImageUsageFlags usage = kBoth) {
  ti::Image image = runtime.allocate_image(image_info(usage));
  ist_set_name(runtime, image.image(), "dye");
  return image;
}

void read_line(const Loaded& on, const TiNdArray& array) {
  ti::Kernel read = on.module.get_kernel("read_line");
  read[0] = array;
  read.launch();
}

void launch_julia(const Loaded& on, TiImage image, TiFormat format) {
  ti::Kernel paint = on.module.get_kernel("paint");
  TiTexture texture = {};
  texture.image = image;
  texture.dimension = TI_IMAGE_DIMENSION_2D;
  texture.extent = {64, 64, 1, 1};
  texture.format = format;
  paint[0] = texture, paint[1] = 64, paint[2] = 64;
  paint[3] = -0.8f, paint[4] = 0.1f, paint[5] = 1.4f, paint[6] = 60;
  paint.launch();
}

const std::map<std::string, std::function<void()>> kMistakes = {
    {"create", [] { make(); }},
    {"create x64", [] { make(TI_ARCH_X64); }},
    {"create metal", [] { make(TI_ARCH_METAL); }},
    {"device 9", [] { ti::Runtime(TI_ARCH_VULKAN, 9); }},
    {"load nothing", [] { Loaded("no_such.tcm"); }},
    {"load rubbish", [] { make().create_aot_module("rubbish", 7); }},
    {"load on x64", [] { Loaded("fields.tcm", TI_ARCH_X64); }},
    {"load doubles on gles", [] { Loaded("types_f64.tcm", TI_ARCH_GLES); }},
    {"kernel", [] { Loaded("fields.tcm").module.get_kernel("fil"); }},
    {"type",
     [] {
       Loaded on("fields.tcm");
       ti::Kernel fill = on.module.get_kernel("fill");
       fill[0] = 1.5f;
       fill.launch();
     }},
    {"rank",
     [] {
       Loaded on("fields.tcm");
       read_line(on, on.runtime.allocate_ndarray<int>({4, 5}));
     }},
    {"element",
     [] {
       Loaded on("fields.tcm");
       read_line(on, on.runtime.allocate_ndarray<float>({20}));
     }},
    {"arguments",
     [] {
       Loaded on("fractal");
       ti::Kernel paint = on.module.get_kernel("paint");
       paint[0] = 64;
       paint.launch();
     }},
    {"small",
     [] {
       Loaded on("fields.tcm");
       ti::Memory memory = on.runtime.allocate_memory(16);
       ist_set_name(on.runtime, memory.memory(), "line");
       TiNdArray array = {};
       array.memory = memory;
       array.shape.dim_count = 1;
       array.shape.dims[0] = 20;
       array.elem_type = TI_DATA_TYPE_I32;
       read_line(on, array);
     }},
    {"usage",
     [] {
       Loaded on("fractal");
       ti::Image image = make_dye(on.runtime, TI_IMAGE_USAGE_SAMPLED_BIT);
       launch_julia(on, image, TI_FORMAT_RGBA8);
     }},
    {"format",
     [] {
       Loaded on("fractal");
       auto info = image_info();
       info.format = TI_FORMAT_R32F;
       ti::Image image = on.runtime.allocate_image(info);
       launch_julia(on, image, TI_FORMAT_R32F);
     }},
    {"map",
     [] {
       ti::Runtime runtime = make();
       runtime.allocate_memory(64).map();
     }},
    {"freed",
     [] {
       ti::Runtime runtime = make();
       TiMemory gone = runtime.allocate_memory(64, true);
       ti_map_memory(runtime, gone);
     }},
    {"lent",
     [] {
       Loaded on("fractal");
       ti::Image image = make_dye(on.runtime);
       launch_julia(on, image, TI_FORMAT_RGBA8);
       const IstHandover dye = isthmus::whole(image.image(), TI_IMAGE_LAYOUT_SHADER_READ);
       ist_lend(on.runtime, 1, &dye, nullptr);
       launch_julia(on, image, TI_FORMAT_RGBA8);
       const ti::Error said = ti::get_last_error();  // freeing what is lent would say something else
       ist_take_back(on.runtime, 1, &dye, nullptr);
       ti::set_last_error(said);
     }},
    {"lend nothing",
     [] {
       Loaded on("fractal");
       ti::Image image = make_dye(on.runtime);
       const IstHandover dye = isthmus::whole(image.image(), TI_IMAGE_LAYOUT_UNDEFINED);
       ist_lend(on.runtime, 1, &dye, nullptr);
     }},
    {"layout",
     [] {
       Loaded on("fractal");
       ti::Image image = make_dye(on.runtime, TI_IMAGE_USAGE_STORAGE_BIT);
       const IstHandover dye = isthmus::whole(image.image(), TI_IMAGE_LAYOUT_SHADER_READ);
       ist_lend(on.runtime, 1, &dye, nullptr);
     }},
    {"not exported",
     [] {
       ti::Runtime runtime = make();
       ti::Image image = make_dye(runtime);
       isthmus::export_image(runtime, image, IST_HANDLE_OPAQUE_FD);
     }},
    {"rung",
     [] {
       ti::Runtime runtime = make();
       ist_set_option(runtime, IST_OPTION_FORCE_RUNG, IST_RUNG_SYNC_FD);
     }},
    {"attach",
     [] {
       ti::Runtime runtime = make();
       IstGlInfo info = {};
       info.size = sizeof info;
       info.get_proc_addr = [](const char*) -> IstGlProc { return nullptr; };
       IstGl gl;
       ist_gl_attach(runtime, &info, &gl);
     }},
    {"no feed",
     [] {
       ti::Runtime runtime = make();
       isthmus::Feed::open(runtime, "no_such_feed", 0);
     }},
    {"size",
     [] {
       ti::Runtime runtime = make();
       IstCounters counters = {};
       ist_counters(runtime, &counters);
     }},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  modules = argv[1];
  const auto mistake = kMistakes.find(argv[2]);
  if (mistake == kMistakes.end() && std::strcmp(argv[2], "all") != 0) return 2;
  for (const auto& [name, make_it] : kMistakes) {
    if (mistake != kMistakes.end() && name != mistake->first) continue;
    if (mistake == kMistakes.end()) std::printf("%s: ", name.c_str());
    make_it();
    std::printf("%s\n", ti::get_last_error().message.c_str());
  }
}
