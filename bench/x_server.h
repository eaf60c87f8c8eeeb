// A virtual X display for a library that needs one for OpenGL.
#pragma once

#include <sys/types.h>

#include <string>

namespace ist::bench {

// Xvfb for a scope. Not there: display() is empty.
class XServer {
 public:
  XServer();
  XServer(const XServer&) = delete;
  ~XServer();

  // ":1", or empty.
  const std::string& display() const { return display_; }

 private:
  pid_t process_ = 0;
  std::string display_;
};

}  // namespace ist::bench
