// Handles that can be told apart: live, destroyed, of another kind, or never ours, without touching
// freed memory. A handle is index + generation + kind, packed into the bits of an opaque pointer.
//
// Slots live in chunks that never move and are never freed. An object dies when it has been retired
// and the last Pin on it has gone. Any thread may call anything.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace ist {

// What a handle names. 0 is no kind, so that a null handle never resolves.
enum class Kind : uint8_t {
  none,
  runtime,
  memory,
  image,
  sampler,
  aot_module,
  kernel,
  compute_graph,
  gl_context,
  feed
};
const char* kind_name(Kind kind);  // "TiMemory"

using HandleBits = uintptr_t;

// Everything that a handle can name.
class Object {
 public:
  virtual ~Object() = default;
};

enum class Liveness { null, alive, destroyed, wrong_kind, foreign };

class HandleTable {
 public:
  static HandleTable& instance();
  HandleTable() = default;
  // Only tables of tests are ever destroyed; what still lives in one is not.
  ~HandleTable();
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  // Takes ownership of `object`. `owner` is the handle of the runtime it lives under (0 for a runtime).
  HandleBits add(Kind kind, Object* object, HandleBits owner);

  struct Found {
    Liveness liveness = Liveness::null;
    Kind kind = Kind::none;    // that the handle claims
    Object* object = nullptr;  // when alive
    HandleBits owner = 0;      // when alive
  };
  // Resolves without pinning: the object may only be touched under the lock of the runtime `owner`,
  // or by who holds a Pin. Lock-free.
  Found find(HandleBits handle, Kind kind) const;

  // Resolves and keeps the object from being deleted until unpin(). Null unless alive. Lock-free.
  Object* pin(HandleBits handle, Kind kind);
  void unpin(HandleBits handle);

  // The handle is dead from now on; the object is deleted at once, or by the last unpin(). False when
  // it was not alive (the other thread of a race has retired it).
  bool retire(HandleBits handle, Kind kind);

  static Kind kind_of(HandleBits handle);

 private:
  // 64-bit: index 32 | generation 24 | kind 8. 32-bit: 18 | 9 | 5.
  static constexpr bool kWide = sizeof(HandleBits) == 8;
  static constexpr unsigned kKindBits = kWide ? 8 : 5;
  static constexpr unsigned kGenerationBits = kWide ? 24 : 9;
  static constexpr uint32_t kGenerationMask = (1u << kGenerationBits) - 1;
  static constexpr uint32_t kSlotsPerChunk = 1024;
  static constexpr uint32_t kMaxChunks = kWide ? 4096 : 256;

  // state: generation 24 | kind 7 | alive 1 | pins 32. The living handle itself counts as one pin.
  struct Slot {
    std::atomic<uint64_t> state{0};
    std::atomic<Object*> object{nullptr};
    std::atomic<HandleBits> owner{0};
  };
  using Chunk = std::array<Slot, kSlotsPerChunk>;

  static HandleBits pack(uint32_t index, uint32_t generation, Kind kind);
  static uint64_t state_of(uint32_t generation, Kind kind, bool alive, uint32_t pins);
  static uint32_t generation_of(uint64_t state) { return static_cast<uint32_t>(state >> 40); }
  static Kind kind_in(uint64_t state) { return static_cast<Kind>((state >> 33) & 0x7f); }
  static bool alive(uint64_t state) { return ((state >> 32) & 1) != 0; }
  static uint32_t pins(uint64_t state) { return static_cast<uint32_t>(state); }

  Slot* slot_of(HandleBits handle) const;
  void release(uint32_t index, Slot& slot);

  std::array<std::atomic<Chunk*>, kMaxChunks> chunks_{};
  std::atomic<uint32_t> slot_count_{0};
  std::mutex mutex_;  // of free_ and growth only
  std::vector<uint32_t> free_;
};

// Keeps one object alive for the length of a call.
class Pin {
 public:
  Pin() = default;
  Pin(HandleBits handle, Kind kind) : handle_(handle), object_(HandleTable::instance().pin(handle, kind)) {}
  Pin(Pin&& other) noexcept : handle_(other.handle_), object_(other.object_) { other.object_ = nullptr; }
  Pin& operator=(Pin&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(object_, other.object_);
    return *this;
  }
  ~Pin() {
    if (object_) HandleTable::instance().unpin(handle_);
  }

  Object* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  HandleBits handle_ = 0;
  Object* object_ = nullptr;
};

}  // namespace ist
