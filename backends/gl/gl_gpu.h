// What all parts of the backend work on: functions and facts of the context, the context itself, and the names that
// are to be deleted when it is next bound.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gl/gl_caps.h"
#include "gl/gl_context.h"

namespace ist::gl {

// Objects die on any thread, where no context is bound.
class Graveyard {
 public:
  enum class Kind : uint8_t { buffer, texture, sampler, program };
  void bury(Kind kind, Name name);
  // Deletes them. The context is current.
  void dig(const Functions& gl);

 private:
  struct Grave {
    Kind kind;
    Name name;
  };
  std::mutex mutex_;
  std::vector<Grave> graves_;
  std::vector<Grave> taken_;
};

// Immutable but for the graveyard. Parts hold a reference; it outlives them.
struct Gpu {
  ContextFacts facts;
  std::unique_ptr<Context> work;
  std::unique_ptr<Context> waiter;  // null: the context is the host's, or lone
  bool lone = false;                // ours, and threads that wait take turns in it with the one that works
  GetProc get_proc_addr = nullptr;
  mutable Graveyard graveyard;
  mutable std::atomic<uint64_t> allocations{0};  // of buffers and textures, ever

  const Functions& gl() const { return facts.gl; }
  const ComputeCaps& caps() const { return facts.compute; }
  const DeviceInfo& info() const { return facts.info; }
  bool es() const { return facts.caps.es; }
  // The context is the host's: what is bound in it must be as before afterwards.
  bool borrowed() const { return !waiter && !lone; }
};

// Names an object in debuggers, where IST_DEBUG_NAMES asks for that. Binds the context.
void set_label(const Gpu& gpu, Enum kind, Name object, const std::string& name);
// What GL takes of a name or label.
std::string_view label_of(std::string_view text);

}  // namespace ist::gl
