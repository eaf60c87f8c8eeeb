// All C++ owners but those of Vulkan hosts (vulkan.hpp), which need Vulkan's headers.
#ifndef IST_CPP_IST_HPP
#define IST_CPP_IST_HPP

#include <ist/cpp/feed.hpp>
#include <ist/cpp/gl.hpp>
#include <ist/cpp/share.hpp>

#endif  // IST_CPP_IST_HPP
