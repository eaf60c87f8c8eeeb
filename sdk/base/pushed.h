// Room at the end of a deque, taken before something that cannot be undone, and given back unless it is filled.
#pragma once

#include <deque>
#include <utility>

namespace ist {

template <class T>
class Pushed {
 public:
  explicit Pushed(std::deque<T>& list) : list_(list) { list_.emplace_back(); }
  ~Pushed() {
    if (!kept_) list_.pop_back();
  }
  Pushed(const Pushed&) = delete;
  Pushed& operator=(const Pushed&) = delete;

  void keep(T value) {
    list_.back() = std::move(value);
    kept_ = true;
  }

 private:
  std::deque<T>& list_;
  bool kept_ = false;
};

}  // namespace ist
