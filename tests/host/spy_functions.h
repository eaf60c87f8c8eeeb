// The table of wrapped functions, between the spy and the wrappers.
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>

#include "spy_driver.h"

namespace host {

struct SpyFunction {
  std::string_view name;  // without "vk"
  uint32_t version;       // of core; UINT32_MAX for an extension's
  std::string_view extension;
  PFN_vkVoidFunction wrapper;
  std::atomic<PFN_vkVoidFunction>& real;
  std::atomic<uint64_t>& calls;
};

// Null for a function that vulkan_functions.def does not have.
const SpyFunction* find_function(std::string_view name_with_vk);
void reset_calls();
// Null when there is none; then wrappers pass everything through.
SpyDriver* active_spy();

}  // namespace host
