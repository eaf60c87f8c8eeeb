// Objects that change hands: lent to a host or peer in a state it can rely on, and taken back. Decides
// what is recorded for that; what is signalled and waited for is the caller's.
#pragma once

#include <memory>
#include <span>

#include "core/image.h"
#include "core/memory.h"

namespace ist {

// One object, or a part of an image. The layout is one the image can be in, the range lies in it.
struct Handover {
  Memory* memory = nullptr;  // exactly one of the two
  ImageResource* image = nullptr;
  SubresourceRange range;
  Layout layout = Layout::undefined;
  Peer peer;
  bool read_only = false;
  bool discard = false;  // contents may be lost
  bool already = false;  // lend: the peer has it in that state, nothing is recorded
};

// How the work on both sides is ordered with each other.
enum class Order : uint8_t {
  queue,      // by submission on one queue
  semaphore,  // the device waits, and sees everything that was done
  host,       // the CPU has waited
};

// invalid_state: not ours, or mapped; invalid_argument: UNDEFINED without discard, two of them overlap.
Status check_lend(std::span<const Handover> parts);
// Records what brings each part into its state, after all work recorded before, and marks it lent. A batch
// is open afterwards.
Status record_lend(Runtime& runtime, std::span<const Handover> parts, uint32_t rung);

// For a loan that could not be submitted: ours again, in the state that the timeline knows.
void undo_lend(std::span<const Handover> parts);

// invalid_state: not lent, or to another peer; invalid_argument: a read-only loan in another layout.
Status check_take_back(std::span<const Handover> parts);
// Makes each part ours again: later work comes after what the peer has done.
Status record_take_back(Runtime& runtime, std::span<const Handover> parts, Order order, uint32_t rung);
// As above, once the gate has passed; until then the parts are on their way back. Nothing is recorded.
void return_through(Runtime& runtime, std::span<const Handover> parts, std::shared_ptr<ReturnGate> gate, uint32_t rung);

// Marks a whole object that came from elsewhere as lent to its exporter.
void start_lent(Memory& memory, const Peer& peer);
void start_lent(ImageResource& image, Layout layout, const Peer& peer);

// invalid_state while a host still relies on an object whose memory would go; what was imported from
// elsewhere may always be let go.
Status check_free(const Memory& memory);
Status check_free(const ImageResource& image);

// Who uses an image in this layout, and how: what a loan is made ready for.
Scope users_of(Layout layout);
Scope users_of(const BufferDesc& desc);

}  // namespace ist
