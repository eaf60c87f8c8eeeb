// What the processes of a feed see of each other while it runs: two kinds of shared pages. The board is the
// producer's: which frame is the newest. A lease is one consumer's: which slot it holds. Neither side waits or
// asks for the other, and a page says nothing that its reader relies on unchecked.
//
// A slot is taken like this: the consumer writes it into its lease, and has it if it is the newest still. The
// producer, before it reuses a slot, makes sure that it is not the newest, and then looks at the leases.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "feed/files.h"

namespace ist::feed {

inline constexpr uint32_t kNoSlot = UINT32_MAX;

// What consumers are told of a frame.
struct FrameNote {
  uint64_t sequence = 0;
  uint64_t time_ns = 0;
  uint64_t user[2] = {};
};

// A slot and the low bits of its sequence, in one word; 0: none.
struct Newest {
  uint64_t word = 0;
  static Newest of(uint32_t slot, uint64_t sequence) { return {sequence << 8 | (slot + 1)}; }
  uint32_t slot() const { return static_cast<uint32_t>(word & 0xff) - 1; }
  bool none() const { return (word & 0xff) == 0; }
  uint64_t sequence() const { return word >> 8; }
  friend bool operator==(const Newest&, const Newest&) = default;
};

// The producer's page, as both sides have it in memory.
struct BoardPage {
  std::atomic<uint64_t> newest;
  // Of a slot: written while nobody can take it.
  std::atomic<uint64_t> notes[16][4];
};
// A consumer's page.
struct LeasePage {
  std::atomic<uint64_t> slot;     // + 1; 0: none
  std::atomic<uint64_t> taken;    // sequence of the last frame it has had
  std::atomic<uint64_t> waiting;  // 1: wants a word when the board changes
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// A page that another process has, too. Its file cannot shrink, so that looking at it is always safe.
template <class Page>
class SharedPage {
 public:
  SharedPage() = default;
  static Result<SharedPage> make(const char* name);
  // corrupted_data: not such a file.
  static Result<SharedPage> map(File file, bool writable);
  SharedPage(SharedPage&& other) noexcept : file_(std::move(other.file_)), page_(std::exchange(other.page_, nullptr)) {}
  SharedPage& operator=(SharedPage&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(page_, other.page_);
    return *this;
  }
  ~SharedPage();

  Page* operator->() const { return page_; }
  int file() const { return file_.get(); }
  // From now on others who get the file cannot write.
  void seal_for_others();

 private:
  SharedPage(File file, Page* page) : file_(std::move(file)), page_(page) {}
  File file_;
  Page* page_ = nullptr;
};
using Board = SharedPage<BoardPage>;
using Lease = SharedPage<LeasePage>;

// Producer.
void write_note(const Board& board, uint32_t slot, const FrameNote& note);
// What the page says, which may be anything: kNoSlot unless it is a slot.
uint32_t slot_of(const Lease& lease, uint32_t slot_count);

// Consumer: leases the newest frame if it is newer than `seen`; else leases none and asks for a word.
struct Taken {
  uint32_t slot = kNoSlot;
  FrameNote note;
};
std::optional<Taken> take_newest(const Board& board, const Lease& lease, uint32_t slot_count, uint64_t seen);
void give_back(const Lease& lease);
// Producer, after the board has changed: true once for each time the consumer asked.
bool wants_news(const Lease& lease);

}  // namespace ist::feed
