// Host-visible buffers through which bytes reach memory that the host cannot map, kept for reuse.
#pragma once

#include <memory>
#include <vector>

#include "core/timeline.h"

namespace ist {

class Staging {
 public:
  enum class Direction { to_device, to_host };

  explicit Staging(Timeline& timeline) : timeline_(timeline) {}

  // A mapped buffer of at least `size_bytes` that no unfinished batch uses.
  Result<std::unique_ptr<TrackedBuffer>> take(uint64_t size_bytes, Direction direction);
  // Gives it back; it is reused when its last batch has finished, or freed when enough is kept.
  void give_back(std::unique_ptr<TrackedBuffer> buffer, Direction direction);

 private:
  struct Kept {
    std::unique_ptr<TrackedBuffer> buffer;
    Direction direction;
  };
  Timeline& timeline_;
  std::vector<Kept> kept_;
  uint64_t kept_bytes_ = 0;
};

}  // namespace ist
