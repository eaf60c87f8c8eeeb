// The backend's parts on a context of a host's, without a device around them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "gl/gl_gpu.h"
#include "gl_host/gl_host.h"

namespace gl_test {

class HostContext final : public ist::gl::Context {
 public:
  explicit HostContext(gl_host::GlHost& host) : host_(host) {}
  ist::Status enter() override {
    host_.make_current();
    return {};
  }
  void leave() override { host_.make_none_current(); }

 private:
  gl_host::GlHost& host_;
};

// One for each test; `broken` tells why there is none.
struct Driver {
  explicit Driver(gl_host::Api api) : host(api) {
    if (!host.problem().empty()) {
      broken = host.problem();
      return;
    }
    const auto arch = api == gl_host::Api::gl ? ist::Arch::opengl : ist::Arch::gles;
    auto facts = ist::gl::read_context(gl_host::get_proc_addr, arch, false);
    if (!facts.ok()) {
      broken = facts.status().message();
      return;
    }
    gpu.facts = *std::move(facts);
    gpu.work = std::make_unique<HostContext>(host);
    host.make_none_current();
  }

  gl_host::GlHost host;
  ist::gl::Gpu gpu;
  std::string broken;
};

class BothApis : public testing::TestWithParam<gl_host::Api> {};

inline std::string api_name(const testing::TestParamInfo<gl_host::Api>& info) {
  return info.param == gl_host::Api::gl ? "OpenGL" : "OpenGLES";
}

}  // namespace gl_test
