// A feed: a named ring of images that one process makes and others look at, without a copy. The rules on
// errors, structs and threads are those of ist/core.h, those on who holds an object are of ist/share.h.
//
// The producer begins a slot, fills it and ends it; it is published once its work has finished. Consumers
// take the newest frame they have not seen; what nobody took is passed over. Neither side ever waits for
// the other: a consumer, slow or dead, holds one slot at most, and there are always two more.
// Processes meet at a socket in $XDG_RUNTIME_DIR/isthmus, else /run/user/UID/isthmus, else a folder in the
// system's folder for temporary files; the folder is the user's own (0700). Frames are ordered by
// IST_RUNG_HOST: nothing of a process that dies is waited for. Linux only.
//
// Images of a feed are LENT to it but between begin and end. They go with the feed: ti_free_image refuses
// them (INVALID_STATE), as ist_take_back does.
#ifndef IST_FEED_H
#define IST_FEED_H

#include <ist/share.h>

#ifdef __cplusplus
extern "C" {
#endif

// One side of a feed. Dies with its runtime.
typedef struct IstFeed_t* IstFeed;

// What becomes of a frame.
typedef enum IstFeedEnd {
  // Producer: consumers shall see it.
  IST_FEED_PUBLISH = 0,
  // Consumer: done with it.
  IST_FEED_RELEASE = 0,
  // Producer: nobody shall see it. Consumer: as RELEASE.
  IST_FEED_DROP = 1,
  IST_FEED_END_MAX_ENUM = 0x7fffffff
} IstFeedEnd;

// What a producer makes.
typedef struct IstFeedInfo {
  uint32_t size;
  // 3 to 16. There can be slot_count - 2 consumers.
  uint32_t slot_count;
  // 1 to 63 of A-Z a-z 0-9 . _ -, and neither "." nor "..".
  const char* name;
  // Of each slot. usage has SAMPLED; export_sharing is taken as set.
  TiImageAllocateInfo image;
} IstFeedInfo;

// One image in the hands of a producer or a consumer.
typedef struct IstFrame {
  uint32_t size;
  uint32_t slot;
  // Null: there is no newer frame.
  TiImage image;
  // Counts from 1 and grows by 1 with each frame ended with PUBLISH. Producer: the number it will get.
  uint64_t sequence;
  // CLOCK_MONOTONIC when the producer ended it. Producer: 0.
  uint64_t time_ns;
  // Producer: set before ist_feed_end. Consumer: what the producer has set.
  uint64_t user[2];
} IstFrame;

typedef struct IstFeedState {
  uint32_t size;
  uint32_t slot_count;
  // Producer: how many there are. Consumer: 1 while it is connected.
  uint32_t consumers;
  // Producer: 1. Consumer: 1 while the producer lives.
  uint32_t connected;
  TiImageAllocateInfo image;
  // What orders the frames.
  IstRung rung;
  // Of the producer.
  uint32_t pid;
  // Producer: slots that consumers hold now. Consumer: 1 until its reads of the last frame have finished.
  uint32_t leased;
  // Producer: slots that are neither leased, in hand, on their way to be published nor the newest.
  uint32_t available;
  uint32_t reserved;
  // Frames that consumers could see. Consumer: frames it has taken.
  uint64_t published;
  // Producer: frames that were taken back before they could be seen: ended with DROP, or overtaken.
  uint64_t dropped;
  // Producer: published frames that nobody had taken when the next one came. Consumer: numbers between the
  // frames it has taken.
  uint64_t skipped;
  // Producer: frames in the hands of consumers that went away without ending them.
  uint64_t leases_reclaimed;
} IstFeedState;

// Makes the ring on this runtime and gives it a name that other processes of the user find it by. What a
// dead producer has left under the name is replaced. INVALID_STATE: a living process has it (the message
// has its pid). INVALID_ARGUMENT: the name, or an image that cannot be sampled. ARGUMENT_OUT_OF_RANGE:
// slot_count. NOT_SUPPORTED: the device cannot export such an image, IST_OPTION_FORCE_RUNG names another
// rung than HOST, or no folder is fit.
IST_FN ist_feed_create(TiRuntime runtime, const IstFeedInfo* info, IstFeed* feed);

// Looks for a feed for at most timeout_ns (0: once) and imports its ring into this runtime.
// NAME_NOT_FOUND: there is none in time. INVALID_INTEROP: it is of another device or driver, found before
// the driver is asked. ARGUMENT_OUT_OF_RANGE: it has as many consumers as it can have. CORRUPTED_DATA: what
// answers is no feed. NOT_SUPPORTED: a feed of another version.
IST_FN ist_feed_open(TiRuntime runtime, const char* name, uint64_t timeout_ns, IstFeed* feed);

// Producer: gives out a slot, OURS, with undefined contents; timeout_ns is not read. It never waits for a
// consumer: a slot that is free, else one that nobody has seen or holds.
// Consumer: gives out the newest frame that it has not seen, OURS in SHADER_READ, to be read only; waits for
// one at most timeout_ns (0: looks; UINT64_MAX: for ever), and also for the reads of the frame it had
// before. A timeout is a success with frame->image null, and such a frame is not ended. Several consumers may
// have one frame: each should sample it; a copy out of it changes its layout, which GPUs that compress images do
// not stand while another consumer reads.
// INVALID_STATE: a frame is in hand already; or the producer has gone (the message has its pid). A failure leaves
// *frame as it is.
IST_FN ist_feed_begin(IstFeed feed, uint64_t timeout_ns, IstFrame* frame);

// Ends the frame that begin gave, after all work recorded before; submits once, and does not block. The image
// is LENT to the feed again. Producer: it is published, in order, when that work has finished.
// Consumer: the slot is the producer's when that work has finished; works when the producer has gone, too.
// INVALID_STATE: no frame is in hand, or the image is lent to somebody else. INVALID_ARGUMENT: not this one.
IST_FN ist_feed_end(IstFeed feed, const IstFrame* frame, IstFeedEnd how);

// Does not wait.
IST_FN ist_feed_state(IstFeed feed, IstFeedState* state);

// Ends the feed, with a frame in hand or not, and frees its images on this side; consumers keep theirs until
// they close. Other threads' calls on it return. Work that uses the images has been recorded before.
IST_FN ist_feed_close(IstFeed feed);

#ifdef __cplusplus
}
#endif

#endif  // IST_FEED_H
