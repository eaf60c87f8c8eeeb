// A get_proc_addr that lies: drivers without an extension, on another device, slow or failing, on any driver.
#pragma once

#include "gl_host.h"

namespace gl_host {

struct Hooks {
  std::string hidden_extension;   // glGetStringi does not tell it
  std::string hidden_function;    // is not found
  bool other_device = false;      // another device UUID
  bool fences_pending = false;    // a look at a fence finds it unsignalled; waits work
  bool imports_fail = false;      // glImportMemoryFdEXT leaves an error and the fd
  bool storage_fails = false;     // glBufferStorageMemEXT and glTexStorageMem2DEXT leave an error
  bool never_complete = false;    // framebuffers are incomplete
  const char* version = nullptr;  // instead of GL_VERSION
};
// Of this process; tests set them back to {}.
Hooks& hooks();

void (*hooked_get_proc_addr(const char* name))();

}  // namespace gl_host
