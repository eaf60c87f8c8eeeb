// Dynamic libraries at run time: the one place that knows the system's loader.
#pragma once

#include <string>

namespace ist {

// Opens a library by its name or path; it stays open until close_library. Null when it cannot be opened: `said`, when
// given, is then the loader's sentence.
void* open_library(const char* name, std::string* said = nullptr);

// A library that somebody else has opened, held until close_library; null when nobody has.
void* hold_loaded_library(const char* name);
// The same for the library that contains `address`.
void* hold_library_of(const void* address);

void close_library(void* library);

// Null when the library has no such symbol.
void* find_symbol(void* library, const char* name);
// Among what is visible to the whole process.
void* find_global_symbol(const char* name);

// Looks a function up by name. False: there is none, and `function` is null.
template <class Function>
bool find_function(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(find_symbol(library, name));
  return function != nullptr;
}

// The folder, with its slash, of the library or program that contains this code; "" when the system does not say.
std::string own_folder();

}  // namespace ist
