// Looks up the functions; never links either library.
#include "api.h"

#include <dlfcn.h>

namespace differential {

Api open_api(const std::string& path, std::string* problem) {
  Api api;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    *problem = dlerror();
    return api;
  }
#define IST_LOOK_UP(name)                                                       \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, "ti_" #name)); \
  if (!api.name) *problem = path + " lacks ti_" #name;
  IST_EACH_FUNCTION(IST_LOOK_UP)
#undef IST_LOOK_UP
  api.library = library;
  return api;
}

}  // namespace differential
