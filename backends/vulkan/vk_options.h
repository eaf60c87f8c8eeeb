// What may be asked of a device when it is made. default_options() says what the environment asks for.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace ist::vk {

struct DeviceOptions {
  std::string validation;  // "" off, "1" or "core", "sync": with synchronization validation
  bool debug_names = false;
  std::vector<std::string> instance_extensions;  // beside our own; an unknown one is refused by name
  std::vector<std::string> device_extensions;
  std::string pipeline_cache_folder;  // absolute; "": pipelines are not kept on disk

  // Paths of older or adopted devices, forced by tests on a device that has better.
  bool without_timeline = false;
  bool without_push_descriptors = false;
};

// The switches of the environment (IST_VALIDATION, IST_DEBUG_NAMES, IST_PIPELINE_CACHE).
DeviceOptions default_options();

}  // namespace ist::vk
