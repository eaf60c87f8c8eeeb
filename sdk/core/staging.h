// Host-visible buffers of the runtime's own: the way of bytes to and from memory that the host cannot
// map, and the place where kernels return values. Lent for one piece of work, then kept for reuse.
#pragma once

#include <memory>
#include <vector>

#include "core/timeline.h"

namespace ist {

class Staging {
 public:
  enum class Direction { to_device, to_host };

  // One buffer for one piece of work. Goes back when dropped, whatever has become of the work: it is
  // not lent again before its last batch has finished.
  class Loan {
   public:
    Loan(Staging& staging, std::unique_ptr<TrackedBuffer> buffer, Direction direction)
        : staging_(&staging), buffer_(std::move(buffer)), direction_(direction) {}
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (buffer_) staging_->give_back(std::move(buffer_), direction_);
    }

    TrackedBuffer& operator*() const { return *buffer_; }
    TrackedBuffer* operator->() const { return buffer_.get(); }
    std::byte* host() const { return buffer_->buffer->host(); }

   private:
    Staging* staging_;
    std::unique_ptr<TrackedBuffer> buffer_;
    Direction direction_;
  };

  explicit Staging(Timeline& timeline) : timeline_(timeline) {}

  // A mapped buffer of at least `size_bytes` that no unfinished batch uses. Shaders may write it.
  Result<Loan> lend(uint64_t size_bytes, Direction direction);

 private:
  struct Kept {
    std::unique_ptr<TrackedBuffer> buffer;
    Direction direction;
  };
  void give_back(std::unique_ptr<TrackedBuffer> buffer, Direction direction);

  Timeline& timeline_;
  std::vector<Kept> kept_;
  uint64_t kept_bytes_ = 0;
};

}  // namespace ist
