// Waiting threads and the one that works take turns.
#include <mutex>

#include "gl/gl_context.h"

namespace ist::gl {
namespace {

class LoneContext final : public Context {
 public:
  explicit LoneContext(std::unique_ptr<Context> context) : context_(std::move(context)) {}

  Status enter() override {
    turn_.lock();
    if (depth_ == 0) {
      Status status = context_->enter();
      if (!status.ok()) {
        turn_.unlock();
        return status;
      }
    }
    ++depth_;
    return {};
  }
  void leave() override {
    if (--depth_ == 0) context_->leave();
    turn_.unlock();
  }

 private:
  std::unique_ptr<Context> context_;
  std::recursive_mutex turn_;
  int depth_ = 0;
};

}  // namespace

std::unique_ptr<Context> make_lone(std::unique_ptr<Context> context) {
  return std::make_unique<LoneContext>(std::move(context));
}

}  // namespace ist::gl
