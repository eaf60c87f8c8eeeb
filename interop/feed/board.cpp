// Sealed pages, and the hand-shake on them.
#include "feed/board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace ist::feed {
namespace {

constexpr size_t kPageBytes = 4096;
static_assert(sizeof(BoardPage) <= kPageBytes && sizeof(LeasePage) <= kPageBytes);

Status no_page(const char* what) {
  return fail(Code::not_supported, "A page to share cannot be made: %s: %s.", what, std::strerror(errno));
}

// Of a whole page. The kernel's file, not a size that somebody tells.
bool cannot_shrink(int fd) {
  struct stat found;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) && ::fstat(fd, &found) == 0 && found.st_size >= off_t{kPageBytes};
}

}  // namespace

template <class Page>
Result<SharedPage<Page>> SharedPage<Page>::make(const char* name) {
  File file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return no_page("memfd_create");
  if (::ftruncate(file.get(), kPageBytes) != 0) return no_page("ftruncate");
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) return no_page("F_ADD_SEALS");
  return map(std::move(file), true);
}

template <class Page>
Result<SharedPage<Page>> SharedPage<Page>::map(File file, bool writable) {
  if (!cannot_shrink(file.get()))
    return fail(Code::corrupted_data, "A page of the feed is not a file of %zu bytes that cannot shrink.", kPageBytes);
  void* page = ::mmap(nullptr, kPageBytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file.get(), 0);
  if (page == MAP_FAILED) return no_page("mmap");
  return SharedPage(std::move(file), static_cast<Page*>(page));
}

template <class Page>
SharedPage<Page>::~SharedPage() {
  if (page_) ::munmap(static_cast<void*>(page_), kPageBytes);
}

template <class Page>
void SharedPage<Page>::seal_for_others() {
  // Kernels before 5.1 do not know the seal; then only politeness keeps the page.
  (void)::fcntl(file_.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
}

template class SharedPage<BoardPage>;
template class SharedPage<LeasePage>;

void write_note(const Board& board, uint32_t slot, const FrameNote& note) {
  auto& words = board->notes[slot];
  words[0] = note.sequence;
  words[1] = note.time_ns;
  words[2] = note.user[0];
  words[3] = note.user[1];
}

uint32_t slot_of(const Lease& lease, uint32_t slot_count) {
  const uint64_t word = lease->slot.load();
  return word >= 1 && word <= slot_count ? static_cast<uint32_t>(word - 1) : kNoSlot;
}

std::optional<Taken> take_newest(const Board& board, const Lease& lease, uint32_t slot_count, uint64_t seen) {
  lease->waiting = 1;  // before the look, so that what comes after it brings a word
  // Each failure is a frame that was published meanwhile; a board gone mad is given up on.
  for (int tries = 0; tries < 1000; ++tries) {
    const Newest newest{board->newest.load()};
    if (newest.none() || newest.sequence() <= seen || newest.slot() >= slot_count) break;
    lease->slot = newest.slot() + 1;
    if (board->newest.load() != newest.word) continue;
    lease->waiting = 0;
    lease->taken = newest.sequence();
    const auto& words = board->notes[newest.slot()];
    return Taken{newest.slot(), {newest.sequence(), words[1], {words[2], words[3]}}};
  }
  give_back(lease);
  return std::nullopt;
}

void give_back(const Lease& lease) { lease->slot = 0; }

bool wants_news(const Lease& lease) { return lease->waiting.load() != 0 && lease->waiting.exchange(0) != 0; }

}  // namespace ist::feed
