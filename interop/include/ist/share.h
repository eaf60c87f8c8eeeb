// Who holds an object, when and in what layout; OS handles; how two sides can share. The rules on
// errors, structs and threads are those of ist/core.h.
//
// An image (each mip level x array layer) or a memory is held by the runtime (OURS), by a host or peer
// (LENT), or is on its way back from an OpenGL context (RETURNING). Launches, copies, transitions, maps,
// reads and writes of what is not ours are refused by name (INVALID_STATE). What ti_allocate_*,
// ti_import_* and ist_import_host_memory make starts OURS; what ist_import_memory and ist_import_image
// make starts LENT to the exporter. Exporting a handle never lends.
#ifndef IST_SHARE_H
#define IST_SHARE_H

#include <ist/core.h>

#ifdef __cplusplus
extern "C" {
#endif

// A file descriptor (-1: none), or a Windows HANDLE (0: none).
typedef intptr_t IstOsHandle;

// A host's OpenGL context that a runtime has been joined with (ist/gl.h).
typedef struct IstGl_t* IstGl;

// Where the other side is.
typedef enum IstPeer {
  // The same VkDevice and, unless the object is shared between families, the same queue family.
  IST_PEER_SAME_DEVICE = 0,
  // A queue of another family of the same VkDevice: queue_family says which.
  IST_PEER_QUEUE_FAMILY = 1,
  // Another device, API or process, with the same driver (VK_QUEUE_FAMILY_EXTERNAL).
  IST_PEER_EXTERNAL = 2,
  // Somebody with another driver (VK_QUEUE_FAMILY_FOREIGN_EXT).
  IST_PEER_FOREIGN = 3,
  IST_PEER_MAX_ENUM = 0x7fffffff
} IstPeer;

typedef enum IstHolder {
  IST_HOLDER_OURS = 0,
  IST_HOLDER_LENT = 1,
  IST_HOLDER_RETURNING = 2,
  IST_HOLDER_MAX_ENUM = 0x7fffffff
} IstHolder;

typedef enum IstHandoverFlagBits {
  // The host only reads: our last write stays what later work is ordered after.
  IST_HANDOVER_READ_ONLY_BIT = 1,
  // Contents may be lost on the way.
  IST_HANDOVER_DISCARD_BIT = 2,
  // Lend only: the host has it in that state already, nothing is recorded.
  IST_HANDOVER_ALREADY_BIT = 4,
  IST_HANDOVER_FLAG_BITS_MAX_ENUM = 0x7fffffff
} IstHandoverFlagBits;

// A moment that one side signals and the other waits for. Frozen; all zero is AUTO.
typedef struct IstSyncPoint {
  IstRung rung;
  // SYNC_FD: the file; -1 has fired already.
  int32_t fd;
  // TIMELINE and BINARY: a VkSemaphore of the runtime's device; on CUDA what ist_import_semaphore gave. TIMELINE 0: the
  // runtime's own, which CUDA has not.
  uint64_t semaphore;
  // TIMELINE: the value. HOST: a ticket of the runtime.
  uint64_t value;
} IstSyncPoint;

// One object, or a part of an image, that changes hands. Frozen; all zero but the object: the whole of
// it, on the same device, in layout UNDEFINED, which is refused without DISCARD.
typedef struct IstHandover {
  // Exactly one of the two.
  TiImage image;
  TiMemory memory;
  // Of images. Lend: what the host gets. Take back: what the host has left. 0 for memory.
  TiImageLayout layout;
  IstPeer peer;
  // Read for IST_PEER_QUEUE_FAMILY only.
  uint32_t queue_family;
  // IstHandoverFlagBits.
  TiFlags flags;
  // Of images; a count of 0 means all that follow.
  uint32_t base_mip;
  uint32_t mip_count;
  uint32_t base_layer;
  uint32_t layer_count;
} IstHandover;

// What is known of an object, or of one subresource of an image.
typedef struct IstObjectState {
  uint32_t size;
  IstHolder holder;
  TiImageLayout layout;
  // Of the peer that holds it; queue_family as given when it was lent.
  IstPeer peer;
  uint32_t queue_family;
  // The rung of its last hand-over.
  IstRung rung;
  // 1: freeing it destroys the native object.
  uint32_t owned;
  // 1: work of ours on it has not finished.
  uint32_t in_flight;
  // Serial of the batch that wrote it last; 0: none.
  uint64_t last_write;
  // "kernel advect", "copy", "host"; empty: nobody.
  char last_writer[64];
} IstObjectState;

// An exported object in words, as it goes to another process: the struct itself, little-endian, is the
// wire form. Frozen, 256 bytes; importers check every field.
typedef struct IstShareRecord {
  // "ISTR" and 1.
  uint32_t magic;
  uint32_t version;
  // 256.
  uint32_t bytes;
  // 1 memory, 2 image.
  uint32_t kind;
  // IstHandleType.
  uint32_t handle_type;
  // 1: the allocation is dedicated to the object.
  uint32_t flags;
  uint8_t device_uuid[16];
  uint8_t driver_uuid[16];
  // Of the allocation behind the handle; where in it the object lies, and what it takes.
  uint64_t allocation_bytes;
  uint64_t offset_bytes;
  uint64_t size_bytes;
  // Tiling 2 only: the DRM format modifier.
  uint64_t modifier;
  // 0 optimal, 1 linear, 2 modifier.
  uint32_t tiling;
  // TiImageDimension, TiFormat and VkFormat.
  uint32_t dimension;
  uint32_t format;
  uint32_t native_format;
  uint32_t width;
  uint32_t height;
  uint32_t depth;
  uint32_t layers;
  uint32_t mips;
  // TiMemoryUsageFlags or TiImageUsageFlags, and VkBufferUsageFlags or VkImageUsageFlags.
  uint32_t usage;
  uint32_t native_usage;
  // TiImageLayout at the time of the export.
  uint32_t layout;
  // Linear only.
  uint64_t row_bytes;
  uint64_t layer_bytes;
  // As ist_set_name gave it; always ends in a zero.
  char name[64];
  uint8_t reserved[36];
  // CRC-32 (ISO-HDLC) of the bytes before.
  uint32_t crc32;
} IstShareRecord;

// One side of a pair: exactly one member is set.
typedef struct IstSide {
  TiRuntime runtime;
  IstGl gl;
  // Another VkDevice, or a device of another process.
  const IstDeviceInfo* device;
} IstSide;

// How one side's objects reach the other.
typedef struct IstPair {
  uint32_t size;
  // Of memory and of images; NONE: no object can cross.
  IstHandleType memory;
  IstHandleType image;
  // From the first side to the second, and back.
  IstRung forth;
  IstRung back;
  // Copies for each hand-over: 0 is zero copy.
  uint32_t memory_copies;
  uint32_t image_copies;
  // Why each better way is not there; ends in a zero.
  char reason[512];
} IstPair;

// Hands objects to the host in exactly the state told, after all work recorded before. `ready` in: what
// to signal; out: what will be (AUTO is filled in: TIMELINE towards the same device where there is one,
// else HOST). Submits once. `ready` null: returns when the work has finished. The layouts are checked
// against the images' usage. All objects or none. INVALID_STATE: not ours, or mapped. INVALID_ARGUMENT:
// a layout that the image cannot be in, UNDEFINED without DISCARD, an empty or overlapping range.
// NOT_SUPPORTED: a rung that the device lacks; the message has those it has.
IST_FN ist_lend(TiRuntime runtime, uint32_t count, const IstHandover* objects, IstSyncPoint* ready);

// Receives objects that were lent, whole or in part. Work recorded from now on waits on the device for
// `done`; null: the host has waited itself. Never submits, waits only while too many batches are unfinished, and
// loses no contents unless DISCARD is set. INVALID_STATE: not lent, or lent to another peer. INVALID_ARGUMENT: a
// READ_ONLY loan that comes back in another layout.
IST_FN ist_take_back(TiRuntime runtime, uint32_t count, const IstHandover* objects, const IstSyncPoint* done);

// Tells the state of a memory, or of the subresource base_mip x base_layer of an image; the other members
// of `which` are not read. Does not wait.
IST_FN ist_object_state(TiRuntime runtime, const IstHandover* which, IstObjectState* state);

// Submits all recorded work; the point fires when it has finished. `point` as `ready` of ist_lend.
// INVALID_ARGUMENT: a timeline value that is not above the one last signalled.
IST_FN ist_signal_point(TiRuntime runtime, IstSyncPoint* point);
// Work recorded from now on waits for the point on the device; SYNC_FD is duplicated. Never blocks.
IST_FN ist_wait_point(TiRuntime runtime, const IstSyncPoint* point);
// The calling thread waits for the point, at most timeout_ns (0: looks; UINT64_MAX: for ever). A timeout
// is a success with *done TI_FALSE. INVALID_ARGUMENT: QUEUE and BINARY have no wait on the CPU.
IST_FN ist_finish_point(TiRuntime runtime, const IstSyncPoint* point, uint64_t timeout_ns, TiBool* done);

// Makes a semaphore of the runtime's device, owned by the runtime until ist_destroy_semaphore: a VkSemaphore
// in *point, with value 0. rung: TIMELINE or BINARY; exportable: NONE or what ist_export_semaphore will be
// asked for. NOT_SUPPORTED: the driver cannot share this kind.
IST_FN ist_create_semaphore(TiRuntime runtime, IstRung rung, IstHandleType exportable, IstSyncPoint* point);
// As above, of somebody else's handle. The handle is duplicated, the caller keeps and closes its own.
IST_FN ist_import_semaphore(TiRuntime runtime, IstRung rung, IstHandleType type, IstOsHandle handle,
                            IstSyncPoint* point);
// A new handle for each call; the caller closes it, or an API that takes it over does.
IST_FN ist_export_semaphore(TiRuntime runtime, const IstSyncPoint* point, IstHandleType type, IstOsHandle* handle);
// The semaphore goes when our uses of it, and those that the host has submitted before, have finished; recorded work
// is submitted to see to that.
IST_FN ist_destroy_semaphore(TiRuntime runtime, const IstSyncPoint* point);

// A new handle for each call, which the caller closes, and its record. The object was allocated with
// export_sharing (INVALID_STATE names it). Does not lend. NOT_SUPPORTED: the driver has no such handles.
IST_FN ist_export_memory(TiRuntime runtime, TiMemory memory, IstHandleType type, IstOsHandle* handle,
                         IstShareRecord* record);
IST_FN ist_export_image(TiRuntime runtime, TiImage image, IstHandleType type, IstOsHandle* handle,
                        IstShareRecord* record);

// Makes the exported object usable here. The handle is duplicated whatever the outcome. The object starts
// LENT to IST_PEER_EXTERNAL, an image in record->layout; ti_free_* frees this side only. While it lives it keeps
// one file descriptor open, to be handed on to OpenGL. INVALID_INTEROP:
// of another device or driver (the message has both UUIDs), found before the driver is asked.
// CORRUPTED_DATA: a damaged record. ARGUMENT_OUT_OF_RANGE: an object larger than its allocation.
IST_FN ist_import_memory(TiRuntime runtime, IstOsHandle handle, const IstShareRecord* record, TiMemory* memory);
IST_FN ist_import_image(TiRuntime runtime, IstOsHandle handle, const IstShareRecord* record, TiImage* image);

// Pages of the host as memory, OURS. pointer and size_bytes are multiples of the device's alignment
// (INVALID_ARGUMENT names it). The pages stay the caller's and valid until the memory is freed and the
// work on it has finished. NOT_SUPPORTED where the device cannot.
IST_FN ist_import_host_memory(TiRuntime runtime, void* pointer, uint64_t size_bytes, TiMemory* memory);

// Tells how objects of `from` can be shared with `to`. Moves no pixels.
IST_FN ist_describe_pair(const IstSide* from, const IstSide* to, IstPair* pair);

#ifdef __cplusplus
}
#endif

#endif  // IST_SHARE_H
