#include "base/library.h"

#include <dlfcn.h>
#include <unistd.h>

namespace ist {
namespace {

// The file that contains `address`; null when the loader does not know.
const char* file_of(const void* address) {
  Dl_info info{};
  return ::dladdr(address, &info) ? info.dli_fname : nullptr;
}

std::string program_file() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : "";
}

}  // namespace

void* open_library(const char* name, std::string* said) {
  void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library && said) {
    const char* sentence = ::dlerror();
    *said = sentence ? sentence : name;
  }
  return library;
}

void* hold_loaded_library(const char* name) { return ::dlopen(name, RTLD_LAZY | RTLD_NOLOAD); }

void* hold_library_of(const void* address) {
  const char* file = file_of(address);
  return file ? hold_loaded_library(file) : nullptr;
}

void close_library(void* library) { ::dlclose(library); }

void* find_symbol(void* library, const char* name) { return ::dlsym(library, name); }

void* find_global_symbol(const char* name) { return ::dlsym(RTLD_DEFAULT, name); }

std::string own_folder() {
  static const char here = 0;
  const char* known = file_of(&here);
  std::string file = known ? known : "";
  // A program that holds this code as an archive: the loader has the name it was called by, which may be found by PATH.
  if (file.find('/') == std::string::npos) file = program_file();
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

}  // namespace ist
