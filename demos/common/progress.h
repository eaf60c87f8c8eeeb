// A progress bar on stderr, silent unless stderr is a terminal.
#pragma once

#include <cstdint>

namespace demo {

class Progress {
 public:
  explicit Progress(uint32_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(uint32_t done) const;

 private:
  uint32_t total_;
  bool visible_;
};

}  // namespace demo
