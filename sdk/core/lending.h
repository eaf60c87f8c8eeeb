// Who holds an object, part by part, while not all of it is the runtime's. Does not know what is recorded
// to get it there, nor any native object.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "contract/device.h"
#include "core/subresource_map.h"

namespace ist {

// Peer::family of what an OpenGL context holds: only a call on that context ends such a loan. Devices do not read
// the family of these peers.
inline constexpr uint32_t kHeldByGl = 1;

// Something outside the runtime that happens before an object on its way back is ours. Under the lock of
// the runtime.
class ReturnGate {
 public:
  virtual ~ReturnGate() = default;
  // A look that does not block.
  virtual bool passed() = 0;
  // Blocks until it has passed; invalid_state says why the calling thread cannot wait for it.
  virtual Status wait() = 0;
};

// The values of IstHolder.
enum class Holder : uint32_t { ours = 0, lent = 1, returning = 2 };

struct Holding {
  Holder holder = Holder::ours;
  Layout layout = Layout::undefined;  // told to the peer
  Peer peer;
  bool read_only = false;
  std::shared_ptr<ReturnGate> gate;  // returning
  friend bool operator==(const Holding&, const Holding&) = default;
};

// Of one object; a buffer is one mip of one layer. Exists only while some part is not ours.
class Lending {
 public:
  Lending(uint32_t mips, uint32_t layers) : parts_(mips, layers, {}) {}

  const Holding& at(uint32_t mip, uint32_t layer) const { return parts_.at(mip, layer); }
  void set(const SubresourceRange& range, const Holding& holding);
  // Calls f(const Holding&) for the parts of a range.
  template <class F>
  void for_each(const SubresourceRange& range, F&& f) const {
    parts_.for_each(range, [&](const SubresourceRange&, const Holding& holding) { f(holding); });
  }
  bool all_ours() const;

  struct Returned {
    SubresourceRange range;
    Holding from;  // as it was held on its way back
  };
  // invalid_state unless all of the range is ours or becomes so by waiting for its gates; adds those parts to
  // `returned`. `object` and `user` are for the sentence: "Image 'dye'", "kernel 'advect'".
  Status require_ours(const SubresourceRange& range, const std::string& object, const std::string& user,
                      std::vector<Returned>& returned);

 private:
  SubresourceMap<Holding> parts_;
};

// For messages: "the host", "queue family 2".
std::string peer_text(const Peer& peer);

}  // namespace ist
